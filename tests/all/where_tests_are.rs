//! What is built without its tests has none: `test = false` in a manifest would leave them out.

use std::fs;
use std::path::Path;

/// The files in and below this folder, or this file.
fn texts(path: &Path) -> Vec<String> {
    if path.is_file() {
        return vec![fs::read_to_string(path).unwrap()];
    }
    let entries = fs::read_dir(path).unwrap();
    entries
        .flat_map(|entry| texts(&entry.unwrap().path()))
        .collect()
}

fn has_tests(path: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let texts = texts(&path);
    texts
        .iter()
        .any(|text| text.contains("#[test]") || text.contains("cfg(test)"))
}

#[test]
fn what_is_built_without_its_tests_has_none() {
    assert!(
        has_tests("src/wire"),
        "tests are not found where there are some"
    );
    for untested in ["src/main.rs", "model/src"] {
        assert!(
            !has_tests(untested),
            "{untested} has tests that are never run"
        );
    }
}
