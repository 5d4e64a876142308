//! Tries an adapter by itself: each capability that it announces once, before any scenario is run.

use std::time::Duration;

use super::source::AdapterSource;
use crate::suite::control::{Capability, Outcome};
use crate::suite::dump::{Dump, Part};
use crate::suite::exchange::Exchange;
use crate::suite::harness::Harness;
use crate::suite::peer::Peer;
use crate::suite::plan::Plan;
use crate::suite::quirks::Manner;
use crate::suite::setup::{set_up, tear_down};
use crate::suite::stop::Stop;
use crate::suite::target::{StartOption, TargetOptions};

/// What was tried, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The command, or the message.
    pub what: String,
    /// A remark if there is one, or what is wrong.
    pub found: Result<Option<String>, String>,
}

/// Commands that are no capabilities of a control.
const OTHERS: &[&str] = &["start", "stop", "ended"];

/// Tries each capability that the adapter announces.
pub async fn check(source: &AdapterSource, protocol: &str, within: Duration) -> Vec<Checked> {
    let mut checked = vec![Checked {
        what: "hello".to_owned(),
        found: announced(source),
    }];
    let unknown = source.try_unknown_command().await;
    checked.push(Checked {
        what: "an unknown command".to_owned(),
        found: unknown.map(|()| None),
    });
    let plan = Plan {
        timeout: within,
        protocol: protocol.to_owned(),
        ..Plan::new(Vec::new(), rand::random())
    };
    let (manner, exchange) = (Manner::unknown(within), Exchange::new());
    let options = TargetOptions::DEFAULT;
    let harness = match set_up(source, &plan, &manner, "check", &options, &exchange).await {
        Ok(harness) => harness,
        Err(stop) => {
            checked.push(Checked {
                what: "start".to_owned(),
                found: Err(text(stop)),
            });
            return checked;
        }
    };
    let joined = harness.join().await;
    checked.push(Checked {
        what: "the node's address".to_owned(),
        found: match &joined {
            Ok(_) => Ok(None),
            Err(stop) => Err(text(stop.clone())),
        },
    });
    if let Ok(peer) = joined {
        for capability in Capability::ALL {
            if harness.can(*capability) {
                checked.push(Checked {
                    what: capability.to_string(),
                    found: try_one(&harness, &peer, *capability).await.map_err(text),
                });
            }
        }
    }
    if source.can("ended") {
        checked.push(Checked {
            what: "ended".to_owned(),
            found: match harness.target_ended().await {
                None => Ok(None),
                Some(end) => Err(format!("the node has ended: {end}")),
            },
        });
    }
    tear_down(&harness).await;
    let lost = harness.target().control.as_ref().and_then(|it| it.lost());
    checked.push(Checked {
        what: "the end".to_owned(),
        found: match lost {
            None => Ok(None),
            Some(why) => Err(why),
        },
    });
    checked
}

fn text(stop: Stop) -> String {
    match stop {
        Stop::Fail { expected, actual } => format!("expected {expected}, and {actual}"),
        Stop::Inconclusive(reason) | Stop::Skip(reason) => reason,
    }
}

/// Whether the names in the greeting are known.
fn announced(source: &AdapterSource) -> Result<Option<String>, String> {
    let hello = source.hello();
    let is_known = |name: &str| OTHERS.contains(&name) || Capability::find(name).is_some();
    let mut names = hello.capabilities.iter();
    if let Some(unknown) = names.find(|name| !is_known(name)) {
        return Err(format!("there is no capability `{unknown}`"));
    }
    let is_option = |name: &str| StartOption::ALL.iter().any(|option| option.name() == name);
    let mut names = hello.start_options.iter();
    if let Some(unknown) = names.find(|name| !is_option(name)) {
        return Err(format!("`start` has no option `{unknown}`"));
    }
    if source.can("start") != source.can("stop") {
        return Err("`start` and `stop` go together".to_owned());
    }
    if source.can("request") && !source.can("cancel") {
        return Ok(Some(
            "without `cancel`, requests pile up on one node".to_owned(),
        ));
    }
    Ok(None)
}

async fn try_one(
    harness: &Harness,
    peer: &Peer,
    capability: Capability,
) -> Result<Option<String>, Stop> {
    match capability {
        Capability::Put => {
            let block = harness.block();
            harness.put(&block).await?;
            if harness.can(Capability::Request) {
                let request = harness.request(&block.address()).await?;
                let outcome = harness.outcome_in_the_end(request).await?;
                let completed = Outcome::Completed(block.data);
                let otherwise = format!("of a request for what was put, {outcome}");
                harness.assume(outcome == completed, otherwise)?;
            }
        }
        Capability::PutDataset => harness.put_dataset(&harness.dataset(3)).await?,
        Capability::Delete if harness.can(Capability::Put) => {
            let block = harness.block();
            harness.put(&block).await?;
            harness.delete(&block.cid).await?;
        }
        Capability::Delete => return Ok(Some("not tried, for nothing can be put".to_owned())),
        Capability::Request | Capability::RequestLeaf => {
            let address = match capability {
                Capability::Request => harness.address(),
                _ => harness.dataset(2).address(1),
            };
            let request = harness.request(&address).await?;
            if harness.can(Capability::Cancel) {
                let pending = harness.cancel(request).await?;
                harness.assume(pending, "a request that nobody can meet is not pending")?;
                let outcome = harness.outcome_in_the_end(request).await?;
                let otherwise = format!("after a cancel, {outcome}");
                harness.assume(matches!(outcome, Outcome::Failed(_)), otherwise)?;
            }
        }
        Capability::Cancel => {
            if !harness.can(Capability::Request) {
                return Ok(Some("not tried, for nothing can be requested".to_owned()));
            }
            let request = harness.request(&harness.address()).await?;
            harness.cancel(request).await?;
            let again = harness.cancel(request).await?;
            harness.assume(!again, "a request that was cancelled is pending still")?;
        }
        Capability::Connect => {
            let other = harness.peer();
            harness.connect_target_to(&other).await?;
            harness.assume(other.is_connected(), "no connection came")?;
        }
        Capability::Disconnect => {
            let other = harness.join().await?;
            harness.disconnect_target_from(&other).await?;
            harness.assume(other.disconnected().await, "the connection stands")?;
        }
        Capability::Dump => {
            let dump = harness.dump().await?;
            let unknown: Vec<String> = unknown_parts(&dump, peer)
                .iter()
                .map(Part::to_string)
                .collect();
            if !unknown.is_empty() {
                return Ok(Some(format!("it does not tell {}", unknown.join(", "))));
            }
            let known = dump.has_context(&peer.id()) == Ok(true);
            harness.assume(known, "there is no context for a peer that has joined")?;
        }
        Capability::JoinedAgain => harness.joined_again(peer).await?,
        Capability::LeftNow => {
            let other = harness.join().await?;
            harness.left_now(&other).await?;
        }
        Capability::RetryNow => {
            if !harness.can(Capability::Request) {
                return Ok(Some("not tried, for nothing can be requested".to_owned()));
            }
            let address = harness.address();
            let request = harness.request(&address).await?;
            harness.retry_now(&address).await?;
            if harness.can(Capability::Cancel) {
                harness.cancel(request).await?;
            }
        }
        Capability::SetPrice => {
            harness.set_price(5).await?;
            harness.set_price(0).await?;
        }
    }
    Ok(None)
}

/// What the dump does not tell.
fn unknown_parts(dump: &Dump, peer: &Peer) -> Vec<Part> {
    let mut unknown = Vec::new();
    let context = dump.context(&peer.id());
    match context {
        Err(_) => unknown.push(Part::Contexts),
        Ok(None) => {}
        Ok(Some(context)) => {
            let parts = [
                (Part::Presence, context.presence.is_none()),
                (Part::Wants, context.wants.is_none()),
                (Part::Order, !context.wants_are_ordered),
                (Part::Accounts, context.account.is_none()),
                (Part::Helpers, context.helpers.is_none()),
            ];
            let parts = parts.into_iter().filter(|(_, is_unknown)| *is_unknown);
            unknown.extend(parts.map(|(part, _)| part));
        }
    }
    if dump.own_wants.is_none() {
        unknown.push(Part::OwnWants);
    }
    if dump.held.is_none() {
        unknown.push(Part::Held);
    }
    unknown
}
