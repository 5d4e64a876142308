//! Walking through a network by hand, in a web browser: stateright's Explorer, which shows actions,
//! steps and states in our words, and the way so far as a sequence chart.

use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::Hash;
use std::io;
use std::net::{SocketAddr, TcpListener};

use stateright::{Model, Path};

use crate::search::property::{Kind, Property};

use super::chart::Chart;
use super::shown::Shown;

/// Serves the Explorer for a network, closed or open, at this address until the process ends.
///
/// Nothing is checked until the visitor asks for it ("Run to completion"): until then the Explorer
/// says that it searches. All properties are shown as one, and the chart says which is broken.
///
/// The Explorer is plain HTTP for whoever reaches the address, so let it be a local one. With port
/// 0 nobody would learn which port was taken. When the working directory holds a directory `ui`,
/// the Explorer's pages are taken from there instead of stateright's own.
///
/// # Errors
///
/// When nobody can listen at this address, or the server ended.
pub fn browse<M>(network: M, address: SocketAddr) -> io::Result<Infallible>
where
    M: Shown + Send + 'static,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
{
    // Stateright panics where it cannot listen.
    drop(TcpListener::bind(address)?);
    let browsed = Browsed {
        is_brief: true,
        ..Browsed::new(network)
    };
    browsed.checker().serve(address);
    Err(io::Error::other("the Explorer's server has ended"))
}

/// A network with its properties and words, for stateright's own checkers and its Explorer.
pub struct Browsed<M: Shown> {
    network: M,
    properties: Vec<Property<M>>,
    /// Whether all properties are shown as one: the Explorer lists them above the steps.
    is_brief: bool,
}

/// The one property that stands for all of them.
const ALL: &str = "every property holds";

impl<M: Shown> Browsed<M> {
    /// This network, with the properties by which it is [shown](Shown::checked_properties).
    pub fn new(network: M) -> Self {
        Browsed {
            properties: network.checked_properties(),
            network,
            is_brief: false,
        }
    }
}

impl<M> Model for Browsed<M>
where
    M: Shown + 'static,
    M::State: 'static,
{
    type State = M::State;
    type Action = M::Action;

    fn init_states(&self) -> Vec<M::State> {
        self.network.init_states()
    }

    fn actions(&self, state: &M::State, actions: &mut Vec<M::Action>) {
        self.network.actions(state, actions);
    }

    fn next_state(&self, state: &M::State, action: M::Action) -> Option<M::State> {
        self.network.next_state(state, action)
    }

    fn format_action(&self, action: &M::Action) -> String {
        self.network.describe(action)
    }

    fn format_step(&self, state: &M::State, action: M::Action) -> Option<String> {
        let lines = self.network.show_step(state, &action)?;
        Some(lines.join("\n"))
    }

    fn as_svg(&self, path: Path<M::State, M::Action>) -> Option<String> {
        let mut chart = Chart::of_lanes(self.network.node_count());
        for pair in path.into_vec().windows(2) {
            if let [(state, Some(action)), (next, _)] = pair {
                self.network.add_step(&mut chart, state, action, next);
            }
        }
        Some(chart.svg())
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        if self.is_brief {
            return vec![stateright::Property::always(ALL, |browsed, state| {
                browsed
                    .properties
                    .iter()
                    .filter(|property| property.kind == Kind::Always)
                    .all(|property| property.holds(&browsed.network, state))
            })];
        }
        self.properties
            .iter()
            .zip(conditions())
            .map(|(property, condition)| match property.kind {
                Kind::Always => stateright::Property::always(property.name, *condition),
                Kind::Sometimes => stateright::Property::sometimes(property.name, *condition),
            })
            .collect()
    }
}

/// Whether the property of this place holds.
fn holds<M: Shown, const PLACE: usize>(browsed: &Browsed<M>, state: &M::State) -> bool {
    let property = browsed.properties.get(PLACE);
    property.is_none_or(|property| property.holds(&browsed.network, state))
}

/// Whether a property holds of a state, as stateright takes it.
type Condition<M> = fn(&Browsed<M>, &<M as Model>::State) -> bool;

/// One plain function for each place in the list of properties, for stateright takes no others.
fn conditions<M>() -> &'static [Condition<M>]
where
    M: Shown + 'static,
    M::State: 'static,
{
    macro_rules! functions {
        ($($tens:literal)*) => { &[$(
            holds::<M, { 10 * $tens }>, holds::<M, { 10 * $tens + 1 }>,
            holds::<M, { 10 * $tens + 2 }>, holds::<M, { 10 * $tens + 3 }>,
            holds::<M, { 10 * $tens + 4 }>, holds::<M, { 10 * $tens + 5 }>,
            holds::<M, { 10 * $tens + 6 }>, holds::<M, { 10 * $tens + 7 }>,
            holds::<M, { 10 * $tens + 8 }>, holds::<M, { 10 * $tens + 9 }>,
        )*] };
    }
    functions!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19)
}
