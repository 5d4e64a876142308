//! [`Graph`]: all transitions of a search.

/// The label of transitions that meet no obligation.
pub const FREE: u8 = 0;

/// All transitions of a search. States are numbered in the order in which they were found.
#[derive(Debug, Default)]
pub struct Graph {
    /// Where each state's transitions begin; one more at the end.
    starts: Vec<usize>,
    /// The label of each transition and the state that it leads to.
    edges: Vec<(u8, u32)>,
    /// Whether each state is marked.
    marks: Vec<bool>,
}

impl Graph {
    /// The graph of these transitions: from, label, to.
    pub(super) fn new(transitions: &[(u32, u8, u32)], marks: Vec<bool>) -> Self {
        let mut starts = vec![0; marks.len() + 1];
        for (from, ..) in transitions {
            starts[*from as usize + 1] += 1;
        }
        for state in 0..marks.len() {
            starts[state + 1] += starts[state];
        }
        let mut next = starts.clone();
        let mut edges = vec![(0, 0); transitions.len()];
        for (from, label, to) in transitions {
            let place = &mut next[*from as usize];
            edges[*place] = (*label, *to);
            *place += 1;
        }
        Graph {
            starts,
            edges,
            marks,
        }
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// The transitions that lead from a state: label and target.
    pub fn from(&self, state: u32) -> impl Iterator<Item = (u8, u32)> {
        let range = self.starts[state as usize]..self.starts[state as usize + 1];
        self.edges[range].iter().copied()
    }

    /// Whether this state is marked.
    pub fn is_marked(&self, state: u32) -> bool {
        self.marks[state as usize]
    }
}
