//! A deviating node follows the functions of this module's files: this says so to [`Behaviour`].

use std::collections::BTreeSet;

use crate::address::{Address, Names};
use crate::context::PeerContext;
use crate::message::{
    Account, Delivery, Message, Payment, Presence, PresenceType, WantEntry, WantList,
};
use crate::node::arrived::Arrived;
use crate::node::behaviour::{Behaviour, for_each_rule};
use crate::node::step::Owed;
use crate::price::Price;

use super::node::{Deviating, Node, OtherEvent, Step};
use super::{ask, held, join, left, pay, presence, sending, transfer, want, wire};

macro_rules! replace {
    ($($section:ident :: $rule:ident (
        & $($mutable:ident)? ; $($name:ident : $type:ty),* $(; $step:ident)?
    ) $(-> $result:ty)? ;)*) => {
        impl<N: Names> Behaviour<N> for Deviating<N> {
            fn other(node: &mut Node<N>, event: OtherEvent<N>, step: &mut Step<'_, N>) {
                match event {
                    OtherEvent::Serve(peer) => want::serve(node, &peer, step),
                }
            }

            $(
                fn $rule(
                    node: & $($mutable)? Node<N>,
                    $($name: $type,)*
                    $($step: &mut Step<'_, N>,)?
                ) $(-> $result)? {
                    $section::$rule(node, $($name,)* $($step)?)
                }
            )*
        }
    };
}

for_each_rule!(replace);
