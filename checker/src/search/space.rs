//! [`Space`]: what is searched.

use std::borrow::Cow;
use std::hash::Hash;

use stateright::Model;

use super::checkable::Checkable;

/// The states of this space's model.
pub type StateOf<S> = <<S as Space>::Model as Model>::State;

/// What is searched: a model, with an encoding of its states that suits the search.
///
/// Every [`Checkable`] model is a space whose states are encoded as themselves. A space of its own
/// may encode a state by numbers of its components, which it interns in its tables as it meets
/// them.
pub trait Space: Sync {
    /// The model.
    type Model: Checkable;
    /// Which transitions of a state need not be given, since what they lead to is found otherwise;
    /// `()` where all are given.
    type Skip: Skip;
    /// What a state is encoded as. Two states are the same when their encodings are equal.
    type Encoded: Clone + Eq + Hash + Send + Sync;
    /// What was interned and worked out so far.
    type Tables: Default + Send + Sync;

    /// So many states are expanded before their successors are looked up.
    const BATCH: usize;

    /// The model.
    fn model(&self) -> &Self::Model;

    /// The states in which runs start.
    fn initial(&self, tables: &mut Self::Tables) -> Vec<Self::Encoded>;

    /// Gives the transitions of each of these states, but for those to be skipped: which of them it
    /// leads from, its label, its successor, and what may be skipped there. Marks as missing those
    /// for which the tables lack something; what was given of their transitions does not count.
    fn successors(
        &self,
        tables: &Self::Tables,
        states: &[(&Self::Encoded, Self::Skip)],
        missing: &mut [bool],
        found: impl FnMut(usize, u8, Self::Encoded, Self::Skip),
    );

    /// Adds to the tables some of what the transitions of these states need, by so many threads; the
    /// rest is left to [`Self::work_out`].
    ///
    /// # Errors
    ///
    /// When a table is full.
    fn work_out_together(
        &self,
        _: &mut Self::Tables,
        _: &[(&Self::Encoded, Self::Skip)],
        _threads: usize,
    ) -> Result<(), TableFull> {
        Ok(())
    }

    /// Adds to the tables what the transitions of this state need that are not to be skipped.
    ///
    /// # Errors
    ///
    /// When a table is full.
    fn work_out(
        &self,
        tables: &mut Self::Tables,
        state: &Self::Encoded,
        skip: Self::Skip,
    ) -> Result<(), TableFull>;

    /// The state that this encodes.
    fn decode<'a>(
        &self,
        tables: &Self::Tables,
        encoded: &'a Self::Encoded,
    ) -> Cow<'a, StateOf<Self>>;

    /// What encodes this state; nothing when it was never met.
    fn encode(&self, tables: &Self::Tables, state: &StateOf<Self>) -> Option<Self::Encoded>;

    /// [`Checkable::keeps_all`] of the encoded state.
    fn keeps_all(&self, tables: &Self::Tables, encoded: &Self::Encoded) -> bool;

    /// [`Checkable::is_quiet`] of the encoded state.
    fn is_quiet(&self, tables: &Self::Tables, encoded: &Self::Encoded) -> bool;

    /// Whether not every transition is given as it is: some are skipped, or states that differ in
    /// names alone are encoded as one, so that labels mean nothing.
    fn is_reduced(&self) -> bool {
        false
    }

    /// About how many bytes of memory the tables take.
    fn table_bytes(&self, tables: &Self::Tables) -> usize;
}

/// Which transitions of a state need not be given.
///
/// A space says so with each transition that leads to the state. All of these transitions come
/// from states that are one step nearer to the start, and what any of them allows to be skipped is
/// skipped. The space must see to it that every state is found all the same, by as few steps.
pub trait Skip: Copy + Default + Send + Sync {
    /// Adds what may be skipped by this as well.
    fn add(&mut self, other: Self);
}

impl Skip for () {
    fn add(&mut self, (): ()) {}
}

/// Which states are marked in a graph.
pub type Mark<'a, S> = &'a (dyn Fn(&StateOf<S>) -> bool + Sync);

/// A table has no room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are more different {what} than {most}")]
pub struct TableFull {
    /// What the table holds.
    pub what: &'static str,
    /// How many of them it can hold.
    pub most: usize,
}

impl<M: Checkable> Space for M {
    type Model = M;
    type Skip = ();
    type Encoded = M::State;
    type Tables = ();

    // Such a model's steps are slow and its states are large.
    const BATCH: usize = 1 << 9;

    fn model(&self) -> &M {
        self
    }

    fn initial(&self, (): &mut ()) -> Vec<M::State> {
        let mut states = self.init_states();
        states.retain(|state| self.within_boundary(state));
        states
    }

    fn successors(
        &self,
        (): &(),
        states: &[(&M::State, ())],
        _: &mut [bool],
        mut found: impl FnMut(usize, u8, M::State, ()),
    ) {
        let mut actions = Vec::new();
        for (which, (state, ())) in states.iter().enumerate() {
            self.actions(state, &mut actions);
            for action in actions.drain(..) {
                let label = self.label(&action);
                if let Some(next) = self.next_state(state, action)
                    && self.within_boundary(&next)
                {
                    found(which, label, next, ());
                }
            }
        }
    }

    fn work_out(&self, (): &mut (), _: &M::State, (): ()) -> Result<(), TableFull> {
        Ok(())
    }

    fn decode<'a>(&self, (): &(), encoded: &'a M::State) -> Cow<'a, M::State> {
        Cow::Borrowed(encoded)
    }

    fn encode(&self, (): &(), state: &M::State) -> Option<M::State> {
        Some(state.clone())
    }

    fn keeps_all(&self, (): &(), encoded: &M::State) -> bool {
        Checkable::keeps_all(self, encoded)
    }

    fn is_quiet(&self, (): &(), encoded: &M::State) -> bool {
        Checkable::is_quiet(self, encoded)
    }

    fn table_bytes(&self, (): &()) -> usize {
        0
    }
}
