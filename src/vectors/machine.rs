//! [`MachineVector`]: a vector of the state machine, with every outcome that the specification
//! allows.
//!
//! The reference has its outcomes, one for each choice of a holder. A node may also use what the
//! specification leaves open (permitted deviations), and whoever misses only a SHOULD of another
//! requirement is not to be accused here. So the outcomes of such nodes are allowed as well, and say
//! by which deviations they come about.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use blockexc_model::deviating::{Event, Node};
use blockexc_model::deviation::{Deviations, Layer};
use blockexc_model::requirement::Level;
use blockexc_model::{Deviation, Requirement};
use serde_json::{Value, json};

use super::fields::first_difference;
use super::heading::{heading, requirement_of};
use super::judged::{Judged, at};
use super::normal::Scope;
use super::play::{self, Outcome};
use super::script;
use super::state_json;
use super::written::Written;
use crate::wire::Network;
use crate::wire::cid::sha256;

/// Deviations that leave no trace alone, each with the one beside which it shows.
pub const SEEN_BESIDE: &[(Deviation, Deviation)] =
    &[(Deviation::AskOutlivesCancel, Deviation::OnlyAsked)];

/// The most deviations that are combined at one vector.
const MOST_COMBINED: usize = 8;

/// Whether the vector is one event or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A state before, one event.
    State,
    /// Events one after another, from an empty node on.
    Sequence,
}

/// A vector of the state machine.
pub struct MachineVector {
    /// What is written of it.
    pub written: &'static Written,
    /// Its requirement.
    pub requirement: &'static Requirement,
    /// Whether it is one event or several.
    pub form: Form,
    /// The node before.
    start: Node<Network>,
    events: Vec<Event<Network>>,
    /// The outcomes that are allowed, the reference's first.
    pub allowed: Vec<Allowed>,
    /// What deviating nodes do here, when it was asked for.
    known: OnceLock<Vec<(Deviation, BTreeSet<Digest>)>>,
}

/// Stands for the normal form of a run.
type Digest = [u8; 32];

fn digest(normal: &[Value]) -> Digest {
    sha256(json!(normal).to_string().as_bytes())
}

/// One way in which a node may go through the events.
pub struct Allowed {
    /// The outcomes of the events, one after another.
    pub run: Vec<Outcome>,
    /// The deviations of a node that does so; none for the reference.
    pub by: Deviations,
    normal: Vec<Value>,
    digest: Digest,
}

impl MachineVector {
    /// The vector of what is written.
    ///
    /// # Errors
    ///
    /// When that is wrong, naming it.
    pub fn build(written: &'static Written, form: Form) -> Result<Self, String> {
        let requirement = requirement_of(written.id)?;
        Self::try_build(written, requirement, form)
            .map_err(|error| format!("{}: {error}", written.id))
    }

    fn try_build(
        written: &'static Written,
        requirement: &'static Requirement,
        form: Form,
    ) -> Result<Self, String> {
        let story = script::read(written.script)?;
        let before = match form {
            Form::State => story.events.len() - 1,
            Form::Sequence => 0,
        };
        let mut vector = MachineVector {
            written,
            requirement,
            form,
            start: play::reached(&story.config, &story.events[..before]),
            events: story.events[before..].to_vec(),
            allowed: Vec::new(),
            known: OnceLock::new(),
        };
        vector.allow(Deviations::none())?;
        let open = vector.open_choices()?;
        for chosen in subsets(&open) {
            vector.allow(chosen)?;
        }
        Ok(vector)
    }

    /// The deviations that are free here and show.
    fn open_choices(&self) -> Result<Vec<Deviation>, String> {
        let mut open = Vec::new();
        for deviation in Deviation::ALL.iter().copied() {
            if self.is_free(deviation) && self.shows(deviation)? {
                open.push(deviation);
            }
        }
        for (deviation, other) in SEEN_BESIDE {
            if open.contains(other) {
                open.push(*deviation);
            }
        }
        match open.len() > MOST_COMBINED {
            true => Err(format!("too many choices: {open:?}")),
            false => Ok(open),
        }
    }

    /// Whether a node that deviates so breaks no MUST, and not what this vector is about.
    pub fn is_free(&self, deviation: Deviation) -> bool {
        let breaks = deviation.breaks().iter();
        deviation.layer() == Layer::Model
            && breaks.into_iter().all(|id| {
                let level = Requirement::find(id).map(|requirement| requirement.level);
                *id != self.requirement.id && level != Some(Level::Must)
            })
    }

    /// Whether a node that deviates so does anything here that is not allowed so far.
    fn shows(&self, deviation: Deviation) -> Result<bool, String> {
        let done = self.digests(Deviations::of(&[deviation]))?;
        let is_allowed = |digest| self.allowed.iter().any(|allowed| allowed.digest == digest);
        Ok(!done.into_iter().all(is_allowed))
    }

    /// Whether all that nodes with the first deviations do here, those with the second do as well.
    ///
    /// # Errors
    ///
    /// When there are too many outcomes.
    pub fn is_done_by(&self, first: Deviations, second: Deviations) -> Result<bool, String> {
        Ok(self.digests(first)?.is_subset(&self.digests(second)?))
    }

    /// What nodes that deviate so do here.
    fn digests(&self, deviations: Deviations) -> Result<BTreeSet<Digest>, String> {
        if deviations.is_empty() {
            let reference = self.allowed.iter().filter(|it| it.by.is_empty());
            return Ok(reference.map(|it| it.digest).collect());
        }
        let runs = self.runs(deviations)?;
        runs.iter().map(|run| self.digest(run)).collect()
    }

    /// The digest of a run. Most are runs of the reference: these need not be put into their normal
    /// form.
    fn digest(&self, run: &[Outcome]) -> Result<Digest, String> {
        let is_it = |allowed: &&Allowed| {
            let mut steps = allowed.run.iter().zip(run);
            steps.all(|(one, other)| one.is_same(other))
        };
        match self.allowed.iter().find(is_it) {
            Some(allowed) => Ok(allowed.digest),
            None => Ok(digest(&self.normal(run)?)),
        }
    }

    /// What drivers of such nodes answer, one for each choice of a holder.
    ///
    /// # Errors
    ///
    /// When there are too many outcomes.
    pub fn answers_of(&self, deviations: Deviations) -> Result<Vec<Value>, String> {
        let runs = self.runs(deviations)?.into_iter();
        Ok(runs.map(|run| self.run_value(&run)).collect())
    }

    fn run_value(&self, run: &[Outcome]) -> Value {
        let mut steps: Vec<Value> = run.iter().map(Outcome::value).collect();
        match self.form {
            Form::State => steps.remove(0),
            Form::Sequence => json!({ "steps": steps }),
        }
    }

    fn allow(&mut self, by: Deviations) -> Result<(), String> {
        for run in self.runs(by)? {
            let digest = self.digest(&run)?;
            if !self.allowed.iter().any(|allowed| allowed.digest == digest) {
                let normal = self.normal(&run)?;
                self.allowed.push(Allowed {
                    run,
                    by,
                    normal,
                    digest,
                });
            }
        }
        Ok(())
    }

    fn runs(&self, deviations: Deviations) -> Result<Vec<Vec<Outcome>>, String> {
        play::runs(
            &play::deviating(self.start.clone(), deviations),
            &self.events,
        )
    }

    fn is_allowed(&self, normal: &[Value]) -> bool {
        self.allowed.iter().any(|allowed| allowed.normal == normal)
    }

    fn normal(&self, run: &[Outcome]) -> Result<Vec<Value>, String> {
        let run: Vec<Value> = run.iter().map(Outcome::value).collect();
        self.normal_of(&run)
    }

    /// The normal form of what a driver says that it did.
    fn normal_of(&self, run: &[Value]) -> Result<Vec<Value>, String> {
        if run.len() != self.events.len() {
            return Err(format!(
                "there are {} outcomes of {} events",
                run.len(),
                self.events.len()
            ));
        }
        let before = state_json::state(&self.start);
        let mut before = &before;
        let mut normal = Vec::new();
        for (event, outcome) in self.events.iter().zip(run) {
            let event = state_json::event(event);
            let scope = Scope::of(self.written.judged, before, &event);
            normal.push(scope.outcome(outcome)?);
            before = &outcome["after"];
        }
        Ok(normal)
    }

    /// What a driver's answer comes to.
    ///
    /// # Errors
    ///
    /// When it is no answer, saying what is wrong with its form.
    pub fn judge(&self, answer: &Value) -> Result<Judged, String> {
        let run = match self.form {
            Form::State => vec![answer.clone()],
            Form::Sequence => {
                let steps = answer["steps"].as_array();
                steps.ok_or("`steps` is a list of outcomes")?.clone()
            }
        };
        let actual = self.normal_of(&run)?;
        if self.is_allowed(&actual) {
            return Ok(Judged::Allowed);
        }
        let agreed = |allowed: &&Allowed| {
            let steps = allowed.normal.iter().zip(&actual);
            steps.take_while(|(one, other)| one == other).count()
        };
        // Of those that agree the longest, the first.
        let nearest = self.allowed.iter().rev().max_by_key(agreed);
        let nearest = nearest.ok_or("there is nothing that is allowed")?;
        let step = agreed(&nearest);
        let others = self.allowed.iter().filter(|other| agreed(other) == step);
        let (path, expected, came) =
            first_difference(&nearest.normal[step], &actual[step]).unwrap_or_default();
        let path = match self.form {
            Form::State => path,
            Form::Sequence => format!("event {} › {path}", step + 1),
        };
        Ok(Judged::Wrong {
            expected: at(&path, &expected, others.count()),
            actual: at(&path, &came, 1),
            as_by: self.explained_by(&actual)?,
        })
    }

    /// The deviations that do exactly this, alone or with one of the choices that are open.
    fn explained_by(&self, actual: &[Value]) -> Result<Vec<Deviation>, String> {
        let known = match self.known.get() {
            Some(known) => known,
            None => {
                let known = self.what_deviations_do()?;
                self.known.get_or_init(|| known)
            }
        };
        let actual = digest(actual);
        let doing = known.iter().filter(|(_, done)| done.contains(&actual));
        Ok(doing.map(|(deviation, _)| *deviation).collect())
    }

    /// For each deviation that is not free here, what nodes with it do.
    fn what_deviations_do(&self) -> Result<Vec<(Deviation, BTreeSet<Digest>)>, String> {
        let open: BTreeSet<_> = self.allowed.iter().flat_map(|it| it.by.iter()).collect();
        let mut known = Vec::new();
        for deviation in Deviation::ALL.iter().copied() {
            if deviation.layer() != Layer::Model || self.is_free(deviation) {
                continue;
            }
            let mut done = BTreeSet::new();
            let alone = [Deviations::of(&[deviation])];
            let beside = open
                .iter()
                .map(|other| Deviations::of(&[deviation, *other]));
            for deviations in alone.into_iter().chain(beside) {
                done.extend(self.digests(deviations)?);
            }
            known.push((deviation, done));
        }
        Ok(known)
    }

    /// What a driver is told: everything but the outcomes.
    pub fn question(&self) -> Value {
        let Written {
            id,
            summary,
            script,
            ..
        } = *self.written;
        let mut value = heading(id, self.requirement, summary);
        value["in_short"] = json!(script);
        let config = state_json::config(&self.start.config);
        if !config.is_null() {
            value["config"] = config;
        }
        if !self.written.judged.is_empty() {
            value["judged"] = json!(self.written.judged);
        }
        let events: Vec<Value> = self.events.iter().map(state_json::event).collect();
        match self.form {
            Form::State => {
                value["before"] = state_json::state(&self.start);
                value["event"] = events.into_iter().collect();
                value["event"] = value["event"][0].take();
            }
            Form::Sequence => value["events"] = json!(events),
        }
        value
    }

    /// As it stands in a file.
    pub fn value(&self) -> Value {
        let mut value = self.question();
        let allowed = self.allowed.iter();
        let field = match self.form {
            Form::State => "outcomes",
            Form::Sequence => "runs",
        };
        value[field] = allowed.map(|allowed| self.allowed_value(allowed)).collect();
        value
    }

    fn allowed_value(&self, allowed: &Allowed) -> Value {
        let mut value = self.run_value(&allowed.run);
        if !allowed.by.is_empty() {
            let names: Vec<_> = allowed.by.iter().map(Deviation::name).collect();
            value["as"] = json!(names);
        }
        let misses: BTreeSet<_> = allowed.by.iter().flat_map(Deviation::breaks).collect();
        if !misses.is_empty() {
            value["misses"] = json!(misses);
        }
        value
    }
}

/// Every set of some of these, smaller ones first, but for the empty one.
fn subsets(of: &[Deviation]) -> Vec<Deviations> {
    let mut sets: Vec<u32> = (1..1u32 << of.len()).collect();
    sets.sort_by_key(|set| set.count_ones());
    let chosen = |set: u32| {
        let members = of.iter().enumerate();
        let members = members.filter(|(place, _)| set & (1 << place) != 0);
        members.map(|(_, deviation)| *deviation).collect()
    };
    sets.into_iter().map(chosen).collect()
}
