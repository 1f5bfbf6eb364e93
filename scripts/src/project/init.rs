//! An existing contract made upgradeable: what would change in which file, before anything is
//! written. Fields and their order stay as they are.

mod errors;

use super::error::ProjectError;
use super::framework::Framework;
use crate::build::settle_lock;
use crate::interface::storage_structs;
use crate::own_file;
use errors::{VARIANT, error_enums, is_skipped, skipped};
use similar::TextDiff;
use std::path::{Path, PathBuf};
use syn::visit::{Visit, visit_item_impl};
use syn::{Attribute, ImplItem, ItemImpl};
use toml_edit::{Array, DocumentMut, Item, Table, Value};

/// Our crate in Cargo.toml.
const CRATE: &str = "stylus-upgradeable";
/// The feature that cargo-stylus turns on to show the interface.
const EXPORT: &str = "export-abi";
/// What the contract's source brings in.
const PRELUDE: &str = "use stylus_upgradeable::prelude::*;";

/// What would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    folder: PathBuf,
    files: Vec<ChangedFile>,
    /// Error enums that are left as they are, and why.
    skipped: Vec<String>,
    /// What a lock file begins with where there is none.
    seed: Option<PathBuf>,
}

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ChangedFile {
    path: PathBuf,
    /// The path in the difference.
    name: String,
    before: String,
    after: String,
}

impl Init {
    /// What would make the crate in `folder` upgradeable.
    ///
    /// # Errors
    /// [`ProjectError::NotInitialised`] with what has to be done by hand first.
    pub fn of(folder: &Path, framework: &Framework) -> Result<Self, ProjectError> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(ProjectError::file("read", path))
        };
        let mut files = Vec::new();
        let mut add = |name: &str, before: String, after: String| {
            if before != after {
                files.push(ChangedFile {
                    path: folder.join(name),
                    name: name.into(),
                    before,
                    after,
                });
            }
        };
        let source = read("src/lib.rs")?;
        let changed = contract(&source)?;
        let mut skipped =
            syn::parse_file(&source).map_or_else(|_| Vec::new(), |file| skipped(&file));
        skipped.extend(other_files(folder)?);
        let before = read("Cargo.toml")?;
        let after = manifest(&before, framework)?;
        add("Cargo.toml", before, after);
        add("src/lib.rs", source, changed);
        let toolchain = stylus_upgrades_framework::TOOLCHAIN_FILE;
        if folder.join(toolchain).is_file() {
            let before = read(toolchain)?;
            let after = channel(&before)?;
            add(toolchain, before, after);
        }
        Ok(Self {
            folder: folder.to_owned(),
            files,
            skipped,
            seed: framework.lock_file(),
        })
    }

    /// The difference, as `diff -u` and git show it.
    pub fn difference(&self) -> String {
        let one = |file: &ChangedFile| {
            let (old, new) = (format!("a/{}", file.name), format!("b/{}", file.name));
            let diff = TextDiff::from_lines(&file.before, &file.after);
            diff.unified_diff().header(&old, &new).to_string()
        };
        self.files.iter().map(one).collect()
    }

    /// The files that would change.
    pub fn files(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.name.as_str()).collect()
    }

    /// The error enums that are left as they are, each with the reason.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Writes them, unless one of them was changed since.
    ///
    /// # Errors
    /// [`ProjectError::File`], [`ProjectError::NotInitialised`].
    pub fn write(&self) -> Result<(), ProjectError> {
        for file in &self.files {
            let now = std::fs::read_to_string(&file.path);
            if now.map_err(ProjectError::file("read", &file.path))? != file.before {
                return Err(refused(format!("{} was changed meanwhile", file.name)));
            }
            // What cannot be written is refused before anything is.
            own_file::try_write(&file.path, file.after.as_bytes())
                .map_err(|error| ProjectError::file("write", &file.path)(error.into()))?;
        }
        self.put(|file| &file.after)
    }

    /// Has cargo write the lock file of what was written. If it cannot, everything is as it was before.
    ///
    /// # Errors
    /// [`ProjectError::Lock`]; [`ProjectError::File`] if a file cannot be put back.
    pub fn settle(&self) -> Result<(), ProjectError> {
        let settled = settle_lock(&self.folder, self.seed.as_deref());
        if settled.is_err() {
            self.put(|file| &file.before)?;
        }
        Ok(settled?)
    }

    fn put(&self, text: impl Fn(&ChangedFile) -> &String) -> Result<(), ProjectError> {
        for file in &self.files {
            own_file::write(&file.path, text(file).as_bytes())
                .map_err(|error| ProjectError::file("write", &file.path)(error.into()))?;
        }
        Ok(())
    }
}

/// Source files beside src/lib.rs that have error enums.
fn other_files(folder: &Path) -> Result<Vec<String>, ProjectError> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.join("src")]);
    while let Some(inside) = folders.pop() {
        let entries = std::fs::read_dir(&inside).map_err(ProjectError::file("read", &inside))?;
        for entry in entries {
            let entry = entry.map_err(ProjectError::file("read", &inside))?;
            let (path, kind) = (entry.path(), entry.file_type());
            let kind = kind.map_err(ProjectError::file("read", &inside))?;
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            let is_source = kind.is_file() && path.extension().is_some_and(|end| end == "rs");
            let name = path.strip_prefix(folder).unwrap_or(&path);
            if is_source
                && name != Path::new("src/lib.rs")
                && std::fs::read_to_string(&path).is_ok_and(|text| is_skipped(&text))
            {
                let name = name.display();
                found.push(format!(
                    "{name}: its error enums are left as they are, src/lib.rs alone is changed: where an \
                     initializer or a migration returns one, it needs {VARIANT} too"
                ));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The contract's source, with our attributes on it: they are found there when it is read again.
fn contract(source: &str) -> Result<String, ProjectError> {
    let changed = added(source)?;
    match added(&changed).is_ok_and(|again| again == changed) {
        true => Ok(changed),
        false => Err(refused(
            "src/lib.rs: a line that has to be added would stand in a comment or a string; begin uses, \
             structs, impls and enums on lines of their own"
                .into(),
        )),
    }
}

fn added(source: &str) -> Result<String, ProjectError> {
    let file = syn::parse_file(source).map_err(|error| {
        refused(format!(
            "src/lib.rs line {}: {error}",
            error.span().start().line
        ))
    })?;
    let structs = storage_structs(source);
    if !structs.iter().any(|one| one.has("entrypoint")) {
        return Err(refused(
            "src/lib.rs has no storage struct with #[entrypoint]".into(),
        ));
    }
    let mut blocks = Blocks::default();
    blocks.visit_file(&file);
    if let Some(line) = blocks.constructor {
        return Err(refused(format!(
            "src/lib.rs line {line}: a constructor writes the storage of the implementation; make it \
             an #[initializer(\"1.0\")] without msg_sender first, as the page on existing contracts (adopting.md) of the documentation shows"
        )));
    }
    if blocks.lines.is_empty() {
        return Err(refused("src/lib.rs has no #[public] impl".into()));
    }
    // Behind each line number, from 1, what comes before it.
    let mut added: Vec<(usize, &str)> = Vec::new();
    let plain = structs.iter().filter(|one| !one.has("StorageLayout"));
    added.extend(plain.map(|one| (one.line, "#[derive(StorageLayout)]")));
    let plain = blocks.lines.iter().filter(|(_, is_ours)| !is_ours);
    added.extend(plain.map(|(line, _)| (*line, "#[upgradeable]")));
    let has_prelude = file.items.iter().any(is_prelude);
    let uses = file.items.iter().filter_map(|item| match item {
        syn::Item::Use(one) => Some(syn::spanned::Spanned::span(one).end().line),
        _ => None,
    });
    if !has_prelude {
        let last = uses
            .max()
            .ok_or_else(|| refused("src/lib.rs uses nothing of stylus-sdk".into()))?;
        added.push((last + 1, PRELUDE));
    }
    let errors = error_enums(&file)?;
    let mut changed = String::new();
    let ending = if source.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    for (number, line) in source.split_inclusive('\n').enumerate() {
        let indent: String = line
            .chars()
            .take_while(|letter| matches!(letter, ' ' | '\t'))
            .collect();
        for (_, text) in added.iter().filter(|(before, _)| *before == number + 1) {
            let indent = if *text == PRELUDE { "" } else { &indent };
            changed.push_str(&format!("{indent}{text}{ending}"));
        }
        let here = errors.iter().filter(|one| one.line == number + 1);
        let inside: Vec<usize> = here.map(|one| one.column).collect();
        for (column, letter) in line.chars().enumerate() {
            if inside.contains(&column) {
                // On a line of its own where nothing but the indent is before it.
                changed.push_str(VARIANT);
                match column == indent.chars().count() {
                    true => changed.push_str(&format!("{ending}{indent}")),
                    false => changed.push(' '),
                }
            }
            changed.push(letter);
        }
    }
    Ok(changed)
}

/// Whether an item is [`PRELUDE`].
fn is_prelude(item: &syn::Item) -> bool {
    let syn::Item::Use(item) = item else {
        return false;
    };
    let syn::UseTree::Path(first) = &item.tree else {
        return false;
    };
    let syn::UseTree::Path(second) = &*first.tree else {
        return false;
    };
    first.ident == "stylus_upgradeable"
        && second.ident == "prelude"
        && matches!(*second.tree, syn::UseTree::Glob(_))
}

/// The crate's manifest, with our crate in it.
fn manifest(text: &str, framework: &Framework) -> Result<String, ProjectError> {
    let mut manifest: DocumentMut = text
        .parse()
        .map_err(|error| refused(format!("Cargo.toml: {error}")))?;
    let table = |item: &mut Item| item.or_insert(Item::Table(Table::new())).is_table_like();
    if !table(&mut manifest["dependencies"]) || !table(&mut manifest["features"]) {
        return Err(refused(
            "Cargo.toml: [dependencies] or [features] is no table".into(),
        ));
    }
    if manifest["dependencies"].get("stylus-sdk").is_none() {
        return Err(refused("Cargo.toml does not depend on stylus-sdk".into()));
    }
    if manifest["dependencies"].get(CRATE).is_none() {
        let dependency: Value = framework
            .dependency("migratable/upgradeable")
            .parse()
            .map_err(|error| refused(format!("the dependency cannot be written: {error}")))?;
        manifest["dependencies"][CRATE] = Item::Value(dependency);
    }
    let forwarded = format!("{CRATE}/{EXPORT}");
    let feature = &mut manifest["features"][EXPORT];
    let list = feature.or_insert(Item::Value(Value::Array(Array::new())));
    let list = list
        .as_array_mut()
        .ok_or_else(|| refused(format!("Cargo.toml: the feature {EXPORT} is no list")))?;
    if !list.iter().any(|one| one.as_str() == Some(&forwarded)) {
        list.push(forwarded);
    }
    Ok(manifest.to_string())
}

/// The toolchain's file, with the compiler that our crates need.
fn channel(text: &str) -> Result<String, ProjectError> {
    let parse = |text: &str| text.parse::<DocumentMut>();
    let file = stylus_upgrades_framework::TOOLCHAIN_FILE;
    let mut changed = parse(text).map_err(|error| refused(format!("{file}: {error}")))?;
    let ours = parse(stylus_upgrades_framework::TOOLCHAIN);
    let ours = ours.map_err(|error| refused(format!("our {file}: {error}")))?;
    let of = |document: &DocumentMut| {
        let channel = document.get("toolchain")?.get("channel")?.as_str()?;
        Some(channel.to_owned())
    };
    let (Some(theirs), Some(ours)) = (of(&changed), of(&ours)) else {
        return Ok(text.to_owned()); // chosen in another way, which is theirs to judge
    };
    let number = |channel: &str| {
        let mut parts = channel.split('.').map(str::parse::<u32>);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
            _ => None,
        }
    };
    if number(&theirs) < number(&ours) && number(&theirs).is_some() {
        changed["toolchain"]["channel"] = toml_edit::value(ours);
    }
    Ok(changed.to_string())
}

fn refused(reason: String) -> ProjectError {
    ProjectError::NotInitialised { reason }
}

/// The `#[public]` blocks: their lines, and whether they have our attribute; the first constructor.
#[derive(Default)]
struct Blocks {
    lines: Vec<(usize, bool)>,
    constructor: Option<usize>,
}

impl<'ast> Visit<'ast> for Blocks {
    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        let find = |attributes: &'ast [Attribute], name: &str| {
            attributes.iter().find(|one| {
                let last = one.path().segments.last();
                last.is_some_and(|last| last.ident == name)
            })
        };
        if let Some(public) = find(&block.attrs, "public") {
            let line = public.pound_token.span.start().line;
            self.lines
                .push((line, find(&block.attrs, "upgradeable").is_some()));
            for item in &block.items {
                if let ImplItem::Fn(method) = item
                    && find(&method.attrs, "constructor").is_some()
                {
                    let line = method.sig.ident.span().start().line;
                    self.constructor = self.constructor.or(Some(line));
                }
            }
        }
        visit_item_impl(self, block);
    }
}

#[cfg(test)]
mod tests;
