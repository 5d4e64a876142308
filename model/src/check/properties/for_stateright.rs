//! Properties for stateright's own checkers.

use super::property::{Judging, Kind, Property, Test};

/// The same properties for stateright's own checkers, which take plain functions.
pub fn for_stateright<M>(properties: Vec<Property<M>>) -> Vec<stateright::Property<M>>
where
    M: Judging + 'static,
    M::State: 'static,
{
    properties
        .into_iter()
        .filter_map(|property| {
            let condition = match property.test {
                Test::Holds(holds) => holds,
                Test::Unbroken(number) => *unbroken_functions().get(number)?,
            };
            Some(match property.kind {
                Kind::Always => stateright::Property::always(property.name, condition),
                Kind::Sometimes => stateright::Property::sometimes(property.name, condition),
            })
        })
        .collect()
}

fn is_unbroken<M: Judging, const PLACE: usize>(model: &M, state: &M::State) -> bool {
    !model.broken(state).contains(PLACE)
}

/// One plain function for each number in a
/// [`PredicateSet`](super::super::rules::PredicateSet).
fn unbroken_functions<M: Judging + 'static>() -> &'static [fn(&M, &M::State) -> bool]
where
    M::State: 'static,
{
    macro_rules! functions {
        ($($tens:literal)*) => { &[$(
            is_unbroken::<M, { 10 * $tens }>, is_unbroken::<M, { 10 * $tens + 1 }>,
            is_unbroken::<M, { 10 * $tens + 2 }>, is_unbroken::<M, { 10 * $tens + 3 }>,
            is_unbroken::<M, { 10 * $tens + 4 }>, is_unbroken::<M, { 10 * $tens + 5 }>,
            is_unbroken::<M, { 10 * $tens + 6 }>, is_unbroken::<M, { 10 * $tens + 7 }>,
            is_unbroken::<M, { 10 * $tens + 8 }>, is_unbroken::<M, { 10 * $tens + 9 }>,
        )*] };
    }
    functions!(0 1 2 3 4 5 6 7 8 9 10 11)
}
