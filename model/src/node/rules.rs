//! Connects the table of rules with the rules: each method of [`RuleTable`] calls the function of its
//! name in the file of its section.

use std::collections::BTreeSet;

use crate::address::{Address, Names};
use crate::context::PeerContext;
use crate::message::{
    Account, Delivery, Message, Payment, Presence, PresenceType, WantEntry, WantList,
};
use crate::price::Price;

use super::arrived::Arrived;
use super::behaviour::{Behaviour, RuleTable, Rules, for_each_rule};
use super::state::Node;
use super::step::{Owed, Step};
use super::{ask, held, join, left, pay, presence, sending, transfer, want, wire};

macro_rules! implement {
    ($($section:ident :: $rule:ident (
        & $($mutable:ident)? ; $($name:ident : $type:ty),* $(; $step:ident)?
    ) $(-> $result:ty)? ;)*) => {
        impl<N: Names, B: Behaviour<N>> RuleTable<N, B> for Rules {
            $(
                fn $rule(
                    node: & $($mutable)? Node<N, B>,
                    $($name: $type,)*
                    $($step: &mut Step<'_, N, B>,)?
                ) $(-> $result)? {
                    $section::$rule(node, $($name,)* $($step)?)
                }
            )*
        }
    };
}

for_each_rule!(implement);
