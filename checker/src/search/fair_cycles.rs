//! Fair cycles: whether something can be put off for ever (liveness).
//!
//! A run that goes on for ever ends up in a cycle of the graph of all transitions, or stays in one
//! state. Such a run is *fair* when nothing that must happen is passed over: an obligation under
//! weak fairness may not be possible at every moment and never be taken; one under strong
//! fairness may not be possible again and again and never be taken. What is owed is put off for
//! ever when there is a fair cycle in all of whose states it is owed. The search for one looks at
//! every strongly connected component of the states in which it is owed, so that nothing hides
//! where paths join, or on cycles.
//!
//! The counterexample is a lasso: a way to the cycle, and once round it.

use std::collections::VecDeque;

use super::graph::Graph;

/// How much the network is trusted to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fairness {
    /// What is possible without pause happens eventually.
    Weak,
    /// What is possible again and again happens eventually.
    Strong,
}

/// What must not be passed over: the labels of transitions from 1 on, each an obligation of its
/// own; [`FREE`](super::graph::FREE) is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligations(Vec<Fairness>);

impl Obligations {
    /// The obligations of labels 1, 2 and so on.
    pub fn new(fairness: impl IntoIterator<Item = Fairness>) -> Self {
        Obligations(fairness.into_iter().collect())
    }

    /// So many, all under weak fairness.
    pub fn weak(count: usize) -> Self {
        Obligations(vec![Fairness::Weak; count])
    }

    fn of(&self, label: u8) -> Option<Fairness> {
        self.0.get(usize::from(label).checked_sub(1)?).copied()
    }

    fn labels(&self) -> impl Iterator<Item = u8> {
        (1u8..).take(self.0.len())
    }
}

/// A way in which something is put off for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso {
    /// The first state of the cycle, to which [`Exploration::trail`] leads.
    ///
    /// [`Exploration::trail`]: super::exploration::Exploration::trail
    pub knot: u32,
    /// The states of the cycle in order, from after the knot to the knot again. None when the run
    /// just stays there.
    pub cycle: Vec<u32>,
}

/// The way in which what is owed in marked states can be put off for ever; nothing when it cannot.
pub fn fair_cycle(graph: &Graph, obligations: &Obligations) -> Option<Lasso> {
    let marked: Vec<u32> = (0..graph.len() as u32)
        .filter(|state| graph.is_marked(*state))
        .collect();
    let mut inside = vec![false; graph.len()];
    // Components yet to be looked at, the nearest to the start last. Strong fairness splits them
    // further.
    let nearest_last = |pending: &mut Vec<Vec<u32>>| {
        pending.sort_by_key(|component| std::cmp::Reverse(component.iter().min().copied()));
    };
    let mut pending = components(graph, &marked, &mut inside);
    nearest_last(&mut pending);
    while let Some(component) = pending.pop() {
        for state in &component {
            inside[*state as usize] = true;
        }
        let judged = judge(graph, obligations, &component, &inside);
        let split = match judged {
            Fair::Yes => {
                let lasso = lasso(graph, obligations, &component, &inside);
                return Some(lasso);
            }
            Fair::No => None,
            Fair::Without(label) => Some(label),
        };
        for state in &component {
            inside[*state as usize] = false;
        }
        if let Some(label) = split {
            let rest: Vec<u32> = component
                .into_iter()
                .filter(|state| graph.from(*state).all(|(other, _)| other != label))
                .collect();
            pending.extend(components(graph, &rest, &mut inside));
            nearest_last(&mut pending);
        }
    }
    None
}

enum Fair {
    Yes,
    No,
    /// Only a part of it can be: that in which this obligation is never possible.
    Without(u8),
}

/// Whether a run may go round this component for ever.
fn judge(graph: &Graph, obligations: &Obligations, component: &[u32], inside: &[bool]) -> Fair {
    for label in obligations.labels() {
        let possible = |state: &u32| graph.from(*state).any(|(other, _)| other == label);
        let taken = component.iter().any(|state| {
            graph
                .from(*state)
                .any(|(other, to)| other == label && inside[to as usize])
        });
        if taken {
            continue;
        }
        match obligations.of(label) {
            Some(Fairness::Weak) if component.iter().all(possible) => return Fair::No,
            Some(Fairness::Strong) if component.iter().any(possible) => {
                return Fair::Without(label);
            }
            _ => {}
        }
    }
    Fair::Yes
}

/// The strongly connected components of these states: a single state is one too, in which a run
/// may stay. (Tarjan's algorithm, with a stack of its own.) `inside` is false everywhere before
/// and after.
fn components(graph: &Graph, states: &[u32], inside: &mut [bool]) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    struct Frame {
        state: u32,
        targets: Vec<u32>,
        next: usize,
    }
    for state in states {
        inside[*state as usize] = true;
    }
    let within: &[bool] = inside;
    let frame = |state: u32| Frame {
        state,
        targets: graph
            .from(state)
            .map(|(_, to)| to)
            .filter(|to| within[*to as usize])
            .collect(),
        next: 0,
    };
    let mut order = vec![UNSEEN; graph.len()];
    let mut low = vec![UNSEEN; graph.len()];
    let mut on_stack = vec![false; graph.len()];
    let mut stack = Vec::new();
    let mut count = 0;
    let mut found = Vec::new();
    for root in states {
        if order[*root as usize] != UNSEEN {
            continue;
        }
        let mut frames = vec![frame(*root)];
        while let Some(top) = frames.last_mut() {
            let state = top.state as usize;
            if top.next == 0 {
                order[state] = count;
                low[state] = count;
                count += 1;
                stack.push(top.state);
                on_stack[state] = true;
            }
            if let Some(to) = top.targets.get(top.next).copied() {
                top.next += 1;
                // A first visit counts as one, even where there is nothing to visit.
                if order[to as usize] == UNSEEN {
                    frames.push(frame(to));
                } else if on_stack[to as usize] {
                    low[state] = low[state].min(order[to as usize]);
                }
                continue;
            }
            if low[state] == order[state] {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member as usize] = false;
                    component.push(member);
                    if member as usize == state {
                        break;
                    }
                }
                found.push(component);
            }
            let reached = low[state];
            frames.pop();
            if let Some(parent) = frames.last() {
                let parent = parent.state as usize;
                low[parent] = low[parent].min(reached);
            }
        }
    }
    for state in states {
        inside[*state as usize] = false;
    }
    found
}

/// A cycle through this component that is fair: for each obligation it takes it or, where weak
/// fairness allows, visits a state in which it is not possible.
fn lasso(graph: &Graph, obligations: &Obligations, component: &[u32], inside: &[bool]) -> Lasso {
    // The state found first is nearest to the start.
    let knot = component.iter().copied().min().unwrap_or(0);
    let mut cycle = Vec::new();
    let mut at = knot;
    for label in obligations.labels() {
        let possible = |state: u32| graph.from(state).any(|(other, _)| other == label);
        let must_be_taken = obligations.of(label) == Some(Fairness::Strong);
        let mut on_the_way = std::iter::once(knot).chain(cycle.iter().copied());
        if !must_be_taken && on_the_way.any(|state| !possible(state)) {
            continue;
        }
        let way = way_to(graph, inside, at, |taken, to| {
            taken == label || !must_be_taken && !possible(to)
        });
        if let Some(way) = way {
            cycle.extend(way);
            at = cycle.last().copied().unwrap_or(knot);
        }
    }
    if at != knot
        && let Some(way) = way_to(graph, inside, at, |_, to| to == knot)
    {
        cycle.extend(way);
    }
    Lasso { knot, cycle }
}

/// The states of a shortest way, of one step or more, to a step that `ends` it.
fn way_to(
    graph: &Graph,
    inside: &[bool],
    from: u32,
    ends: impl Fn(u8, u32) -> bool,
) -> Option<Vec<u32>> {
    let mut came = std::collections::HashMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(state) = queue.pop_front() {
        for (label, to) in graph.from(state).filter(|(_, to)| inside[*to as usize]) {
            if ends(label, to) {
                let mut way = vec![to];
                let mut at = state;
                while at != from {
                    way.push(at);
                    at = *came.get(&at)?;
                }
                way.reverse();
                return Some(way);
            }
            if to != from && !came.contains_key(&to) {
                came.insert(to, state);
                queue.push_back(to);
            }
        }
    }
    None
}
