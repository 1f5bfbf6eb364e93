//! What a contract's sources show: its functions, events and errors, and the lines of its storage
//! fields. Nothing is compiled for it, so what macros make is not seen; what is not seen is said.

mod answers;
mod blocks;
mod callable;
mod compare;
mod condition;
mod functions;
mod modules;
mod names;
mod published;
mod slots;
mod solidity;
mod storage;
mod trusted;
mod types;

pub use callable::Callable;
pub use compare::{Change, added, compare};
pub use published::published;
pub use storage::{StorageStruct, storage_structs};

use alloy::json_abi::{
    Error as AbiError, Event, Fallback, Function, JsonAbi, Receive, StateMutability,
};
use modules::Tree;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use types::Types;

/// Folders and files of a crate, at most.
const FILES_MAX: usize = 10_000;

/// What a contract's sources show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interface {
    /// Functions, in the order of the sources. Initializers and migrations are among them.
    pub functions: Vec<Placed<Function>>,
    /// The signatures of those that are initializers and migrations.
    pub steps: Vec<String>,
    /// Whether calls without calldata have a function of their own.
    pub receive: bool,
    /// What answers calls that no function answers.
    pub fallback: Option<StateMutability>,
    /// Events.
    pub events: Vec<Placed<Event>>,
    /// Errors.
    pub errors: Vec<Placed<AbiError>>,
    /// The fields of storage structs.
    pub fields: Vec<Placed<Field>>,
    /// Where slots of storage are computed by hand, if they are.
    pub slots_by_hand: Vec<String>,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
    /// The struct that calls begin with; `None` where that is not certain.
    entrypoint: Option<String>,
}

/// Something and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// What.
    pub item: T,
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// A field of a storage struct, or the struct itself where `field` is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The struct.
    pub of: String,
    /// Its name.
    pub field: String,
}

impl Interface {
    /// What the sources of a crate show: those that the compiler takes, from the root of its library by
    /// `mod`. `dependencies` are the folders of the packages that it depends on by path; only what the
    /// contract inherits is taken from them.
    pub fn read(folder: &Path, dependencies: &[PathBuf]) -> Self {
        let mut found = Self::default();
        let tree = Tree::read(folder, dependencies);
        found.unseen.clone_from(&tree.unseen);
        found.slots_by_hand = slots::by_hand(&tree, folder);
        let mut types = Types::default();
        for module in &tree.modules {
            solidity::types(module, &mut types);
        }
        types.note(&tree);
        found.fields(folder);
        answers::read(&tree, &types, &mut found);
        for (number, module) in tree.modules.iter().enumerate() {
            if module.krate == 0 {
                solidity::read(&tree, number, &types, &mut found);
                let macros = module.names.unknown.iter();
                let lines = macros.map(|name| format!("what the macro {name} makes"));
                found.unseen.extend(lines);
            }
        }
        found
    }

    /// Adds the fields of every storage struct in the crate's folder. They are places in messages and no more,
    /// so files that are not compiled are among them.
    fn fields(&mut self, folder: &Path) {
        for path in sources(&folder.join("src")) {
            let Ok(file) = parse(&path) else {
                continue; // noted where it is a module
            };
            for item in storage_structs(&file) {
                let own = (String::new(), item.line);
                for (field, line) in std::iter::once(own).chain(item.fields) {
                    let of = item.name.clone();
                    self.fields.push(Placed {
                        item: Field { of, field },
                        file: path.clone(),
                        line,
                    });
                }
            }
        }
    }

    /// As JSON of compilers.
    pub fn abi(&self) -> JsonAbi {
        let mut abi = JsonAbi::new();
        for Placed { item, .. } in &self.functions {
            abi.functions
                .entry(item.name.clone())
                .or_default()
                .push(item.clone());
        }
        for Placed { item, .. } in &self.events {
            abi.events
                .entry(item.name.clone())
                .or_default()
                .push(item.clone());
        }
        for Placed { item, .. } in &self.errors {
            abi.errors
                .entry(item.name.clone())
                .or_default()
                .push(item.clone());
        }
        abi.receive = self.receive.then_some(Receive {
            state_mutability: StateMutability::Payable,
        });
        abi.fallback = self
            .fallback
            .map(|state_mutability| Fallback { state_mutability });
        abi
    }

    /// The struct that calls begin with; `None` where the sources do not show it for certain.
    pub fn entrypoint(&self) -> Option<&str> {
        self.entrypoint.as_deref()
    }

    /// What callers can use, and what is not known of it.
    pub fn callable(&self) -> Callable {
        Callable {
            abi: self.abi(),
            steps: self.steps.clone(),
            unseen: self.unseen.clone(),
        }
    }

    /// Where a field stands that a comparison of layouts names: `field`, `field.member`,
    /// `Struct.member`. Where it is gone, its struct; else nothing.
    pub fn place_of(&self, field: &str) -> Option<(&Path, usize)> {
        let entrypoint = self.entrypoint.as_deref().unwrap_or_default();
        let (of, name) = match field.rsplit_once('.') {
            Some((of, name)) => (of.rsplit(['.', ' ', ':']).next().unwrap_or(of), name),
            None => (entrypoint, field.rsplit(':').next().unwrap_or(field)),
        };
        let is = |one: &&Placed<Field>, of: &str, name: &str| {
            one.item.of == of && one.item.field == name
        };
        let fields = || self.fields.iter();
        let found = fields()
            .find(|one| is(one, of, name))
            .or_else(|| fields().find(|one| one.item.field == name))
            .or_else(|| fields().find(|one| is(one, of, "")))
            .or_else(|| fields().find(|one| is(one, entrypoint, "")));
        found.map(|one| (one.file.as_path(), one.line))
    }

    /// Where a function stands, by its name.
    pub fn function_at(&self, name: &str) -> Option<(&Path, usize)> {
        let found = self.functions.iter().find(|one| one.item.name == name);
        found.map(|one| (one.file.as_path(), one.line))
    }
}

/// Whether a state mutability promises that nothing is written.
fn is_reading(mutability: StateMutability) -> bool {
    matches!(mutability, StateMutability::View | StateMutability::Pure)
}

fn parse(path: &Path) -> Result<syn::File, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    syn::parse_file(&text).map_err(|error| {
        let at = error.span().start();
        format!("line {}: {error}", at.line)
    })
}

/// The Rust files below a folder, in order. Links are not followed.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            match kind {
                Ok(kind) if kind.is_dir() => left.push(path),
                Ok(kind) if kind.is_file() && path.extension().is_some_and(|end| end == "rs") => {
                    found.insert(path);
                }
                _ => {}
            }
        }
        if found.len() > FILES_MAX {
            break;
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests;
