//! Which file of a crate imports which, and the circles in that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use super::source::{Imported, Index, Module, Texts, Tree};

/// For each file, the files that it imports from, with the names of what it takes from them.
#[derive(Default)]
pub struct Graph {
    files: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Paths inside of the crate that lead nowhere: what is read here is not understood.
    pub unresolved: Vec<String>,
}

/// Files that each import each other, directly or through others of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Circle {
    /// All of these files, in order of their names.
    pub files: Vec<String>,
    /// A shortest way around, which ends where it begins.
    pub way: Vec<Step>,
}

/// One file imports from another.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    pub from: String,
    pub to: String,
    pub names: BTreeSet<String>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        write!(f, "{} -> {}: {}", self.from, self.to, names.join(", "))
    }
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "circle of {}", self.files.join(", "))?;
        for step in &self.way {
            writeln!(f, "    {step}")?;
        }
        Ok(())
    }
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(Index),
    /// An item that this module defines.
    ItemOf(Index),
}

impl Graph {
    /// The imports among the files of the crate whose root this is.
    pub fn of(texts: &Texts, root: &str) -> Graph {
        let tree = Tree::read(texts, root);
        let mut graph = Graph::default();
        for (index, module) in tree.modules.iter().enumerate() {
            graph.files.entry(module.file.clone()).or_default();
            graph.add_imports(&tree, index, module);
            graph.add_paths(&tree, index, module);
            graph.add_macros(&tree, module);
        }
        graph
    }

    fn add(&mut self, tree: &Tree, from: &Module, to: Index, name: &str) {
        let to = &tree.modules[to].file;
        if from.file != *to {
            let names = self.files.entry(from.file.clone()).or_default();
            names.entry(to.clone()).or_default().insert(name.to_owned());
        }
    }

    fn add_imports(&mut self, tree: &Tree, index: Index, module: &Module) {
        for import in &module.imports {
            let targets = resolve(tree, index, &import.path);
            if targets.is_empty() {
                self.note_unresolved(module, &import.path);
            }
            for target in targets {
                match (target, &import.name) {
                    (Target::ItemOf(to), Imported::As(name)) => {
                        if !import.is_passed_on || module.identifiers.contains(name) {
                            self.add(tree, module, to, &import.path[import.path.len() - 1]);
                        }
                    }
                    // The variants of an enum.
                    (Target::ItemOf(to), Imported::All) => {
                        self.add(tree, module, to, &import.path[import.path.len() - 1]);
                    }
                    // What is taken from it is named by a path.
                    (Target::Module(_), Imported::As(_)) => {}
                    (Target::Module(of), Imported::All) => {
                        for name in &module.identifiers {
                            if module.items.contains(name) {
                                continue;
                            }
                            for target in lookup(tree, of, name, &mut BTreeSet::new()) {
                                if let Target::ItemOf(to) = target {
                                    self.add(tree, module, to, name);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn add_paths(&mut self, tree: &Tree, index: Index, module: &Module) {
        for path in &module.paths {
            let targets = resolve(tree, index, path);
            if targets.is_empty() {
                self.note_unresolved(module, path);
            }
            // An item in scope is here by an import, which is counted, or by its definition.
            let is_in_scope = !is_inside(&path[0])
                && lookup(tree, index, &path[0], &mut BTreeSet::new())
                    .iter()
                    .all(|target| matches!(target, Target::ItemOf(_)));
            if is_in_scope {
                continue;
            }
            for target in targets {
                if let Target::ItemOf(to) = target {
                    self.add(tree, module, to, &path[path.len() - 1]);
                }
            }
        }
    }

    /// Macros are also known without an import, to whatever comes after their definition.
    fn add_macros(&mut self, tree: &Tree, module: &Module) {
        for name in module.invoked.difference(&module.macros) {
            for (index, other) in tree.modules.iter().enumerate() {
                if other.macros.contains(name) {
                    self.add(tree, module, index, name);
                }
            }
        }
    }

    fn note_unresolved(&mut self, module: &Module, path: &[String]) {
        if is_inside(&path[0]) && path.len() > 1 {
            let path = path.join("::");
            self.unresolved.push(format!("{}: {path}", module.file));
        }
    }

    /// Each file with those that it imports from.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        self.files.iter().flat_map(|(from, imported)| {
            imported.iter().map(|(to, names)| Step {
                from: from.clone(),
                to: to.clone(),
                names: names.clone(),
            })
        })
    }

    /// All circles. No file is in two of them.
    pub fn circles(&self) -> Vec<Circle> {
        let mut circles: Vec<Circle> = Vec::new();
        for file in self.files.keys() {
            if circles.iter().any(|circle| circle.files.contains(file)) {
                continue;
            }
            if let Some(way) = self.way_around(file) {
                let reached = self.reached_from(file);
                let files = reached
                    .iter()
                    .filter(|other| self.reached_from(other).contains(file.as_str()))
                    .map(|&other| other.to_owned())
                    .collect();
                circles.push(Circle { files, way });
            }
        }
        circles
    }

    fn reached_from<'a>(&'a self, file: &str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut waiting: Vec<&str> = vec![file];
        while let Some(file) = waiting.pop() {
            for next in self.files[file].keys() {
                if reached.insert(next.as_str()) {
                    waiting.push(next);
                }
            }
        }
        reached
    }

    /// A shortest way from a file back to it.
    fn way_around(&self, file: &str) -> Option<Vec<Step>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut waiting = VecDeque::from([file]);
        while let Some(at) = waiting.pop_front() {
            for next in self.files[at].keys() {
                if !came_from.contains_key(next.as_str()) {
                    came_from.insert(next, at);
                    waiting.push_back(next);
                }
            }
        }
        let mut way = Vec::new();
        let mut at = file;
        loop {
            let from = came_from.get(at)?;
            way.push(Step {
                from: (*from).to_owned(),
                to: at.to_owned(),
                names: self.files[*from][at].clone(),
            });
            at = from;
            if at == file {
                way.reverse();
                return Some(way);
            }
        }
    }
}

/// Whether a path that begins so is one inside of the crate for certain.
fn is_inside(first: &str) -> bool {
    matches!(first, "crate" | "super" | "self")
}

/// What a path stands for, in this module. Nothing for what is of another crate.
fn resolve(tree: &Tree, from: Index, path: &[String]) -> BTreeSet<Target> {
    resolve_once(tree, from, path, &mut BTreeSet::new())
}

/// As [`resolve`], but looks up no name of a module twice.
fn resolve_once(
    tree: &Tree,
    from: Index,
    path: &[String],
    seen: &mut BTreeSet<(Index, String)>,
) -> BTreeSet<Target> {
    let mut at = from;
    let mut is_local = true;
    for (number, segment) in path.iter().enumerate() {
        let is_last = number + 1 == path.len();
        let parent = tree.modules[at].parent;
        match (segment.as_str(), parent) {
            ("crate", _) => {
                at = 0;
                is_local = false;
            }
            ("self", _) => is_local = false,
            ("super", Some(parent)) => {
                at = parent;
                is_local = false;
            }
            _ => {
                let mut found = lookup(tree, at, segment, seen);
                // A name of another crate is not in this module, whatever its macros define.
                if found.is_empty() && tree.modules[at].is_open && !is_local {
                    found.insert(Target::ItemOf(at));
                }
                if is_last {
                    return found;
                }
                is_local = false;
                let module = found.iter().find_map(|target| match target {
                    Target::Module(module) => Some(*module),
                    Target::ItemOf(_) => None,
                });
                match module {
                    Some(module) => at = module,
                    // The rest is a variant or something associated.
                    None => return found,
                }
            }
        }
    }
    BTreeSet::from([Target::Module(at)])
}

/// What a name stands for in a module.
fn lookup(
    tree: &Tree,
    index: Index,
    name: &str,
    seen: &mut BTreeSet<(Index, String)>,
) -> BTreeSet<Target> {
    let module = &tree.modules[index];
    let mut found = BTreeSet::new();
    if !seen.insert((index, name.to_owned())) {
        return found;
    }
    if let Some(child) = module.children.get(name) {
        found.insert(Target::Module(*child));
    }
    if module.items.contains(name) {
        found.insert(Target::ItemOf(index));
    }
    for import in &module.imports {
        if matches!(&import.name, Imported::As(known) if known == name) {
            found.extend(resolve_once(tree, index, &import.path, seen));
        }
    }
    if !found.is_empty() {
        return found;
    }
    for import in &module.imports {
        if matches!(import.name, Imported::All) {
            for target in resolve_once(tree, index, &import.path, seen) {
                if let Target::Module(of) = target {
                    found.extend(lookup(tree, of, name, seen));
                }
            }
        }
    }
    found
}

/// The layer that a file is in, by its place among the layers; `None` for the root of the crate.
fn layer_of(file: &str, prefix: &str, layers: &[&[&str]]) -> Result<Option<usize>, String> {
    let name = file.strip_prefix(prefix).unwrap_or(file);
    if ["lib.rs", "main.rs"].contains(&name) {
        return Ok(None);
    }
    let first = name.split('/').next().unwrap_or(name);
    let first = first.strip_suffix(".rs").unwrap_or(first);
    match layers.iter().position(|layer| layer.contains(&first)) {
        Some(layer) => Ok(Some(layer)),
        None => Err(format!("{file} is in no layer")),
    }
}

impl Graph {
    /// What is against these layers, lowest first: imports from a higher one, and files in none.
    /// The crate's root may import from all, and no layer from the root.
    pub fn against(&self, prefix: &str, layers: &[&[&str]]) -> Vec<String> {
        let mut wrong = Vec::new();
        for file in self.files.keys() {
            wrong.extend(layer_of(file, prefix, layers).err());
        }
        for step in self.steps() {
            let place = |file: &str| layer_of(file, prefix, layers).ok();
            let is_wrong = match (place(&step.from), place(&step.to)) {
                (Some(Some(from)), Some(Some(to))) => to > from,
                (Some(Some(_)), Some(None)) => true,
                _ => false,
            };
            if is_wrong {
                wrong.push(step.to_string());
            }
        }
        wrong
    }
}
