//! [`wrongly_full`]: what a want list that says it is full may not do, unless it is the first.

use blockexc_model::Deviation;
use blockexc_model::message::WantType;

use crate::wire::{WantEntry, WantList};

/// What is wrong with a full list that is not the first since its peer joined, the requirement that it
/// breaks, and the deviations that do it. One that says again what was said before is allowed: it repairs
/// what was lost. `is_fresh` says which entries announce what was not said before.
pub(super) fn wrongly_full(
    list: &WantList,
    is_fresh: impl Fn(&WantEntry) -> bool,
) -> Option<(&'static str, &'static str, &'static [Deviation])> {
    let of_type = |want_type| {
        let entries = list.entries.iter();
        entries.filter(move |entry| !entry.cancel && entry.want_type == want_type)
    };
    if of_type(WantType::WantBlock).next().is_some() {
        return Some((
            "a full want list asks for blocks, and is not the first",
            "ASK-6",
            &[Deviation::FullOnEveryList],
        ));
    }
    of_type(WantType::WantHave).any(is_fresh).then_some((
        "a full want list announces a new want, and is not the first",
        "ASK-1",
        &[Deviation::FullOnEveryList, Deviation::AnnounceInFull],
    ))
}
