//! Counterexamples as files: what is written runs again, and whatever else is read is refused in
//! words.

use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};

use blockexc_checker::analysis::networks::{open_networks, pair, row, triangle};
use blockexc_checker::network::action::{Act, Action};
use blockexc_checker::network::closed::Network;
use blockexc_checker::network::limits::Limits;
use blockexc_checker::network::names::{Blocks, Naming, Peer};
use blockexc_checker::network::open::{OpenAction, OpenNetwork};
use blockexc_checker::network::role::Role;
use blockexc_checker::properties;
use blockexc_checker::search::exploration::{Trail, Verdict};
use blockexc_checker::search::explorer::{Bounds, Explorer};
use blockexc_checker::search::property::Kind;
use blockexc_checker::show::chart::Chart;
use blockexc_checker::show::replay::{
    MOST_BLOCKS, MOST_BYTES, MOST_ENTRIES, MOST_NODES, MOST_STEPS, Replay, ReplayError,
};
use blockexc_checker::show::shown::Shown;
use blockexc_checker::step::choice::Script;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations, Layer};
use blockexc_model::dialect::{DIALECTS, Dialect};
use proptest::prelude::*;
use serde_json::{Value, json};
use stateright::Model;

fn setup(deviation: Deviation) -> Setup {
    Setup::deviating(Deviations::of(&[deviation]))
}

fn bounds() -> Bounds {
    Bounds {
        stop_at_violation: true,
        states: Some(400),
        ..Bounds::default()
    }
}

/// The file and the chart of the shortest way to break this requirement, if there is one.
fn closed(network: &Network, requirement: &str) -> Option<(Replay, Chart)> {
    let listed = || {
        let mut list = properties::network(network);
        list.retain(|property| property.requirements.contains(&requirement));
        list
    };
    let found = Explorer::new(network, listed()).bounded(bounds()).explore();
    let failure = found.failures().next()?;
    let Verdict::Violated(state) = failure.verdict else {
        return None;
    };
    let trail = found.trail(state);
    let list = listed();
    let property = list.iter().find(|it| it.name == failure.name).unwrap();
    Some((
        Replay::of_network(network, &trail, property),
        Chart::of_violation(network, &trail, property),
    ))
}

fn open(network: &OpenNetwork, requirement: &str) -> Option<(Replay, Chart)> {
    let listed = || {
        let mut list = properties::open(network);
        list.retain(|property| property.requirements.contains(&requirement));
        list
    };
    let found = Explorer::new(network, listed()).bounded(bounds()).explore();
    let failure = found.failures().next()?;
    let Verdict::Violated(state) = failure.verdict else {
        return None;
    };
    let trail = found.trail(state);
    let list = listed();
    let property = list.iter().find(|it| it.name == failure.name).unwrap();
    Some((
        Replay::of_open_network(network, &trail, property),
        Chart::of(network, &trail),
    ))
}

fn closed_file() -> (Replay, Chart) {
    let silent = setup(Deviation::CancelSilently);
    let network = pair(&silent, &Setup::default(), Blocks::plain(1), 0);
    closed(&network, "ASK-7").unwrap()
}

fn open_file() -> (Replay, Chart) {
    let networks = open_networks(&setup(Deviation::DontHaveRecorded));
    networks
        .iter()
        .find_map(|network| open(network, "PRES-3"))
        .unwrap()
}

/// The file is read as it was written, and the way that was found is gone again.
fn assert_replays((replay, chart): &(Replay, Chart)) {
    let text = replay.to_json();
    let read = Replay::from_json(&text).unwrap();
    assert_eq!(read, *replay);
    let replayed = read.run().unwrap();
    assert!(replayed.violated, "{}", replayed.chart.text());
    assert_eq!(replayed.property, replay.property());
    assert_eq!(replayed.chart, *chart);
    assert_eq!(replay.words().len(), chart.rows.len());
}

#[test]
fn a_way_through_a_closed_network_replays() {
    let file = closed_file();
    insta::assert_snapshot!(file.0.to_json());
    assert_replays(&file);
}

#[test]
fn a_way_through_an_open_network_replays() {
    let file = open_file();
    insta::assert_snapshot!(file.0.to_json());
    assert_replays(&file);
}

/// Messages of all kinds, prices, accounts and leaves among them, are read as written.
#[test]
fn what_deviations_break_in_open_networks_replays() {
    let mut files = 0;
    let of_the_model = |deviation: &Deviation| deviation.layer() == Layer::Model;
    for deviation in Deviation::ALL.iter().copied().filter(of_the_model) {
        let mut networks = open_networks(&setup(deviation));
        networks.retain(|network| ["answers", "leaves"].contains(&network.name.as_str()));
        let found = deviation.breaks().iter().find_map(|requirement| {
            networks
                .iter()
                .find_map(|network| open(network, requirement))
        });
        if let Some(file) = found {
            assert_replays(&file);
            files += 1;
        }
    }
    assert!(files >= 40, "only {files} files");
}

#[test]
fn every_dialect_is_written_with_its_name_and_its_deviations() {
    let mut files = 0;
    for dialect in &DIALECTS[1..] {
        let setup = Setup::deviating(dialect.deviations);
        let leaf = Blocks::named(1, Naming::Leaf);
        let network = pair(&setup, &setup, leaf, 1);
        let broken: BTreeSet<_> = dialect
            .deviations
            .iter()
            .flat_map(Deviation::breaks)
            .collect();
        let found: Vec<_> = broken
            .iter()
            .filter_map(|requirement| closed(&network, requirement))
            .collect();
        found.iter().for_each(assert_replays);
        let Some(file) = found.first() else {
            continue;
        };
        let mut document: Value = serde_json::from_str(&file.0.to_json()).unwrap();
        let behaviour = &mut document["network"]["closed"]["nodes"][0]["behaviour"];
        assert_eq!(behaviour["dialect"], dialect.name);
        // The name alone does as well.
        behaviour.as_object_mut().unwrap().remove("deviations");
        let read = Replay::from_json(&document.to_string()).unwrap();
        assert!(read.run().unwrap().violated);
        files += 1;
    }
    assert!(files >= 3, "only {files} files");
}

#[test]
fn a_property_of_whole_states_replays() {
    let network = pair(&Setup::default(), &Setup::default(), Blocks::plain(1), 0);
    let list = || vec![properties::progress()];
    let found = Explorer::new(&network, list())
        .bounded(Bounds {
            stop_at_violation: true,
            ..Bounds::default()
        })
        .explore();
    let Verdict::Violated(state) = found.failures().next().unwrap().verdict else {
        panic!("nothing is lost without retries");
    };
    let trail = found.trail(state);
    let replay = Replay::of_network(&network, &trail, &list()[0]);
    let chart = Chart::of_violation(&network, &trail, &list()[0]);
    assert!(chart.ending.is_some());
    assert_replays(&(replay.clone(), chart));
    // One step earlier something is still under way.
    let mut document = value(&replay);
    document["steps"].as_array_mut().unwrap().pop();
    let replayed = Replay::from_json(&document.to_string())
        .unwrap()
        .run()
        .unwrap();
    assert!(!replayed.violated);
    assert_eq!(replayed.chart.ending, None);
}

#[test]
fn a_reference_that_takes_the_same_way_breaks_nothing() {
    // Of a node that cancels silently, the way is possible for one that does not, too.
    let mut document = value(&closed_file().0);
    document["network"]["closed"]["nodes"][0]["behaviour"]["deviations"] = json!([]);
    let replayed = Replay::from_json(&document.to_string())
        .unwrap()
        .run()
        .unwrap();
    assert!(!replayed.violated);
    assert_eq!(replayed.chart.offence, None);
}

#[test]
fn a_choice_is_written_and_kept_to() {
    let network = open_networks(&setup(Deviation::AskUnannounced)).swap_remove(0);
    let start = network.init_states().swap_remove(0);
    let mut state = start.clone();
    let mut steps = Vec::new();
    let mut take = |words: &str| {
        let mut actions = Vec::new();
        network.actions(&state, &mut actions);
        let named = |action: &&OpenAction| network.describe(action) == words;
        let action = *actions.iter().find(named).unwrap();
        state = network.next_state(&state, action).unwrap();
        steps.push((action, state.clone()));
    };
    take("B joins");
    take("C joins");
    take("the user requests b0, choosing holder 2");
    let trail = Trail { start, steps };
    let list = properties::open(&network);
    let property = list
        .iter()
        .find(|property| property.requirements.contains(&"ASK-4"))
        .unwrap();
    let replay = Replay::of_open_network(&network, &trail, property);
    assert_replays(&(replay.clone(), Chart::of(&network, &trail)));
    let mut document = value(&replay);
    assert_eq!(document["steps"][2]["choices"], json!([1]));
    let replayed = replay.run().unwrap();
    let asks = |chart: &Chart, peer| chart.text().contains(&format!("b0 (asked of {peer})"));
    assert!(asks(&replayed.chart, "C"));
    document["steps"][2]["choices"] = json!([]);
    let other = Replay::from_json(&document.to_string()).unwrap();
    assert!(asks(&other.run().unwrap().chart, "B"));
    document["steps"][2]["choices"] = json!([2]);
    assert!(outcome(&document).is_err());
}

/// The first so many states of a model.
fn states<M: Model>(model: &M, most: usize) -> Vec<M::State>
where
    M::State: Clone + Eq + std::hash::Hash,
{
    let mut found = model.init_states();
    let mut known: HashSet<M::State> = found.iter().cloned().collect();
    let mut place = 0;
    while place < found.len() && found.len() < most {
        let mut actions = Vec::new();
        model.actions(&found[place], &mut actions);
        for action in actions {
            if let Some(next) = model.next_state(&found[place], action)
                && known.insert(next.clone())
            {
                found.push(next);
            }
        }
        place += 1;
    }
    found
}

/// What a replay holds possible is what the checker tries: here actions of other states are tried
/// as well.
fn assert_agrees<M: Model>(model: &M, can: fn(&M, &M::State, &M::Action) -> bool)
where
    M::State: Clone + Eq + std::hash::Hash,
    M::Action: Copy + Eq + std::hash::Hash + std::fmt::Debug,
{
    let states = states(model, 1500);
    let actions_of = |state| {
        let mut actions = Vec::new();
        model.actions(state, &mut actions);
        actions
    };
    let all: HashSet<_> = states.iter().flat_map(actions_of).collect();
    let mut possible = 0;
    for state in &states {
        let actions: HashSet<_> = actions_of(state).into_iter().collect();
        for action in &all {
            let expected = actions.contains(action);
            assert_eq!(can(model, state, action), expected, "{action:?}");
            possible += usize::from(expected);
        }
    }
    assert!(possible > states.len());
}

#[test]
fn a_replay_can_take_what_the_checker_takes_and_nothing_else() {
    let reference = Setup::default();
    assert_agrees(&row(&reference), Network::can);
    let every = Setup::deviating(Deviations::of(&[
        Deviation::AskUnannounced,
        Deviation::ServeLater,
    ]));
    assert_agrees(&row(&every), Network::can);
    assert_agrees(&open_networks(&reference)[0], OpenNetwork::can);
    assert_agrees(&open_networks(&every)[0], OpenNetwork::can);
}

fn value(replay: &Replay) -> Value {
    serde_json::from_str(&replay.to_json()).unwrap()
}

/// What comes of this file when it is read and run.
fn outcome(document: &Value) -> Result<(), ReplayError> {
    Replay::from_json(&document.to_string())?.run().map(drop)
}

/// The error of a closed counterexample that was changed so.
fn refused(change: impl FnOnce(&mut Value)) -> ReplayError {
    let mut document = value(&closed_file().0);
    change(&mut document);
    outcome(&document).unwrap_err()
}

fn refused_open(change: impl FnOnce(&mut Value)) -> ReplayError {
    let mut document = value(&open_file().0);
    change(&mut document);
    outcome(&document).unwrap_err()
}

#[test]
fn each_error_says_what_is_wrong() {
    let mut said = Vec::new();
    let mut say = |error: ReplayError| said.push(error.to_string());

    say(Replay::from_json("hello").unwrap_err());
    say(Replay::from_json("{\"format\": \"blockexc").unwrap_err());
    say(outcome(&json!([])).unwrap_err());
    say(outcome(&json!({ "format": "something else", "version": 1 })).unwrap_err());
    say(outcome(&json!({ "states": 12 })).unwrap_err());
    say(refused(|it| it["version"] = json!(2)));
    say(refused(|it| {
        drop(it.as_object_mut().unwrap().remove("version"))
    }));
    say(refused(|it| it["surprise"] = json!(true)));
    say(refused(|it| {
        drop(it.as_object_mut().unwrap().remove("steps"))
    }));
    say(refused(|it| {
        it["network"]["closed"]["nodes"][0]["behaviour"]["deviations"] = json!(["cancel-loudly"]);
    }));
    say(refused(|it| {
        it["network"]["closed"]["nodes"][0]["behaviour"]["dialect"] = json!("codex-1999");
    }));
    say(refused(|it| {
        it["network"]["closed"]["nodes"][1]["behaviour"]["price"] = json!("ten");
    }));
    say(refused(|it| {
        it["network"]["closed"]["nodes"][1]["behaviour"]["account"] = json!("aabb");
    }));
    say(refused(|it| {
        it["network"]["closed"]["nodes"][1]["holds"] = json!(["b7"])
    }));
    say(refused(|it| {
        it["network"]["closed"]["pairs"][0][1] = json!("Z")
    }));
    say(refused(|it| {
        it["network"]["closed"]["pairs"][0][1] = json!("A")
    }));
    say(refused(|it| {
        it["network"]["closed"]["limits"]["connects"] = json!(999)
    }));
    say(refused(|it| it["property"]["name"] = json!("all is well")));
    say(refused(|it| {
        it["property"]["requirements"] = json!(["ASK-1"])
    }));
    say(refused(|it| it["steps"][2]["about"] = json!("tree/0")));
    say(refused(|it| {
        drop(it["steps"][2].as_object_mut().unwrap().remove("about"))
    }));
    say(refused(|it| it["steps"][2]["choices"] = json!([16])));
    say(refused(|it| it["steps"][2]["choices"] = json!([1])));
    say(refused(|it| it["steps"][2]["event"] = json!("say")));
    say(refused(|it| it["steps"][2]["message"] = json!({})));
    say(refused(|it| {
        drop(it["steps"].as_array_mut().unwrap().remove(0))
    }));
    say(refused_open(|it| {
        it["steps"][0]["event"] = json!("connect")
    }));
    say(refused_open(|it| it["steps"][0]["node"] = json!("B")));
    say(refused_open(|it| it["steps"][0]["event"] = json!("say")));
    say(refused_open(|it| {
        let said = json!({ "presences": [{ "address": "b0", "presence-type": "Maybe" }] });
        it["steps"][0] = json!({ "words": "", "node": "B", "event": "say", "message": said });
    }));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn what_is_too_much_is_refused() {
    let too_many = |error: ReplayError, what: &str, limit: usize| match error {
        ReplayError::TooMany {
            what: found, most, ..
        } => assert_eq!((found, most), (what, limit)),
        other => panic!("{other}"),
    };
    let spaces = " ".repeat(MOST_BYTES + 1);
    too_many(Replay::from_json(&spaces).unwrap_err(), "bytes", MOST_BYTES);
    let error = refused(|it| {
        let step = it["steps"][0].clone();
        it["steps"] = Value::Array(vec![step; MOST_STEPS + 1]);
    });
    too_many(error, "steps", MOST_STEPS);
    let error = refused(|it| {
        let node = it["network"]["closed"]["nodes"][0].clone();
        it["network"]["closed"]["nodes"] = Value::Array(vec![node; MOST_NODES + 1]);
    });
    too_many(error, "nodes", MOST_NODES);
    let error = refused_open(|it| it["network"]["open"]["peers"] = json!(MOST_NODES));
    too_many(error, "nodes", MOST_NODES);
    let error = refused(|it| it["network"]["closed"]["blocks"]["count"] = json!(MOST_BLOCKS + 1));
    too_many(error, "blocks", MOST_BLOCKS);
    let error = refused_open(|it| {
        let item = json!({ "address": "b0", "presence-type": "Have" });
        let said = json!({ "presences": vec![item; MOST_ENTRIES + 1] });
        it["steps"][0] = json!({ "words": "", "node": "B", "event": "say", "message": said });
    });
    too_many(error, "presence items in a message", MOST_ENTRIES);
}

/// A worst case: everything as large as it may be, and every message as long.
#[test]
fn the_largest_file_runs_in_bounded_time() {
    let addresses: Vec<String> = (0..MOST_BLOCKS).map(|i| format!("b{i}")).collect();
    let entries = |place: usize| -> Value {
        (0..8)
            .map(|i| json!({ "address": addresses[(place + i) % MOST_BLOCKS], "want-type": "WantBlock" }))
            .collect()
    };
    let steps: Vec<Value> = (0..MOST_STEPS)
        .map(|place| {
            let peer = ["B", "C", "D", "E", "F", "G", "H"][place % 7];
            if place < 7 {
                json!({ "words": "", "node": "A", "event": "joined", "about": peer })
            } else {
                let list = json!({ "full": false, "entries": entries(place) });
                json!({ "words": "", "node": peer, "event": "say", "message": { "want-list": list } })
            }
        })
        .collect();
    let document = json!({
        "format": "blockexc counterexample",
        "version": 1,
        "property": { "name": "presence is limited to own wants", "requirements": ["PRES-1", "PRES-6"] },
        "network": { "open": {
            "name": "large",
            "blocks": { "count": MOST_BLOCKS, "naming": "leaf-and-plain" },
            "node": {},
            "peers": MOST_NODES - 1,
        } },
        "steps": steps,
    });
    let text = document.to_string();
    assert!(text.len() < MOST_BYTES);
    let started = Instant::now();
    let replayed = Replay::from_json(&text).unwrap().run().unwrap();
    assert!(!replayed.violated);
    assert_eq!(replayed.chart.rows.len(), MOST_STEPS);
    assert!(started.elapsed() < Duration::from_secs(10));
}

/// As many nodes, blocks and steps as there may be, of nodes that say as much as they can.
#[test]
fn the_largest_network_runs_in_bounded_time() {
    let nodes = || (0..8).map(Peer);
    let blocks = Blocks::named(8, Naming::LeafAndPlain);
    assert_eq!(
        (nodes().count(), usize::from(blocks.count)),
        (MOST_NODES, MOST_BLOCKS)
    );
    let setup = Setup::deviating(Dialect::find("codex-2025-01").unwrap().deviations);
    let mut roles: Vec<Role> = nodes()
        .map(|_| Role::new(setup.clone()).requesting(blocks.addresses()))
        .collect();
    for cid in blocks.cids() {
        roles[7].holds.push(cid);
    }
    let limits = Limits {
        connects: 28,
        requests: u8::MAX,
        ..Limits::default()
    };
    let network = Network::new("large", blocks, roles, limits).retrying(100);

    let mut candidates = Vec::new();
    for (a, b) in nodes().flat_map(|a| nodes().map(move |b| (a, b))) {
        candidates.push(Action::Connect(a, b));
        for act in [
            Act::Join(b),
            Act::Request(b.0),
            Act::Request(b.0 + 8),
            Act::Handle(b),
            Act::Serve(b),
            Act::Retry(b.0),
        ] {
            candidates.push(Action::Act {
                node: a,
                act,
                script: Script::default(),
            });
        }
    }
    let start = network.init_states().swap_remove(0);
    let mut trail = Trail {
        start: start.clone(),
        steps: Vec::new(),
    };
    let mut state = start;
    for number in 0..MOST_STEPS {
        // A stride that is prime to their number, so that all have their turn.
        let turns = (0..candidates.len()).map(|i| candidates[(number * 7 + i) % candidates.len()]);
        let Some(action) = turns.into_iter().find(|action| network.can(&state, action)) else {
            break;
        };
        state = network.next_state(&state, action).unwrap();
        trail.steps.push((action, state.clone()));
    }
    assert_eq!(trail.steps.len(), MOST_STEPS);
    let property = properties::progress();
    let text = Replay::of_network(&network, &trail, &property).to_json();
    let started = Instant::now();
    let replayed = Replay::from_json(&text).unwrap().run().unwrap();
    assert_eq!(replayed.chart.rows.len(), MOST_STEPS);
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

/// The values of a document that hold no others.
fn values(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(items) => items.iter_mut().flat_map(values).collect(),
        Value::Object(fields) => fields.values_mut().flat_map(values).collect(),
        leaf => vec![leaf],
    }
}

/// A way that takes, of what is possible, what these numbers say.
fn walk<M: Model>(model: &M, turns: &[prop::sample::Index]) -> Trail<M>
where
    M::State: Clone,
    M::Action: Copy,
{
    let start = model.init_states().swap_remove(0);
    let mut trail = Trail {
        start: start.clone(),
        steps: Vec::new(),
    };
    let mut state = start;
    for turn in turns {
        let mut actions = Vec::new();
        model.actions(&state, &mut actions);
        if actions.is_empty() {
            break;
        }
        let action = actions[turn.index(actions.len())];
        state = model.next_state(&state, action).unwrap();
        trail.steps.push((action, state.clone()));
    }
    trail
}

/// A node of one of the dialects, that deviates in one more way.
fn any_config() -> impl Strategy<Value = Setup> {
    (0..DIALECTS.len(), 0..Deviation::ALL.len()).prop_map(|(dialect, more)| {
        let mut deviations = DIALECTS[dialect].deviations;
        deviations.insert(Deviation::ALL[more]);
        Setup::deviating(deviations)
    })
}

fn any_turns() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Not only shortest ways: any way through a network goes again as it went.
    #[test]
    fn any_way_through_a_closed_network_replays(
        setup in any_config(),
        turns in any_turns(),
        which in 0..3,
    ) {
        let leaf = Blocks::named(1, Naming::LeafAndPlain);
        let network = match which {
            0 => pair(&setup, &Setup::default(), leaf, 2),
            1 => triangle(&setup),
            _ => row(&setup).retrying(2),
        };
        let trail = walk(&network, &turns);
        let last = trail.steps.last().map_or(&trail.start, |(_, last)| last);
        for property in &properties::network(&network) {
            if property.kind == Kind::Sometimes {
                continue;
            }
            let text = Replay::of_network(&network, &trail, property).to_json();
            let replayed = Replay::from_json(&text).unwrap().run().unwrap();
            prop_assert_eq!(replayed.violated, !property.holds(&network, last));
            prop_assert_eq!(replayed.chart, Chart::of_violation(&network, &trail, property));
        }
    }

    #[test]
    fn any_way_through_an_open_network_replays(
        setup in any_config(),
        turns in any_turns(),
        which in 0..7usize,
    ) {
        let network = open_networks(&setup).swap_remove(which);
        let trail = walk(&network, &turns);
        let last = trail.steps.last().map_or(&trail.start, |(_, last)| last);
        let chart = Chart::of(&network, &trail);
        for property in properties::open(&network).iter().step_by(8) {
            let text = Replay::of_open_network(&network, &trail, property).to_json();
            let replayed = Replay::from_json(&text).unwrap().run().unwrap();
            prop_assert_eq!(replayed.violated, !property.holds(&network, last));
            prop_assert_eq!(&replayed.chart, &chart);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is done to a file, it is read and run, or refused: nothing panics.
    #[test]
    fn no_text_is_too_bad(
        from_open: bool,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..6),
    ) {
        let seed = if from_open { SEEDS[1].as_str() } else { SEEDS[0].as_str() };
        let mut bytes = seed.as_bytes().to_vec();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Err(error) = Replay::from_json(&text).and_then(|replay| replay.run()) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    /// The same of documents that are well formed: values change places, numbers change.
    #[test]
    fn no_document_is_too_bad(
        from_open: bool,
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..5,
        ),
    ) {
        let seed = if from_open { &SEEDS[1] } else { &SEEDS[0] };
        let mut document: Value = serde_json::from_str(seed).unwrap();
        for (from, to, number, how) in edits {
            if how == 3 {
                let steps = document["steps"].as_array_mut().unwrap();
                let (from, to) = (from.index(steps.len()), to.index(steps.len()));
                steps.swap(from, to);
                continue;
            }
            let mut all = values(&mut document);
            let (from, to) = (from.index(all.len()), to.index(all.len()));
            let value = match how {
                0 => all[from].clone(),
                1 => json!(number),
                _ => json!(["A", "C", "b1", "tree/0", "retry", "delete", "ask-unannounced"][usize::from(number) % 7]),
            };
            *all[to] = value;
        }
        if let Err(error) = outcome(&document) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

static SEEDS: std::sync::LazyLock<[String; 2]> =
    std::sync::LazyLock::new(|| [closed_file().0.to_json(), open_file().0.to_json()]);
