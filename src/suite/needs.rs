//! [`Needs`]: what a scenario needs, and [`Offers`]: what a target offers.

use std::collections::BTreeSet;

use super::control::Capability;
use super::target::TargetOptions;

/// What a scenario needs, beside a target that can be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// What the control must be able to do.
    pub control: &'static [Capability],
    /// A block that the target holds: put there by the control, or named by the user.
    pub held: bool,
}

impl Needs {
    /// The wire alone.
    pub const WIRE: Needs = Needs {
        control: &[],
        held: false,
    };
    /// A dump of the target's contexts.
    pub const DUMP: Needs = Needs::control(&[Capability::Dump]);
    /// The wire, and one block that the target holds.
    pub const HELD: Needs = Needs {
        control: &[],
        held: true,
    };

    /// A control that has these capabilities.
    pub const fn control(control: &'static [Capability]) -> Needs {
        Needs {
            control,
            held: false,
        }
    }
}

/// What the targets of a source offer to scenarios.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// What their control can do.
    pub control: BTreeSet<Capability>,
    /// Whether a block is known that each of them holds.
    pub held: bool,
    /// Whether one can be started with [`TargetOptions`] other than the default.
    pub options: bool,
}

impl Offers {
    /// Why a scenario with these needs and options cannot be run, if it cannot.
    pub fn lacks(&self, needs: &Needs, options: &TargetOptions) -> Option<String> {
        let missing: Vec<Capability> = needs
            .control
            .iter()
            .copied()
            .filter(|capability| !self.control.contains(capability))
            .collect();
        if !missing.is_empty() {
            return Some(needs_control(&missing));
        }
        if needs.held && !self.held && !self.control.contains(&Capability::Put) {
            return Some(NEEDS_HELD.to_owned());
        }
        if *options != TargetOptions::DEFAULT && !self.options {
            return Some(needs_options(options));
        }
        None
    }
}

/// Why a scenario that needs a held block is skipped.
pub(super) const NEEDS_HELD: &str = "needs a block that the target holds: name one with --holds, or give a control that can put one";

/// Why a scenario that needs these capabilities is skipped.
pub(super) fn needs_control(missing: &[Capability]) -> String {
    let missing: Vec<String> = missing.iter().map(Capability::to_string).collect();
    format!("needs a control that can {}", missing.join(", "))
}

fn needs_options(options: &TargetOptions) -> String {
    let TargetOptions {
        price,
        account,
        frame_limit,
        retries,
    } = options;
    let mut needed = Vec::new();
    if *price != 0 {
        needed.push(format!("a price of {price}"));
    }
    if account.is_some() {
        needed.push("an account to be paid to".to_owned());
    }
    if let Some(limit) = frame_limit {
        needed.push(format!("a frame limit of {limit} bytes"));
    }
    if let Some(retries) = retries {
        needed.push(format!("{retries} retries"));
    }
    format!("needs a target set up with {}", needed.join(", "))
}
