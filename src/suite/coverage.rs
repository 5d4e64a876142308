//! How many scenarios a target's offers let run, and how many more each missing piece would.

use super::control::Capability;
use super::needs::Offers;
use super::scenario::Scenario;
use super::target::StartOption;

/// Something that a target does not offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A block that it holds.
    Held,
    /// A dataset that it holds.
    HeldLeaves,
    /// Something that a control can do.
    Capability(Capability),
    /// An option with which a control starts it.
    Option(StartOption),
}

/// What a piece adds, when those before it are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The piece.
    pub piece: Piece,
    /// How many more scenarios run with it.
    pub more: usize,
}

/// How many of these scenarios run.
pub fn runnable(offers: &Offers, scenarios: &[&Scenario]) -> usize {
    let runs = |scenario: &&&Scenario| {
        let lacks = offers.lacks(&scenario.needs, &scenario.options);
        lacks.is_none()
    };
    scenarios.iter().filter(runs).count()
}

/// What each missing piece adds, the most useful one first. Each counts on those before it.
pub fn additions(offers: &Offers, scenarios: &[&Scenario]) -> Vec<Addition> {
    let capabilities = Capability::ALL.iter().copied().map(Piece::Capability);
    let options = StartOption::ALL.iter().copied().map(Piece::Option);
    let mut left: Vec<Piece> = [Piece::Held, Piece::HeldLeaves]
        .into_iter()
        .chain(capabilities)
        .chain(options)
        .collect();
    left.retain(|piece| with(offers, *piece) != *offers);
    let mut offers = offers.clone();
    let mut additions = Vec::new();
    while runnable(&offers, scenarios) < scenarios.len() {
        let now = runnable(&offers, scenarios);
        let gain = |piece: &Piece| runnable(&with(&offers, *piece), scenarios) - now;
        // Where none helps alone, two have to come together: the first that is left is taken.
        let best = (0..left.len()).max_by_key(|place| (gain(&left[*place]), left.len() - place));
        let Some(best) = best else { break };
        let piece = left.remove(best);
        let more = gain(&piece);
        offers = with(&offers, piece);
        additions.push(Addition { piece, more });
    }
    additions.retain(|addition| addition.more > 0);
    additions
}

fn with(offers: &Offers, piece: Piece) -> Offers {
    let mut offers = offers.clone();
    match piece {
        Piece::Held => offers.held = true,
        Piece::HeldLeaves => {
            offers.held = true;
            offers.held_leaves = true;
        }
        Piece::Capability(capability) => {
            offers.control.insert(capability);
        }
        Piece::Option(option) => {
            offers.options.insert(option);
        }
    }
    offers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::scenarios;

    #[test]
    fn with_every_addition_all_scenarios_run() {
        let all: Vec<&Scenario> = scenarios::all().collect();
        let wire = runnable(&Offers::default(), &all);
        let additions = additions(&Offers::default(), &all);
        let more: usize = additions.iter().map(|addition| addition.more).sum();
        assert_eq!(wire + more, all.len(), "{additions:?}");
        assert!(wire >= 30 && additions.len() >= 8, "{wire} {additions:?}");
    }

    #[test]
    fn the_most_useful_piece_comes_first() {
        let all: Vec<&Scenario> = scenarios::all().collect();
        let wire = runnable(&Offers::default(), &all);
        let first = additions(&Offers::default(), &all)[0];
        for piece in [Piece::Held, Piece::Capability(Capability::Delete)] {
            let alone = runnable(&with(&Offers::default(), piece), &all) - wire;
            assert!(alone <= first.more, "{piece:?} before {first:?}");
        }
    }
}
