//! Stateright's Explorer speaks our words: it is started and asked over plain TCP.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use blockexc_checker::analysis::networks::{open_networks, pair};
use blockexc_checker::network::names::Blocks;
use blockexc_checker::show::browse::browse;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);

/// An address at which nobody listens.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

/// Connects as soon as somebody listens.
fn connect(address: SocketAddr) -> TcpStream {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < deadline, "nobody listens: {error}"),
        }
        thread::yield_now();
    }
}

/// What the Explorer has to say of this path.
fn get(address: SocketAddr, path: &str) -> Value {
    let mut stream = connect(address);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 200 "), "{path}: {head}");
    serde_json::from_str(body).unwrap()
}

/// Follows the action of these words.
fn follow<'a>(steps: &'a Value, path: &mut String, words: &str) -> &'a Value {
    let steps = steps.as_array().unwrap();
    let step = steps.iter().find(|step| step["action"] == words);
    let step = step.unwrap_or_else(|| {
        let known: Vec<_> = steps
            .iter()
            .map(|step| step["action"].to_string())
            .collect();
        panic!("{words:?} is none of {known:?}")
    });
    *path += &format!("/{}", step["actionIndex"]);
    step
}

fn texts(svg: &Value) -> Vec<String> {
    let svg = svg.as_str().unwrap();
    let document = roxmltree::Document::parse(svg).unwrap();
    document
        .descendants()
        .filter(|node| node.has_tag_name("text") || node.tag_name().name() == "text")
        .map(|node| node.text().unwrap().trim().to_owned())
        .collect()
}

#[test]
fn a_closed_network_is_shown_in_words() {
    let silent = Setup::deviating(Deviations::of(&[Deviation::CancelSilently]));
    let network = pair(&silent, &Setup::default(), Blocks::plain(1), 0);
    let address = free_address();
    thread::spawn(move || browse(network, address));

    let starts = get(address, "/.states/");
    let start = starts[0]["state"].as_str().unwrap();
    assert!(start.contains("own wants: nothing; holds: b0"), "{start}");
    assert!(start.contains("the first of pair 1 and the second of pair 1: not connected"));
    assert!(!start.contains("BTreeMap") && !start.contains("Node {"));

    let mut path = format!("/.states/{}", starts[0]["actionIndex"]);
    for words in [
        "A and B connect",
        "A handles: B joined",
        "A's user requests b0",
        "B handles: A joined",
        "B handles a message from A",
    ] {
        follow(&get(address, &path), &mut path, words);
    }
    let steps = get(address, &path);
    let step = follow(&steps, &mut path, "A handles a message from B");
    insta::assert_snapshot!(step["outcome"].as_str().unwrap());
    let drawn = texts(&step["svg"]);
    for words in ["A", "B", "B joined", "WantHave b0", "Have b0"] {
        assert!(drawn.iter().any(|text| text == words), "{words}: {drawn:?}");
    }
    let steps = get(address, &path);
    let step = follow(&steps, &mut path, "A's user cancels b0");
    let outcome = step["outcome"].as_str().unwrap();
    assert!(outcome.contains("breaks \"ASK-7: cancelling"), "{outcome}");
    let drawn = texts(&step["svg"]).join(" ");
    assert!(drawn.contains("This breaks \"ASK-7: cancelling"), "{drawn}");
}

#[test]
fn an_open_network_is_shown_in_words() {
    let network = open_networks(&Setup::default()).swap_remove(0);
    let address = free_address();
    thread::spawn(move || browse(network, address));

    let starts = get(address, "/.states/");
    let mut path = format!("/.states/{}", starts[0]["actionIndex"]);
    for words in ["B joins", "the user requests b0"] {
        follow(&get(address, &path), &mut path, words);
    }
    let steps = get(address, &path);
    let step = follow(&steps, &mut path, "B said: Have b0");
    insta::assert_snapshot!(step["outcome"].as_str().unwrap());
    assert_eq!(
        step["state"],
        "A\n    own wants: b0 (asked of B); holds: nothing\n    context of B: has b0; wants nothing"
    );
    assert!(texts(&step["svg"]).iter().any(|text| text == "Have b0"));
}

#[test]
fn an_address_in_use_is_an_error() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let network = open_networks(&Setup::default()).swap_remove(0);
    let error = browse(network, listener.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}
