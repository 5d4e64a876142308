//! Deviations and rules belong together: a deviation replaces rules of what it breaks, and each rule
//! is replaced by some deviation. What is otherwise stands here, with the reason.

use std::collections::BTreeSet;

use blockexc_model::Deviation;
use blockexc_model::Deviation::*;
use blockexc_model::deviation::Layer;
use blockexc_model::node::behaviour::RULES as TABLE;
use blockexc_model::source::{DEVIATIONS, Function, RULES, replaced_by, that_meet, that_use};

/// Rules that a deviation replaces though it breaks none of their requirements, each with the reason.
const OTHERWISE: &[(Deviation, &str, &str)] = &[
    (DeliverTwice, "deliver", "where everything is sent from"),
    (ManifestsOnly, "counts", "what never counts ends no want"),
    (PoisonedTree, "accept", "it remembers the proof's nodes"),
    (ServeOnce, "deliver", "it remembers the delivery"),
    (
        ServeOnce,
        "serve_woken",
        "what was delivered is not sent again",
    ),
    (ResendCooldown, "deliver", "it remembers the delivery"),
    (
        AbortOnMissingData,
        "message",
        "the process ends before the rules of deliveries are reached",
    ),
    (AbortOnStaleAsk, "left", "the process ends there"),
    (AbortOnStaleAsk, "ask", "it marks the peer as asked"),
    (AbortOnStaleAsk, "abandon", "it leaves the mark"),
    (
        DontHaveRecorded,
        "blocks_then_presences",
        "with late-presence, whose late items are recorded as well",
    ),
    (
        ListWhenEmpty,
        "own_want_list_messages",
        "the empty list takes a message, too",
    ),
    (
        NoAnnounceAgain,
        "send_own_want_list",
        "it remembers that the peer was told",
    ),
    (
        OverwriteWant,
        "want_entry",
        "a WantHave is recorded before the rule for it is reached",
    ),
    (
        PresenceFromWant,
        "want_entry",
        "the record is made where a want list is handled",
    ),
    (
        PresenceUnbounded,
        "dont_have",
        "with dont-have-recorded, whose records are as unbounded",
    ),
    (
        PresenceUnbounded,
        "presences",
        "it does not remove the stale records that others remove there",
    ),
    (
        RefuseMessageOnBadDelivery,
        "message",
        "all of the message is refused, and not its deliveries only",
    ),
];

/// Rules that no deviation replaces, each with the reason.
const UNREPLACED: &[(&str, &str)] = &[
    (
        "joined",
        "its parts are rules, and deviations replace these",
    ),
    (
        "new_context",
        "revive-on-rejoin gives back what it remembers; it is asked for when a peer leaves",
    ),
    (
        "lose_holder",
        "only what a deviating node remembers of the peer changes",
    ),
    (
        "forget_presence",
        "only what a deviating node remembers of the records changes",
    ),
    (
        "request",
        "its parts are rules, and deviations replace these",
    ),
    (
        "cancel",
        "its parts are rules, and deviations replace these",
    ),
    (
        "give_up",
        "its parts are rules, and deviations replace these",
    ),
    (
        "replace_wants",
        "ignore-full and full-always decide when it is followed",
    ),
    ("hold", "its parts are rules, and deviations replace these"),
    (
        "payment",
        "no node is known to look into payments, and PAY-2 has no deviation",
    ),
];

/// The rules in whose place something else stands for a node that deviates so.
fn replaced(deviation: Deviation) -> Vec<Function> {
    let variant = format!("{deviation:?}");
    let uses = that_use(DEVIATIONS, &variant);
    uses.iter().filter_map(replaced_by).collect()
}

fn of_the_model() -> impl Iterator<Item = Deviation> {
    let all = Deviation::ALL.iter().copied();
    all.filter(|deviation| deviation.layer() == Layer::Model)
}

#[test]
fn a_deviation_replaces_rules_of_what_it_breaks() {
    let mut wrong = BTreeSet::new();
    let mut used = BTreeSet::new();
    for deviation in of_the_model() {
        let rules = replaced(deviation);
        if rules.is_empty() {
            wrong.insert(format!("{deviation} replaces no rule"));
        }
        for rule in rules {
            let broken = deviation.breaks().iter();
            let is_expected = deviation.is_permitted()
                || broken
                    .clone()
                    .any(|id| that_meet(RULES, id).contains(&rule));
            let listed = OTHERWISE
                .iter()
                .position(|(other, name, _)| *other == deviation && *name == rule.name);
            match (is_expected, listed) {
                (false, None) => {
                    wrong.insert(format!("{deviation} replaces {}", rule.name));
                }
                (true, Some(_)) => {
                    wrong.insert(format!("{deviation}: {} need not be listed", rule.name));
                }
                (false, Some(place)) => {
                    used.insert(place);
                }
                (true, None) => {}
            }
        }
    }
    for (place, (deviation, name, _)) in OTHERWISE.iter().enumerate() {
        if !used.contains(&place) {
            wrong.insert(format!("{deviation} does not replace {name}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_is_replaced_or_says_why_not() {
    let replaced: BTreeSet<_> = Deviation::ALL
        .iter()
        .flat_map(|deviation| replaced(*deviation))
        .map(|rule| rule.name)
        .collect();
    let mut wrong = Vec::new();
    for (section, rule) in TABLE {
        let is_listed = UNREPLACED.iter().any(|(name, _)| name == rule);
        if replaced.contains(rule) == is_listed {
            wrong.push(format!("{section}::{rule}, listed: {is_listed}"));
        }
    }
    let known = |name: &str| TABLE.iter().any(|(_, rule)| *rule == name);
    wrong.extend(
        UNREPLACED
            .iter()
            .filter(|(name, _)| !known(name))
            .map(|(name, _)| format!("{name} is no rule")),
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
