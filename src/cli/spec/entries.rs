//! What is known of requirements, deviations and dialects, put together; also as JSON.

use blockexc_checker::analysis::reach::Reach;
use blockexc_model::deviation::Layer;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::{Level, Observable, REQUIREMENTS};
use blockexc_model::source::{self, Function};
use blockexc_model::{Deviation, Dialect, Requirement};
use serde::Serialize;

use super::glossary::Term;
use super::properties::properties;
use super::selection::Selection;
use crate::node::index::{ENGINE, SHELL};
use crate::suite::scenario::Scenario;
use crate::suite::scenarios;

/// What `--json` writes: a list is left out when nothing of its kind was asked for.
#[derive(Serialize)]
pub(super) struct Document {
    format: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requirements: Vec<RequirementEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deviations: Vec<DeviationEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dialects: Vec<DialectEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scenarios: Vec<ScenarioEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    glossary: Vec<Term>,
}

/// The selection with all that is known of it.
pub(super) fn document(selection: &Selection) -> Document {
    let requirements = selection.requirements.iter();
    let deviations = selection.deviations.iter();
    let dialects = selection.dialects.iter();
    let scenarios = selection.scenarios.iter();
    Document {
        format: "blockexc-spec/1",
        requirements: requirements.map(|one| RequirementEntry::of(one)).collect(),
        deviations: deviations.map(|one| DeviationEntry::of(*one)).collect(),
        dialects: dialects.map(|one| DialectEntry::of(one)).collect(),
        scenarios: scenarios.map(|one| ScenarioEntry::of(one)).collect(),
        glossary: selection.terms.clone(),
    }
}

/// All that is known of a requirement.
#[derive(Serialize)]
pub(super) struct RequirementEntry {
    pub id: &'static str,
    pub section: &'static str,
    pub level: Level,
    pub text: &'static str,
    pub source: &'static str,
    pub rationale: &'static str,
    pub observable: &'static [Observable],
    /// Where the model meets it.
    pub model: Vec<Function>,
    /// Where the engine does.
    pub engine: Vec<Function>,
    /// Where the node around the engine does.
    pub shell: Vec<Function>,
    /// What the model checker looks at for it.
    pub properties: Vec<&'static str>,
    /// How far it is known that it is met: for nodes of any size, or less.
    pub reach: &'static str,
    /// What of it is known so far, when that does not go without saying.
    pub reach_of: &'static str,
    /// The deviations that break it.
    pub broken_by: Vec<DeviationInDialects>,
    /// The scenarios that test it.
    pub scenarios: Vec<ScenarioEntry>,
}

/// A deviation, and who deviates so.
#[derive(Serialize)]
pub(super) struct DeviationInDialects {
    pub name: &'static str,
    pub summary: &'static str,
    pub dialects: Vec<&'static str>,
}

impl DeviationInDialects {
    fn of(deviation: Deviation) -> Self {
        let dialects = DIALECTS.iter();
        DeviationInDialects {
            name: deviation.name(),
            summary: deviation.summary(),
            dialects: dialects
                .filter(|dialect| dialect.deviations.contains(deviation))
                .map(|dialect| dialect.name)
                .collect(),
        }
    }
}

/// A scenario.
#[derive(Serialize)]
pub(super) struct ScenarioEntry {
    pub id: &'static str,
    pub summary: &'static str,
    pub expects: &'static str,
}

impl ScenarioEntry {
    fn of(scenario: &Scenario) -> Self {
        ScenarioEntry {
            id: scenario.id,
            summary: scenario.summary,
            expects: scenario.expects,
        }
    }
}

impl RequirementEntry {
    pub fn of(requirement: &Requirement) -> Self {
        let Requirement {
            id,
            section,
            level,
            text,
            source,
            rationale,
            observable,
        } = *requirement;
        let reach = Reach::of(id);
        RequirementEntry {
            id,
            section: section.title(),
            level,
            text,
            source,
            rationale,
            observable,
            model: source::that_meet(source::RULES, id),
            engine: source::that_meet(ENGINE, id),
            shell: source::that_meet(SHELL, id),
            properties: properties()
                .into_iter()
                .filter(|property| property.requirements.contains(&id))
                .map(|property| property.name)
                .collect(),
            reach: reach.map_or("", |(reach, _)| reach.words()),
            reach_of: reach.map_or("", |(_, why)| why),
            broken_by: requirement
                .broken_by()
                .map(DeviationInDialects::of)
                .collect(),
            scenarios: scenarios::all()
                .filter(|scenario| scenario.requirement_id() == id)
                .map(ScenarioEntry::of)
                .collect(),
        }
    }
}

/// All that is known of a deviation.
#[derive(Serialize)]
pub(super) struct DeviationEntry {
    pub name: &'static str,
    pub summary: &'static str,
    pub layer: Layer,
    /// The IDs of the requirements that it breaks.
    pub breaks: &'static [&'static str],
    /// The dialects that deviate so.
    pub dialects: Vec<&'static str>,
    /// The code that deviates.
    pub places: Vec<Replacement>,
}

/// A function of the deviating node.
#[derive(Serialize)]
pub(super) struct Replacement {
    pub function: Function,
    /// The rule of the specification in whose place it stands.
    pub replaces: Option<Function>,
}

impl DeviationEntry {
    pub fn of(deviation: Deviation) -> Self {
        let DeviationInDialects {
            name,
            summary,
            dialects,
        } = DeviationInDialects::of(deviation);
        // Code names a deviation by its variant.
        let variant = format!("{deviation:?}");
        let in_model = source::that_use(source::DEVIATIONS, &variant);
        let in_model = in_model.into_iter().map(|function| Replacement {
            function,
            replaces: source::replaced_by(&function),
        });
        let in_shell = source::that_use(SHELL, &variant);
        let in_shell = in_shell.into_iter().map(|function| Replacement {
            function,
            replaces: None,
        });
        DeviationEntry {
            name,
            summary,
            layer: deviation.layer(),
            breaks: deviation.breaks(),
            dialects,
            places: in_model.chain(in_shell).collect(),
        }
    }
}

/// All that is known of a dialect.
#[derive(Serialize)]
pub(super) struct DialectEntry {
    pub name: &'static str,
    pub about: &'static str,
    /// How it is known.
    pub evidence: &'static str,
    /// The requirements that it breaks, in the order of the specification, and by which
    /// deviations.
    pub breaks: Vec<Broken>,
    /// The deviations that the specification leaves open.
    pub permitted: Vec<&'static str>,
}

/// A requirement that a dialect breaks.
#[derive(Serialize)]
pub(super) struct Broken {
    pub id: &'static str,
    pub level: Level,
    pub deviations: Vec<&'static str>,
}

impl DialectEntry {
    pub fn of(dialect: &Dialect) -> Self {
        let requirements = REQUIREMENTS.iter();
        let broken_by = |requirement: &Requirement| -> Vec<&'static str> {
            let deviations = requirement.broken_by();
            let of_dialect = deviations.filter(|one| dialect.deviations.contains(*one));
            of_dialect.map(Deviation::name).collect()
        };
        let deviations = dialect.deviations.iter();
        DialectEntry {
            name: dialect.name,
            about: dialect.about,
            evidence: dialect.evidence.words(),
            breaks: requirements
                .map(|requirement| Broken {
                    id: requirement.id,
                    level: requirement.level,
                    deviations: broken_by(requirement),
                })
                .filter(|broken| !broken.deviations.is_empty())
                .collect(),
            permitted: deviations
                .filter(|deviation| deviation.is_permitted())
                .map(Deviation::name)
                .collect(),
        }
    }
}
