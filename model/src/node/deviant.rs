//! What a deviating node does instead.
//!
//! A reader of the specification can pass this file by: nothing in it runs in the reference. Each
//! rule of the sections has one short condition at the point where a deviation bends it, and what
//! happens then stands here, under the name of the deviation.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Names};
use crate::context::PeerContext;
use crate::deviation::{Deviation::*, Deviations};
use crate::message::{
    Delivery, Evidence, Message, Presence, PresenceType, ProofEvidence, WantEntry, WantList,
    WantType,
};
use crate::price::Price;

use super::outbox::Outbox;
use super::transfer::Source;
use super::{Choose, Effect, Node};

/// A want list longer than this is refused by [`RefuseLongLists`].
const LONG_LIST: usize = 512;

/// What only a deviating node keeps about a peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContextLeftovers<N: Names> {
    /// Records that came of a DontHave ([`DontHaveRecorded`]).
    pub denied: BTreeSet<Address<N::Cid>>,
    /// Own wants that the peer was told of ([`NoAnnounceAgain`]).
    pub announced: BTreeSet<Address<N::Cid>>,
    /// What is marked on the peer as asked of it ([`OnlyAsked`]), and may stay so when the want
    /// has ended ([`AskOutlivesCancel`]). A delivery takes the mark away, whatever it is worth.
    pub asked: BTreeSet<Address<N::Cid>>,
}

impl<N: Names> Default for ContextLeftovers<N> {
    fn default() -> Self {
        ContextLeftovers {
            denied: BTreeSet::new(),
            announced: BTreeSet::new(),
            asked: BTreeSet::new(),
        }
    }
}

/// What only a deviating node keeps beside its contexts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeLeftovers<N: Names> {
    /// The contexts of peers that left ([`ReviveOnRejoin`]).
    pub departed: BTreeMap<N::Peer, PeerContext<N>>,
    /// What the message that is being handled has delivered so far ([`TakeTwice`]).
    pub taken: BTreeSet<Address<N::Cid>>,
}

impl<N: Names> Default for NodeLeftovers<N> {
    fn default() -> Self {
        NodeLeftovers {
            departed: BTreeMap::new(),
            taken: BTreeSet::new(),
        }
    }
}

// Which deviations bend which rule: the sections ask these before they look any further.
const RECEIVED: Deviations = Deviations::of(&[
    ContextOnMessage,
    LatePresence,
    RefuseMessageOnBadDelivery,
    AbortOnMissingData,
    TakeTwice,
]);
const LEFT: Deviations = Deviations::of(&[
    KeepContextOnLeft,
    AbortOnStaleAsk,
    ReviveOnRejoin,
    StuckOnLeft,
    WaitOnLeft,
]);
const REQUEST: Deviations = Deviations::of(&[
    AskUnannounced,
    LatePresence,
    PresenceUnbounded,
    KeepPresenceOnResolve,
    KeepPresenceUnasked,
    KeepPresenceOnCancel,
]);
const LIST: Deviations = Deviations::of(&[RefuseLongLists, EntriesInReverse, ServeLater]);
const ENTRY: Deviations = Deviations::of(&[
    RecordWantHave,
    ServeWantHave,
    CancelAsWant,
    IgnoreCancel,
    OverwriteWant,
    MuteRecordedWantHave,
    AnswerCancel,
    CancelForAll,
    PresenceFromWant,
    ServeLater,
]);
const WAKE: Deviations = Deviations::of(&[
    WakeByCid,
    RecordWantHave,
    OverwriteWant,
    UploadUnannounced,
    WakeByAddress,
    ServeLater,
    KeepWokenWant,
]);
const DELIVERY: Deviations = Deviations::of(&[
    OnlyAsked,
    AskOutlivesCancel,
    AbortOnStaleAsk,
    AcceptUnprovenLeaf,
    AcceptMislabelled,
]);
const RESOLVE: Deviations = Deviations::of(&[
    NoCancelSent,
    KeepPresenceOnResolve,
    KeepPresenceUnasked,
    UploadKeepsWant,
    EndNamedWantOnly,
    CancelToDeliverer,
    CancelToHolders,
    OnlyAsked,
    AskOutlivesCancel,
    AbortOnStaleAsk,
    TakeTwice,
]);
const ASK_MARKS: Deviations = Deviations::of(&[OnlyAsked, AskOutlivesCancel, AbortOnStaleAsk]);
const STALE_RECORDS: Deviations = Deviations::of(&[
    LatePresence,
    KeepPresenceOnResolve,
    KeepPresenceUnasked,
    KeepPresenceOnCancel,
]);

impl<N: Names> Node<N> {
    fn deviates_by_any(&self, deviations: Deviations) -> bool {
        self.config.deviations.intersects(deviations)
    }

    /// [`RefreshInFull`]: each peer is told by a full list of the own wants that it is not known to
    /// have.
    pub(super) fn refresh_in_full(&self, address: &Address<N::Cid>, out: &mut Outbox<N>) {
        for (peer, context) in &self.contexts {
            let unknown = self.wants.keys().filter(|want| !context.contains(want));
            let entries: Vec<_> = unknown.cloned().map(WantEntry::want_have).collect();
            if !entries.is_empty() {
                out.own_want_list(peer, entries);
            }
        }
        out.effect(Effect::Discover(address.cid_or_tree_cid().clone()));
    }

    pub(super) fn has_received_deviations(&self) -> bool {
        self.deviates_by_any(RECEIVED)
    }

    pub(super) fn has_left_deviations(&self) -> bool {
        self.deviates_by_any(LEFT)
    }

    pub(super) fn has_request_deviations(&self) -> bool {
        self.deviates_by_any(REQUEST)
    }

    pub(super) fn has_list_deviations(&self) -> bool {
        self.deviates_by_any(LIST)
    }

    pub(super) fn has_entry_deviations(&self) -> bool {
        self.deviates_by_any(ENTRY)
    }

    pub(super) fn has_wake_deviations(&self) -> bool {
        self.deviates_by_any(WAKE)
    }

    pub(super) fn has_delivery_deviations(&self) -> bool {
        self.deviates_by_any(DELIVERY)
    }

    pub(super) fn has_resolve_deviations(&self) -> bool {
        self.deviates_by_any(RESOLVE)
    }

    // JOIN and LEFT.

    /// [`ReviveOnRejoin`].
    pub(super) fn revived_context(&mut self, peer: &N::Peer) -> PeerContext<N> {
        let mut context = self
            .leftovers
            .departed
            .remove(peer)
            .unwrap_or_else(PeerContext::new);
        let stale = self.stale_records(&context);
        context.clean_presence(&stale);
        context
    }

    /// [`KeepContextOnLeft`], [`AbortOnStaleAsk`], [`ReviveOnRejoin`], [`StuckOnLeft`],
    /// [`WaitOnLeft`].
    pub(super) fn deviant_left(
        &mut self,
        peer: &N::Peer,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        if self.deviates(KeepContextOnLeft) {
            return;
        }
        let Some(context) = self.contexts.remove(peer) else {
            return;
        };
        if self.deviates(AbortOnStaleAsk) && self.has_stale_asks(peer, &context) {
            return out.effect(Effect::Abort("a peer leaves that is still marked as asked"));
        }
        if self.deviates(ReviveOnRejoin) {
            self.leftovers
                .departed
                .insert(peer.clone(), context.clone());
        }
        if self.deviates(StuckOnLeft) {
            self.owe_no_cancel(peer);
        } else if self.deviates(WaitOnLeft) {
            self.release_and_wait(peer, &context);
        } else {
            self.ask_elsewhere(peer, choose, out);
        }
    }

    /// [`StuckOnLeft`]: what was asked of the peer stays so, but it is sent no cancel if it comes
    /// again.
    fn owe_no_cancel(&mut self, peer: &N::Peer) {
        let addresses: Vec<_> = self.wants.keys().cloned().collect();
        for address in addresses {
            if let Some(want) = self.wants.get_mut(&address) {
                want.unanswered.remove(peer);
            }
        }
    }

    /// [`WaitOnLeft`]. What is stuck by [`StuckOnInvalid`] stays so when asks are kept as marks on
    /// the peer ([`OnlyAsked`]): the invalid delivery has taken the mark away.
    fn release_and_wait(&mut self, peer: &N::Peer, context: &PeerContext<N>) {
        let keeps_stuck = self.deviates(OnlyAsked) && self.deviates(StuckOnInvalid);
        for address in self.release(peer) {
            let is_stuck = keeps_stuck && !context.leftovers.asked.contains(&address);
            if is_stuck && let Some(want) = self.wants.get_mut(&address) {
                want.asked.insert(peer.clone());
            }
        }
    }

    /// [`AbortOnStaleAsk`]: whether the peer that has left was marked as asked for an own want
    /// that is not asked of it.
    fn has_stale_asks(&self, peer: &N::Peer, context: &PeerContext<N>) -> bool {
        let asked = &context.leftovers.asked;
        asked
            .iter()
            .any(|address| self.wants(address) && !self.is_asked(peer, address))
    }

    // A whole message.

    /// [`ContextOnMessage`], [`AbortOnMissingData`], [`RefuseMessageOnBadDelivery`],
    /// [`LatePresence`].
    pub(super) fn deviant_received(
        &mut self,
        from: &N::Peer,
        message: Message<N>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        self.contexts
            .entry(from.clone())
            .or_insert_with(PeerContext::new);
        let bad = |delivery: &Delivery<N::Cid>| {
            delivery.evidence.has_data && !delivery.evidence.data_matches_cid
                || delivery.evidence.proof == ProofEvidence::Undecodable
        };
        let aborts = |delivery: &Delivery<N::Cid>| {
            !delivery.evidence.has_data && self.wants(&delivery.address)
        };
        if self.deviates(RefuseMessageOnBadDelivery) && message.deliveries.iter().any(bad) {
            for delivery in message.deliveries.iter().filter(|delivery| bad(delivery)) {
                self.reject(from, delivery, choose, out); // As any other that does not count.
            }
            return out.effect(Effect::RefuseStream);
        }
        if self.deviates(AbortOnMissingData) && message.deliveries.iter().any(aborts) {
            return out.effect(Effect::Abort("a delivery has no data"));
        }
        if let Some(list) = message.want_list {
            self.want_list(from, list, out);
        }
        if self.deviates(LatePresence) {
            self.concurrent_parts(from, message.deliveries, message.presences, choose, out);
        } else {
            self.deliveries(from, message.deliveries, choose, out);
            self.presences(from, message.presences, choose, out);
        }
        self.leftovers.taken.clear();
        if let Some(account) = message.account {
            self.account(from, account);
        }
        if let Some(payment) = message.payment {
            self.payment(from, payment);
        }
    }

    /// [`LatePresence`]: the presence items are judged by the own wants as they were before the
    /// deliveries of the same message.
    fn concurrent_parts(
        &mut self,
        from: &N::Peer,
        deliveries: Vec<Delivery<N::Cid>>,
        presences: Vec<Presence<N::Cid>>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        let wanted: BTreeMap<_, _> = self
            .wants
            .iter()
            .map(|(address, want)| (address.clone(), want.asked.is_empty()))
            .collect();
        self.deliveries(from, deliveries, choose, out);
        let has_ended = |node: &Self, address: &Address<N::Cid>| {
            wanted.contains_key(address) && !node.wants(address)
        };
        let kept: Vec<_> = self
            .contexts
            .get(from)
            .into_iter()
            .flat_map(|context| {
                context
                    .presence()
                    .iter()
                    .map(move |record| (context, record))
            })
            .filter(|(_, (address, _))| has_ended(self, address))
            .map(|(context, (address, price))| {
                (address.clone(), *price, context.is_denied(address))
            })
            .collect();
        let (late, timely): (Vec<_>, Vec<_>) = presences
            .into_iter()
            .partition(|item| has_ended(self, &item.address));
        self.presences(from, timely, choose, out);
        let Some(context) = self.contexts.get_mut(from) else {
            return;
        };
        let counts = |presence_type| {
            presence_type == PresenceType::Have || self.config.deviations.contains(DontHaveRecorded)
        };
        let said = late
            .into_iter()
            .filter(|item| counts(item.presence_type))
            .map(|item| {
                let is_denied = item.presence_type == PresenceType::DontHave;
                (item.address, item.price, is_denied)
            });
        let said: Vec<_> = said.collect();
        let mut asked = BTreeSet::new();
        for (address, _, _) in &said {
            if wanted.get(address) == Some(&true) && asked.insert(address.clone()) {
                out.want(from, WantEntry::want_block(address.clone()));
            }
        }
        for (address, price, is_denied) in kept.into_iter().chain(said) {
            context.clean_presence([&address]);
            if is_denied {
                context.leftovers.denied.insert(address.clone());
            }
            context.set_presence(address, price);
        }
    }

    // PRES.

    /// [`PresenceReplaces`], [`ItemsInReverse`].
    pub(super) fn before_presences(&mut self, from: &N::Peer, items: &mut [Presence<N::Cid>]) {
        if self.deviates(PresenceReplaces)
            && let Some(context) = self.contexts.get_mut(from)
        {
            let named: BTreeSet<_> = items.iter().map(|item| item.address.clone()).collect();
            let unnamed: Vec<_> = context
                .peer_have()
                .filter(|address| !named.contains(address))
                .cloned()
                .collect();
            context.clean_presence(&unnamed);
        }
        if self.deviates(ItemsInReverse) {
            items.reverse();
        }
    }

    /// [`KeepPresenceOnResolve`], [`KeepPresenceUnasked`], [`KeepPresenceOnCancel`]: the stale
    /// records of a peer go with its next presence message.
    pub(super) fn after_presences(&mut self, from: &N::Peer) {
        if !self.deviates_by_any(STALE_RECORDS) || self.deviates(PresenceUnbounded) {
            return;
        }
        if let Some(context) = self.contexts.get(from) {
            let stale = self.stale_records(context);
            if let Some(context) = self.contexts.get_mut(from) {
                context.clean_presence(&stale);
            }
        }
    }

    fn stale_records(&self, context: &PeerContext<N>) -> Vec<Address<N::Cid>> {
        context
            .peer_have()
            .filter(|address| !self.wants(address))
            .cloned()
            .collect()
    }

    /// [`DontHaveRecorded`].
    pub(super) fn record_dont_have(&mut self, from: &N::Peer, item: Presence<N::Cid>) {
        if !self.wants(&item.address) && !self.deviates(PresenceUnbounded) {
            return;
        }
        if let Some(context) = self.contexts.get_mut(from) {
            context.leftovers.denied.insert(item.address.clone());
            context.set_presence(item.address, item.price);
        }
    }

    // ASK.

    /// A fresh want that is known to be had somewhere already, as only deviants find it, is asked
    /// for at once; [`AskUnannounced`] asks somebody in any case. Says whether it was.
    pub(super) fn deviant_pursuit(
        &mut self,
        address: &Address<N::Cid>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) -> bool {
        if self.ask_any_holder(address, choose, out) {
            return true;
        }
        if !self.deviates(AskUnannounced) {
            return false;
        }
        let peers: Vec<_> = self.contexts.keys().cloned().collect();
        let choice = match peers.len() {
            0 => return false,
            1 => 0,
            several => choose.holder(address, &peers).min(several - 1),
        };
        self.ask(&peers[choice], address, out);
        true
    }

    /// [`AskAgainOnRetry`].
    pub(super) fn ask_again(
        &mut self,
        address: &Address<N::Cid>,
        choose: &mut impl Choose<N>,
        out: &mut Outbox<N>,
    ) {
        if let Some(want) = self.wants.get_mut(address) {
            want.asked.clear();
        }
        if !self.ask_any_holder(address, choose, out) {
            self.announce(address, out);
        }
    }

    /// [`NoAnnounceAgain`]: says whether the peer is to be told of this want; a retry tells anybody.
    pub(super) fn note_announced(&mut self, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
        !self.deviates(NoAnnounceAgain)
            || self.wants.get(address).is_some_and(|want| want.retries > 0)
            || self
                .contexts
                .get_mut(peer)
                .is_some_and(|context| context.leftovers.announced.insert(address.clone()))
    }

    /// [`NoAnnounceAgain`]: the peer was told of every own want.
    pub(super) fn note_announced_all(&mut self, peer: &N::Peer) {
        if self.deviates(NoAnnounceAgain)
            && let Some(context) = self.contexts.get_mut(peer)
        {
            context.leftovers.announced = self.wants.keys().cloned().collect();
        }
    }

    /// [`OnlyAsked`], [`AskOutlivesCancel`].
    pub(super) fn note_asked(&mut self, peer: &N::Peer, address: &Address<N::Cid>) {
        if self.deviates_by_any(ASK_MARKS)
            && let Some(context) = self.contexts.get_mut(peer)
        {
            context.leftovers.asked.insert(address.clone());
        }
    }

    // WANT.

    /// [`RefuseLongLists`], [`EntriesInReverse`], [`ServeLater`]. Says whether the list is to be
    /// handled.
    pub(super) fn before_want_list(
        &self,
        from: &N::Peer,
        list: &mut WantList<N::Cid>,
        out: &mut Outbox<N>,
    ) -> bool {
        if self.deviates(RefuseLongLists) && list.entries.len() > LONG_LIST {
            return false;
        }
        let asks =
            |entry: &WantEntry<N::Cid>| !entry.cancel && entry.want_type == WantType::WantBlock;
        if self.deviates(ServeLater) && list.entries.iter().any(asks) {
            out.effect(Effect::ServeLater(from.clone()));
        }
        if self.deviates(EntriesInReverse) {
            list.entries.reverse();
        }
        true
    }

    /// Says whether the entry has been dealt with.
    pub(super) fn deviant_entry(
        &mut self,
        from: &N::Peer,
        entry: &WantEntry<N::Cid>,
        out: &mut Outbox<N>,
    ) -> bool {
        let recorded = self
            .contexts
            .get(from)
            .is_some_and(|context| context.wants.contains(&entry.address));
        if entry.cancel {
            return self.deviant_cancel_entry(from, entry, recorded, out);
        }
        if self.deviates(PresenceFromWant)
            && self.wants(&entry.address)
            && let Some(context) = self.contexts.get_mut(from)
        {
            context.set_presence(entry.address.clone(), Price::ZERO);
        }
        if recorded && self.deviates(OverwriteWant) {
            self.record_want(from, entry.clone());
            return true;
        }
        match entry.want_type {
            WantType::WantHave if recorded && self.deviates(MuteRecordedWantHave) => true,
            WantType::WantHave
                if (self.deviates(RecordWantHave) || self.deviates(ServeWantHave))
                    && !recorded
                    && !self.holds(&entry.address) =>
            {
                let mut entry = entry.clone();
                self.want_have(from, &entry, out);
                if self.deviates(ServeWantHave) {
                    entry.want_type = WantType::WantBlock;
                }
                self.record_want(from, entry);
                true
            }
            WantType::WantBlock if self.deviates(ServeLater) && self.holds(&entry.address) => {
                self.record_want(from, entry.clone());
                true
            }
            _ => false,
        }
    }

    /// [`AnswerCancel`], [`CancelForAll`], [`IgnoreCancel`], [`CancelAsWant`].
    fn deviant_cancel_entry(
        &mut self,
        from: &N::Peer,
        entry: &WantEntry<N::Cid>,
        recorded: bool,
        out: &mut Outbox<N>,
    ) -> bool {
        if self.deviates(AnswerCancel) {
            self.answer(from, entry.address.clone(), PresenceType::DontHave, out);
        }
        if self.deviates(CancelForAll) {
            for context in self.contexts.values_mut() {
                context.wants.remove(&entry.address);
            }
        }
        if self.deviates(IgnoreCancel) {
            return true;
        }
        if self.deviates(CancelAsWant) && !recorded {
            let fresh = WantEntry {
                cancel: false,
                ..entry.clone()
            };
            self.want_list(
                from,
                WantList {
                    entries: vec![fresh],
                    full: false,
                },
                out,
            );
            return true;
        }
        false
    }

    /// [`ServeLater`]: everything that the peer waits for and that is held.
    pub(super) fn serve(&mut self, peer: &N::Peer, out: &mut Outbox<N>) {
        let Some(context) = self.contexts.get_mut(peer) else {
            return;
        };
        let held = &self.held;
        context.wants.retain(|address, entry| {
            let cid = held
                .get(address)
                .filter(|_| entry.want_type == WantType::WantBlock);
            if let Some(cid) = cid {
                out.delivery(peer, entry.priority, address.clone(), cid.clone());
            }
            cid.is_none()
        });
    }

    /// [`WakeByCid`], [`WakeByAddress`], [`UploadUnannounced`], [`ServeLater`], [`KeepWokenWant`];
    /// and what was recorded by [`RecordWantHave`] and [`OverwriteWant`] is not served.
    pub(super) fn deviant_wake(
        &mut self,
        cid: &N::Cid,
        addresses: &[Address<N::Cid>],
        source: &Source<'_, N>,
        out: &mut Outbox<N>,
    ) {
        let uploaded = matches!(source, Source::Upload);
        if uploaded && self.deviates(UploadUnannounced) {
            return;
        }
        let by_cid = self.deviates(WakeByCid);
        let named_only = self.deviates(WakeByAddress) && !uploaded;
        let later = self.deviates(ServeLater);
        let keeps = self.deviates(KeepWokenWant);
        for (peer, context) in &mut self.contexts {
            let mut wakes = false;
            context.wants.retain(|address, entry| {
                if entry.want_type != WantType::WantBlock
                    || !addresses.contains(address)
                    || by_cid && address.cid_or_tree_cid() != cid
                    || named_only && *address != addresses[0]
                {
                    return true;
                }
                wakes = true;
                if !later {
                    out.delivery(peer, entry.priority, address.clone(), cid.clone());
                }
                later || keeps
            });
            if wakes && later {
                out.effect(Effect::ServeLater(peer.clone()));
            }
        }
    }

    // XFER and HELD.

    /// [`OnlyAsked`], with what [`AskOutlivesCancel`] left marked.
    pub(super) fn ignores_sender(&mut self, from: &N::Peer, delivery: &Delivery<N::Cid>) -> bool {
        let was_marked = self
            .contexts
            .get_mut(from)
            .is_some_and(|context| context.leftovers.asked.remove(&delivery.address));
        self.deviates(OnlyAsked) && !was_marked
    }

    /// The want has ended without its block: marks of it go, but for [`AskOutlivesCancel`] and
    /// [`AbortOnStaleAsk`].
    pub(super) fn forget_asked(&mut self, address: &Address<N::Cid>) {
        if !self.deviates(AskOutlivesCancel) && !self.deviates(AbortOnStaleAsk) {
            for context in self.contexts.values_mut() {
                context.leftovers.asked.remove(address);
            }
        }
    }

    /// [`AcceptUnwanted`], [`TakeTwice`].
    pub(super) fn takes_unwanted(&self, address: &Address<N::Cid>) -> bool {
        self.deviates(AcceptUnwanted) || self.leftovers.taken.contains(address)
    }

    /// [`AcceptUnprovenLeaf`], [`AcceptMislabelled`].
    pub(super) fn counts_deviantly(&self, delivery: &Delivery<N::Cid>) -> bool {
        let evidence = delivery.evidence;
        let proof_decodes = matches!(
            evidence.proof,
            ProofEvidence::Unverified | ProofEvidence::Verified
        );
        evidence.has_data
            && evidence.data_matches_cid
            && (self.deviates(AcceptMislabelled)
                || self.deviates(AcceptUnprovenLeaf) && delivery.address.is_leaf() && proof_decodes)
    }

    /// An own want may end: [`UploadKeepsWant`], [`EndNamedWantOnly`], [`NoCancelSent`],
    /// [`CancelToDeliverer`], [`CancelToHolders`], [`TakeTwice`],
    /// [`KeepPresenceOnResolve`], [`KeepPresenceUnasked`]. A record without a want, as only deviants have it, may go too.
    pub(super) fn deviant_resolve(
        &mut self,
        address: &Address<N::Cid>,
        is_named: bool,
        source: &Source<'_, N>,
        out: &mut Outbox<N>,
    ) {
        let uploaded = matches!(source, Source::Upload);
        if uploaded && self.deviates(UploadKeepsWant)
            || !uploaded && !is_named && self.deviates(EndNamedWantOnly)
        {
            return;
        }
        let want = self.wants.remove(address);
        if want.is_some() {
            out.effect(Effect::Obtained(address.clone()));
            if self.deviates(TakeTwice) && source.deliverer().is_some() {
                self.leftovers.taken.insert(address.clone());
            }
        } else if self.leftovers.taken.contains(address) {
            return out.cancel_again(address);
        } else if !self.deviates(CancelToHolders) && !self.deviates(AskOutlivesCancel) {
            return;
        }
        let asked = want.map(|want| want.unanswered).unwrap_or_default();
        let deviations = self.config.deviations;
        for (peer, context) in &mut self.contexts {
            let is_deliverer = source.deliverer() == Some(peer);
            let was_asked = context.leftovers.asked.remove(address) || asked.contains(peer);
            let is_told = (was_asked
                || deviations.contains(CancelToHolders) && context.contains(address))
                && (!is_deliverer || deviations.contains(CancelToDeliverer));
            if is_told && !deviations.contains(NoCancelSent) {
                out.cancel(peer, address.clone());
            }
            let keeps_record = deviations.contains(KeepPresenceOnResolve) && !is_deliverer
                || deviations.contains(KeepPresenceUnasked) && (is_deliverer || !was_asked);
            if !keeps_record {
                context.clean_presence([address]);
            }
        }
    }

    /// [`LeafUploadUnnoticed`]: the store alone learns of the leaves.
    pub(super) fn hold_unnoticed(&mut self, cid: &N::Cid, leaves: Vec<Address<N::Cid>>) {
        for leaf in leaves {
            self.held.insert(leaf, cid.clone());
        }
    }

    /// [`AnnounceDeletion`].
    pub(super) fn announce_deletion(&mut self, cid: &N::Cid, out: &mut Outbox<N>) {
        let addresses: Vec<_> = self
            .held
            .iter()
            .filter(|(_, held)| *held == cid)
            .map(|(address, _)| address.clone())
            .collect();
        let peers: Vec<_> = self.contexts.keys().cloned().collect();
        for peer in &peers {
            for address in &addresses {
                self.answer(peer, address.clone(), PresenceType::DontHave, out);
            }
        }
    }
}

/// [`FullOnEveryList`].
pub(super) fn mark_every_list_full<N: Names>(messages: &mut [Message<N>]) {
    for message in messages {
        if let Some(list) = &mut message.want_list {
            list.full = true;
        }
    }
}

/// [`UnorderedServing`]: lowest priority first, the last recorded before the first.
pub(super) fn scatter<C>(deliveries: &mut [(i32, Delivery<C>)]) {
    deliveries.sort_by_key(|(priority, _)| *priority);
    deliveries.reverse();
    deliveries.sort_by_key(|(priority, _)| *priority);
}

/// [`DeliverUnderOwnCid`].
pub(super) fn name_by_own_cid<C: Clone>(deliveries: &mut [(i32, Delivery<C>)]) {
    for (_, delivery) in deliveries {
        delivery.address = Address::Plain(delivery.cid.clone());
        delivery.evidence = Evidence::valid_for(&delivery.address);
    }
}

/// [`HelpersForgetLeaves`].
pub(crate) fn plain_cids<N: Names>(context: &PeerContext<N>) -> BTreeSet<N::Cid> {
    context
        .peer_have()
        .filter(|address| !address.is_leaf())
        .map(|address| address.cid_or_tree_cid().clone())
        .collect()
}
