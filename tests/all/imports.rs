//! The files of a crate import each other one way, without circles; and layers only what is below
//! them.
//!
//! An import is a `use` declaration, or a path such as `super::x::f` elsewhere, from one file to
//! the file that defines what is named. A file that declares modules, or passes their names on, does
//! not import these. What is compiled for tests only is left out. Methods are not seen: these are
//! called without naming a file.

mod graph;
mod made_up;
mod source;

use std::fs;
use std::path::Path;

use graph::{Circle, Graph};
use source::Texts;

/// Circles that are known, each with all of its files. An entry that is none any more has to go.
const KNOWN: &[&[&str]] = &[];

/// A crate's folder, and what is in its `src`, from the lowest layer to the highest. What is in a
/// layer imports only from this layer and from those before it.
type Layers = (&'static str, &'static [&'static [&'static str]]);

const LAYERS: &[Layers] = &[
    (
        ".",
        &[
            &["causes", "near", "resolve", "shortened", "wire"],
            // The node writes logs down, and these hold its dumps.
            &["node", "trace"],
            &["simulate", "suite"],
            &["observe"],
            &["report", "vectors"],
            &["cli"],
        ],
    ),
    (
        "checker",
        &[
            &["bittorrent", "search"],
            &["step"],
            &["network"],
            &["properties"],
            &["show"],
            &["analysis"],
        ],
    ),
];

/// The folders of the workspace's crates.
fn crates() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    members
        .split(',')
        .map(|member| member.trim().trim_matches('"').to_owned())
        .filter(|member| !member.is_empty())
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Adds the texts of the files in this folder, by their paths from the workspace's folder.
fn read_folder(folder: &Path, texts: &mut Texts) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
            texts.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
}

/// The imports in a crate's library and in its program, if it has them.
fn graphs(folder: &str) -> Vec<Graph> {
    let source = root().join(folder).join("src");
    let mut texts = Texts::new();
    read_folder(&source, &mut texts);
    let roots = ["lib.rs", "main.rs"]
        .map(|file| source.join(file).strip_prefix(root()).unwrap().to_owned())
        .map(|file| file.to_str().unwrap().trim_start_matches("./").to_owned());
    let found: Vec<Graph> = roots
        .iter()
        .filter(|file| texts.contains_key(*file))
        .map(|file| Graph::of(&texts, file))
        .collect();
    assert!(!found.is_empty(), "{folder}: neither lib.rs nor main.rs");
    found
}

#[test]
fn every_path_inside_of_a_crate_is_understood() {
    let unresolved: Vec<String> = crates()
        .iter()
        .flat_map(|folder| graphs(folder))
        .flat_map(|graph| graph.unresolved)
        .collect();
    assert!(unresolved.is_empty(), "{unresolved:#?}");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let found: Vec<Circle> = crates()
        .iter()
        .flat_map(|folder| graphs(folder))
        .flat_map(|graph| graph.circles())
        .collect();
    let unknown: String = found
        .iter()
        .filter(|circle| !KNOWN.iter().any(|known| circle.files == *known))
        .map(Circle::to_string)
        .collect();
    assert!(unknown.is_empty(), "\n{unknown}");
    let stale: Vec<_> = KNOWN
        .iter()
        .filter(|known| !found.iter().any(|circle| circle.files == **known))
        .collect();
    assert!(stale.is_empty(), "no circles any more: {stale:#?}");
}

#[test]
fn layers_import_only_what_is_below_them() {
    for (folder, layers) in LAYERS {
        let prefix = format!("{folder}/src/");
        let prefix = prefix.trim_start_matches("./");
        for graph in graphs(folder) {
            let wrong = graph.against(prefix, layers);
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
    }
}
