//! The choices that a step leaves open, as input: each way of making them is a way of its own on
//! which the network goes on.

use blockexc_model::address::{Address, Names};
use blockexc_model::deviating::{Event, Node};
use blockexc_model::deviation::Deviation;
use blockexc_model::node::Choose;

/// How one step's choices are made, the first in the lowest four bits. Choices beyond the eighth,
/// and those that a script does not mention, fall on the first holder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Script(u32);

const BITS: u32 = 4;
const MOST_CHOICES: usize = (u32::BITS / BITS) as usize;

impl Script {
    /// The script of these choices, in order; nothing when there are too many, or one is too
    /// large to be one.
    pub fn of(choices: &[u8]) -> Option<Script> {
        let mut script = Script::default();
        for (place, choice) in choices.iter().enumerate() {
            if place >= MOST_CHOICES || *choice >= 1 << BITS {
                return None;
            }
            script = script.with(place, usize::from(*choice));
        }
        Some(script)
    }

    /// Its choices, in order, but for the last ones when they fall on the first holder.
    pub fn choices(self) -> Vec<u8> {
        let mut choices: Vec<u8> = (0..MOST_CHOICES)
            .filter_map(|place| u8::try_from(self.choice(place)).ok())
            .collect();
        while choices.last() == Some(&0) {
            choices.pop();
        }
        choices
    }

    fn choice(self, place: usize) -> usize {
        if place < MOST_CHOICES {
            (self.0 >> (BITS * place as u32)) as usize & ((1 << BITS) - 1)
        } else {
            0
        }
    }

    fn with(self, place: usize, choice: usize) -> Script {
        let shift = BITS * place as u32;
        Script(self.0 & !(((1 << BITS) - 1) << shift) | (choice as u32) << shift)
    }

    /// What the choices are, to be said after an action; nothing when all fall on the first holder.
    pub fn words(self) -> String {
        if self == Script::default() {
            return String::new();
        }
        let counted = self
            .choices()
            .into_iter()
            .map(|choice| (choice + 1).to_string());
        let counted: Vec<_> = counted.collect();
        format!(", choosing holder {}", counted.join(", then "))
    }

    /// Makes the choices as the script says.
    pub fn player(self) -> Player {
        Player {
            script: self,
            arities: [0; MOST_CHOICES],
            made: 0,
        }
    }
}

/// Makes a step's choices by a [`Script`], and notes how many ways there were for each.
#[derive(Debug)]
pub struct Player {
    script: Script,
    arities: [usize; MOST_CHOICES],
    made: usize,
}

impl<N: Names> Choose<N> for Player {
    fn holder(&mut self, _: &Address<N::Cid>, holders: &[N::Peer]) -> usize {
        let place = self.made;
        self.made += 1;
        if let Some(arity) = self.arities.get_mut(place) {
            *arity = holders.len().min(1 << BITS);
        }
        self.script.choice(place)
    }
}

impl Player {
    /// The script that it follows.
    pub fn script(&self) -> Script {
        self.script
    }

    /// Whether every choice of the script was there to be made.
    fn has_followed(&self) -> bool {
        (0..MOST_CHOICES).all(|place| {
            let choice = self.script.choice(place);
            choice == 0 || place < self.made && choice < self.arities[place]
        })
    }
}

/// Whether this is one of the ways in which this step can go.
pub fn fits<N: Names>(node: &Node<N>, event: &Event<N>, script: Script) -> bool {
    let mut player = script.player();
    node.clone().step(event.clone(), &mut player);
    player.has_followed()
}

/// Whether this is so for any way of making the choices that it leaves.
pub fn any_way(mut is_so: impl FnMut(&mut Player) -> bool) -> bool {
    let mut next = Some(Script::default());
    while let Some(script) = next {
        let mut player = script.player();
        if is_so(&mut player) {
            return true;
        }
        next = following(script, &player);
    }
    false
}

/// Every way in which this step can go, in a fixed order: at least one.
pub fn scripts<N: Names>(node: &Node<N>, event: &Event<N>) -> Vec<Script> {
    let mut scripts = Vec::new();
    let mut next = Some(Script::default());
    while let Some(script) = next {
        scripts.push(script);
        let mut player = script.player();
        node.clone().step(event.clone(), &mut player);
        next = following(script, &player);
    }
    scripts
}

/// Whether this node's next step can leave a choice at all. When it says no, there is one script,
/// the default one.
pub fn may_choose<N: Names>(node: &Node<N>) -> bool {
    if node.contexts().len() < 2 {
        return false;
    }
    node.deviates(Deviation::AskUnannounced)
        || node
            .contexts()
            .values()
            .filter(|context| !context.presence().is_empty())
            .count()
            >= 2
}

/// The script that comes after this one, whose choices were found to have these arities: the last
/// choice that can be raised is raised, and what comes after it starts anew.
fn following(script: Script, player: &Player) -> Option<Script> {
    let made = player.made.min(MOST_CHOICES);
    for place in (0..made).rev() {
        let raised = script.choice(place) + 1;
        if raised < player.arities[place] {
            let mut next = script.with(place, raised);
            for later in place + 1..MOST_CHOICES {
                next = next.with(later, 0);
            }
            return Some(next);
        }
    }
    None
}
