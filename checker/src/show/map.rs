//! [`Map`]: all states of a small network and the steps between them, in words, for whoever walks
//! through them without the checker.

use std::collections::HashMap;

use serde::Serialize;

use super::shown::Shown;

/// The texts of maps, each of which stands once.
#[derive(Debug, Default)]
pub struct Texts {
    numbers: HashMap<String, usize>,
}

impl Texts {
    /// The number of a text.
    fn number(&mut self, text: String) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(text).or_insert(next)
    }

    /// All texts, each at the place of its number.
    pub fn in_order(&self) -> Vec<&str> {
        let mut texts: Vec<(&str, usize)> = self
            .numbers
            .iter()
            .map(|(text, number)| (text.as_str(), *number))
            .collect();
        texts.sort_unstable_by_key(|(_, number)| *number);
        texts.into_iter().map(|(text, _)| text).collect()
    }
}

/// How the line of a step begins that names the requirements which ask for it.
pub const ASKED: &str = "asked for by ";

/// A step: the number of what it says in words, those of what the acting node does and of which
/// requirements ask for it, and the place of the state that it leads to.
pub type MapStep = (usize, Vec<usize>, usize);

/// All states of a network, the first one first, and the steps between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Map {
    /// What all nodes keep in each state: the numbers of its lines.
    pub states: Vec<Vec<usize>>,
    /// The steps that are possible in each state. Where a node may choose, it takes the first way.
    pub steps: Vec<Vec<MapStep>>,
}

impl Map {
    /// The map of a network, unless it has more states than so many.
    pub fn of<M: Shown>(network: &M, texts: &mut Texts, most: usize) -> Option<Self> {
        let start = network.init_states().into_iter().next()?;
        let mut places = HashMap::from([(start.clone(), 0)]);
        let mut waiting = vec![start];
        let mut map = Map {
            states: Vec::new(),
            steps: Vec::new(),
        };
        while let Some(state) = waiting.get(map.states.len()).cloned() {
            let lines = network.show_state(&state).into_iter();
            map.states
                .push(lines.map(|line| texts.number(line)).collect());
            let mut steps = Vec::new();
            for action in network.possible(&state) {
                let Some(next) = network.next_state(&state, action) else {
                    continue;
                };
                let done = done(network.show_step(&state, &action).unwrap_or_default());
                let mut done: Vec<usize> = done.map(|line| texts.number(line)).collect();
                let asking = network.asking(&state, &action);
                if !asking.is_empty() {
                    done.push(texts.number(format!("{ASKED}{}", asking.join(", "))));
                }
                let unseen = waiting.len();
                let place = *places.entry(next.clone()).or_insert_with(|| {
                    waiting.push(next);
                    unseen
                });
                steps.push((texts.number(network.describe(&action)), done, place));
            }
            map.steps.push(steps);
            if waiting.len() > most {
                return None;
            }
        }
        Some(map)
    }
}

/// Of the lines of a step, those that say what the acting node does; none where no node acts.
fn done(step: Vec<String>) -> impl Iterator<Item = String> {
    let acts = step.first().is_some_and(|line| line.ends_with(" does"));
    let lines = step.into_iter().take_while(|line| !line.is_empty());
    lines.skip(1).take_while(move |_| acts)
}
