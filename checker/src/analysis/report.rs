//! [`Report`]: what a search through a configuration found.

use serde::Serialize;

/// What a search through a configuration found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The configuration's name.
    pub name: String,
    /// What it is made of, in words.
    pub description: String,
    /// How many different states were seen.
    pub states: usize,
    /// How many transitions led from them.
    pub transitions: u64,
    /// How many steps the farthest state is away from the start.
    pub depth: u32,
    /// Why the search was stopped before every state was seen; nothing when it was not: only then
    /// are verdicts proofs.
    pub bounded_by: Option<String>,
    /// How many renamings make states count as one.
    pub renamings: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How many bytes of memory the search held at most, but for what states keep on the heap;
    /// only states of open networks keep anything there.
    pub memory: usize,
    /// What came of each property.
    pub properties: Vec<PropertyReport>,
}

/// What came of a property.
#[derive(Clone, Debug, Serialize)]
pub struct PropertyReport {
    /// What it says.
    pub name: &'static str,
    /// The requirements it stands for.
    pub requirements: &'static [&'static str],
    /// Whether it holds.
    pub verdict: ReportedVerdict,
    /// Whether the case ever arose of which it says something.
    pub premise_reached: bool,
}

/// A verdict for a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportedVerdict {
    /// It holds in every state.
    Holds,
    /// It holds in every state that was seen, which were not all.
    NotViolated,
    /// It is violated after so many steps, and not sooner.
    Violated(usize),
    /// It must hold sometimes, and does after so many steps.
    Seen(usize),
    /// It must hold sometimes, and never does.
    NeverSeen,
    /// It must hold sometimes, and did in no state that was seen, which were not all.
    NotSeen,
}

impl ReportedVerdict {
    /// Whether this shows that the property does not hold.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            ReportedVerdict::Violated(_) | ReportedVerdict::NeverSeen
        )
    }

    /// Whether nothing can be said.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            ReportedVerdict::NotViolated | ReportedVerdict::NotSeen
        )
    }
}

impl Report {
    /// What does not hold.
    pub fn failures(&self) -> impl Iterator<Item = &PropertyReport> {
        self.properties
            .iter()
            .filter(|property| property.verdict.is_failure())
    }

    /// How many unique states were seen in a second.
    pub fn states_per_second(&self) -> f64 {
        self.states as f64 / self.seconds.max(1e-9)
    }

    /// How many bytes of memory each state took, on average.
    pub fn bytes_per_state(&self) -> f64 {
        self.memory as f64 / self.states.max(1) as f64
    }
}

/// The properties that none of these searches had anything to say about: what they say would hold
/// of anything.
pub fn idle(reports: &[Report]) -> Vec<&'static str> {
    let mut idle: Vec<&'static str> = Vec::new();
    let all = || reports.iter().flat_map(|report| &report.properties);
    for property in all() {
        let reached = all().any(|other| other.name == property.name && other.premise_reached);
        if !reached && !idle.contains(&property.name) {
            idle.push(property.name);
        }
    }
    idle
}
