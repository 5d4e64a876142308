//! Counterexamples that can be read without explanation.

use blockexc_checker::analysis::networks::{open_networks, pair};
use blockexc_checker::network::names::Blocks;
use blockexc_checker::properties;
use blockexc_checker::search::exploration::Verdict;
use blockexc_checker::search::explorer::{Bounds, Explorer};
use blockexc_checker::show::chart::{Chart, Offence, Row};
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviation, Deviations};

fn setup(deviation: Deviation) -> Setup {
    Setup::deviating(Deviations::of(&[deviation]))
}

fn bounds() -> Bounds {
    Bounds {
        stop_at_violation: true,
        ..Bounds::default()
    }
}

/// The shortest way in which a node that deviates so, alone among arbitrary peers, breaks this.
fn open_chart(deviation: Deviation, requirement: &str) -> Chart {
    for network in open_networks(&setup(deviation)) {
        let mut list = properties::open(&network);
        list.retain(|property| property.requirements.contains(&requirement));
        let found = Explorer::new(&network, list).bounded(bounds()).explore();
        if let Some(failure) = found.failures().next()
            && let Verdict::Violated(state) = failure.verdict
        {
            return Chart::of(&network, &found.trail(state));
        }
    }
    panic!("{deviation} does not break {requirement}");
}

#[test]
fn a_chart_shows_the_record_that_should_not_be() {
    let chart = open_chart(Deviation::PresenceUnbounded, "PRES-1");
    insta::assert_snapshot!(chart.text());
    insta::assert_snapshot!(chart.mermaid());
    insta::assert_snapshot!(chart.svg());
}

#[test]
fn a_chart_shows_the_block_asked_of_a_peer_that_has_it_not() {
    insta::assert_snapshot!(open_chart(Deviation::DontHaveRecorded, "PRES-3").text());
}

#[test]
fn a_chart_shows_a_network_of_two() {
    let reference = Setup::default();
    let silent = setup(Deviation::CancelSilently);
    let network = pair(&silent, &reference, Blocks::plain(1), 0);
    let mut list = properties::network(&network);
    list.retain(|property| property.requirements.contains(&"ASK-7"));
    let found = Explorer::new(&network, list).bounded(bounds()).explore();
    let Verdict::Violated(state) = found.failures().next().unwrap().verdict else {
        panic!("cancelling in silence breaks nothing");
    };
    let chart = Chart::of(&network, &found.trail(state));
    insta::assert_snapshot!(chart.text());
    insta::assert_snapshot!(chart.mermaid());
}

/// A property of whole states says what every node keeps at the end.
#[test]
fn a_chart_shows_a_network_that_fell_silent_too_early() {
    // Without retries, a WantHave is lost for good that was handled before its sender's Joined.
    let network = pair(&Setup::default(), &Setup::default(), Blocks::plain(1), 0);
    let list = || vec![properties::progress()];
    let found = Explorer::new(&network, list()).bounded(bounds()).explore();
    let Verdict::Violated(state) = found.failures().next().unwrap().verdict else {
        panic!("nothing is lost without retries");
    };
    let chart = Chart::of_violation(&network, &found.trail(state), &list()[0]);
    assert_eq!(chart.offence, None);
    insta::assert_snapshot!(chart.text());
    insta::assert_snapshot!(chart.mermaid());
    insta::assert_snapshot!(chart.svg());
}

/// What relates a node and its connections is broken by a step, and named.
#[test]
fn a_chart_names_what_no_rule_of_a_single_node_says() {
    let keeping = setup(Deviation::KeepContextOnLeft);
    let network = pair(&keeping, &Setup::default(), Blocks::plain(1), 0);
    let list: Vec<_> = properties::safety()
        .into_iter()
        .filter(|property| property.requirements.contains(&"JOIN-1"))
        .collect();
    let name = list[0].name;
    let found = Explorer::new(&network, list).bounded(bounds()).explore();
    let Verdict::Violated(state) = found.failures().next().unwrap().verdict else {
        panic!("keeping contexts breaks nothing");
    };
    let chart = Chart::of(&network, &found.trail(state));
    let offence = chart.offence.as_ref().unwrap();
    assert!(offence.broken.iter().any(|(broken, _)| *broken == name));
}

/// The texts of a drawing, which must be well formed.
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    assert_eq!(document.root_element().tag_name().name(), "svg");
    document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")))
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_drawing_says_what_the_text_says() {
    let chart = open_chart(Deviation::DontHaveRecorded, "PRES-3");
    // Lines are broken at other places, so words are compared.
    let drawn = texts(&chart.svg()).join(" ");
    let drawn: Vec<&str> = drawn.split_whitespace().collect();
    let strokes = |word: &&str| !word.chars().all(|c| "|-<>=o".contains(c));
    for word in chart.text().split_whitespace().filter(strokes) {
        // A mark at the end of a word in the terminal's line of lanes belongs to the lanes.
        let word = word.trim_start_matches(['|', '-', '<', '>', '=']);
        assert!(drawn.contains(&word), "{word:?} is not drawn");
    }
}

const HOSTILE: &str = "<script>alert('&amp;')</script> <&>\" ]]> <!-- \u{1} \u{ffff} -->";

#[test]
fn hostile_words_stay_words() {
    let words = HOSTILE.to_owned();
    let chart = Chart {
        lanes: vec![words.clone(), "B".to_owned()],
        rows: vec![
            Row::Note {
                lane: 0,
                text: words.clone(),
            },
            Row::Between {
                lanes: [0, 1],
                text: words.clone(),
            },
            Row::Message {
                from: 1,
                to: 0,
                text: words.clone(),
            },
        ],
        offence: Some(Offence {
            step: 3,
            node: words.clone(),
            before: vec![words.clone()],
            did: vec![words.clone()],
            after: vec![words],
            broken: vec![(HOSTILE, &["JOIN-1"])],
        }),
        ending: None,
    };
    let svg = chart.svg();
    let document = roxmltree::Document::parse(&svg).unwrap();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let ours = ["svg", "title", "g", "rect", "line", "polygon", "text"];
        assert!(ours.contains(&name), "{name} is none of ours");
    }
    assert!(!document.descendants().any(|node| node.is_comment()));
    let drawn = texts(&svg);
    let hostile = "<script>alert('&amp;')</script> <&>\" ]]> <!--";
    assert!(drawn.iter().any(|text| text.contains(hostile)), "{drawn:?}");
    assert!(
        drawn
            .iter()
            .filter(|text| text.contains("<script>"))
            .count()
            >= 8
    );
}

#[test]
fn long_words_are_broken_into_lines_that_fit() {
    let words = "WantBlock b0 (or DontHave), ".repeat(40);
    let long = "x".repeat(1000);
    let note = |text: &str| Row::Note {
        lane: 0,
        text: text.to_owned(),
    };
    let chart = Chart {
        lanes: vec!["A".to_owned(), "B".to_owned(), "C".to_owned()],
        rows: vec![
            note(&words),
            note(&long),
            Row::Message {
                from: 0,
                to: 2,
                text: words.clone(),
            },
        ],
        offence: None,
        ending: None,
    };
    let svg = chart.svg();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let number = |node: &roxmltree::Node, name| -> f64 {
        node.attribute(name).unwrap_or("0").parse().unwrap()
    };
    let root = document.root_element();
    let [width, height] = ["width", "height"].map(|name| number(&root, name));
    let drawn: String = texts(&svg).concat();
    assert_eq!(drawn.matches('x').count(), 1000);
    assert_eq!(drawn.matches("WantBlock").count(), 80);
    for node in document.descendants() {
        if node.tag_name().name() == "text" {
            let half = node.text().unwrap().chars().count() as f64 * 7.0 / 2.0;
            let x = number(&node, "x");
            assert!(x + half <= width && number(&node, "y") < height);
            if node.attribute("text-anchor") == Some("middle") {
                assert!(x - half >= 0.0);
            }
        }
        if node.tag_name().name() == "rect" {
            assert!(number(&node, "x") + number(&node, "width") <= width);
            assert!(number(&node, "y") + number(&node, "height") <= height);
        }
    }
}

#[test]
fn nothing_at_all_is_drawn_too() {
    let chart = Chart {
        lanes: Vec::new(),
        rows: Vec::new(),
        offence: None,
        ending: None,
    };
    assert!(texts(&chart.svg()).is_empty());
}

/// A foreign log may give its node any name.
#[test]
fn a_long_name_stays_in_its_box() {
    let chart = Chart {
        lanes: vec![format!("{}last", "n".repeat(200)), "B".to_owned()],
        rows: Vec::new(),
        offence: None,
        ending: None,
    };
    let svg = chart.svg();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let names = document.descendants().filter(|it| it.has_tag_name("text"));
    let mut names_seen = 0;
    for name in names {
        let number = |node: roxmltree::Node, name| -> f64 {
            node.attribute(name).unwrap_or("0").parse().unwrap()
        };
        let text = name.text().unwrap().trim();
        let head = name.prev_sibling_element().unwrap();
        let [left, width] = ["x", "width"].map(|it| number(head, it));
        let half = text.chars().count() as f64 * 7.0 / 2.0;
        let x = number(name, "x");
        assert!(left <= x - half && x + half <= left + width, "{text}");
        assert!(text == "B" || text.starts_with('n') && text.ends_with("last"));
        names_seen += 1;
    }
    assert_eq!(names_seen, 2);
}
