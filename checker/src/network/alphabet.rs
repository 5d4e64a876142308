//! [`Alphabet`]: the messages that the peers of an open network may send.

use blockexc_model::address::Address;
use blockexc_model::message::{
    Account, Delivery, Evidence, Message, Presence, PresenceType, ProofEvidence, WantEntry,
    WantList,
};
use blockexc_model::price::Price;

use super::names::{Blocks, Small};

/// Which messages the peers know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alphabet {
    /// What it is called.
    pub name: &'static str,
    /// The messages.
    pub messages: Vec<Message<Small>>,
}

impl Alphabet {
    /// Lists of one entry or none: each want type, cancels of either type, full or not, priority
    /// low or high, with and without word of absence.
    pub fn lists(blocks: Blocks) -> Self {
        let mut messages = vec![Message::want_list(Vec::new(), true)];
        for address in blocks.addresses() {
            let block = WantEntry::want_block(address.clone());
            let have = WantEntry::want_have(address.clone());
            let entries = [
                (block.clone(), false),
                (block.clone(), true),
                (
                    WantEntry {
                        priority: 1,
                        send_dont_have: true,
                        ..block.clone()
                    },
                    false,
                ),
                (have.clone(), false),
                (
                    WantEntry {
                        send_dont_have: true,
                        ..have.clone()
                    },
                    false,
                ),
                (have, true),
                (WantEntry::cancel(address), false),
                (
                    WantEntry {
                        cancel: true,
                        send_dont_have: true,
                        ..block
                    },
                    false,
                ),
            ];
            messages.extend(
                entries
                    .into_iter()
                    .map(|(entry, full)| Message::want_list(vec![entry], full)),
            );
        }
        Alphabet {
            name: "want lists",
            messages,
        }
    }

    /// Lists of two entries: of two addresses or of the same one twice.
    pub fn long_lists(blocks: Blocks) -> Self {
        let mut messages = Vec::new();
        for first in blocks.addresses() {
            for second in blocks.addresses() {
                let block = WantEntry::want_block(first.clone());
                let urgent = WantEntry {
                    priority: 1,
                    ..WantEntry::want_block(second.clone())
                };
                let have = |address: &Address<_>| WantEntry {
                    send_dont_have: true,
                    ..WantEntry::want_have(address.clone())
                };
                let pairs = [
                    [block.clone(), urgent],
                    [have(&first), have(&second)],
                    [block.clone(), have(&second)],
                    [block, WantEntry::cancel(second.clone())],
                ];
                messages.extend(
                    pairs
                        .into_iter()
                        .map(|pair| Message::want_list(pair.to_vec(), false)),
                );
            }
        }
        Alphabet {
            name: "long want lists",
            messages,
        }
    }

    /// WantBlock and cancel entries.
    pub fn waits(blocks: Blocks) -> Self {
        let entries = blocks.addresses().flat_map(|address| {
            [
                WantEntry::want_block(address.clone()),
                WantEntry::cancel(address),
            ]
        });
        Alphabet {
            name: "waits",
            messages: entries
                .map(|entry| Message::want_list(vec![entry], false))
                .collect(),
        }
    }

    /// Presence items: Have at two prices, DontHave; and two items at once.
    pub fn presences(blocks: Blocks) -> Self {
        let item = |address: &Address<_>, presence_type, price: u64| Presence {
            address: address.clone(),
            presence_type,
            price: Price::from(price),
        };
        let addresses: Vec<_> = blocks.addresses().collect();
        let mut messages = Vec::new();
        for address in &addresses {
            let have = item(address, PresenceType::Have, 0);
            let dear = item(address, PresenceType::Have, 1);
            let dont_have = item(address, PresenceType::DontHave, 0);
            messages.push(Message::presences(vec![have.clone()]));
            messages.push(Message::presences(vec![dear.clone()]));
            messages.push(Message::presences(vec![dont_have.clone()]));
            messages.push(Message::presences(vec![have.clone(), dear]));
            messages.push(Message::presences(vec![have.clone(), dont_have.clone()]));
            messages.push(Message::presences(vec![dont_have, have]));
        }
        if let [first, second, ..] = addresses.as_slice() {
            messages.push(Message::presences(vec![
                item(first, PresenceType::Have, 0),
                item(second, PresenceType::Have, 0),
            ]));
        }
        Alphabet {
            name: "presences",
            messages,
        }
    }

    /// Deliveries: right ones, and each way of being wrong; and two at once.
    pub fn deliveries(blocks: Blocks) -> Self {
        let mut messages = Vec::new();
        for address in blocks.addresses() {
            let right = Delivery {
                address: address.clone(),
                cid: blocks.cid_of(&address),
                evidence: Evidence::valid_for(&address),
            };
            let valid = right.evidence;
            let mut wrong = vec![
                Evidence {
                    has_data: false,
                    data_matches_cid: false,
                    ..valid
                },
                Evidence {
                    data_matches_cid: false,
                    ..valid
                },
            ];
            if address.is_leaf() {
                wrong.extend(
                    [
                        ProofEvidence::Missing,
                        ProofEvidence::OtherIndex,
                        ProofEvidence::Unverified,
                    ]
                    .map(|proof| Evidence { proof, ..valid }),
                );
            } else {
                wrong.push(Evidence {
                    cid_matches_address: false,
                    ..valid
                });
            }
            let wrong = wrong.into_iter().map(|evidence| Delivery {
                evidence,
                ..right.clone()
            });
            for wrong in wrong {
                messages.push(Message::deliveries(vec![wrong.clone(), right.clone()]));
                messages.push(Message::deliveries(vec![wrong]));
            }
            messages.push(Message::deliveries(vec![right]));
        }
        Alphabet {
            name: "deliveries",
            messages,
        }
    }

    /// What is needed to do business, once each: WantBlock, WantHave, cancel, full list, Have,
    /// DontHave, a right and a wrong delivery.
    pub fn essential(blocks: Blocks) -> Self {
        let mut messages = vec![Message::want_list(Vec::new(), true)];
        for address in blocks.addresses() {
            let item = |presence_type| {
                Message::presences(vec![Presence {
                    address: address.clone(),
                    presence_type,
                    price: Price::ZERO,
                }])
            };
            let delivery = |evidence| Delivery {
                address: address.clone(),
                cid: blocks.cid_of(&address),
                evidence,
            };
            let right = Evidence::valid_for(&address);
            let wrong = Evidence {
                data_matches_cid: false,
                ..right
            };
            let want_have = WantEntry {
                send_dont_have: true,
                ..WantEntry::want_have(address.clone())
            };
            let list = |entry: WantEntry<_>, full| Message::want_list(vec![entry], full);
            messages.extend([
                list(WantEntry::want_block(address.clone()), false),
                list(want_have, false),
                list(WantEntry::cancel(address.clone()), false),
                item(PresenceType::Have),
                item(PresenceType::DontHave),
                Message::deliveries(vec![delivery(right)]),
                Message::deliveries(vec![delivery(wrong), delivery(right)]),
                Message::deliveries(vec![delivery(wrong)]),
            ]);
        }
        Alphabet {
            name: "essential",
            messages,
        }
    }

    /// Messages of several parts, accounts, and the message that says nothing.
    pub fn mixed(blocks: Blocks) -> Self {
        let mut messages = vec![
            Message::default(),
            Message::account(Account([1; 20])),
            Message::account(Account([2; 20])),
        ];
        for address in blocks.addresses() {
            let have = Presence {
                address: address.clone(),
                presence_type: PresenceType::Have,
                price: Price::ZERO,
            };
            let block = Delivery {
                cid: blocks.cid_of(&address),
                evidence: Evidence::valid_for(&address),
                address: address.clone(),
            };
            messages.push(Message {
                deliveries: vec![block.clone()],
                presences: vec![have.clone()],
                ..Message::default()
            });
            messages.push(Message {
                want_list: Some(WantList {
                    entries: vec![WantEntry::want_block(address)],
                    full: false,
                }),
                deliveries: vec![block],
                ..Message::default()
            });
        }
        Alphabet {
            name: "mixed",
            messages,
        }
    }

    /// Both alphabets.
    pub fn and(mut self, other: Alphabet) -> Self {
        for message in other.messages {
            if !self.messages.contains(&message) {
                self.messages.push(message);
            }
        }
        self
    }
}
