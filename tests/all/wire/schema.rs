//! The schema in `proto/blockexc.proto` and the types in `src/wire/protobuf.rs` say the same.

use std::collections::BTreeSet;

const SCHEMA: &str = include_str!("../../../proto/blockexc.proto");
const TYPES: &str = include_str!("../../../src/wire/protobuf.rs");

/// A field or an enum's value: where it stands, what it is, its name without `_` and in small
/// letters, and its number.
type Named = (String, String, String, u32);

fn plain(name: &str) -> String {
    name.trim_start_matches("r#")
        .replace('_', "")
        .to_lowercase()
}

/// The lines of the schema: `repeated Entry entries = 1;`, `WANT_HAVE = 1;`.
fn of_schema() -> BTreeSet<Named> {
    let mut found = BTreeSet::new();
    let mut open = Vec::new();
    for line in SCHEMA.lines().map(str::trim) {
        let words: Vec<&str> = line.trim_end_matches(';').split(' ').collect();
        match words.as_slice() {
            ["message" | "enum", name, "{"] => open.push(*name),
            ["}"] => drop(open.pop()),
            [kind @ .., name, "=", number] if !open.is_empty() => {
                let number = number.parse().unwrap();
                let kind = match kind {
                    [] => "value".to_owned(),
                    [label @ ("repeated" | "optional"), of] => format!("{label} {}", of_kind(of)),
                    [of] if of_kind(of) == "message" => "optional message".to_owned(),
                    [of] => of_kind(of).to_owned(),
                    other => panic!("an unknown kind of field: {other:?}"),
                };
                found.insert((plain(open[open.len() - 1]), kind, plain(name), number));
            }
            _ => {}
        }
    }
    found
}

fn of_kind(name: &str) -> &str {
    match name {
        "bool" | "bytes" | "int32" | "uint64" => name,
        "WantType" | "PresenceType" => "enumeration",
        _ => "message",
    }
}

/// `#[prost(bytes = "bytes", optional, tag = "2")]` with the field below it, and enums' values.
fn of_types() -> BTreeSet<Named> {
    let mut found = BTreeSet::new();
    let mut open = String::new();
    let mut attribute = None;
    for line in TYPES.lines().map(str::trim) {
        if let Some(rest) = line
            .strip_prefix("pub struct ")
            .or(line.strip_prefix("pub enum "))
        {
            open = plain(rest.trim_end_matches(" {"));
        } else if let Some(inside) = line.strip_prefix("#[prost(") {
            let parts: Vec<&str> = inside.trim_end_matches(")]").split(", ").collect();
            let of = parts[0].split(' ').next().unwrap().to_owned();
            let label = parts
                .iter()
                .find(|part| ["optional", "repeated"].contains(part));
            let kind = label.map_or(of.clone(), |label| format!("{label} {of}"));
            let tag = parts.iter().find_map(|part| part.strip_prefix("tag = \""));
            attribute = Some((kind, tag.unwrap().trim_end_matches('"').parse().unwrap()));
        } else if let (Some(rest), Some((kind, tag))) =
            (line.strip_prefix("pub "), attribute.take())
        {
            let name = rest.split(':').next().unwrap();
            found.insert((open.clone(), kind, plain(name), tag));
        } else if let Some((name, number)) = line.trim_end_matches(',').split_once(" = ")
            && let Ok(number) = number.parse()
        {
            found.insert((open.clone(), "value".to_owned(), plain(name), number));
        }
    }
    found
}

#[test]
fn the_types_are_those_of_the_schema() {
    let (schema, types) = (of_schema(), of_types());
    let numbered = SCHEMA
        .lines()
        .filter(|line| line.starts_with("  ") && line.contains(" = "));
    assert_eq!(schema.len(), numbered.count(), "every line is read");
    let missing: Vec<_> = schema.difference(&types).collect();
    let beyond: Vec<_> = types.difference(&schema).collect();
    assert!(
        missing.is_empty() && beyond.is_empty(),
        "only in the schema: {missing:?}; only in the types: {beyond:?}"
    );
}

#[test]
fn fields_are_known_that_the_schema_has() {
    let mut fields = std::collections::BTreeMap::<String, Vec<u32>>::new();
    for (message, kind, _, number) in of_schema() {
        if kind != "value" {
            fields.entry(message).or_default().push(number);
        }
    }
    for numbers in fields.values_mut() {
        numbers.sort_unstable();
    }
    // A proof is bytes to the message that carries it.
    for part in ["merkleproof", "node", "merkletree"] {
        fields.remove(part);
    }
    let known = blockexc::wire::unknown_fields::known()
        .map(|(message, numbers)| (plain(message), numbers))
        .collect();
    assert_eq!(fields, known);
}
