//! [`Vector`]: a vector of any kind, and what an answer to it comes to.

use std::fmt;
use std::str::FromStr;

use blockexc_model::Requirement;
use blockexc_model::requirement::REQUIREMENTS;
use serde_json::{Value, json};

use super::fields::first_difference;
use super::heading::{heading, requirement_of};
use super::judged::{Judged, at};
use super::machine::{Form, MachineVector};
use super::normal_bytes;
use super::sequences::SEQUENCES;
use super::tree::TreeVector;
use super::wire::WireVector;
use super::{state, tree, wire};

/// What a vector is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A codec.
    Wire,
    /// A dataset's tree.
    Tree,
    /// A state machine.
    State,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Wire => "wire",
            Kind::Tree => "tree",
            Kind::State => "state",
        })
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let kinds = [Kind::Wire, Kind::Tree, Kind::State];
        let kind = kinds.into_iter().find(|kind| kind.to_string() == name);
        kind.ok_or_else(|| {
            format!("`{name}` is no kind of vector: wire, tree or state is expected")
        })
    }
}

/// A vector of any kind.
pub struct Vector {
    /// Its ID: the requirement's, a slash, and a word.
    pub id: String,
    /// Its requirement.
    pub requirement: &'static Requirement,
    /// What it is about, in a sentence.
    pub summary: String,
    /// What a driver is asked for: `wire`, `tree`, `state` or `sequence`.
    pub command: &'static str,
    /// What a driver is told.
    pub question: Value,
    body: Body,
}

enum Body {
    Wire(WireVector),
    Tree(TreeVector),
    Machine(Box<MachineVector>),
}

/// Every vector, in the order of the specification: of the wire, the tree, the state machine, and its
/// sequences.
///
/// # Errors
///
/// When one is wrongly written, naming it.
pub fn all() -> Result<Vec<Vector>, String> {
    let mut vectors = Vec::new();
    for vector in wire::all() {
        vectors.push(Vector::wire(vector)?);
    }
    for vector in tree::all() {
        vectors.push(Vector::tree(vector)?);
    }
    for written in state::all() {
        vectors.push(Vector::machine(MachineVector::build(written, Form::State)?));
    }
    for written in SEQUENCES {
        vectors.push(Vector::machine(MachineVector::build(
            written,
            Form::Sequence,
        )?));
    }
    let place = |vector: &Vector| {
        let mut requirements = REQUIREMENTS.iter();
        requirements.position(|known| known.id == vector.requirement.id)
    };
    vectors.sort_by_key(place);
    Ok(vectors)
}

impl Vector {
    fn wire(vector: WireVector) -> Result<Self, String> {
        let requirement = requirement_of(vector.id)?;
        let mut question = heading(vector.id, requirement, vector.summary);
        vector.ask(&mut question);
        Ok(Vector {
            id: vector.id.to_owned(),
            requirement,
            summary: vector.summary.to_owned(),
            command: "wire",
            question,
            body: Body::Wire(vector),
        })
    }

    fn tree(vector: TreeVector) -> Result<Self, String> {
        let requirement = requirement_of(&vector.id)?;
        let mut question = heading(&vector.id, requirement, &vector.summary);
        vector.ask(&mut question);
        Ok(Vector {
            id: vector.id.clone(),
            requirement,
            summary: vector.summary.clone(),
            command: "tree",
            question,
            body: Body::Tree(vector),
        })
    }

    fn machine(vector: MachineVector) -> Self {
        Vector {
            id: vector.written.id.to_owned(),
            requirement: vector.requirement,
            summary: vector.written.summary.to_owned(),
            command: match vector.form {
                Form::State => "state",
                Form::Sequence => "sequence",
            },
            question: vector.question(),
            body: Body::Machine(Box::new(vector)),
        }
    }

    /// What it is for.
    pub fn kind(&self) -> Kind {
        match self.body {
            Body::Wire(_) => Kind::Wire,
            Body::Tree(_) => Kind::Tree,
            Body::Machine(_) => Kind::State,
        }
    }

    /// The vector of the state machine, if it is one.
    pub fn as_machine(&self) -> Option<&MachineVector> {
        match &self.body {
            Body::Machine(vector) => Some(vector),
            _ => None,
        }
    }

    /// As it stands in a file.
    pub fn value(&self) -> Value {
        let mut value = self.question.clone();
        match &self.body {
            Body::Wire(vector) => value["outcomes"] = json!(vector.readings()),
            Body::Tree(vector) => value["outcomes"] = json!(vector.answers()),
            Body::Machine(vector) => return vector.value(),
        }
        value
    }

    /// What a driver's answer comes to.
    pub fn judge(&self, answer: &Value) -> Judged {
        let judged = match &self.body {
            Body::Wire(vector) => judge(&vector.readings(), answer, normal_bytes::reading),
            Body::Tree(vector) => judge(&vector.answers(), answer, normal_bytes::tree_answer),
            Body::Machine(vector) => vector.judge(answer),
        };
        judged.unwrap_or_else(Judged::NoAnswer)
    }
}

/// Compares an answer with those that are allowed.
fn judge(
    allowed: &[Value],
    answer: &Value,
    normal: impl Fn(&Value) -> Result<Value, String>,
) -> Result<Judged, String> {
    let actual = normal(answer)?;
    let mut first = None;
    for expected in allowed {
        let expected = normal(expected)?;
        match first_difference(&expected, &actual) {
            None => return Ok(Judged::Allowed),
            Some(difference) => first = first.or(Some(difference)),
        }
    }
    let (path, expected, actual) = first.ok_or("there is nothing that is allowed")?;
    Ok(Judged::Wrong {
        expected: at(&path, &expected, allowed.len()),
        actual: at(&path, &actual, 1),
        as_by: Vec::new(),
    })
}
