//! How a file writes steps.

use serde::{Deserialize, Serialize};

use crate::network::action::{Act, Action};
use crate::network::alphabet::Alphabet;
use crate::network::closed::Network;
use crate::network::names::{Cid, show_address};
use crate::network::open::{OpenAct, OpenAction, OpenNetwork};
use crate::show::shown::Shown;
use crate::step::choice::Script;

use super::error::ReplayError;
use super::message::Said;
use super::names::{Known, unlike};

/// One step of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Step {
    /// What happens, for people; the rest is what counts.
    pub words: String,
    /// To whom it happens, or who speaks.
    node: String,
    event: Happening,
    /// Which peer, address or block it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    /// What is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<Said>,
    /// Which of the holders the node asks, by their places, for each choice in turn. Those that
    /// are left out fall on the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Happening {
    /// In closed networks only: the node and a peer connect.
    Connect,
    /// In closed networks only: their connection closes.
    Disconnect,
    /// In closed networks only: the node handles the first message under way from a peer.
    Handle,
    /// In open networks only: the peer sends the one node a message, which that handles.
    Say,
    Joined,
    Left,
    Serve,
    Request,
    Cancel,
    Retry,
    Store,
    Delete,
}

impl Step {
    pub(super) fn of(network: &Network, action: &Action) -> Self {
        let address = |place| show_address(&network.address(place));
        let (node, event, about, script) = match *action {
            Action::Connect(a, b) => (a, Happening::Connect, b.to_string(), Script::default()),
            Action::Disconnect(a, b) => {
                (a, Happening::Disconnect, b.to_string(), Script::default())
            }
            Action::Act { node, act, script } => {
                let (event, about) = match act {
                    Act::Join(peer) => (Happening::Joined, peer.to_string()),
                    Act::Leave(peer) => (Happening::Left, peer.to_string()),
                    Act::Handle(from) => (Happening::Handle, from.to_string()),
                    Act::Serve(peer) => (Happening::Serve, peer.to_string()),
                    Act::Request(place) => (Happening::Request, address(place)),
                    Act::Cancel(place) => (Happening::Cancel, address(place)),
                    Act::Retry(place) => (Happening::Retry, address(place)),
                    Act::Store(cid) => (Happening::Store, cid.to_string()),
                    Act::Delete(cid) => (Happening::Delete, cid.to_string()),
                };
                (node, event, about, script)
            }
        };
        Step {
            words: network.describe(action),
            node: node.to_string(),
            event,
            about: Some(about),
            message: None,
            choices: script.choices(),
        }
    }

    pub(super) fn of_open(network: &OpenNetwork, action: &OpenAction) -> Self {
        let address = |place| {
            let address = network.blocks.addresses().nth(usize::from(place));
            address.map(|address| show_address(&address))
        };
        let cid = |number| Cid(number).to_string();
        let mut node = OpenNetwork::NODE;
        let mut message = None;
        let (event, about) = match action.act {
            OpenAct::Join(peer) => (Happening::Joined, Some(peer.to_string())),
            OpenAct::Leave(peer) => (Happening::Left, Some(peer.to_string())),
            OpenAct::Say(from, place) => {
                node = from;
                let said = network.alphabet.messages.get(usize::from(place));
                message = said.map(Said::of);
                (Happening::Say, None)
            }
            OpenAct::Request(place) => (Happening::Request, address(place)),
            OpenAct::Cancel(place) => (Happening::Cancel, address(place)),
            OpenAct::Retry(place) => (Happening::Retry, address(place)),
            OpenAct::Store(number) => (Happening::Store, Some(cid(number))),
            OpenAct::Delete(number) => (Happening::Delete, Some(cid(number))),
            OpenAct::Serve(peer) => (Happening::Serve, Some(peer.to_string())),
        };
        Step {
            words: network.describe(action),
            node: node.to_string(),
            event,
            about,
            message,
            choices: action.script.choices(),
        }
    }

    /// The step in a closed network.
    pub(super) fn closed(&self, number: usize, known: Known) -> Result<Action, ReplayError> {
        let place = format!("step {number}");
        if self.message.is_some() {
            let form = "in a closed network nodes say what they say by themselves";
            return Err(unlike(&place, "no message", form, "one"));
        }
        let node = known.peer(&place, &self.node)?;
        let about = self.about(&place)?;
        let peer = || known.peer(&place, about);
        let address = || known.address_place(&place, about);
        let cid = || known.cid(&place, about);
        let act = match self.event {
            Happening::Connect => return Ok(Action::Connect(node, peer()?)),
            Happening::Disconnect => return Ok(Action::Disconnect(node, peer()?)),
            Happening::Say => {
                let form = "in an open network peers say things";
                return Err(unlike(&place, "an event of a closed network", form, "say"));
            }
            Happening::Joined => Act::Join(peer()?),
            Happening::Left => Act::Leave(peer()?),
            Happening::Handle => Act::Handle(peer()?),
            Happening::Serve => Act::Serve(peer()?),
            Happening::Request => Act::Request(address()?),
            Happening::Cancel => Act::Cancel(address()?),
            Happening::Retry => Act::Retry(address()?),
            Happening::Store => Act::Store(cid()?),
            Happening::Delete => Act::Delete(cid()?),
        };
        let script = self.script(&place)?;
        Ok(Action::Act { node, act, script })
    }

    /// The step in an open network, in which this is said so far.
    pub(super) fn open(
        &self,
        number: usize,
        known: Known,
        said: &mut Alphabet,
    ) -> Result<OpenAction, ReplayError> {
        let place = format!("step {number}");
        let script = self.script(&place)?;
        let node = known.peer(&place, &self.node)?;
        if self.event == Happening::Say {
            let message = self
                .message
                .as_ref()
                .ok_or_else(|| unlike(&place, "a message", "what the peer says", "nothing"))?;
            let message = message.read(&place, known)?;
            let messages = &mut said.messages;
            let known_before = messages.iter().position(|known| *known == message);
            let at = known_before.unwrap_or_else(|| {
                messages.push(message);
                messages.len() - 1
            });
            // There are no more messages than steps.
            let at = u16::try_from(at).unwrap_or(u16::MAX);
            let act = OpenAct::Say(node, at);
            return Ok(OpenAction { act, script });
        }
        if self.message.is_some() || node != OpenNetwork::NODE {
            let form = "to the one node, A; peers only say things";
            return Err(unlike(&place, "an event that happens", form, &self.node));
        }
        let about = self.about(&place)?;
        let peer = || known.peer(&place, about);
        let address = || known.address_place(&place, about);
        let cid = || known.cid(&place, about);
        let act = match self.event {
            Happening::Joined => OpenAct::Join(peer()?),
            Happening::Left => OpenAct::Leave(peer()?),
            Happening::Serve => OpenAct::Serve(peer()?),
            Happening::Request => OpenAct::Request(address()?),
            Happening::Cancel => OpenAct::Cancel(address()?),
            Happening::Retry => OpenAct::Retry(address()?),
            Happening::Store => OpenAct::Store(cid()?.0),
            Happening::Delete => OpenAct::Delete(cid()?.0),
            Happening::Connect | Happening::Disconnect | Happening::Handle | Happening::Say => {
                let form = "there are no connections, peers say things";
                let found = format!("{:?}", self.event).to_lowercase();
                return Err(unlike(&place, "an event of an open network", form, &found));
            }
        };
        Ok(OpenAction { act, script })
    }

    fn about(&self, place: &str) -> Result<&str, ReplayError> {
        self.about.as_deref().ok_or_else(|| {
            let form = "the peer, address or block that the event is about";
            unlike(place, "`about`", form, "nothing")
        })
    }

    fn script(&self, place: &str) -> Result<Script, ReplayError> {
        Script::of(&self.choices).ok_or_else(|| {
            let form = "at most eight, each less than sixteen";
            unlike(place, "choices", form, &format!("{:?}", self.choices))
        })
    }
}
