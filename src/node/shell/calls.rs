//! What a [`NodeHandle`](crate::node::NodeHandle) asks of the node.

use blockexc_model::node::Event;
use bytes::Bytes;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::oneshot;

use super::{Shell, why_not_reached};
use crate::node::handle::Call;
use crate::wire::Address;

impl Shell {
    pub(super) fn call(&mut self, call: Call) {
        // The caller may have gone. Then nobody gets the answer.
        match call {
            Call::Stored { holdings, done } => {
                for (cid, leaves) in holdings {
                    self.step(Event::Stored { cid, leaves }, None);
                }
                let _ = done.send(());
            }
            Call::Delete { cid, done } => {
                let deleted = self.store.delete(&cid);
                if deleted.is_ok() {
                    self.step(Event::Deleted(cid), None);
                }
                let _ = done.send(deleted);
            }
            // XFER-11: nobody needs to be asked for it.
            Call::Request {
                address: Address::Plain(cid),
                outcome,
                done,
            } if cid.is_of_nothing() => {
                let _ = outcome.send(Ok(Bytes::new()));
                let _ = done.send(());
            }
            Call::Request {
                address,
                outcome,
                done,
            } => {
                let is_new = !self.core.wants(&address);
                self.requesters
                    .entry(address.clone())
                    .or_default()
                    .push(outcome);
                self.step(Event::Request(address.clone()), None);
                if is_new {
                    self.set_timer(address);
                }
                let _ = done.send(());
            }
            Call::Cancel { address, done } => {
                let was_wanted = self.core.wants(&address);
                self.step(Event::Cancel(address), None);
                let _ = done.send(was_wanted);
            }
            Call::Connect { address, done } => self.connect(address, done),
            Call::Disconnect { peer, done } => {
                if self.exchange().is_connected(&peer) {
                    self.disconnecting.entry(peer).or_default().push(done);
                    self.exchange().disconnect(&peer);
                } else {
                    let _ = done.send(());
                }
            }
            Call::JoinedAgain { peer, done } => {
                self.step(Event::Joined(peer), None);
                let _ = done.send(());
            }
            Call::LeftNow { peer, done } => {
                self.step(Event::Left(peer), None);
                let _ = done.send(());
            }
            Call::RetryNow { address, done } => {
                self.step(Event::Retry(address), None);
                let _ = done.send(());
            }
            Call::Why { address, done } => {
                let connected = self.swarm.connected_peers().count();
                let _ = done.send(self.remarks.why(&address, connected));
            }
            Call::SetPrice { price, done } => {
                self.core.set_price(price);
                let _ = done.send(());
            }
            Call::Dump { done } => {
                let _ = done.send(self.core.dump());
            }
            // The loop handles it.
            Call::Shutdown => {}
        }
    }

    fn connect(&mut self, address: Multiaddr, done: oneshot::Sender<Result<PeerId, String>>) {
        let dial = DialOpts::from(address);
        let connection = dial.connection_id();
        match self.swarm.dial(dial) {
            Ok(()) => {
                self.dialling.insert(connection, done);
            }
            Err(error) => {
                let _ = done.send(Err(why_not_reached(&error)));
            }
        }
    }
}
