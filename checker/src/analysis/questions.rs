//! The questions that the notes on this protocol leave open, each answered by statements with
//! evidence: a proof, which is a search that saw every state, or a run.

use serde::Serialize;

use blockexc_model::deviating::Setup;
use blockexc_model::deviation::Deviation::{
    DontHaveRecorded, IgnoreFull, KeepPresenceOnResolve, OverwriteWant, RefreshInFull, ServeLater,
    SilentHave,
};
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::dialect::Dialect;

use crate::network::closed::Network;
use crate::network::interned::{InternedNetwork, Unfit};
use crate::network::limits::{Limits, Retries};
use crate::network::names::{Blocks, Cid};
use crate::network::open::OpenNetwork;
use crate::network::role::Role;
use crate::properties::{self, properties_of};
use crate::search::exploration::{Outcome, Trail, Verdict};
use crate::search::explorer::{Bounds, Explorer};
use crate::search::property::{Kind, Property};
use crate::show::counterexample::{Counterexample, Loss};

use super::interop::{Held, Obtained, asker_and_holder, progress};
use super::networks;

/// A statement, with how it is shown.
pub struct Statement {
    /// What it is called in the documentation.
    pub name: &'static str,
    /// What it answers.
    pub question: &'static str,
    /// What it says.
    pub claim: &'static str,
    /// What kind of evidence it needs.
    pub kind: EvidenceKind,
    show: fn() -> Result<Evidence, Unfit>,
}

/// What kind of evidence a statement needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// That something never happens: a search that saw every state.
    Proof,
    /// That something can happen: a run.
    Run,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// It never happens, in any of so many states.
    Proof {
        /// How many states were seen, in all networks searched for it.
        states: usize,
    },
    /// It happens so.
    Run(Box<Loss>),
    /// The search was stopped before it saw every state.
    Nothing,
}

impl Statement {
    /// Searches for the evidence.
    ///
    /// # Errors
    ///
    /// When a network is too large to be put into numbers.
    pub fn evidence(&self) -> Result<Evidence, Unfit> {
        (self.show)()
    }
}

impl Evidence {
    /// Whether this is the evidence that a statement needs.
    pub fn is(&self, kind: EvidenceKind) -> bool {
        match self {
            Evidence::Proof { .. } => kind == EvidenceKind::Proof,
            Evidence::Run(_) => kind == EvidenceKind::Run,
            Evidence::Nothing => false,
        }
    }

    /// Both must never happen: the first that does counts.
    fn and(self, other: impl FnOnce() -> Result<Evidence, Unfit>) -> Result<Evidence, Unfit> {
        let Evidence::Proof { states } = self else {
            return Ok(self);
        };
        Ok(match other()? {
            Evidence::Proof { states: more } => Evidence::Proof {
                states: states + more,
            },
            other => other,
        })
    }
}

const CLEANING: &str = "Is cleaning presence in the delivery handler redundant, once resolving a \
                        block cancels its wants and cancelling cleans?";
const FULL: &str = "What is lost when `full` is ignored, or when it is honoured while a sender \
                    also has explicit requests outstanding?";
const RETRIES: &str = "What is lost without retries?";
const TEXT: &str = "What does the text itself leave open?";
const CYCLES: &str = "What does looking for dead ends miss?";

/// All statements, in the order of the questions.
pub const STATEMENTS: &[Statement] = &[
    Statement {
        name: "cleaning-once-is-enough",
        question: CLEANING,
        claim: "Redundant: where the end of a want cleans, in whichever way it ends, no record \
                outlives its want, though the delivery handler cleans nothing by itself.",
        kind: EvidenceKind::Proof,
        show: || {
            let setup = Setup::default();
            let closed = |network: &Network| violation(network, &["PRES-1", "PRES-6"]);
            closed(&networks::pair(&setup, &setup, Blocks::plain(2), 1))?
                .and(|| closed(&networks::busy_triangle(&setup)))?
                .and(|| open_violation(&Setup::default(), &["PRES-1", "PRES-6"]))
        },
    },
    Statement {
        name: "cleaning-the-deliverer-is-not-enough",
        question: CLEANING,
        claim: "And not sufficient: where the delivery handler cleans the deliverer's records and \
                the end of the want none, another peer's record stays.",
        kind: EvidenceKind::Run,
        show: || {
            let network = networks::triangle(&deviating(&[KeepPresenceOnResolve]));
            violation(&network, &["PRES-1"])
        },
    },
    Statement {
        name: "full-ignored-loses-nothing-here",
        question: FULL,
        claim: "Ignored, between nodes that send full lists on Joined only: nothing. A new context \
                has nothing to be replaced.",
        kind: EvidenceKind::Proof,
        show: || {
            let ignoring = deviating(&[IgnoreFull]);
            let all = |network: &Network| violation(network, &[]);
            all(&networks::pair(&ignoring, &ignoring, Blocks::plain(2), 1))?
                .and(|| all(&networks::triangle(&ignoring)))
        },
    },
    Statement {
        name: "full-honoured-drops-a-waiting-want",
        question: FULL,
        claim: "Honoured, while the sender refreshes by full lists that leave out what it has \
                asked of that peer: a WantBlock that waits at the receiver is dropped, and the \
                sender does not know. It takes a deletion, for the reference serves at once what \
                it holds.",
        kind: EvidenceKind::Run,
        show: || asked_in_vain(&[RefreshInFull], &[], 1),
    },
    Statement {
        name: "full-ignored-keeps-a-waiting-want",
        question: FULL,
        claim: "Ignored, the same refresh drops nothing.",
        kind: EvidenceKind::Proof,
        show: || asked_in_vain(&[RefreshInFull], &[IgnoreFull], 1),
    },
    Statement {
        name: "full-honoured-by-one-that-serves-later",
        question: FULL,
        claim: "Honoured by a node that serves later, no deletion is needed: the list comes \
                between the WantBlock and its serving, and the block that is held is not sent.",
        kind: EvidenceKind::Run,
        show: || asked_in_vain(&[RefreshInFull], &[ServeLater], 0),
    },
    Statement {
        name: "full-ignored-by-one-that-serves-later",
        question: FULL,
        claim: "Ignored by a node that serves later, nothing is dropped.",
        kind: EvidenceKind::Proof,
        show: || asked_in_vain(&[RefreshInFull], &[ServeLater, IgnoreFull], 0),
    },
    Statement {
        name: "full-honoured-towards-logos",
        question: FULL,
        claim: "So it is for a node of logos-2025-12 that refreshes so and asks one that honours \
                `full` and serves later.",
        kind: EvidenceKind::Run,
        show: || {
            let logos = dialect("logos-2025-12")
                .iter()
                .chain([RefreshInFull])
                .collect();
            let network = refreshing(logos, Deviations::of(&[ServeLater]), 0);
            asked_in_vain_in(&network)
        },
    },
    Statement {
        name: "full-honoured-starves-in-spite-of-retries",
        question: FULL,
        claim: "Retries do not mend it: each refresh for another want may come between the \
                WantBlock and its serving, for ever.",
        kind: EvidenceKind::Run,
        show: || {
            let holder = Deviations::of(&[ServeLater]);
            let mut network = refreshing(Deviations::of(&[RefreshInFull]), holder, 0);
            network.retries = Retries::Unlimited { room: 1 };
            network.limits.retries = 0;
            obtained(&network)
        },
    },
    Statement {
        name: "full-honoured-at-once-is-mended-by-retries",
        question: FULL,
        claim: "They do where the receiver serves at once what it holds: then every want of a \
                block that a connected peer holds is obtained.",
        kind: EvidenceKind::Proof,
        show: || {
            let none = Deviations::none();
            let mut network = refreshing(Deviations::of(&[RefreshInFull]), none, 1);
            network.retries = Retries::Unlimited { room: 1 };
            network.limits.retries = 0;
            obtained(&network)
        },
    },
    Statement {
        name: "no-retries-list-before-joined",
        question: RETRIES,
        claim: "A want whose list is handled before Joined is lost: the message of a peer without \
                a context is ignored (JOIN-7), and the list is not sent again.",
        kind: EvidenceKind::Run,
        show: || lost_without_retries(false, Held::Before),
    },
    Statement {
        name: "no-retries-held-later",
        question: RETRIES,
        claim: "A want is lost whose block becomes held after the WantHave was handled: nobody \
                remembers a WantHave (WANT-3), and nothing is announced that was not asked for.",
        kind: EvidenceKind::Run,
        show: || lost_without_retries(true, Held::Later),
    },
    Statement {
        name: "no-retries-nothing-else",
        question: RETRIES,
        claim: "Nothing else loses a want without retries: where Joined is handled first and the \
                block is held before, every want is met, reconnects and all.",
        kind: EvidenceKind::Proof,
        show: || lost_without_retries(true, Held::Before),
    },
    Statement {
        name: "with-retries-nothing",
        question: RETRIES,
        claim: "With retries nothing is lost: a want of a block that a connected peer holds is \
                obtained in every fair run, also through two hops.",
        kind: EvidenceKind::Proof,
        show: || {
            let setup = Setup::default();
            obtained(&networks::patient_pair(&setup, &setup))?
                .and(|| obtained(&networks::patient_row(&setup)))
        },
    },
    Statement {
        name: "asked-again-and-stale",
        question: TEXT,
        claim: "XFER-7 sends no cancel to the deliverer. A deliverer that was asked twice may \
                serve the first WantBlock, delete the block, and record the second: it keeps a \
                want that nobody has.",
        kind: EvidenceKind::Run,
        show: || {
            let setup = Setup::default();
            let network = networks::pair(&setup, &setup, Blocks::plain(1), 1);
            violation_of(&network, vec![properties::settled()])
        },
    },
    Statement {
        name: "asked-again-and-silenced",
        question: TEXT,
        claim: "ASK-8 says WantHave again. When that meets a recorded WantBlock at a holder that \
                overwrites it (codex-2025-01, codex-2025-06), the holder neither answers nor \
                serves, then or at any later retry: from there on the reference never obtains the \
                block.",
        kind: EvidenceKind::Run,
        show: || {
            let codex = dialect("codex-2025-06");
            obtained(&asker_and_holder(
                Deviations::none(),
                codex,
                true,
                Held::Later,
            ))
        },
    },
    Statement {
        name: "asked-again-and-not-overwritten",
        question: TEXT,
        claim: "It is the overwriting: without it the reference obtains the block from the same \
                holder.",
        kind: EvidenceKind::Proof,
        show: || {
            let codex = dialect("codex-2025-06");
            let mended = codex.iter().filter(|one| *one != OverwriteWant).collect();
            obtained(&asker_and_holder(
                Deviations::none(),
                mended,
                true,
                Held::Later,
            ))
        },
    },
    Statement {
        name: "silent-for-ever",
        question: CYCLES,
        claim: "A holder that does not answer WantHave is asked again and again: the run never \
                falls silent, so no dead end shows what is lost. The search for fair cycles does.",
        kind: EvidenceKind::Run,
        show: || {
            let silent = Deviations::of(&[SilentHave]);
            obtained(&asker_and_holder(
                Deviations::none(),
                silent,
                true,
                Held::Later,
            ))
        },
    },
    Statement {
        name: "dont-have-is-asked",
        question: CYCLES,
        claim: "A node that records a DontHave as presence asks the block of a peer that has just \
                said that it does not have it.",
        kind: EvidenceKind::Run,
        show: || open_violation(&deviating(&[DontHaveRecorded]), &["PRES-3"]),
    },
];

/// The statement of this name.
pub fn find(name: &str) -> Option<&'static Statement> {
    STATEMENTS.iter().find(|statement| statement.name == name)
}

fn deviating(deviations: &[Deviation]) -> Setup {
    Setup::deviating(Deviations::of(deviations))
}

fn dialect(name: &str) -> Deviations {
    Dialect::find(name).map_or(Deviations::none(), |dialect| dialect.deviations)
}

/// Whether a network violates any property that stands for one of these requirements; of any, when
/// there are none.
fn violation(network: &Network, requirements: &[&str]) -> Result<Evidence, Unfit> {
    let mut list = properties_of(network);
    list.retain(|property| {
        property.kind == Kind::Always
            && (requirements.is_empty() || property.stands_for_any(requirements))
    });
    violation_of(network, list)
}

fn violation_of(network: &Network, list: Vec<Property<Network>>) -> Result<Evidence, Unfit> {
    let space = InternedNetwork::<18>::new(network)?;
    let found = Explorer::new(&space, list)
        .bounded(Bounds {
            stop_at_violation: true,
            ..Bounds::default()
        })
        .explore();
    let violated = found
        .findings
        .iter()
        .find_map(|finding| match finding.verdict {
            Verdict::Violated(state) => Some((state, finding.name)),
            _ => None,
        });
    let property = violated.and_then(|(_, name)| {
        let mut all = properties_of(network);
        all.push(properties::settled());
        all.into_iter().find(|property| property.name == name)
    });
    Ok(match (violated, found.outcome) {
        (Some((state, _)), _) => Evidence::Run(Box::new(
            Counterexample::Closed {
                network,
                trail: found.trail(state),
                property,
                round: 0,
            }
            .loss(),
        )),
        (None, Outcome::Exhausted) => Evidence::Proof {
            states: found.states,
        },
        (None, Outcome::Bounded(_)) => Evidence::Nothing,
    })
}

/// Whether a node among peers that do as they like violates a property that stands for one of
/// these requirements.
fn open_violation(setup: &Setup, requirements: &[&str]) -> Result<Evidence, Unfit> {
    let mut states = 0;
    for network in networks::open_networks(setup) {
        let mut list = properties::open(&network);
        list.retain(|property| property.stands_for_any(requirements));
        let found = Explorer::new(&network, list)
            .bounded(Bounds {
                stop_at_violation: true,
                ..Bounds::default()
            })
            .explore();
        let violated = found
            .findings
            .iter()
            .find_map(|finding| match finding.verdict {
                Verdict::Violated(state) => Some((state, finding.name)),
                _ => None,
            });
        if let Some((state, name)) = violated {
            let property = properties::open(&network)
                .into_iter()
                .find(|property| property.name == name);
            return Ok(property.map_or(Evidence::Nothing, |property| {
                Evidence::Run(Box::new(open_run(&network, found.trail(state), property)))
            }));
        }
        if found.outcome != Outcome::Exhausted {
            return Ok(Evidence::Nothing);
        }
        states += found.states;
    }
    Ok(Evidence::Proof { states })
}

fn open_run(
    network: &OpenNetwork,
    trail: Trail<OpenNetwork>,
    property: Property<OpenNetwork>,
) -> Loss {
    Counterexample::Open {
        network,
        trail,
        property,
    }
    .loss()
}

/// A node that asks for two blocks, of which the other holds the first and may delete and store it.
fn refreshing(asker: Deviations, holder: Deviations, deletions: u8) -> Network {
    let blocks = Blocks::plain(2);
    let roles = vec![
        Role::new(Setup::deviating(asker)).requesting(blocks.addresses()),
        Role::new(Setup::deviating(holder))
            .holding(Cid(0))
            .deleting([Cid(0)])
            .storing([Cid(0)]),
    ];
    let limits = Limits {
        connects: 1,
        requests: 2,
        deletions,
        stores: deletions,
        retries: 1,
        ..Limits::default()
    };
    Network::new("a refresh", blocks, roles, limits)
}

/// Whether, when all have fallen silent, something is asked of a peer that does not know of it.
fn asked_in_vain(
    asker: &[Deviation],
    holder: &[Deviation],
    deletions: u8,
) -> Result<Evidence, Unfit> {
    let [asker, holder] = [asker, holder].map(Deviations::of);
    asked_in_vain_in(&refreshing(asker, holder, deletions))
}

fn asked_in_vain_in(network: &Network) -> Result<Evidence, Unfit> {
    let mut list = properties::safety();
    list.retain(|property| property.name == properties::ASKED_IS_KNOWN);
    violation_of(network, list)
}

fn lost_without_retries(joined_first: bool, held: Held) -> Result<Evidence, Unfit> {
    let none = Deviations::none();
    let mut network = asker_and_holder(none, none, false, held);
    network.joined_first = joined_first;
    obtained(&network)
}

/// Whether each want of a block that a connected peer holds is met, in every fair run.
fn obtained(network: &Network) -> Result<Evidence, Unfit> {
    let found = progress(network)?;
    Ok(match (found.obtained, found.loss) {
        (Obtained::Unknown, _) => Evidence::Nothing,
        (_, Some(loss)) => Evidence::Run(Box::new(loss.loss())),
        (_, None) => Evidence::Proof {
            states: found.states,
        },
    })
}
