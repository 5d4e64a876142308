//! The file as data, and what it stands for.

use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};
use blockexc_model::dialect::{DIALECTS, Dialect};
use blockexc_model::node::Config;

use crate::network::action::Action;
use crate::network::alphabet::Alphabet;
use crate::network::closed::Network;
use crate::network::limits::{Limits, Retries};
use crate::network::names::{Blocks, Peer, show_address};
use crate::network::open::{OpenAction, OpenNetwork};
use crate::network::role::{Answers, Role};
use crate::search::checkable::Checkable;
use crate::search::exploration::Trail;
use crate::search::property::Property;

use super::error::{
    FORMAT, MOST_BLOCKS, MOST_BYTES, MOST_NODES, MOST_STEPS, Quoted, ReplayError, VERSION, at_most,
};
use super::message::{read_account, read_price, show_price};
use super::names::{Known, unknown, unlike};
use super::step::Step;

/// What tells a file of ours, of any version.
#[derive(Deserialize)]
#[serde(expecting = "an object with `format` and `version`")]
struct Head {
    #[serde(default)]
    format: serde_json::Value,
    version: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[serde(expecting = "an object with `format` and `version`")]
pub(super) struct Document {
    format: String,
    version: u64,
    pub property: Violated,
    network: Kind,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Violated {
    pub name: String,
    pub requirements: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Closed(Closed),
    Open(Open),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Closed {
    name: String,
    blocks: Blocks,
    nodes: Vec<NodeOf>,
    /// Who may connect to whom.
    pairs: Vec<[String; 2]>,
    limits: Limits,
    /// So many messages under way keep wants from being pursued anew; absent when what keeps them
    /// is the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unlimited_retries_below: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Open {
    name: String,
    blocks: Blocks,
    node: Behaviour,
    peers: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct NodeOf {
    behaviour: Behaviour,
    answers: Answers,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holds: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    may_request: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    may_store: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    may_delete: Vec<String>,
}

/// How a node behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Behaviour {
    /// The dialect whose deviations these are. Alone, it stands for its deviations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dialect: Option<String>,
    /// What counts: a dialect may have come to be known better since the file was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deviations: Option<Vec<String>>,
    /// In hexadecimal digits, absent when blocks are free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// In hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// Absent when the node never gives up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retries: Option<u32>,
    /// Absent when every want is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wants_per_peer: Option<u32>,
}

/// What a file stands for.
pub(super) enum Way {
    Closed(Network, Vec<Action>),
    Open(OpenNetwork, Vec<OpenAction>),
}

impl Document {
    pub(super) fn of_network(
        network: &Network,
        trail: &Trail<Network>,
        property: &Property<Network>,
    ) -> Self {
        let steps = trail
            .steps
            .iter()
            .map(|(action, _)| Step::of(network, action));
        let closed = Closed {
            name: network.name.clone(),
            blocks: network.blocks,
            nodes: network.roles.iter().map(NodeOf::of).collect(),
            pairs: network
                .pairs
                .iter()
                .map(|pair| pair.map(|peer| peer.to_string()))
                .collect(),
            limits: network.limits,
            unlimited_retries_below: match network.retries {
                Retries::Limited => None,
                Retries::Unlimited { room } => Some(room),
            },
        };
        Document::new(property, Kind::Closed(closed), steps.collect())
    }

    pub(super) fn of_open_network(
        network: &OpenNetwork,
        trail: &Trail<OpenNetwork>,
        property: &Property<OpenNetwork>,
    ) -> Self {
        let steps = trail
            .steps
            .iter()
            .map(|(action, _)| Step::of_open(network, action));
        let open = Open {
            name: network.name.clone(),
            blocks: network.blocks,
            node: Behaviour::of(&network.setup),
            peers: network.peers,
        };
        Document::new(property, Kind::Open(open), steps.collect())
    }

    fn new<M: Checkable>(property: &Property<M>, network: Kind, steps: Vec<Step>) -> Self {
        let requirements = property.requirements.iter();
        Document {
            format: FORMAT.to_owned(),
            version: VERSION,
            property: Violated {
                name: property.name.to_owned(),
                requirements: requirements.map(|id| (*id).to_owned()).collect(),
            },
            network,
            steps,
        }
    }

    pub(super) fn from_json(text: &str) -> Result<Self, ReplayError> {
        at_most("bytes", text.len(), MOST_BYTES)?;
        let refused = |error: serde_json::Error| match error.classify() {
            Category::Data => ReplayError::NotACounterexample(error),
            Category::Io | Category::Syntax | Category::Eof => ReplayError::NotJson(error),
        };
        let head: Head = serde_json::from_str(text).map_err(refused)?;
        if head.format != FORMAT {
            return Err(ReplayError::OtherFormat {
                found: match head.format {
                    serde_json::Value::String(text) => Quoted::of(&text),
                    other => Quoted::of(&other.to_string()),
                },
            });
        }
        match head.version {
            Some(found) if found != VERSION => Err(ReplayError::OtherVersion { found }),
            // What has no version at all says so itself: the field is missing.
            _ => serde_json::from_str(text).map_err(refused),
        }
    }

    pub(super) fn to_json(&self) -> String {
        // Strings, numbers and lists of them can always be written.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// What the file stands for, looked at as far as can be without running it.
    pub(super) fn way(&self) -> Result<Way, ReplayError> {
        at_most("steps", self.steps.len(), MOST_STEPS)?;
        match &self.network {
            Kind::Closed(closed) => {
                let network = closed.read()?;
                let known = closed.known();
                let steps = self.steps.iter().zip(1..);
                let actions = steps
                    .map(|(step, number)| step.closed(number, known))
                    .collect::<Result<_, _>>()?;
                Ok(Way::Closed(network, actions))
            }
            Kind::Open(open) => {
                let mut network = open.read()?;
                let known = open.known();
                let steps = self.steps.iter().zip(1..);
                let actions = steps
                    .map(|(step, number)| step.open(number, known, &mut network.alphabet))
                    .collect::<Result<_, _>>()?;
                Ok(Way::Open(network, actions))
            }
        }
    }
}

impl Closed {
    fn known(&self) -> Known {
        Known {
            nodes: u8::try_from(self.nodes.len()).unwrap_or(u8::MAX),
            blocks: self.blocks,
        }
    }

    fn read(&self) -> Result<Network, ReplayError> {
        at_most("nodes", self.nodes.len(), MOST_NODES)?;
        at_most("blocks", self.blocks.count.into(), MOST_BLOCKS)?;
        let known = self.known();
        let mut roles = Vec::new();
        for (node, peer) in self.nodes.iter().zip((0u8..).map(Peer)) {
            roles.push(node.read(peer, known)?);
        }
        let mut pairs: Vec<[Peer; 2]> = Vec::new();
        for [a, b] in &self.pairs {
            let pair = [known.peer("a pair", a)?, known.peer("a pair", b)?];
            let [first, second] = pair;
            let named_before = pairs.contains(&pair) || pairs.contains(&[second, first]);
            if first == second || named_before {
                let form = "two of them, and each two once";
                return Err(unlike(
                    "the pairs",
                    "a pair of nodes",
                    form,
                    &format!("{a}, {b}"),
                ));
            }
            pairs.push(pair);
        }
        let network = Network::new(&self.name, known.blocks, roles, self.limits).linked(pairs);
        Ok(match self.unlimited_retries_below {
            Some(room) => network.retrying(room),
            None => network,
        })
    }
}

impl Open {
    fn known(&self) -> Known {
        Known {
            nodes: self.peers.saturating_add(1),
            blocks: self.blocks,
        }
    }

    fn read(&self) -> Result<OpenNetwork, ReplayError> {
        at_most("nodes", usize::from(self.peers) + 1, MOST_NODES)?;
        at_most("blocks", self.blocks.count.into(), MOST_BLOCKS)?;
        // The messages are those that the steps say.
        let alphabet = Alphabet {
            name: "what is said",
            messages: Vec::new(),
        };
        let setup = self.node.read("the node")?;
        let blocks = self.blocks;
        Ok(OpenNetwork::new(
            &self.name, setup, blocks, self.peers, alphabet,
        ))
    }
}

impl NodeOf {
    fn of(role: &Role) -> Self {
        let names = |cids: &[_]| cids.iter().map(ToString::to_string).collect();
        NodeOf {
            behaviour: Behaviour::of(&role.setup),
            answers: role.answers,
            holds: names(&role.holds),
            may_request: role.requests.iter().map(show_address).collect(),
            may_store: names(&role.stores),
            may_delete: names(&role.deletes),
        }
    }

    fn read(&self, peer: Peer, known: Known) -> Result<Role, ReplayError> {
        let place = format!("node {peer}");
        let cids = |names: &[String]| {
            let cids = names.iter().map(|name| known.cid(&place, name));
            cids.collect::<Result<Vec<_>, _>>()
        };
        let requests = self.may_request.iter();
        Ok(Role {
            setup: self.behaviour.read(&place)?,
            holds: cids(&self.holds)?,
            requests: requests
                .map(|name| known.address(&place, name))
                .collect::<Result<_, _>>()?,
            stores: cids(&self.may_store)?,
            deletes: cids(&self.may_delete)?,
            answers: self.answers,
        })
    }
}

impl Behaviour {
    fn of(setup: &Setup) -> Self {
        let dialect = DIALECTS
            .iter()
            .find(|dialect| dialect.deviations == setup.deviations);
        let deviations = setup.deviations.iter();
        Behaviour {
            dialect: dialect.map(|dialect| dialect.name.to_owned()),
            deviations: Some(deviations.map(|it| it.name().to_owned()).collect()),
            price: show_price(setup.config.price),
            account: setup.config.account.map(|account| hex::encode(account.0)),
            retries: (setup.config.retries != u32::MAX).then_some(setup.config.retries),
            wants_per_peer: (setup.config.wants_per_peer != u32::MAX)
                .then_some(setup.config.wants_per_peer),
        }
    }

    fn read(&self, place: &str) -> Result<Setup, ReplayError> {
        let dialect = self.dialect.as_deref().map(|name| {
            Dialect::find(name).ok_or_else(|| {
                let names = DIALECTS.iter().map(|dialect| dialect.name.to_owned());
                unknown(place, "a dialect", names, name)
            })
        });
        let dialect = dialect.transpose()?.map(|dialect| dialect.deviations);
        let deviations = match (&self.deviations, dialect) {
            (Some(names), _) => names
                .iter()
                .map(|name| name.parse::<Deviation>())
                .collect::<Result<Deviations, _>>()?,
            (None, Some(deviations)) => deviations,
            (None, None) => Deviations::none(),
        };
        let config = Config {
            price: read_price(place, self.price.as_deref())?,
            account: self
                .account
                .as_deref()
                .map(|digits| read_account(place, digits))
                .transpose()?,
            retries: self.retries.unwrap_or(u32::MAX),
            wants_per_peer: self.wants_per_peer.unwrap_or(u32::MAX),
        };
        Ok(Setup { config, deviations })
    }
}
