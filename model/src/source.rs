//! Where in the source a requirement is met.
//!
//! No table says so. A function names its requirements in its documentation or in a comment of its
//! body, and the text of the files is compiled in, to be searched.

use serde::Serialize;

/// A file of source text.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile {
    /// Where it stands, seen from the root of the repository.
    pub path: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// A function, and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Function {
    /// The file, seen from the root of the repository.
    pub file: &'static str,
    /// The line of its signature, counted from one.
    pub line: usize,
    /// Its name.
    pub name: &'static str,
}

/// A list of [`SourceFile`]s: the crate's folder seen from the root of the repository (empty or
/// with a slash at the end), then the files seen from there.
#[macro_export]
macro_rules! source_files {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$($crate::source::SourceFile {
            path: concat!($folder, $path),
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path)),
        }),*]
    };
}

/// The specification: values, contexts, the node, and a file for each section.
pub const RULES: &[SourceFile] = source_files!["model/":
    "src/address.rs",
    "src/price.rs",
    "src/message.rs",
    "src/context.rs",
    "src/node.rs",
    "src/node/join.rs",
    "src/node/left.rs",
    "src/node/presence.rs",
    "src/node/ask.rs",
    "src/node/want.rs",
    "src/node/transfer.rs",
    "src/node/held.rs",
    "src/node/wire.rs",
    "src/node/pay.rs",
    "src/node/sending.rs",
    "src/node/arrived.rs",
    "src/node/behaviour.rs",
    "src/node/rules.rs",
    "src/node/state.rs",
    "src/node/step.rs",
    "src/node/transition.rs",
];

/// What deviating nodes do instead: each function in place of the rule of its name.
pub const DEVIATIONS: &[SourceFile] = source_files!["model/":
    "src/deviating.rs",
    "src/deviating/ask.rs",
    "src/deviating/held.rs",
    "src/deviating/join.rs",
    "src/deviating/left.rs",
    "src/deviating/node.rs",
    "src/deviating/pay.rs",
    "src/deviating/presence.rs",
    "src/deviating/replaced.rs",
    "src/deviating/sending.rs",
    "src/deviating/transfer.rs",
    "src/deviating/want.rs",
    "src/deviating/wire.rs",
];

/// The functions whose comments name this requirement: first those whose documentation does.
pub fn that_meet(files: &[SourceFile], requirement: &str) -> Vec<Function> {
    let parsed = || files.iter().flat_map(functions);
    let in_documentation = |found: &Parsed| is_in_any(&found.documentation, requirement);
    let in_body = |found: &Parsed| {
        let mut comments = found.body.iter().filter_map(|line| line.split_once("//"));
        comments.any(|(_, comment)| contains_word(comment, requirement))
    };
    let first = parsed().filter(in_documentation);
    let second = parsed().filter(|found| !in_documentation(found) && in_body(found));
    first.chain(second).map(|found| found.function).collect()
}

/// The functions whose code, not only their comments, contains this word.
pub fn that_use(files: &[SourceFile], word: &str) -> Vec<Function> {
    let uses = |found: &Parsed| {
        found.body.iter().any(|line| {
            let code = line.split_once("//").map_or(*line, |(code, _)| code);
            contains_word(code, word)
        })
    };
    let parsed = files.iter().flat_map(functions);
    parsed.filter(uses).map(|found| found.function).collect()
}

/// The rule of the specification in whose place this function of a deviating node stands: that of
/// its name, in the file of the same section. Functions that only help have none.
pub fn replaced_by(function: &Function) -> Option<Function> {
    let section = |file: &'static str| file.rsplit('/').next();
    let mut rules = RULES.iter().flat_map(functions);
    let rule = rules.find(|rule| {
        let Function { file, name, .. } = rule.function;
        name == function.name && section(file) == section(function.file)
    });
    rule.map(|rule| rule.function)
}

/// A function with its lines.
struct Parsed {
    function: Function,
    documentation: Vec<&'static str>,
    body: Vec<&'static str>,
}

/// The functions of a file but for its tests.
///
/// This relies on the formatting that `cargo fmt` makes: a function ends with the first line after
/// its signature that is indented as it is, and closes or ends something.
fn functions(file: &SourceFile) -> Vec<Parsed> {
    let mut found = Vec::new();
    let mut documentation = Vec::new();
    let mut lines = file.text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let code = line.trim_start();
        if code.starts_with("mod tests {") {
            break;
        }
        if let Some(text) = code.strip_prefix("///") {
            documentation.push(text);
        } else if let Some(name) = function_name(code) {
            let indent = line.len() - code.len();
            let mut body = vec![line];
            let is_whole = code.ends_with('}') || code.ends_with(';');
            if !is_whole {
                for (_, line) in lines.by_ref() {
                    body.push(line);
                    let inner = line.trim_start();
                    let is_level = line.len() - inner.len() == indent;
                    if is_level && inner.ends_with(['}', ';']) {
                        break;
                    }
                }
            }
            found.push(Parsed {
                function: Function {
                    file: file.path,
                    line: index + 1,
                    name,
                },
                documentation: std::mem::take(&mut documentation),
                body,
            });
        } else if !code.starts_with("#[") {
            documentation.clear();
        }
    }
    found
}

/// The name of the function whose signature begins with this line.
fn function_name(code: &'static str) -> Option<&'static str> {
    let mut rest = code;
    if let Some(visible) = rest.strip_prefix("pub") {
        rest = match visible.split_once(") ") {
            Some((scope, rest)) if scope.starts_with('(') => rest,
            _ => visible.trim_start(),
        };
    }
    for word in ["const ", "async ", "default "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let name = rest.strip_prefix("fn ")?;
    let end = name.find(|letter: char| !is_part_of_word(letter))?;
    Some(&name[..end])
}

fn is_in_any(lines: &[&str], word: &str) -> bool {
    lines.iter().any(|line| contains_word(line, word))
}

/// Whether the text contains this word, and not only as a part of another: WANT-1 is none in
/// WANT-10.
fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(is_part_of_word)
    })
}

fn is_part_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}
