//! [`judge`]: what the model says of a log.
//!
//! A permitted deviation is a choice that a node is free to make. Where one explains what the model does
//! not, it is supposed from then on, and nothing is held against the node.

use std::io;

use blockexc_model::{Deviation, Deviations};

use super::log::Log;
use super::play::Played;
use crate::trace::judge::Suppose;
use crate::trace::read::ReadError;
use crate::trace::unexplained::{Stop, Unexplained};
use crate::trace::validate::validate;

/// What a process that ends breaks.
const GOES_ON: &str = "WIRE-9";
/// Deviations by which a node may end its process.
const ENDING: Deviations = Deviations::of(&[
    Deviation::AbortOnMissingData,
    Deviation::AbortOnStaleAsk,
    Deviation::AbortOnOddIndex,
    Deviation::AbortOnUnknownEnum,
    Deviation::AnswerMissingAddress,
]);

/// What a trace comes to.
pub enum Judged {
    /// A run of the model explains all of it.
    Explained,
    /// A run of the model explains it up to here; it cannot be told of the rest.
    Partly(String),
    /// A run of the model with these deviations explains it as far as it goes. Those that were not
    /// supposed before are permitted.
    Freely(Deviations),
    /// The target did what the model does not.
    Wrong(Box<Finding>),
}

/// What the target did that the model does not.
#[derive(Clone, Debug)]
pub enum Finding {
    /// A line that no run of the model explains.
    Unexplained(Box<Unexplained>),
    /// Its process ended by itself.
    Ended(String),
}

/// By what two failures are told to be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// The process ends.
    Ended,
    /// This deviation explains it.
    Deviation(Deviation),
    /// A model without this deviation, which was supposed, explains it.
    Without(Deviation),
    /// The line shows that these requirements are broken.
    Requirements(Vec<&'static str>),
}

impl Finding {
    /// The requirements that are broken for certain.
    pub fn requirements(&self) -> &[&'static str] {
        match self {
            Finding::Unexplained(it) => &it.requirements,
            Finding::Ended(_) => &[GOES_ON],
        }
    }

    /// The requirements of which some are broken, where none is for certain.
    pub fn may_break(&self) -> &[&'static str] {
        match self {
            Finding::Unexplained(it) => &it.may_break,
            Finding::Ended(_) => &[],
        }
    }

    /// The deviations of which each explains it.
    pub fn deviations(&self) -> &[Deviation] {
        match self {
            Finding::Unexplained(it) => &it.deviations,
            Finding::Ended(_) => &[],
        }
    }

    /// The deviations that were supposed and without one of which it is explained.
    pub fn without(&self) -> &[Deviation] {
        match self {
            Finding::Unexplained(it) => &it.without,
            Finding::Ended(_) => &[],
        }
    }

    /// What the target did.
    pub fn what(&self) -> String {
        match self {
            Finding::Unexplained(it) => it.what.clone(),
            Finding::Ended(how) => format!("the target's process ended: {how}"),
        }
    }

    /// By what it is told to be the same as another.
    pub fn likeness(&self) -> Likeness {
        let Finding::Unexplained(it) = self else {
            return Likeness::Ended;
        };
        match (it.deviations.first(), it.without.first()) {
            (Some(deviation), _) => Likeness::Deviation(*deviation),
            (None, Some(deviation)) => Likeness::Without(*deviation),
            (None, None) => Likeness::Requirements(it.requirements.clone()),
        }
    }
}

impl Likeness {
    /// Whether a trace fails so.
    pub fn is_of(&self, played: &Played) -> bool {
        let suppose = played.suppose;
        if let Likeness::Ended = self {
            return played.ended.is_some();
        }
        let Some(unexplained) = played.log.unexplained() else {
            return false;
        };
        let explains = |deviations| {
            let header = played.log.header().clone();
            let log = played.log.judged_anew(header, deviations);
            log.unexplained().is_none() && log.cannot_tell().is_none()
        };
        match self {
            Likeness::Ended => true,
            Likeness::Deviation(it) => explains(suppose.union(Deviations::of(&[*it]))),
            Likeness::Without(it) => explains(suppose.without(*it)),
            Likeness::Requirements(ids) => unexplained.requirements == *ids,
        }
    }
}

/// What the model says of a trace that was played.
///
/// # Errors
///
/// When its log cannot be read again.
pub fn judge(played: &Played) -> Result<Judged, ReadError> {
    let suppose = played.suppose;
    if let Some(how) = &played.ended {
        // A dialect may say that it does.
        return Ok(match suppose.intersects(ENDING) {
            true => Judged::Explained,
            false => Judged::Wrong(Box::new(Finding::Ended(how.clone()))),
        });
    }
    if let Some(why) = played.log.cannot_tell() {
        return Ok(Judged::Partly(why.to_owned()));
    }
    if played.log.unexplained().is_none() {
        return Ok(Judged::Explained);
    }
    Ok(match diagnosed(&played.log, suppose)? {
        None => Judged::Explained,
        Some(it) => match free_choice(&it, suppose) {
            Some(deviations) => Judged::Freely(deviations),
            None => Judged::Wrong(Box::new(Finding::Unexplained(it))),
        },
    })
}

/// Why no run of a model with these deviations explains the log, with what explains it.
fn diagnosed(log: &Log, suppose: Deviations) -> Result<Option<Box<Unexplained>>, ReadError> {
    let text = log.text().map_err(ReadError::from)?;
    let open = || Ok::<_, io::Error>(text.as_slice());
    let verdicts = validate(open, Suppose::so(suppose))?;
    let stops = verdicts.into_iter().filter_map(|verdict| verdict.stop);
    let mut unexplained = stops.filter_map(|stop| match stop {
        Stop::Unexplained(it) => Some(it),
        Stop::Inconclusive { .. } | Stop::Vacuous { .. } => None,
    });
    Ok(unexplained.next())
}

/// The deviations to suppose instead, if one that is permitted is what makes the difference.
fn free_choice(unexplained: &Unexplained, suppose: Deviations) -> Option<Deviations> {
    let free = |all: &[Deviation]| all.iter().copied().find(|it| it.is_permitted());
    if let Some(more) = free(&unexplained.deviations) {
        return Some(suppose.union(Deviations::of(&[more])));
    }
    free(&unexplained.without).map(|less| suppose.without(less))
}
