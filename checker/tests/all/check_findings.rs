//! The documentation says what was found, and it is still found: `docs/findings.md` is held to
//! what is worked out here. To write what changed into it, run this with `BLOCKEXC_WRITE_DOCS=1`.

use std::fs;
use std::path::Path;

use blockexc_checker::analysis::findings::{ENDS, begins, blocks, fill_in};
use blockexc_checker::analysis::questions::{EvidenceKind, STATEMENTS, find};

fn page() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/findings.md")
}

#[test]
fn every_statement_has_the_evidence_that_it_needs() {
    for statement in STATEMENTS {
        let evidence = statement.evidence().unwrap();
        assert!(
            evidence.is(statement.kind),
            "{}: {evidence:?}",
            statement.name
        );
    }
    // Both kinds are asked for, and no evidence is both.
    let evidence = find("no-retries-nothing-else").unwrap().evidence().unwrap();
    assert!(evidence.is(EvidenceKind::Proof) && !evidence.is(EvidenceKind::Run));
}

#[test]
fn the_page_says_what_is_found() {
    let written = fs::read_to_string(page()).unwrap();
    let blocks = blocks().unwrap();
    for block in &blocks {
        let marker = begins(&block.name);
        assert!(written.contains(&marker), "the page has no line {marker}");
        assert!(written.contains(ENDS));
    }
    let filled = fill_in(&written, &blocks);
    if std::env::var_os("BLOCKEXC_WRITE_DOCS").is_some() {
        fs::write(page(), &filled).unwrap();
    } else {
        assert!(
            filled == written,
            "docs/findings.md is not what is found; BLOCKEXC_WRITE_DOCS=1 writes it anew"
        );
    }
}
