//! The rules of the model, requirement by requirement; its deviations, each seen to deviate; its
//! invariants, each seen to hold and to be violated; and the catalogue that ties them together.

mod ask;
mod catalogue;
mod deployed;
mod deviations;
mod deviations_in_detail;
mod held;
mod helpers;
mod invariants;
mod join;
mod left;
mod pay;
mod presence;
mod random;
mod replaced;
mod script;
mod transfer;
mod values;
mod want;
