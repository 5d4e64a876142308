//! [`Behaviour`]: what a node does by each rule; and the table of all rules.
//!
//! A rule is a function in the file of its section. The table is `for_each_rule`. A rule calls
//! another rule as a method of the node, and the node's behaviour decides what that does. By default
//! each method of [`Behaviour`] is the rule of its name. [`Reference`], the behaviour of this
//! specification, replaces none. Any other behaviour is defined by the methods that it replaces.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use crate::address::{Address, Names};
use crate::context::PeerContext;
use crate::message::{
    Account, Delivery, Message, Payment, Presence, PresenceType, WantEntry, WantList,
};
use crate::price::Price;

use super::arrived::Arrived;
use super::state::{Beside, Node, Reference};
use super::step::{Owed, Step};

/// Calls a macro with all rules: `section::rule(arguments) -> result`. The node comes first, as
/// `&mut` or `&`; `; step` stands for `step: &mut Step<N, B>`, which comes last.
macro_rules! for_each_rule {
    ($apply:ident) => {
        $apply! {
            join::joined(&mut; peer: N::Peer; step);
            join::joined_again(&mut; peer: &N::Peer; step);
            join::new_context(&mut; peer: &N::Peer) -> PeerContext<N>;
            join::send_account(&mut; peer: &N::Peer; step);
            join::send_own_wants(&mut; peer: &N::Peer; step);
            join::send_own_want_list(&mut; peer: &N::Peer; step);

            left::left(&mut; peer: &N::Peer; step);
            left::ask_elsewhere(&mut; peer: &N::Peer; step);

            wire::received(&mut; from: &N::Peer, message: Message<N>; step);
            wire::message(&mut; from: &N::Peer, message: Message<N>; step);
            wire::blocks_then_presences(&mut; from: &N::Peer, deliveries: Vec<Delivery<N::Cid>>, presences: Vec<Presence<N::Cid>>; step);

            presence::presences(&mut; from: &N::Peer, items: Vec<Presence<N::Cid>>; step);
            presence::have(&mut; from: &N::Peer, item: Presence<N::Cid>);
            presence::record_presence(&mut; from: &N::Peer, address: Address<N::Cid>, price: Price);
            presence::dont_have(&mut; from: &N::Peer, item: Presence<N::Cid>; step);
            presence::lose_holder(&mut; peer: &N::Peer, address: &Address<N::Cid>; step);
            presence::forget_presence(&mut; address: &Address<N::Cid>);
            presence::peer_have_cids(&; peer: &N::Peer) -> BTreeSet<N::Cid>;

            ask::request(&mut; address: Address<N::Cid>; step);
            ask::request_held(&mut; address: &Address<N::Cid>; step);
            ask::request_again(&mut; address: &Address<N::Cid>; step);
            ask::pursue(&mut; address: &Address<N::Cid>; step);
            ask::announce(&mut; address: &Address<N::Cid>; step);
            ask::announce_to(&mut; peer: &N::Peer, address: &Address<N::Cid>; step);
            ask::ask(&mut; peer: &N::Peer, address: &Address<N::Cid>; step);
            ask::ask_any_holder(&mut; address: &Address<N::Cid>; step) -> bool;
            ask::ask_for_all_known_at(&mut; peer: &N::Peer; step);
            ask::cancel(&mut; address: &Address<N::Cid>; step);
            ask::goes_on_for_others(&mut; address: &Address<N::Cid>) -> bool;
            ask::retry(&mut; address: &Address<N::Cid>; step);
            ask::count_retry(&mut; address: &Address<N::Cid>);
            ask::has_retried_enough(&; address: &Address<N::Cid>) -> bool;
            ask::give_up(&mut; address: &Address<N::Cid>; step);
            ask::pursue_anew(&mut; address: &Address<N::Cid>; step);
            ask::lose_silent(&mut; peer: &N::Peer, address: &Address<N::Cid>; step);
            ask::announce_anew(&mut; address: &Address<N::Cid>; step);
            ask::abandon(&mut; address: &Address<N::Cid>; step);
            ask::withdraw(&mut; address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>; step);

            want::want_list(&mut; from: &N::Peer, list: WantList<N::Cid>; step);
            want::replace_wants(&mut; from: &N::Peer, entries: &[WantEntry<N::Cid>]);
            want::want_entry(&mut; from: &N::Peer, entry: WantEntry<N::Cid>; step);
            want::cancel_want(&mut; from: &N::Peer, entry: &WantEntry<N::Cid>; step);
            want::want_block(&mut; from: &N::Peer, entry: WantEntry<N::Cid>; step);
            want::serve_want(&mut; from: &N::Peer, entry: WantEntry<N::Cid>, cid: N::Cid; step);
            want::wait_for_block(&mut; from: &N::Peer, entry: WantEntry<N::Cid>; step);
            want::deny_want_block(&mut; from: &N::Peer, entry: &WantEntry<N::Cid>; step);
            want::record_want(&mut; from: &N::Peer, entry: WantEntry<N::Cid>);
            want::want_have(&mut; from: &N::Peer, entry: &WantEntry<N::Cid>; step);
            want::confirm_want_have(&mut; from: &N::Peer, entry: &WantEntry<N::Cid>; step);
            want::deny_want_have(&mut; from: &N::Peer, entry: &WantEntry<N::Cid>; step);
            want::answer(&mut; to: &N::Peer, address: &Address<N::Cid>, presence_type: PresenceType; step);
            want::wake(&mut; arrived: &[Arrived<N>]; step);
            want::meets(&; block: &Arrived<N>, entry: &WantEntry<N::Cid>) -> bool;
            want::serve_woken(&mut; peer: &N::Peer, entry: &WantEntry<N::Cid>, cid: N::Cid; step);

            transfer::deliveries(&mut; from: &N::Peer, deliveries: Vec<Delivery<N::Cid>>; step);
            transfer::is_awaited(&mut; from: &N::Peer, delivery: &Delivery<N::Cid>) -> bool;
            transfer::counts(&; delivery: &Delivery<N::Cid>) -> bool;
            transfer::reject(&mut; from: &N::Peer, delivery: &Delivery<N::Cid>; step);
            transfer::accept(&mut; from: &N::Peer, index: usize, delivery: Delivery<N::Cid>; step) -> Arrived<N>;
            transfer::addresses_of(&; delivery: &Delivery<N::Cid>) -> Vec<Address<N::Cid>>;
            transfer::hold(&mut; block: &Arrived<N>; step);
            transfer::meet_want(&mut; address: &Address<N::Cid>, block: &Arrived<N>; step);
            transfer::close_want(&mut; address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>, block: &Arrived<N>; step);
            transfer::cancel_at_others(&mut; address: &Address<N::Cid>, unanswered: &BTreeSet<N::Peer>, block: &Arrived<N>; step);
            transfer::deliver(&mut; to: &N::Peer, entry: &WantEntry<N::Cid>, cid: N::Cid; step);

            held::stored(&mut; cid: N::Cid, leaves: Vec<Address<N::Cid>>; step);
            held::deleted(&mut; cid: &N::Cid; step);

            pay::account(&mut; from: &N::Peer, account: Account);
            pay::payment(&mut; from: &N::Peer, payment: Payment);

            sending::messages(&; owed: Owed<N>) -> Vec<Message<N>>;
            sending::own_want_list_messages(&; entries: Vec<WantEntry<N::Cid>>) -> Vec<Message<N>>;
            sending::want_list_messages(&; entries: Vec<WantEntry<N::Cid>>) -> Vec<Message<N>>;
            sending::presence_messages(&; items: Vec<Presence<N::Cid>>) -> Vec<Message<N>>;
            sending::delivery_messages(&; deliveries: Vec<(i32, Delivery<N::Cid>)>) -> Vec<Message<N>>;
            sending::sort_deliveries(&; deliveries: &mut [(i32, Delivery<N::Cid>)]);
        }
    };
}

pub(crate) use for_each_rule;

macro_rules! define {
    ($($section:ident :: $rule:ident (
        & $($mutable:ident)? ; $($name:ident : $type:ty),* $(; $step:ident)?
    ) $(-> $result:ty)? ;)*) => {
        /// The rules of the specification: what each of them does. There is one implementation,
        /// [`Rules`]; it calls the functions of the sections' files.
        pub trait RuleTable<N: Names, B: Behaviour<N>> {
            $(
                #[doc = concat!("The rule of this name in the section `", stringify!($section), "`.")]
                fn $rule(
                    node: & $($mutable)? Node<N, B>,
                    $($name: $type,)*
                    $($step: &mut Step<'_, N, B>,)?
                ) $(-> $result)?;
            )*
        }

        /// What a node does by each rule. The default is what the specification asks.
        pub trait Behaviour<N: Names>: Beside + Clone + Debug + Eq + Hash + Sized + 'static {
            /// Handles an event that is none of the specification's.
            fn other(node: &mut Node<N, Self>, event: Self::Event, step: &mut Step<'_, N, Self>);

            $(
                #[doc = concat!("The rule of this name in the section `", stringify!($section), "`.")]
                fn $rule(
                    node: & $($mutable)? Node<N, Self>,
                    $($name: $type,)*
                    $($step: &mut Step<'_, N, Self>,)?
                ) $(-> $result)? {
                    <Rules as RuleTable<N, Self>>::$rule(node, $($name,)* $($step)?)
                }
            )*
        }

        impl<N: Names, B: Behaviour<N>> Node<N, B> {
            $(
                #[inline]
                #[doc = concat!("What the node does by this rule of the section `", stringify!($section), "`.")]
                pub(crate) fn $rule(
                    & $($mutable)? self,
                    $($name: $type,)*
                    $($step: &mut Step<'_, N, B>,)?
                ) $(-> $result)? {
                    B::$rule(self, $($name,)* $($step)?)
                }
            )*
        }

        /// The names of all rules, each with the section whose file it is in.
        pub const RULES: &[(&str, &str)] = &[
            $((stringify!($section), stringify!($rule)),)*
        ];
    };
}

for_each_rule!(define);

/// The rules of the specification.
#[derive(Clone, Copy, Debug)]
pub struct Rules;

impl<N: Names> Behaviour<N> for Reference {
    fn other(_: &mut Node<N, Self>, event: Self::Event, _: &mut Step<'_, N, Self>) {
        match event {}
    }
}
