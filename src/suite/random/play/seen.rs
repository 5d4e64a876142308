//! What a player sees of the target, and writes into the log.

use std::collections::BTreeMap;
use std::time::Duration;

use blockexc_model::Deviation;
use blockexc_model::message::PresenceType;
use blockexc_model::price::Price;

use super::Player;
use crate::suite::control::Outcome;
use crate::suite::peer::Peer;
use crate::suite::random::barriers::{Answered, answered, ask};
use crate::suite::received::{Received, ReceivedMessage};
use crate::suite::stop::Stop;
use crate::trace::dumped::{Dumped, DumpedContext};
use crate::trace::header::Header;
use crate::trace::line::{Entry, Output};
use crate::wire::Address;

impl Player<'_> {
    /// Each of these peers that has joined sets a barrier. Their questions are on their way together.
    /// What came goes into `came`.
    pub(super) async fn barriers(
        &self,
        places: &[usize],
        came: &mut Vec<(usize, Peer, Answered)>,
    ) -> Result<(), Stop> {
        let mut asked = Vec::new();
        for place in places {
            if let (Some(peer), true) = (&self.peers[*place], self.joined[*place]) {
                let questions = match ask(self.harness, peer).await {
                    Ok(questions) => questions,
                    // What was sent last may have closed the connection.
                    Err(error) => match peer.disconnected().await {
                        true => Vec::new(),
                        false => return Err(error.into()),
                    },
                };
                asked.push((*place, peer.clone(), questions));
            }
        }
        for (place, peer, questions) in asked {
            let answers = answered(self.harness, &peer, questions).await?;
            came.push((place, peer, answers));
        }
        Ok(())
    }

    /// Writes down what came. Those that are gone come first: what the others were sent may follow of
    /// that.
    pub(super) async fn write_down(
        &mut self,
        came: Vec<(usize, Peer, Answered)>,
    ) -> Result<(), Stop> {
        let gone = |(_, peer, came): &(usize, Peer, Answered)| came.is_gone || !peer.is_connected();
        let mut came: Vec<_> = came.into_iter().map(|it| (gone(&it), it)).collect();
        came.sort_by_key(|(is_gone, _)| !is_gone);
        for (is_gone, (place, peer, came)) in came {
            for question in &came.handled {
                self.log.input(question.event(&peer));
            }
            let lost = came.lost.into_iter().map(|it| (peer.clone(), it));
            self.lost.extend(lost);
            self.came(&peer, &came.received);
            if is_gone {
                self.left(place, &peer).await?;
            }
        }
        Ok(())
    }

    /// Writes down what a peer has received. An answer shows that a question was handled which was taken
    /// for lost.
    pub(super) fn came(&mut self, peer: &Peer, received: &Received) {
        let mut still_lost = Vec::new();
        for (of, question) in std::mem::take(&mut self.lost) {
            let answer = received.presences_of(&question.address);
            if of.id() == peer.id() && !answer.is_empty() {
                self.log.input(question.event(peer));
            } else {
                still_lost.push((of, question));
            }
        }
        self.lost = still_lost;
        self.log.outputs(peer.id(), received);
        self.learn_of_prices(received);
        if !self.harness.target().configured {
            self.learn();
        }
    }

    /// A node that has prices names one in each answer, if only zero. One that names none has neither
    /// prices nor accounts, and does not read those of others: it may choose so.
    fn learn_of_prices(&mut self, received: &Received) {
        if received.presences().next().is_none() {
            return;
        }
        let names_one = received.0.iter().any(ReceivedMessage::names_a_price);
        if self.names_prices == Some(false) && names_one {
            self.is_unclear = true;
        }
        if self.names_prices.is_some() {
            return;
        }
        self.names_prices = Some(names_one);
        if !names_one {
            self.suppose.insert(Deviation::NoAccounts);
            let header = Header {
                price: Price::ZERO,
                account: None,
                ..self.log.header().clone()
            };
            self.log = self.log.judged_anew(header, self.suppose);
        }
    }

    /// Writes down what has come since.
    pub(super) fn drain(&mut self) {
        let peers = self.peers.iter().flatten().cloned();
        for peer in peers.collect::<Vec<_>>() {
            let received = peer.take_received();
            self.came(&peer, &received);
        }
    }

    /// Writes down which requests have ended. A block that was requested twice is obtained once.
    pub(super) async fn outcomes(&mut self) -> Result<(), Stop> {
        let Some(control) = &self.harness.target().control else {
            return Ok(());
        };
        let mut ended = Vec::new();
        for (address, open) in &mut self.requests {
            let mut output = None;
            let mut waiting = Vec::new();
            for request in std::mem::take(open) {
                match control.outcome(request, Duration::ZERO).await? {
                    Outcome::Pending => waiting.push(request),
                    Outcome::Completed(_) => output = Some(Output::Obtained(address.clone())),
                    Outcome::Failed(_) => {
                        output.get_or_insert(Output::Failed(address.clone()));
                    }
                }
            }
            match output {
                Some(output) => ended.push(output),
                None => *open = waiting,
            }
        }
        for output in ended {
            self.log.push(Entry::Output(output));
        }
        Ok(())
    }

    /// The target's state, as a line of the log.
    pub(super) async fn dump(&self) -> Result<Entry, Stop> {
        let dump = self.harness.raw_dump().await?;
        let of_barriers = |address: &Address| {
            let mut peers = self.peers.iter().flatten();
            peers.any(|peer| peer.is_barrier(address))
                && self.harness.barrier_block() != Some(address)
        };
        let contexts = dump.contexts.map(|contexts| {
            let known = contexts.into_iter();
            let known =
                known.filter(|(id, _)| self.peers.iter().flatten().any(|it| it.id() == *id));
            let shown = known.map(|(id, context)| {
                let ordered = context.wants_are_ordered;
                let wants = context.wants.filter(|_| ordered);
                let wants = wants.map(|wants| {
                    let wants = wants.into_iter().filter(|it| !of_barriers(&it.address));
                    wants.map(|it| it.entry()).collect::<Option<Vec<_>>>()
                });
                let presence = context.presence.map(|records| {
                    let records = records.into_iter();
                    let records = records.map(|it| Some((it.address, it.price?)));
                    records.collect::<Option<BTreeMap<_, _>>>()
                });
                let helpers = context.helpers;
                let shown = DumpedContext {
                    presence: presence.flatten(),
                    peer_have_cids: helpers.map(|helpers| helpers.peer_have_cids),
                    wants: wants.flatten(),
                    account: context.account,
                };
                (id, shown)
            });
            shown.collect()
        });
        let own_wants = dump
            .own_wants
            .map(|wants| wants.into_iter().map(|want| want.address).collect());
        Ok(Entry::Dumped(Box::new(Dumped {
            contexts,
            own_wants,
            held: dump.held,
        })))
    }

    /// What a target asks for a block, and where it wants to be paid, is what it says first, if nobody
    /// has set it up.
    fn learn(&mut self) {
        let (mut of_haves, mut of_any, mut account) = (None, None, None);
        for entry in self.log.entries() {
            if let Entry::Output(Output::Sent { message, .. }) = entry {
                for item in &message.presences {
                    let price = Some(item.price);
                    if item.presence_type == PresenceType::Have {
                        of_haves = of_haves.or(price);
                    }
                    of_any = of_any.or(price);
                }
                account = account.or(message.account);
            }
        }
        let known = self.log.header();
        let price = of_haves.or(of_any).unwrap_or(known.price);
        if price != known.price || account != known.account {
            let header = Header {
                price,
                account,
                ..known.clone()
            };
            self.log = self.log.judged_anew(header, self.suppose);
        }
    }
}
