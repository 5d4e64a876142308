//! Scripts: what happens to a node, a line for each event, short enough that a vector's story can
//! be read at a glance.
//!
//! | event | meaning |
//! | --- | --- |
//! | `set price 5` | the node's configuration, before anything else: `price`, `account`, `retries`, `wants` |
//! | `join A`, `leave A` | Joined, Left |
//! | `request a`, `cancel a`, `retry a` | the user requests, the user cancels, a want is late |
//! | `store a t0` | a block is stored, with its proof for these leaves |
//! | `delete a` | the block is deleted |
//! | `A: …` | a message from the peer A, of the parts below |
//!
//! | part | meaning |
//! | --- | --- |
//! | `want=a`, `ask=a`, `want=a!^5` | WantBlock, WantHave; with sendDontHave, with priority 5 |
//! | `cancel=a`, `cancel-want=a` | a cancel entry, typed WantHave or WantBlock |
//! | `full` | the list is a full one |
//! | `have=a@3`, `lack=a` | Have at price 3 (`@max`: the highest), DontHave |
//! | `block=a`, `block=t0/a`, `block=a~corrupt` | a delivery; under the address of a leaf; with a flaw |
//! | `account=7`, `payment=7` | an account or a payment of that byte |
//!
//! `a..c` and `t0..9` stand for all from the first to the last.

use blockexc_model::message::{Account, Evidence, Payment, PresenceType, ProofEvidence, WantType};
use blockexc_model::node::Config;
use blockexc_model::price::Price;

use super::names::{address, cid, peer};
use crate::wire::{Address, Delivery, Message, Network, Presence, WantEntry, WantList};

/// What can happen to the reference.
pub type Event = blockexc_model::deviating::Event<Network>;

/// A script that was read.
#[derive(Clone, Debug)]
pub struct Story {
    /// The configuration of the node.
    pub config: Config,
    /// What happens to it. There is at least one event.
    pub events: Vec<Event>,
}

/// Reads a script.
///
/// # Errors
///
/// When a line is none of this language, naming it.
pub fn read(script: &str) -> Result<Story, String> {
    let mut config = Config::default();
    let mut events = Vec::new();
    for line in script.split(';').map(str::trim) {
        match line.strip_prefix("set ") {
            Some(setting) => set(&mut config, setting)?,
            None => events.extend(read_events(line)?),
        }
    }
    if events.is_empty() {
        return Err(format!("nothing happens in `{script}`"));
    }
    Ok(Story { config, events })
}

fn set(config: &mut Config, setting: &str) -> Result<(), String> {
    let wrong = || format!("`set {setting}` is no setting");
    let (name, value) = setting.split_once(' ').ok_or_else(wrong)?;
    let number: u32 = value.parse().map_err(|_| wrong())?;
    match name {
        "price" => config.price = Price::from(u64::from(number)),
        "account" => config.account = Some(Account([byte(value)?; 20])),
        "retries" => config.retries = number,
        "wants" => config.wants_per_peer = number,
        _ => return Err(wrong()),
    }
    Ok(())
}

fn read_events(line: &str) -> Result<Vec<Event>, String> {
    if let Some((from, parts)) = line.split_once(':') {
        let from = named_peer(from)?;
        let message = message(parts)?;
        return Ok(vec![Event::Received { from, message }]);
    }
    let mut words = line.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let what = words.next().unwrap_or_default();
    let each = |event: fn(Address) -> Event| -> Result<Vec<Event>, String> {
        Ok(addresses(what)?.into_iter().map(event).collect())
    };
    match verb {
        "join" => Ok(vec![Event::Joined(named_peer(what)?)]),
        "leave" => Ok(vec![Event::Left(named_peer(what)?)]),
        "request" => each(Event::Request),
        "cancel" => each(Event::Cancel),
        "retry" => each(Event::Retry),
        "store" => {
            let leaves: Vec<Address> = words.map(address).collect::<Result<_, _>>()?;
            let store = |letter: char| {
                let (cid, leaves) = (cid(letter)?, leaves.clone());
                Ok(Event::Stored { cid, leaves })
            };
            letters(what)?.into_iter().map(store).collect()
        }
        "delete" => {
            let delete = |letter: char| Ok(Event::Deleted(cid(letter)?));
            letters(what)?.into_iter().map(delete).collect()
        }
        _ => Err(format!("`{line}` is no event")),
    }
}

fn named_peer(text: &str) -> Result<libp2p::PeerId, String> {
    match text.trim().chars().collect::<Vec<_>>()[..] {
        [letter] => peer(letter),
        _ => Err(format!("`{text}` is no peer")),
    }
}

/// The letters of `a`, or of `a..c`.
fn letters(text: &str) -> Result<Vec<char>, String> {
    match text.chars().collect::<Vec<_>>()[..] {
        [letter] => Ok(vec![letter]),
        [first, '.', '.', last] => Ok((first..=last).collect()),
        _ => Err(format!("`{text}` is no block")),
    }
}

/// The addresses of `a`, `a..c`, `t0` or `t0..9`.
fn addresses(text: &str) -> Result<Vec<Address>, String> {
    let Some((first, last)) = text.split_once("..") else {
        return Ok(vec![address(text)?]);
    };
    match (address(first)?, last.parse::<u64>()) {
        (Address::Leaf { tree, index }, Ok(last)) => {
            let leaf = |index| Address::Leaf {
                tree: tree.clone(),
                index,
            };
            Ok((index..=last).map(leaf).collect())
        }
        _ => letters(text)?
            .into_iter()
            .map(|letter| Ok(Address::Plain(cid(letter)?)))
            .collect(),
    }
}

fn byte(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| format!("`{text}` is no byte"))
}

fn message(parts: &str) -> Result<Message, String> {
    let mut message = Message::default();
    let mut list = WantList {
        entries: Vec::new(),
        full: false,
    };
    for part in parts.split_whitespace() {
        let (kind, what) = part.split_once('=').unwrap_or((part, ""));
        match kind {
            "full" => list.full = true,
            "want" | "ask" | "cancel" | "cancel-want" => list.entries.extend(entries(kind, what)?),
            "have" | "lack" => message.presences.extend(items(kind, what)?),
            "block" => message.deliveries.push(delivery(what)?),
            "account" => message.account = Some(Account([byte(what)?; 20])),
            "payment" => message.payment = Some(Payment(vec![byte(what)?])),
            _ => return Err(format!("`{part}` is no part of a message")),
        }
    }
    if list.full || !list.entries.is_empty() {
        message.want_list = Some(list);
    }
    Ok(message)
}

fn entries(kind: &str, what: &str) -> Result<Vec<WantEntry>, String> {
    let (what, priority) = what.split_once('^').unwrap_or((what, "0"));
    let priority = priority
        .parse()
        .map_err(|_| format!("`{priority}` is no priority"))?;
    let bare = what.trim_end_matches('!');
    let entry = |address| WantEntry {
        address,
        priority,
        cancel: kind.starts_with("cancel"),
        want_type: match kind.ends_with("want") {
            true => WantType::WantBlock,
            false => WantType::WantHave,
        },
        send_dont_have: bare != what,
    };
    Ok(addresses(bare)?.into_iter().map(entry).collect())
}

fn items(kind: &str, what: &str) -> Result<Vec<Presence>, String> {
    let (what, price) = what.split_once('@').unwrap_or((what, "0"));
    let price = match price.parse::<u64>() {
        Ok(price) => Price::from(price),
        Err(_) if price == "max" => {
            let highest = Price::from_big_endian(&[0xff; 32]);
            highest.map_err(|error| error.to_string())?
        }
        Err(_) => return Err(format!("`{price}` is no price")),
    };
    let item = |address| Presence {
        address,
        presence_type: match kind {
            "have" => PresenceType::Have,
            _ => PresenceType::DontHave,
        },
        price,
    };
    Ok(addresses(what)?.into_iter().map(item).collect())
}

fn delivery(what: &str) -> Result<Delivery, String> {
    let (what, flaw) = what.split_once('~').unwrap_or((what, ""));
    let (under, block) = what.split_once('/').unwrap_or((what, what));
    let address = address(under)?;
    let [block] = letters(block)?[..] else {
        return Err(format!("`{block}` is no block"));
    };
    let cid = cid(block)?;
    let mut evidence = Evidence::valid_for(&address);
    if let Address::Plain(named) = &address {
        evidence.cid_matches_address = *named == cid;
    }
    match flaw {
        "" => (),
        "corrupt" => evidence.data_matches_cid = false,
        "no-data" => {
            evidence.has_data = false;
            evidence.data_matches_cid = false;
        }
        "no-proof" => evidence.proof = ProofEvidence::Missing,
        "undecodable" => evidence.proof = ProofEvidence::Undecodable,
        "other-index" => evidence.proof = ProofEvidence::OtherIndex,
        "unproven" => evidence.proof = ProofEvidence::Unverified,
        _ => return Err(format!("`{flaw}` is no flaw of a delivery")),
    }
    Ok(Delivery {
        address,
        cid,
        evidence,
    })
}
