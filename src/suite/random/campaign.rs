//! [`run`]: plays many random traces, or a saved one, and makes a result of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use blockexc_model::requirement::{Level, Requirement};
use blockexc_model::{Deviation, Deviations, Dialect};
use futures::{StreamExt as _, stream};

use super::file::Saved;
use super::fit::fit;
use super::generate::Dice;
use super::judged::{Finding, Judged, judge};
use super::play::{Played, Stage, Tempo, play};
use super::shrink::shrink;
use super::stimulus::Trace;
use crate::suite::plan::Plan;
use crate::suite::quirk_detection::learn_manner;
use crate::suite::quirks::Manner;
use crate::suite::source::TargetSource;
use crate::trace::coverage::Coverage;

/// A trace has at most so many steps, beside those that let its peers join.
pub const MOST_STEPS: usize = 40;
/// So many choices that a node is free to make are learnt in one trace.
const MOST_CHOICES: usize = 8;
/// So many smaller traces are played of a failure.
const MOST_TRIES: usize = 400;
/// So many smaller traces are played of a failure that shows only when the target is not hurried.
const MOST_UNHURRIED: usize = 40;
/// After so many traces in a row that were broken off, no more are played.
const MOST_BROKEN_OFF: usize = 3;

/// What is to be played.
pub enum Stimuli {
    /// So many random traces.
    Random(u64),
    /// A saved trace.
    Saved(Box<Saved>),
}

/// How traces are played and judged.
#[derive(Clone)]
pub struct Orders {
    /// Where targets come from.
    pub source: Arc<dyn TargetSource>,
    /// The seed, and how peers talk.
    pub plan: Plan,
    /// The dialect that targets are judged by, if not the reference.
    pub expect: Option<&'static Dialect>,
}

/// What came of all traces.
#[derive(Default)]
pub struct Campaign {
    /// How many were played, and how many steps of them.
    pub traces: u64,
    /// How many steps of them were done.
    pub steps: u64,
    /// How many could not be judged to their end, and why the first of them could not.
    pub partly: Option<(u64, String)>,
    /// The traces that were broken off, each with the reason.
    pub broken_off: Vec<(u64, String)>,
    /// The requirements that the traces touch.
    pub coverage: Coverage,
    /// What is wrong: the first failure, after the warnings that came before it.
    pub failures: Vec<Failure>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Whether the user ended it early.
    pub interrupted: bool,
}

/// A trace at which the target did what the model does not.
pub struct Failure {
    /// The trace, made small, to be saved.
    pub saved: Saved,
    /// How many steps it had at first.
    pub steps_before: usize,
    /// How many smaller traces were played.
    pub tries: usize,
    /// What is wrong, or why that cannot be told.
    pub finding: Result<Finding, String>,
    /// What it was judged by.
    pub suppose: Deviations,
    /// The small trace as it was played last.
    pub played: Played,
}

impl Failure {
    /// The deviation that explains it, if it misses no more than a SHOULD.
    fn warning(&self) -> Option<Deviation> {
        let finding = self.finding.as_ref().ok()?;
        let mut ids = finding.requirements().iter();
        let is_should =
            |id: &&str| Requirement::find(id).is_some_and(|it| it.level == Level::Should);
        let is_warning = !finding.requirements().is_empty() && ids.all(is_should);
        let deviation = finding.deviations().first().copied();
        deviation.filter(|it| is_warning && !self.suppose.contains(*it))
    }
}

/// What came of one trace.
struct Tried {
    number: u64,
    trace: Trace,
    /// What the target had been warned of.
    known: Deviations,
    suppose: Deviations,
    played: Played,
    steps: u64,
    judged: Judged,
}

/// What all traces of a run share.
struct Run {
    orders: Orders,
    manner: Manner,
    /// Whether one target serves all traces, so that each needs blocks of its own.
    is_shared: AtomicBool,
    attempts: AtomicU64,
    /// Deviations that break no more than a SHOULD, and that the target was warned of.
    known: Mutex<Deviations>,
}

/// Plays traces up to the first failure, and makes that small. When `interrupted` returns, the result is
/// of those that were played.
pub async fn run(
    orders: &Orders,
    stimuli: Stimuli,
    interrupted: impl Future<Output = ()>,
    progress: impl Fn(u64),
) -> Campaign {
    let begun = Instant::now();
    let manner = learn_manner(orders.source.as_ref(), &orders.plan).await;
    // A node that cannot be started as it is wanted was there before. It may know a saved trace's blocks.
    let is_shared = orders.source.offers().options.is_empty();
    let attempts = match &stimuli {
        Stimuli::Random(_) => 0,
        Stimuli::Saved(_) => u64::from(rand::random::<u32>()),
    };
    let run = Arc::new(Run {
        orders: orders.clone(),
        manner,
        is_shared: AtomicBool::new(is_shared),
        attempts: AtomicU64::new(attempts),
        known: Mutex::default(),
    });
    let mut campaign = Campaign::default();
    let is_over = {
        let playing = run.all(stimuli, &mut campaign, progress);
        tokio::pin!(playing);
        tokio::select! {
            () = playing => true,
            () = interrupted => false,
        }
    };
    campaign.interrupted = !is_over;
    run.orders.source.end().await;
    campaign.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    campaign
}

impl Run {
    /// Plays the traces, several at once if there is a target for each, and takes what came in their
    /// order.
    async fn all(
        self: &Arc<Self>,
        stimuli: Stimuli,
        campaign: &mut Campaign,
        progress: impl Fn(u64),
    ) {
        let (numbers, saved) = match stimuli {
            Stimuli::Random(many) => (1..=many, None),
            Stimuli::Saved(saved) => (saved.number..=saved.number, Some(saved.trace)),
        };
        let offers = self.orders.source.offers();
        let expected = self.suppose();
        let made = move |number| match &saved {
            Some(trace) => fit(trace.clone(), &offers, Deviations::none()),
            None => fit(
                Dice::of(self.orders.plan.seed, number).trace(MOST_STEPS),
                &offers,
                expected,
            ),
        };
        let mut tried = stream::iter(numbers)
            .map(|number| {
                let (run, trace) = (Arc::clone(self), made(number));
                // A task of its own, so that none waits for another's computing.
                tokio::spawn(async move { run.one(number, trace).await })
            })
            .buffered(self.orders.source.jobs().max(1));
        let mut in_a_row = 0;
        while let Some(tried) = tried.next().await {
            campaign.traces += 1;
            let tried = match tried {
                // It was judged before the last warning was known.
                Ok(tried)
                    if matches!(tried.judged, Judged::Wrong(_)) && tried.known != self.known() =>
                {
                    self.one(tried.number, tried.trace).await
                }
                Ok(tried) => tried,
                Err(error) => {
                    let why = format!("internal error: {error}");
                    campaign.broken_off.push((campaign.traces, why));
                    continue;
                }
            };
            campaign.steps += tried.steps;
            campaign.coverage = campaign.coverage.union(tried.played.log.coverage());
            progress(campaign.traces);
            if let Judged::Wrong(finding) = tried.judged {
                drop(tried.played);
                let first = First {
                    number: tried.number,
                    trace: tried.trace,
                    suppose: tried.suppose,
                    steps: usize::try_from(tried.steps).unwrap_or(usize::MAX),
                    finding: *finding,
                };
                let failure = self.failure(first).await;
                let warned = failure.warning();
                campaign.failures.push(failure);
                match warned {
                    // The rest is judged as well.
                    Some(deviation) => self.know(deviation),
                    None => return,
                }
                continue;
            }
            if let Judged::Partly(why) = tried.judged {
                let partly = campaign.partly.get_or_insert((0, why));
                partly.0 += 1;
            }
            match tried.played.broken_off {
                Some(why) if tried.played.ended.is_none() => {
                    campaign.broken_off.push((tried.number, why));
                    in_a_row += 1;
                }
                _ => in_a_row = 0,
            }
            if in_a_row == MOST_BROKEN_OFF {
                return;
            }
        }
    }

    /// The deviations that were warned of.
    fn known(&self) -> Deviations {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, deviation: Deviation) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(deviation);
    }

    /// What the target is judged by, before it has shown which free choices it makes.
    fn suppose(&self) -> Deviations {
        let expect = self.orders.expect;
        let expected = expect.map_or(Deviations::none(), |dialect| dialect.deviations);
        expected.union(self.known())
    }

    /// What makes the blocks and keys of an attempt: another one each time where a target keeps what
    /// was done before.
    fn name(&self, number: u64) -> String {
        match self.is_shared.load(Ordering::Relaxed) {
            false => format!("random/{number}"),
            true => {
                let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
                format!("random/{number}/{attempt}")
            }
        }
    }

    async fn play(&self, number: u64, trace: &Trace, suppose: Deviations, tempo: Tempo) -> Played {
        let name = self.name(number);
        let played = play(self.stage(&name, suppose, tempo), trace).await;
        if played.is_shared {
            self.is_shared.store(true, Ordering::Relaxed);
        }
        played
    }

    fn stage<'a>(&'a self, name: &'a str, suppose: Deviations, tempo: Tempo) -> Stage<'a> {
        Stage {
            source: self.orders.source.as_ref(),
            plan: &self.orders.plan,
            manner: &self.manner,
            name,
            suppose,
            tempo,
        }
    }

    /// Plays a trace, and once more for each choice that the target turns out to make freely.
    async fn one(&self, number: u64, trace: Trace) -> Tried {
        let known = self.known();
        let (suppose, played, judged) = self
            .played_and_judged(number, &trace, self.suppose(), Tempo::Quick)
            .await;
        Tried {
            number,
            trace,
            known,
            suppose,
            steps: played.steps as u64,
            played,
            judged,
        }
    }

    async fn played_and_judged(
        &self,
        number: u64,
        trace: &Trace,
        mut suppose: Deviations,
        tempo: Tempo,
    ) -> (Deviations, Played, Judged) {
        let mut choices = 0;
        loop {
            let played = self.play(number, trace, suppose, tempo).await;
            let judged = judge(&played)
                .unwrap_or_else(|error| Judged::Partly(format!("internal error: {error}")));
            match judged {
                Judged::Freely(more) if choices < MOST_CHOICES => suppose = more,
                Judged::Freely(_) => {
                    let why = "the target makes more free choices than are told apart".to_owned();
                    return (suppose, played, Judged::Partly(why));
                }
                judged => return (played.suppose, played, judged),
            }
            choices += 1;
        }
    }

    /// Makes a failing trace small, and sees whether it fails when the target is not hurried: what does
    /// not is no failure.
    async fn failure(&self, first: First) -> Failure {
        let First {
            number,
            trace,
            suppose,
            steps,
            finding,
        } = &first;
        let (number, suppose) = (*number, *suppose);
        let likeness = finding.likeness();
        let mut tries = 0;
        let mut steps = *steps;
        let not_hurried = loop {
            let (tempo, most) = match tries {
                0 => (Tempo::Quick, MOST_TRIES),
                _ => (Tempo::Unhurried, MOST_UNHURRIED),
            };
            let shrunk = shrink(trace, steps, most, async |trace: &Trace| {
                let played = self.play(number, trace, suppose, tempo).await;
                likeness.is_of(&played).then_some(played)
            })
            .await;
            tries += shrunk.tries.max(1);
            let confirmed = self
                .played_and_judged(number, &shrunk.trace, suppose, Tempo::Unhurried)
                .await;
            if let (suppose, played, Judged::Wrong(finding)) = confirmed {
                return Failure {
                    saved: self.saved(number, shrunk.trace),
                    steps_before: trace.steps.len(),
                    tries,
                    finding: Ok(*finding),
                    suppose,
                    played,
                };
            }
            // The small trace is not wrong when there is time: is the whole one?
            let (_, played, judged) = self
                .played_and_judged(number, trace, suppose, Tempo::Unhurried)
                .await;
            if !matches!(judged, Judged::Wrong(_)) || tempo == Tempo::Unhurried {
                break played;
            }
            steps = played.steps;
        };
        Failure {
            saved: self.saved(number, trace.clone()),
            steps_before: trace.steps.len(),
            tries,
            finding: Err(format!(
                "once the target did what the model does not ({}), and not again when it was given \
                 time after each step",
                finding.what()
            )),
            suppose,
            played: not_hurried,
        }
    }

    fn saved(&self, number: u64, trace: Trace) -> Saved {
        let expect = self.orders.expect.map(|dialect| dialect.name);
        Saved::new(self.orders.plan.seed, number, expect, trace)
    }
}

/// A failure as it was found.
struct First {
    number: u64,
    trace: Trace,
    suppose: Deviations,
    steps: usize,
    finding: Finding,
}
