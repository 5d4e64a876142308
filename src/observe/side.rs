//! [`Side`]: which of the two nodes.

use std::fmt;

/// One of the two nodes between which the relay stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The node that dials the relay.
    Dialling,
    /// The node that the relay dials.
    Dialled,
}

impl Side {
    /// Both, in this order everywhere.
    pub const BOTH: [Side; 2] = [Side::Dialling, Side::Dialled];

    /// The other one.
    pub const fn other(self) -> Side {
        match self {
            Side::Dialling => Side::Dialled,
            Side::Dialled => Side::Dialling,
        }
    }

    /// Its name in logs and results.
    pub const fn name(self) -> &'static str {
        match self {
            Side::Dialling => "dialling",
            Side::Dialled => "dialled",
        }
    }

    /// Its place in a pair of things that both nodes have.
    pub const fn place(self) -> usize {
        match self {
            Side::Dialling => 0,
            Side::Dialled => 1,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} node", self.name())
    }
}
