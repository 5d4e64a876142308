//! What the files of a crate define, and what they name: read from the text of the files, by tokens.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The texts of a crate's files, by their paths from the crate's folder.
pub type Texts = BTreeMap<String, String>;

/// The index of a module in its tree. That of the root is 0.
pub type Index = usize;

/// All modules of a crate, without those that are compiled for tests only.
#[derive(Default)]
pub struct Tree {
    pub modules: Vec<Module>,
}

/// A module: a file, or a part of one.
#[derive(Default)]
pub struct Module {
    /// The file that it stands in.
    pub file: String,
    pub parent: Option<Index>,
    pub children: BTreeMap<String, Index>,
    /// The names of the items that it defines.
    pub items: BTreeSet<String>,
    /// The names among these that are macros.
    pub macros: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Paths of two segments or more outside of imports, such as `super::x::f` or `x::f`.
    pub paths: BTreeSet<Vec<String>>,
    /// All identifiers outside of imports.
    pub identifiers: BTreeSet<String>,
    /// The names before a `!`.
    pub invoked: BTreeSet<String>,
    /// It may define more items than `items` says, because a macro defines some.
    pub is_open: bool,
}

/// One name that a `use` declaration brings into scope.
pub struct Import {
    pub path: Vec<String>,
    pub name: Imported,
    /// It has a visibility: the name is passed on, and not necessarily used here.
    pub is_passed_on: bool,
}

pub enum Imported {
    /// Under this name, which is `_` for a trait whose name is not used.
    As(String),
    /// Everything in it.
    All,
}

/// A token. A group is its two delimiters with its tokens between.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Mark(char),
    Literal(String),
    Open(Delimiter),
    Close(Delimiter),
}

use Token::{Close, Literal, Mark, Open, Word};

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        match tree {
            TokenTree::Ident(word) => {
                let word = word.to_string();
                tokens.push(Word(word.strip_prefix("r#").unwrap_or(&word).to_owned()));
            }
            TokenTree::Punct(mark) => tokens.push(Mark(mark.as_char())),
            TokenTree::Literal(literal) => tokens.push(Literal(literal.to_string())),
            TokenTree::Group(group) => {
                tokens.push(Open(group.delimiter()));
                flatten(group.stream(), tokens);
                tokens.push(Close(group.delimiter()));
            }
        }
    }
}

impl Tree {
    /// Reads the crate whose root is this file.
    pub fn read(texts: &Texts, root: &str) -> Tree {
        let mut tree = Tree::default();
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        tree.read_file(texts, root, folder.to_owned(), None);
        tree
    }

    /// Reads a file whose child modules are in this folder.
    fn read_file(
        &mut self,
        texts: &Texts,
        file: &str,
        folder: String,
        parent: Option<Index>,
    ) -> Index {
        let stream: TokenStream = texts[file]
            .parse()
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        self.read_module(texts, file, folder, parent, &tokens)
    }

    fn read_module(
        &mut self,
        texts: &Texts,
        file: &str,
        folder: String,
        parent: Option<Index>,
        tokens: &[Token],
    ) -> Index {
        let index = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            ..Module::default()
        });
        let mut module = Module {
            file: file.to_owned(),
            parent,
            ..Module::default()
        };
        // How many groups are open around the token.
        let mut depth = 0;
        let mut at = 0;
        // What the attributes before an item say of it.
        let mut path_attribute = None;
        while at < tokens.len() {
            let before = at.checked_sub(1).map(|before| &tokens[before]);
            match &tokens[at] {
                Mark('#') => {
                    let attribute = Attribute::read(tokens, at);
                    at = attribute.end;
                    if attribute.is_inner && attribute.is_for_tests() {
                        break;
                    }
                    if attribute.is_for_tests() {
                        at = end_of_item(tokens, at, depth == 0);
                        continue;
                    }
                    path_attribute = attribute.path().or(path_attribute);
                    attribute.add_paths(&mut module);
                }
                // `use<'a>` is something else.
                Word(word) if word == "use" && tokens.get(at + 1) != Some(&Mark('<')) => {
                    let end = find(tokens, at, &Mark(';'));
                    let is_passed_on = match before {
                        Some(Word(word)) => word == "pub",
                        Some(Close(Delimiter::Parenthesis)) => true,
                        _ => false,
                    };
                    read_use(&tokens[at + 1..end], &mut Vec::new(), &mut |path, name| {
                        module.imports.push(Import {
                            path,
                            name,
                            is_passed_on,
                        });
                    });
                    at = end + 1;
                    path_attribute = None;
                }
                Word(word) if word == "mod" => {
                    let Some(Word(name)) = tokens.get(at + 1) else {
                        at += 1;
                        continue;
                    };
                    let below = join(&folder, name);
                    let child = if tokens.get(at + 2) == Some(&Mark(';')) {
                        let file = match path_attribute.take() {
                            Some(path) => join(file.rsplit_once('/').map_or("", |it| it.0), &path),
                            None => [format!("{below}.rs"), format!("{below}/mod.rs")]
                                .into_iter()
                                .find(|file| texts.contains_key(file))
                                .unwrap_or_else(|| panic!("{file}: no file of module {name}")),
                        };
                        at += 3;
                        self.read_file(texts, &file, below, Some(index))
                    } else {
                        let end = end_of_group(tokens, at + 2);
                        let inside = &tokens[at + 3..end];
                        at = end + 1;
                        self.read_module(texts, file, below, Some(index), inside)
                    };
                    module.children.insert(name.clone(), child);
                }
                Word(word) => {
                    let is_start = !matches!(before, Some(Mark('\'' | '*')));
                    if depth == 0 && is_start && defines(word) {
                        if let Some(Word(name)) = tokens.get(at + 1) {
                            module.items.insert(name.clone());
                        }
                        path_attribute = None;
                    }
                    if tokens.get(at + 1) == Some(&Mark('!')) {
                        module.invoked.insert(word.clone());
                        if let ("macro_rules", Some(Word(name))) = (&word[..], tokens.get(at + 2)) {
                            module.items.insert(name.clone());
                            module.macros.insert(name.clone());
                        } else if depth == 0 {
                            module.is_open = true;
                        }
                    }
                    let path = path_at(tokens, at);
                    at += 3 * (path.len() - 1) + 1;
                    module.identifiers.extend(path.iter().cloned());
                    if path.len() > 1 {
                        module.paths.insert(path);
                    }
                }
                Mark(':') if follows(tokens, at) => {
                    // The path of another crate, or what comes after a type in angle brackets.
                    at += 2;
                    while let Some(Word(_)) = tokens.get(at) {
                        at += if follows(tokens, at + 1) { 3 } else { 1 };
                    }
                }
                Open(_) => {
                    depth += 1;
                    at += 1;
                }
                Close(_) => {
                    depth -= 1;
                    at += 1;
                }
                Mark(_) | Literal(_) => at += 1,
            }
        }
        self.modules[index] = module;
        index
    }
}

/// Whether a name comes after this word that a module then has. A `const fn` has its own word.
fn defines(word: &str) -> bool {
    matches!(
        word,
        "fn" | "struct" | "enum" | "union" | "trait" | "type" | "static" | "const"
    )
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Where a token is next.
fn find(tokens: &[Token], from: usize, wanted: &Token) -> usize {
    let found = tokens[from..].iter().position(|token| token == wanted);
    from + found.expect("what compiles has it")
}

/// Where the group that opens here closes.
fn end_of_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Open(_) => depth += 1,
            Close(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    unreachable!("the lexer has matched the delimiters")
}

/// Where what an attribute stands before ends: an item, or elsewhere also a field, an arm or a
/// statement.
fn end_of_item(tokens: &[Token], from: usize, is_item: bool) -> usize {
    let mut at = from;
    // Further attributes.
    while tokens.get(at) == Some(&Mark('#')) {
        at = Attribute::read(tokens, at).end;
    }
    while let Some(token) = tokens.get(at) {
        match token {
            Mark(';') => return at + 1,
            Mark(',') if !is_item => return at + 1,
            Open(Delimiter::Brace) => return end_of_group(tokens, at) + 1,
            Open(_) => at = end_of_group(tokens, at) + 1,
            // The end of what is around it.
            Close(_) => return at,
            _ => at += 1,
        }
    }
    at
}

/// Whether two colons are here.
fn follows(tokens: &[Token], at: usize) -> bool {
    tokens.get(at) == Some(&Mark(':')) && tokens.get(at + 1) == Some(&Mark(':'))
}

/// The longest path from here on.
fn path_at(tokens: &[Token], at: usize) -> Vec<String> {
    let mut path = Vec::new();
    let mut at = at;
    while let Some(Word(word)) = tokens.get(at) {
        path.push(word.clone());
        if !follows(tokens, at + 1) {
            break;
        }
        at += 3;
    }
    path
}

/// Names each import of a `use` declaration, given what comes after `use` and before its end.
fn read_use(
    tokens: &[Token],
    prefix: &mut Vec<String>,
    found: &mut impl FnMut(Vec<String>, Imported),
) {
    let length = prefix.len();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            Word(word) if word == "as" => {
                if let Some(Word(name)) = tokens.get(at + 1) {
                    found(prefix.clone(), Imported::As(name.clone()));
                }
                prefix.truncate(length);
                at += 2;
                continue;
            }
            // `x::{self}` is `x`.
            Word(word) if word == "self" && length > 0 && prefix.len() == length => {}
            Word(word) => prefix.push(word.clone()),
            Mark('*') => {
                found(prefix.clone(), Imported::All);
                prefix.truncate(length);
                at += 1;
                continue;
            }
            Open(_) => {
                let end = end_of_group(tokens, at);
                let inside = &tokens[at + 1..end];
                for part in parts(inside) {
                    read_use(part, prefix, found);
                }
                prefix.truncate(length);
                return;
            }
            _ => {}
        }
        at += 1;
        let is_end = at == tokens.len();
        if is_end && !prefix.is_empty() {
            let name = prefix[prefix.len() - 1].clone();
            found(prefix.clone(), Imported::As(name));
        }
    }
    prefix.truncate(length);
}

/// What stands between the commas of a group.
fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0;
    tokens
        .split(|token| {
            match token {
                Open(_) => depth += 1,
                Close(_) => depth -= 1,
                _ => {}
            }
            depth == 0 && *token == Mark(',')
        })
        .filter(|part| !part.is_empty())
        .collect()
}

/// An attribute: what stands in its brackets.
struct Attribute<'a> {
    tokens: &'a [Token],
    /// It is one of what it stands in, not of what follows.
    is_inner: bool,
    /// Where it ends.
    end: usize,
}

impl<'a> Attribute<'a> {
    /// Reads what begins with this `#`, which in the text of a macro may be something else.
    fn read(tokens: &'a [Token], at: usize) -> Self {
        let is_inner = tokens.get(at + 1) == Some(&Mark('!'));
        let open = at + 1 + usize::from(is_inner);
        if tokens.get(open) != Some(&Open(Delimiter::Bracket)) {
            return Attribute {
                tokens: &[],
                is_inner: false,
                end: at + 1,
            };
        }
        let close = end_of_group(tokens, open);
        Attribute {
            tokens: &tokens[open + 1..close],
            is_inner,
            end: close + 1,
        }
    }

    fn is(&self, name: &str) -> bool {
        self.tokens.first() == Some(&Word(name.to_owned()))
    }

    fn is_for_tests(&self) -> bool {
        self.is("test") || self.is("cfg") && !may_hold(&self.tokens[1..])
    }

    /// The file that `#[path = "…"]` names.
    fn path(&self) -> Option<String> {
        match self.tokens {
            [Word(word), Mark('='), Literal(path)] if word == "path" => {
                Some(path.trim_matches('"').to_owned())
            }
            _ => None,
        }
    }

    /// The paths in its tokens, and in its strings, such as `#[serde(with = "crate::x")]`.
    fn add_paths(&self, module: &mut Module) {
        if self.is("doc") {
            return;
        }
        let mut at = 0;
        while at < self.tokens.len() {
            let path: Vec<String> = match &self.tokens[at] {
                Word(_) => path_at(self.tokens, at),
                Literal(text) if text.contains("::") => {
                    let text = text.trim_matches('"');
                    text.split("::").map(str::to_owned).collect()
                }
                _ => Vec::new(),
            };
            let is_words = matches!(self.tokens[at], Word(_));
            at += if is_words { 3 * path.len() - 2 } else { 1 };
            module.identifiers.extend(path.iter().cloned());
            if path.len() > 1 {
                module.paths.insert(path);
            }
        }
    }
}

/// Whether a `cfg` predicate can hold where no tests are compiled.
fn may_hold(tokens: &[Token]) -> bool {
    match tokens {
        [Open(_), inside @ .., Close(_)] => parts(inside).into_iter().all(may_hold),
        [Word(word)] => word != "test",
        [Word(word), Open(_), inside @ .., Close(_)] => match word.as_str() {
            "all" => parts(inside).into_iter().all(may_hold),
            "any" => parts(inside).into_iter().any(may_hold),
            // Of `not(test)`, and of whatever else there may be.
            _ => true,
        },
        _ => true,
    }
}
