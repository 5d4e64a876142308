//! The specification as pages: every link leads to a page and an anchor that is there, and nothing is
//! loaded from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;

use blockexc_model::Deviation;
use blockexc_model::requirement::REQUIREMENTS;
use blockexc_model::source::RULES;
use regex::Regex;

use super::program::blockexc;

/// The pages, written once.
fn pages() -> &'static BTreeMap<String, String> {
    static PAGES: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    PAGES.get_or_init(written)
}

fn written() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("site").display().to_string();
    blockexc(&["spec", "--html", &target]).assert().success();
    let entries = fs::read_dir(&target).unwrap();
    let read = entries.map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read_to_string(entry.path()).unwrap())
    });
    read.collect()
}

fn all_of(pattern: &str, text: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect()
}

#[test]
fn every_link_leads_to_what_is_there() {
    let pages = pages();
    let anchors: BTreeMap<&String, BTreeSet<String>> = pages
        .iter()
        .map(|(name, text)| {
            let ids = all_of(r#" id="([^"]*)""#, text);
            let unique: BTreeSet<String> = ids.iter().cloned().collect();
            assert_eq!(unique.len(), ids.len(), "{name}: an anchor is there twice");
            (name, unique)
        })
        .collect();
    let mut links = 0;
    for (name, text) in pages {
        for link in all_of(r#"href="([^"]*)""#, text) {
            if link == "data:," {
                continue;
            }
            links += 1;
            let (page, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let page = if page.is_empty() { name } else { page };
            let there = anchors.get(&page.to_owned());
            let there = there.unwrap_or_else(|| panic!("{name}: there is no page {link}"));
            assert!(
                anchor.is_empty() || there.contains(anchor),
                "{name}: {link}"
            );
        }
        for anchor in all_of(r"url\(#([^)]*)\)", text) {
            assert!(anchors[name].contains(&anchor), "{name}: {anchor}");
        }
        assert!(
            !text.contains("http://") && !text.contains("src="),
            "{name}"
        );
    }
    assert!(links > 1000, "{links}");
    for requirement in REQUIREMENTS {
        let page = format!("{}.html", requirement.section.name().to_lowercase());
        assert!(
            anchors[&page].contains(requirement.id),
            "{}",
            requirement.id
        );
    }
    for deviation in Deviation::ALL {
        assert!(anchors[&"deviations.html".to_owned()].contains(deviation.name()));
    }
}

#[test]
fn a_requirement_has_its_rule_and_its_vectors() {
    let pages = pages();
    let page = plain(&pages["want.html"]);
    for expected in [
        "pub fn want_have",
        "WANT-10/asks-dont-have",
        "overwrite-want",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
}

/// HTML without its tags.
fn plain(html: &str) -> String {
    let tags = Regex::new("<[^>]*>").unwrap();
    let text = tags.replace_all(html, "");
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[test]
fn coloured_source_is_the_source() {
    let mut rules = 0;
    for (name, text) in pages() {
        for html in all_of(r#"<pre class="rust">((?s:.*?))</pre>"#, text) {
            rules += 1;
            assert!(
                html.contains(r#"<b class="kw">fn</b> <b class="fn">"#),
                "{html}"
            );
            let source = plain(&html);
            let braces = ['{', '}'].map(|brace| source.matches(brace).count());
            assert_eq!(
                braces[0], braces[1],
                "{name}: not the whole function: {source}"
            );
            let mut files = RULES.iter();
            assert!(
                files.any(|file| file.text.contains(&source)),
                "{name}: {source}"
            );
        }
    }
    assert!(rules > 100, "{rules}");
}

/// A deviation that breaks a requirement in a small network is shown doing so, and for any other there
/// is a reason.
#[test]
fn a_deviation_is_shown_breaking_what_it_breaks() {
    let mut shown = 0;
    let reason = Regex::new("no chart: [a-z]").unwrap();
    for requirement in REQUIREMENTS {
        let page = &pages()[&format!("{}.html", requirement.section.name().to_lowercase())];
        for deviation in requirement.broken_by() {
            let anchor = format!(r#"<details id="{}-{deviation}">"#, requirement.id);
            let link = format!(r#"<a href="deviations.html#{deviation}">"#);
            let (_, after) = page
                .split_once(&format!(r#"<article id="{}">"#, requirement.id))
                .unwrap();
            let (_, after) = after.split_once(&link).unwrap();
            let (item, _) = after.split_once("</li>").unwrap();
            match item.split_once(&anchor) {
                Some((_, chart)) => {
                    shown += 1;
                    assert!(
                        chart.contains("<svg ") && chart.contains(requirement.id),
                        "{chart}"
                    );
                }
                None => assert!(reason.is_match(item), "{item}"),
            }
        }
    }
    assert!(shown > 80, "{shown}");
}

#[test]
fn nothing_is_uncovered_without_a_reason() {
    let page = &pages()["coverage.html"];
    let rows = all_of("<tr><td>((?s:.*?))</tr>", page);
    assert_eq!(rows.len(), REQUIREMENTS.len());
    for row in rows {
        let cells = row.split("<td>").map(|cell| plain(cell).trim().to_owned());
        assert!(
            cells.clone().all(|cell| !cell.is_empty() && cell != "0"),
            "{row}"
        );
        assert_eq!(cells.count(), 7, "{row}");
    }
}

#[test]
fn the_markdown_has_every_requirement_with_its_rules() {
    let shown = blockexc(&["spec", "--markdown", "-"]).assert().success();
    let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    for requirement in REQUIREMENTS {
        let heading = format!("\n### {} ({})\n\n", requirement.id, requirement.level);
        let (_, after) = text
            .split_once(&heading)
            .unwrap_or_else(|| panic!("{heading}"));
        assert!(after.starts_with(requirement.text), "{}", requirement.id);
    }
    assert!(text.contains("\n```rust\n/// A WantHave entry is answered."));
    for fence in text.split("```").skip(1).step_by(2) {
        assert!(fence.starts_with("rust\n"), "{fence}");
    }
    assert!(!text.contains("\n\n\n"), "empty lines follow one another");
}
