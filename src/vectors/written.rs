//! [`Written`]: what is written by hand of a state vector or a sequence: its ID and its story. All
//! the rest of it comes from the model.

use serde::Serialize;

/// A vector of the state machine, as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// The requirement's ID, a slash, and a word.
    pub id: &'static str,
    /// What happens, in a sentence.
    pub summary: &'static str,
    /// The story, in the language of [`script`](super::script). Of a state vector its last event is
    /// the event, and those before it lead to the state before.
    pub script: &'static str,
    /// What is compared beside what is compared of every vector.
    pub judged: &'static [Aspect],
}

/// A vector without anything special.
pub const fn case(id: &'static str, summary: &'static str, script: &'static str) -> Written {
    Written {
        id,
        summary,
        script,
        judged: &[],
    }
}

impl Written {
    /// The same, with this compared as well.
    pub const fn judging(self, judged: &'static [Aspect]) -> Self {
        Written { judged, ..self }
    }
}

/// Something about messages that is compared only where it is what the vector is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// The priority of want entries (JOIN-4).
    Priority,
    /// The order of the deliveries to one peer (WANT-14).
    DeliveryOrder,
    /// That presence items come in as few messages as can be, and before deliveries (WANT-18).
    PresencesFirst,
    /// That want entries come in as few messages as can be (ASK-6).
    OneList,
}
