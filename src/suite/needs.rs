//! [`Needs`]: what a scenario needs, and [`Offers`]: what a target offers.

use std::collections::BTreeSet;

use super::control::Capability;
use super::target::{Held, StartOption, TargetOptions};

/// What a scenario needs, beside a target that can be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// What the control must be able to do.
    pub control: &'static [Capability],
    /// A block that the target holds: put there by the control, or named by the user.
    pub held: bool,
    /// A dataset that the target holds: put there by the control, or named by the user.
    pub held_leaves: bool,
    /// That it is no loss if the target ends: what is sent is known to end some nodes. Such a
    /// scenario runs last where nobody starts the target again.
    pub may_end: bool,
}

impl Needs {
    /// The wire alone.
    pub const WIRE: Needs = Needs {
        control: &[],
        held: false,
        held_leaves: false,
        may_end: false,
    };
    /// A dump of the target's contexts.
    pub const DUMP: Needs = Needs::control(&[Capability::Dump]);
    /// The wire, and one block that the target holds.
    pub const HELD: Needs = Needs {
        held: true,
        ..Needs::WIRE
    };
    /// The wire, and a dataset that the target holds.
    pub const HELD_LEAVES: Needs = Needs {
        held_leaves: true,
        ..Needs::WIRE
    };

    /// A control that has these capabilities.
    pub const fn control(control: &'static [Capability]) -> Needs {
        Needs {
            control,
            ..Needs::WIRE
        }
    }

    /// The same, of a scenario that may end the target.
    pub const fn may_end(self) -> Needs {
        Needs {
            may_end: true,
            ..self
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
    /// Whether a dataset is known that each of them holds.
    pub held_leaves: bool,
    /// Which [`TargetOptions`] they can be started with.
    pub options: BTreeSet<StartOption>,
}

impl Offers {
    /// The same of targets that hold this.
    pub fn holding(self, held: &Held) -> Self {
        Offers {
            held: !held.as_blocks().is_empty(),
            held_leaves: !held.trees.is_empty(),
            ..self
        }
    }

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
        if needs.held_leaves && !self.held_leaves && !self.control.contains(&Capability::PutDataset)
        {
            return Some(NEEDS_LEAVES.to_owned());
        }
        needs_options(self, options)
    }
}

/// Why a scenario that needs a held block is skipped.
pub(super) const NEEDS_HELD: &str = "needs a block that the target holds: name one with --holds, or \
    give a control that can put a block";

/// Why a scenario that needs a held dataset is skipped.
pub(super) const NEEDS_LEAVES: &str = "needs a dataset that the target holds: name its tree with \
    --holds, or give a control that can put a dataset";

/// Why a scenario that needs these capabilities is skipped.
pub(super) fn needs_control(missing: &[Capability]) -> String {
    let missing: Vec<String> = missing.iter().map(Capability::to_string).collect();
    format!("needs a control that can {}", missing.join(", "))
}

/// Why a scenario that needs these options is skipped, if nothing sets up one of them.
fn needs_options(offers: &Offers, options: &TargetOptions) -> Option<String> {
    let TargetOptions {
        price,
        account,
        frame_limit,
        needs_frame_limit,
        retries,
        wants_per_peer,
    } = options;
    let needed = [
        (*price != 0).then(|| (StartOption::Price, format!("a price of {price}"))),
        account.map(|_| (StartOption::Account, "an account to be paid to".to_owned())),
        frame_limit.filter(|_| *needs_frame_limit).map(|it| {
            (
                StartOption::FrameLimit,
                format!("messages of at most {it} bytes"),
            )
        }),
        retries.map(|it| (StartOption::Retries, format!("{it} retries"))),
        wants_per_peer.map(|it| {
            (
                StartOption::WantsPerPeer,
                format!("room for {it} wants of a peer"),
            )
        }),
    ];
    let missing: Vec<String> = needed
        .into_iter()
        .flatten()
        .filter(|(option, _)| {
            let later =
                *option == StartOption::Price && offers.control.contains(&Capability::SetPrice);
            !offers.options.contains(option) && !later
        })
        .map(|(option, what)| match option {
            StartOption::Price => {
                format!("{what} (start option `price`, or the command `set_price`)")
            }
            _ => format!("{what} (start option `{}`)", option.name()),
        })
        .collect();
    if missing.is_empty() {
        return None;
    }
    Some(format!(
        "needs a control that sets the target up with {}",
        missing.join(", ")
    ))
}
