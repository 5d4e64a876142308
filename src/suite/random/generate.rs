//! [`Dice`]: makes random traces, the same for the same seed.
//!
//! The engine is compared with the model by the same traces as other nodes are judged by.

use blockexc_checker::search::numbers::Numbers;
use blockexc_model::address::Address;
use blockexc_model::message::{
    Account, Delivery, Evidence, Payment, Presence, PresenceType, ProofEvidence, WantEntry,
    WantList, WantType,
};
use blockexc_model::price::Price;

use super::stimulus::{PEERS, Step, Trace, WORLD, block_of};

/// Makes traces of random numbers.
pub struct Dice(Numbers);

impl Dice {
    /// Dice that fall as this seed says.
    pub fn new(seed: u64) -> Self {
        Dice(Numbers(seed))
    }

    /// The dice of one of the traces of a seed.
    pub fn of(seed: u64, number: u64) -> Self {
        // Another step than between the numbers of one trace, so that traces do not overlap.
        Dice::new(seed.wrapping_add(number.wrapping_mul(0xd1b5_4a32_d192_ed03)))
    }

    /// A number below this one.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound)
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.0.one_in(times)
    }

    fn peer(&mut self) -> u8 {
        self.below(usize::from(PEERS)) as u8
    }

    fn placed(&mut self) -> (Address<u8>, u8) {
        WORLD[self.below(WORLD.len())].clone()
    }

    fn address(&mut self) -> Address<u8> {
        self.placed().0
    }

    fn account(&mut self) -> Account {
        Account([self.below(3) as u8; 20])
    }

    /// A trace of at most this many steps.
    pub fn trace(&mut self, most: usize) -> Trace {
        let length = 1 + self.below(most);
        Trace {
            price: [0, 7][self.below(2)],
            account: self.one_in(2).then(|| self.account()),
            retries: [u32::MAX, 0, 2][self.below(3)],
            wants_per_peer: [u32::MAX, u32::MAX, 3, 1][self.below(4)],
            choices: self.0.any(),
            steps: (0..length).map(|_| self.step()).collect(),
        }
    }

    fn step(&mut self) -> Step {
        match self.below(100) {
            0..10 => Step::Joined(self.peer()),
            10..16 => Step::Left(self.peer()),
            16..62 => self.received(),
            62..78 => Step::Request(self.address()),
            78..83 => Step::Cancel(self.address()),
            83..90 => Step::Retry(self.address()),
            90..94 => {
                let cid = 1 + self.below(3) as u8;
                let mut leaves = Vec::new();
                for (address, block) in &WORLD {
                    if address.is_leaf() && *block == cid && self.one_in(2) {
                        leaves.push(address.clone());
                    }
                }
                Step::Stored { cid, leaves }
            }
            94..98 => Step::Deleted(1 + self.below(3) as u8),
            _ => Step::Serve(self.peer()),
        }
    }

    fn received(&mut self) -> Step {
        // The last kind is a message that says nothing, or only where to pay.
        let kind = self.below(13);
        let all = kind == 0;
        let presences = if all || (1..5).contains(&kind) {
            // Now and then of most there is: so that one peer is asked for several blocks.
            if self.one_in(4) { 8 } else { 1 + self.below(3) }
        } else {
            0
        };
        let deliveries = if all || (5..8).contains(&kind) {
            1 + self.below(3)
        } else {
            0
        };
        let mut deliveries: Vec<_> = (0..deliveries).map(|_| self.delivery()).collect();
        // Now and then for one address twice, one of them perhaps invalid.
        if let [first, .., last] = deliveries.as_mut_slice()
            && self.one_in(3)
        {
            last.address = first.address.clone();
            last.cid = block_of(&first.address);
            last.evidence = Evidence::valid_for(&first.address);
        }
        Step::Received {
            from: self.peer(),
            want_list: (all || (8..12).contains(&kind)).then(|| self.want_list()),
            deliveries,
            presences: (0..presences).map(|_| self.presence()).collect(),
            account: self.one_in(20).then(|| self.account()),
            payment: self
                .one_in(20)
                .then(|| Payment(vec![self.below(256) as u8])),
        }
    }

    fn want_list(&mut self) -> WantList<u8> {
        // Now and then more than fits into one message of deliveries or presences.
        let length = match self.below(3000) {
            0 => 1100,
            1..30 => 30,
            _ => self.below(5),
        };
        WantList {
            entries: (0..length).map(|_| self.entry()).collect(),
            full: self.one_in(4),
        }
    }

    fn entry(&mut self) -> WantEntry<u8> {
        WantEntry {
            address: self.address(),
            priority: self.below(3) as i32 - 1,
            cancel: self.one_in(6),
            want_type: [WantType::WantBlock, WantType::WantHave][self.below(2)],
            send_dont_have: self.one_in(2),
        }
    }

    fn presence(&mut self) -> Presence<u8> {
        Presence {
            address: self.address(),
            presence_type: if self.one_in(4) {
                PresenceType::DontHave
            } else {
                PresenceType::Have
            },
            price: Price::from(self.below(3) as u64),
        }
    }

    fn delivery(&mut self) -> Delivery<u8> {
        let (address, mut cid) = self.placed();
        let mut evidence = Evidence::valid_for(&address);
        match self.below(12) {
            0 => evidence.has_data = false,
            1 => evidence.data_matches_cid = false,
            2 | 3 if address.is_leaf() => {
                evidence.proof = [
                    ProofEvidence::Missing,
                    ProofEvidence::Undecodable,
                    ProofEvidence::OtherIndex,
                    ProofEvidence::Unverified,
                ][self.below(4)];
                if self.one_in(2) {
                    cid = 1 + cid % 3;
                }
            }
            2 | 3 => {
                evidence.cid_matches_address = false;
                cid = 1 + cid % 3;
            }
            _ => {}
        }
        Delivery {
            address,
            cid,
            evidence,
        }
    }
}
