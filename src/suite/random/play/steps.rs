//! What a player does in each step of a trace.

use blockexc_model::address::Address as SmallAddress;
use blockexc_model::deviating::Event;

use super::Player;
use crate::suite::control::Capability;
use crate::suite::dump::Dump;
use crate::suite::peer::Peer;
use crate::suite::peer_error::PeerError;
use crate::suite::random::stimulus::Step;
use crate::suite::stop::Stop;
use crate::wire::{DecodeOptions, decode};

impl Player<'_> {
    /// Does a step. Returns the place of the peer that acts.
    pub(super) async fn take(&mut self, step: &Step) -> Result<Option<usize>, Stop> {
        match step {
            Step::Joined(place) => {
                self.join(usize::from(*place)).await?;
                return Ok(Some(usize::from(*place)));
            }
            Step::Left(place) => self.leave(usize::from(*place)).await?,
            Step::Received { from, .. } => {
                let place = usize::from(*from);
                self.send(place, step).await?;
                return Ok(Some(place));
            }
            Step::Request(address) => self.request(address).await?,
            Step::Cancel(address) => self.cancel(address).await?,
            Step::Retry(address) => {
                let address = self.world.address(address);
                self.harness.retry_now(&address).await?;
                self.log.input(Event::Retry(address));
            }
            Step::Stored { cid, leaves } => self.store(*cid, leaves).await?,
            Step::Deleted(number) => {
                let cid = self.world.block(*number).cid.clone();
                self.harness.delete(&cid).await?;
                self.log.input(Event::Deleted(cid));
            }
            Step::Serve(_) => {}
        }
        Ok(None)
    }

    async fn join(&mut self, place: usize) -> Result<(), Stop> {
        if self.joined[place] {
            if let Some(peer) = &self.peers[place]
                && self.harness.can(Capability::JoinedAgain)
            {
                self.harness.joined_again(peer).await?;
                self.log.input(Event::Joined(peer.id()));
            }
            return Ok(());
        }
        let peer = self.peers[place].get_or_insert_with(|| self.harness.peer());
        let peer = peer.clone();
        peer.connect().await?;
        let joined = self.harness.joined(&peer).await;
        self.log.input(Event::Joined(peer.id()));
        self.joined[place] = true;
        match joined {
            Ok(()) => Ok(()),
            // The target closed the connection at once.
            Err(_) if peer.disconnected().await => self.gone(place, &peer).await,
            Err(stop) => Err(stop),
        }
    }

    async fn leave(&mut self, place: usize) -> Result<(), Stop> {
        if !self.joined[place] {
            return Ok(());
        }
        let Some(peer) = self.peers[place].clone() else {
            return Ok(());
        };
        peer.leave().await;
        self.gone(place, &peer).await
    }

    /// A peer's connections have closed: what it was sent before is written down.
    async fn gone(&mut self, place: usize, peer: &Peer) -> Result<(), Stop> {
        let received = peer.take_received();
        self.came(peer, &received);
        self.left(place, peer).await
    }

    /// A peer's connections have closed.
    pub(super) async fn left(&mut self, place: usize, peer: &Peer) -> Result<(), Stop> {
        self.joined[place] = false;
        let id = peer.id();
        if self.shows_contexts {
            let is_gone = |dump: &Dump| Ok(!dump.has_context(&id)?);
            let dump = self.harness.dump_when(is_gone).await?;
            if dump.has_context(&id)? && self.may_be_late() {
                return Err(Stop::Inconclusive(format!(
                    "the context of {} stayed for {} s after its last connection had closed",
                    peer.name(),
                    self.harness.deadline().as_secs_f32()
                )));
            }
        } else {
            // Nobody can tell when the target has noticed, so that this peer does not come back.
            self.peers[place] = None;
        }
        self.log.input(Event::Left(id));
        Ok(())
    }

    async fn send(&mut self, place: usize, step: &Step) -> Result<(), Stop> {
        let (Some(peer), true) = (self.peers[place].clone(), self.joined[place]) else {
            return Ok(());
        };
        let Event::Received { message, .. } = step.event() else {
            return Ok(());
        };
        let message = self.world.message(message);
        let bytes = prost::Message::encode_to_vec(&message);
        let options = DecodeOptions::from_deviations(self.suppose);
        let read = decode(bytes.into(), &options);
        let read = read.map_err(|error| {
            Stop::Inconclusive(format!(
                "the message is not one that the target reads: {error}"
            ))
        })?;
        if let Err(error) = peer.send(&message).await {
            // The target may have closed the connection before: that is its choice, and nothing was
            // sent.
            if matches!(error, PeerError::NoStream { .. }) && peer.disconnected().await {
                return self.gone(place, &peer).await;
            }
            return Err(error.into());
        }
        self.log.input(Event::Received {
            from: peer.id(),
            message: read.message,
        });
        Ok(())
    }

    async fn request(&mut self, address: &SmallAddress<u8>) -> Result<(), Stop> {
        let address = self.world.address(address);
        let request = self.harness.request(&address).await?;
        let open = self.requests.entry(address.clone()).or_default();
        open.push(request);
        self.log.input(Event::Request(address));
        Ok(())
    }

    async fn cancel(&mut self, address: &SmallAddress<u8>) -> Result<(), Stop> {
        let address = self.world.address(address);
        let open = self.requests.get_mut(&address);
        // What nobody waits for is not cancelled.
        let Some(request) = open.and_then(Vec::pop) else {
            return Ok(());
        };
        self.harness.cancel(request).await?;
        self.log.input(Event::Cancel(address));
        Ok(())
    }

    async fn store(&mut self, number: u8, leaves: &[SmallAddress<u8>]) -> Result<(), Stop> {
        let block = self.world.block(number);
        let cid = block.cid.clone();
        if leaves.is_empty() {
            self.harness.put(block).await?;
            let leaves = Vec::new();
            self.log.input(Event::Stored { cid, leaves });
            return Ok(());
        }
        for leaf in leaves {
            let SmallAddress::Leaf { tree, index } = leaf else {
                continue;
            };
            self.harness
                .put_leaf(self.world.dataset(*tree), *index)
                .await?;
            self.log.input(Event::Stored {
                cid: cid.clone(),
                leaves: vec![self.world.address(leaf)],
            });
        }
        Ok(())
    }
}
