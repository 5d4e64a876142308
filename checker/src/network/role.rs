//! [`Role`]: one node of a network, before anything has happened.

use blockexc_model::address::Address;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::Deviation;
use serde::{Deserialize, Serialize};

use super::names::Cid;

/// One node of a network, before anything has happened.
#[derive(Clone, Debug)]
pub struct Role {
    /// How it behaves.
    pub setup: Setup,
    /// The blocks that it holds from the start.
    pub holds: Vec<Cid>,
    /// What its user may request, and then cancel.
    pub requests: Vec<Address<Cid>>,
    /// The blocks that its user may store.
    pub stores: Vec<Cid>,
    /// The blocks that it may delete.
    pub deletes: Vec<Cid>,
    /// Which stream it answers on.
    pub answers: Answers,
}

/// The stream on which a node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// One that it has opened itself.
    OnOwnStream,
    /// The one on which it was asked, which the asker opened.
    OnAskersStream,
}

impl Role {
    /// A node that holds nothing and whose user does nothing.
    pub fn new(setup: Setup) -> Self {
        let answers = if setup.deviations.contains(Deviation::OwnStreamOnly) {
            Answers::OnAskersStream
        } else {
            Answers::OnOwnStream
        };
        Role {
            setup,
            holds: Vec::new(),
            requests: Vec::new(),
            stores: Vec::new(),
            deletes: Vec::new(),
            answers,
        }
    }

    /// The node holds this block from the start.
    pub fn holding(mut self, cid: Cid) -> Self {
        self.holds.push(cid);
        self
    }

    /// Its user may request these.
    pub fn requesting(mut self, addresses: impl IntoIterator<Item = Address<Cid>>) -> Self {
        self.requests.extend(addresses);
        self
    }

    /// Its user may store these.
    pub fn storing(mut self, cids: impl IntoIterator<Item = Cid>) -> Self {
        self.stores.extend(cids);
        self
    }

    /// It may delete these.
    pub fn deleting(mut self, cids: impl IntoIterator<Item = Cid>) -> Self {
        self.deletes.extend(cids);
        self
    }
}
