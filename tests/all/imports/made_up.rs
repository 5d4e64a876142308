//! The search for circles, on small crates that are made up.

use super::graph::{Circle, Graph};
use super::source::Texts;

fn graph(files: &[(&str, &str)]) -> Graph {
    let texts: Texts = files
        .iter()
        .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()))
        .collect();
    let graph = Graph::of(&texts, "lib.rs");
    assert_eq!(graph.unresolved, Vec::<String>::new());
    graph
}

/// The files of each circle.
fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let circles = graph(files).circles();
    circles.into_iter().map(|circle| circle.files).collect()
}

fn steps(files: &[(&str, &str)]) -> Vec<String> {
    graph(files).steps().map(|step| step.to_string()).collect()
}

#[test]
fn two_files_that_import_each_other_are_a_circle() {
    let found: Vec<Circle> = graph(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        (
            "b.rs",
            "pub struct B; fn f() -> Option<super::a::A> { None }",
        ),
        ("c.rs", "use super::{a::A, b::{self, B as Other}};"),
    ])
    .circles();
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "circle of a.rs, b.rs\n    a.rs -> b.rs: B\n    b.rs -> a.rs: A\n"
    );
}

#[test]
fn a_circle_of_three_is_shown_as_it_goes() {
    let found = graph(&[
        ("lib.rs", "pub mod a; pub mod b; pub mod c;"),
        ("a.rs", "use crate::b; pub fn a() { b::b() }"),
        ("b.rs", "pub fn b() { crate::c::c() }"),
        ("c.rs", "use super::*; pub fn c() { a::a() }"),
    ])
    .circles();
    assert_eq!(
        found[0].to_string(),
        "circle of a.rs, b.rs, c.rs\n    a.rs -> b.rs: b\n    b.rs -> c.rs: c\n    c.rs -> a.rs: a\n"
    );
}

#[test]
fn one_way_is_no_circle() {
    let files = [
        (
            "lib.rs",
            "mod a; mod b; use a::A; use b::B; fn f(_: A, _: B) {}",
        ),
        ("a.rs", "pub struct A;"),
        ("b.rs", "use super::a::A; pub struct B(A);"),
    ];
    assert!(circles(&files).is_empty());
    assert_eq!(
        steps(&files),
        ["b.rs -> a.rs: A", "lib.rs -> a.rs: A", "lib.rs -> b.rs: B"]
    );
}

#[test]
fn a_parent_that_only_declares_is_in_no_circle() {
    let declares = [
        ("lib.rs", "pub mod node; pub use node::Node;"),
        (
            "node/mod.rs",
            "mod a; mod b; pub use a::A; pub(crate) use b::B; pub use b::*;",
        ),
        ("node/a.rs", "use super::B; pub struct A(B);"),
        ("node/b.rs", "pub struct B; pub struct Node;"),
    ];
    assert!(circles(&declares).is_empty());
    assert_eq!(steps(&declares), ["node/a.rs -> node/b.rs: B"]);
}

#[test]
fn a_parent_that_defines_and_uses_is_in_a_circle() {
    assert_eq!(
        circles(&[
            ("lib.rs", "pub mod node;"),
            ("node.rs", "mod a; pub use a::A; pub struct Node(A);"),
            (
                "node/a.rs",
                "use super::Node; pub struct A; fn f(_: &Node) {}"
            ),
        ]),
        [["node.rs", "node/a.rs"]]
    );
    // Without an import, too.
    assert_eq!(
        circles(&[
            ("lib.rs", "pub mod node;"),
            ("node.rs", "mod a; pub struct Node; fn f() { a::f() }"),
            ("node/a.rs", "pub fn f(_: &crate::node::Node) {}"),
        ]),
        [["node.rs", "node/a.rs"]]
    );
}

#[test]
fn names_that_are_passed_on_lead_to_the_file_that_defines_them() {
    assert_eq!(
        steps(&[
            ("lib.rs", "mod a; mod b; mod c; pub use b::Second as Third;"),
            ("a.rs", "use crate::Third; fn f(_: Third) {}"),
            ("b.rs", "pub use super::c::First as Second;"),
            ("c.rs", "pub enum First { One }"),
        ]),
        ["a.rs -> c.rs: Third"]
    );
}

#[test]
fn everything_of_a_module_is_what_is_used_of_it() {
    assert_eq!(
        steps(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            (
                "a.rs",
                "use super::b::*; use super::c::Kind::*; fn f(_: Used) { One; }"
            ),
            ("b.rs", "pub struct Used; pub struct Unused;"),
            ("c.rs", "pub enum Kind { One }"),
        ]),
        ["a.rs -> b.rs: Used", "a.rs -> c.rs: Kind"]
    );
}

#[test]
fn what_is_for_tests_only_does_not_count() {
    assert!(
        steps(&[
            (
                "lib.rs",
                "mod a; #[cfg(test)] mod absent; #[cfg(all(test, unix))] use a::A;"
            ),
            (
                "a.rs",
                "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }
                 impl A { #[cfg(test)] fn f() { crate::b::f() } }
                 fn f(#[cfg(test)] b: crate::b::B, a: A) {}"
            ),
            ("b.rs", ""),
        ])
        .is_empty()
    );
    // These are not for tests only.
    assert_eq!(
        steps(&[
            (
                "lib.rs",
                "mod a; #[cfg(not(test))] use a::A; #[cfg(any(test, unix))] use a::B;"
            ),
            ("a.rs", "pub struct A; pub struct B;"),
        ]),
        ["lib.rs -> a.rs: A, B"]
    );
}

#[test]
fn macros_strings_and_attributes_are_read() {
    assert_eq!(
        steps(&[
            (
                "lib.rs",
                "macro_rules! twice { () => { $crate::a::f() } } mod a; mod b;"
            ),
            (
                "a.rs",
                r##"#[doc = "crate::b::G"] /* crate::b::H */
                    #[serde(with = "crate::b::I")] #[arg(value_parser = super::b::J)]
                    pub fn f() { twice!(); format!("{}", crate::b::K); "crate::b::L"; r#"crate::b::M"#; }"##
            ),
            ("b.rs", "made! { pub struct of some kind }"),
        ]),
        [
            "a.rs -> b.rs: I, J, K",
            "a.rs -> lib.rs: twice",
            "lib.rs -> a.rs: f",
        ]
    );
}

#[test]
fn modules_in_a_file_and_files_elsewhere_are_found() {
    assert_eq!(
        steps(&[
            (
                "lib.rs",
                "mod inside { mod deep; pub use deep::f; } #[path = \"far/away.rs\"] mod away;"
            ),
            ("inside/deep.rs", "pub fn f() { super::super::away::g() }"),
            ("far/away.rs", "pub fn g() {} fn h() { crate::inside::f() }"),
        ]),
        [
            "far/away.rs -> inside/deep.rs: f",
            "inside/deep.rs -> far/away.rs: g"
        ]
    );
}

#[test]
fn a_path_to_nowhere_is_told() {
    let texts = Texts::from([
        (
            "lib.rs".to_owned(),
            "mod a; use a::Nothing; use crate::a::None;".to_owned(),
        ),
        (
            "a.rs".to_owned(),
            "use std::fmt; fn f() { fmt::f(); serde::g() }".to_owned(),
        ),
    ]);
    assert_eq!(
        Graph::of(&texts, "lib.rs").unresolved,
        ["lib.rs: crate::a::None"]
    );
}

#[test]
fn layers_are_held_to() {
    let graph = graph(&[
        (
            "lib.rs",
            "pub mod low; pub mod high; pub mod stray; pub fn f() { high::f(); low::f() }",
        ),
        ("low.rs", "mod part; pub fn f() { crate::high::f() }"),
        ("low/part.rs", "fn g() { crate::f() }"),
        ("high/mod.rs", "pub fn f() { crate::low::f() }"),
        ("stray.rs", ""),
    ]);
    assert_eq!(
        graph.against("", &[&["low"], &["high"]]),
        [
            "stray.rs is in no layer",
            "low.rs -> high/mod.rs: f",
            "low/part.rs -> lib.rs: f",
        ]
    );
    assert_eq!(
        graph.against("", &[&["high", "stray"], &["low"]]),
        ["high/mod.rs -> low.rs: f", "low/part.rs -> lib.rs: f"]
    );
    assert_eq!(
        graph.against("", &[&["high", "stray", "low"]]),
        ["low/part.rs -> lib.rs: f"]
    );
}
