//! The changes in a source file: the framework's attributes, and the import that brings them in.

use super::refused;
use crate::app_error::Error;
use crate::interface::{StorageStruct, storage_structs};
use std::collections::BTreeMap;
use syn::spanned::Spanned;
use syn::{Attribute, File, ImplItem, ImplItemFn, Item, ItemImpl, Type, Visibility};

/// The import that brings the framework's attributes in.
const PRELUDE: &str = "use stylus_upgradeable::prelude::*;";

/// The changes that a source file would get.
#[derive(Debug, Default)]
pub(super) struct Source<'t> {
    /// The file, line by line.
    text: Vec<&'t str>,
    /// Lines that go in front of others, by the number of these, from 1: the line whose indent each has, and its text.
    lines: BTreeMap<usize, Vec<(usize, &'static str)>>,
    /// The parts that are left as they are, and why they may not stay so.
    pub(super) skipped: Vec<String>,
    /// The structs with an entrypoint: features may choose one of several.
    contracts: &'t [String],
    /// Storage structs that no item was found for yet.
    structs: Vec<StorageStruct>,
    /// True if it has a storage struct.
    pub(super) has_storage: bool,
    /// True if it has functions of the contract that others call.
    pub(super) has_public: bool,
    /// The line of a constructor, which its author has to change first.
    constructor: Option<usize>,
}

/// The items of the file of that name.
pub(super) fn parsed(name: &str, text: &str) -> Result<File, Error> {
    syn::parse_file(text).map_err(|error| {
        let line = error.span().start().line;
        refused(format!("{name} line {line}: {error}"))
    })
}

impl<'t> Source<'t> {
    /// Finds the changes in the file of that name. `contracts` are the structs with an entrypoint; of a crate that the
    /// contract depends on there are none.
    pub(super) fn of(
        name: &str,
        (text, file): (&'t str, &File),
        contracts: &'t [String],
    ) -> Result<Self, Error> {
        let mut source = Self {
            text: text.split_inclusive('\n').collect(),
            structs: storage_structs(text),
            contracts,
            ..Self::default()
        };
        source.scope(&file.items);
        if let Some(line) = source.constructor {
            return Err(refused(format!(
                "{name} line {line}: a constructor writes the storage of the implementation; make it an \
                 #[initializer(\"1.0\")] without msg_sender first, as the page on existing contracts (adopting.md) of \
                 the documentation shows"
            )));
        }
        for one in &mut source.skipped {
            *one = format!("{name} {one}");
        }
        Ok(source)
    }

    /// Adds the changes among the items of a file or of a module.
    fn scope(&mut self, items: &[Item]) {
        let mut is_marked = false;
        for item in items {
            match item {
                Item::Mod(module) => {
                    let inside = module.content.as_ref();
                    self.scope(inside.map_or(&[][..], |(_, items)| items));
                }
                other => is_marked |= self.item(other),
            }
        }
        let stands = |item: &Item| {
            let line = self.text.get(item.span().start().line - 1);
            line.is_some_and(|line| line.trim_start().starts_with(PRELUDE))
        };
        if !is_marked || items.iter().any(stands) {
            return;
        }
        let brings_in = |item: &&Item| matches!(item, Item::Use(_) | Item::ExternCrate(_));
        let last = items.iter().rfind(brings_in);
        let (before, like) = match last {
            Some(last) => (last.span().end().line + 1, last.span().end().line),
            None => items.first().map_or((1, 1), |first| {
                (first.span().start().line, first.span().start().line)
            }),
        };
        let lines = self.lines.entry(before).or_default();
        lines.insert(0, (like, PRELUDE));
    }

    /// Adds the changes in an item. Returns true if it is one that the framework's attributes stand on.
    fn item(&mut self, item: &Item) -> bool {
        let (first, last) = (item.span().start().line, item.span().end().line);
        let is_inside = |one: &StorageStruct| (first..=last).contains(&one.line);
        let all = std::mem::take(&mut self.structs).into_iter();
        let (structs, others): (Vec<_>, Vec<_>) = all.partition(is_inside);
        self.structs = others;
        for one in &structs {
            self.has_storage = true;
            if !one.has("StorageLayout") {
                self.add(one.line, "#[derive(StorageLayout)]");
            }
        }
        let is_public = matches!(item, Item::Impl(block) if self.public(block));
        is_public || !structs.is_empty()
    }

    fn add(&mut self, line: usize, text: &'static str) {
        self.lines.entry(line).or_default().push((line, text));
    }

    /// A block of functions; whether they are the contract's. Those of other structs, its parts, stay as they are.
    fn public(&mut self, block: &ItemImpl) -> bool {
        let Some(public) = find(&block.attrs, "public") else {
            return false;
        };
        let last = match &*block.self_ty {
            Type::Path(path) => path.path.segments.last(),
            _ => None,
        };
        if last.is_none_or(|last| self.contracts.iter().all(|contract| last.ident != contract)) {
            return false;
        }
        self.has_public = true;
        if find(&block.attrs, "upgradeable").is_none() {
            self.add(public.pound_token.span.start().line, "#[upgradeable]");
        }
        for item in &block.items {
            let ImplItem::Fn(one) = item else { continue };
            let line = one.sig.ident.span().start().line;
            if find(&one.attrs, "constructor").is_some() {
                self.constructor.get_or_insert(line);
            } else if is_open(block, one) {
                self.skipped.push(format!(
                    "line {line}: anybody can still call {} at any time: if it belongs to the \
                     creation of an instance, write #[initializer(\"1.0\")] above it",
                    one.sig.ident
                ));
            }
        }
        true
    }

    /// The text with the changes.
    pub(super) fn changed(&self) -> String {
        let ending = if self.text.iter().any(|line| line.ends_with("\r\n")) {
            "\r\n"
        } else {
            "\n"
        };
        let mut changed = String::new();
        for (number, line) in (1..).zip(&self.text) {
            for (like, added) in self.lines.get(&number).into_iter().flatten() {
                let indent = indent(self.text.get(like - 1).unwrap_or(&""));
                changed.extend([indent, added, ending]);
            }
            changed.push_str(line);
        }
        changed
    }
}

/// Returns true if anybody may call a function that reads as if only a creation did.
fn is_open(block: &ItemImpl, one: &ImplItemFn) -> bool {
    let is_public = block.trait_.is_some() || matches!(one.vis, Visibility::Public(_));
    let is_step = ["initializer", "migration"]
        .iter()
        .any(|name| find(&one.attrs, name).is_some());
    is_public && one.sig.ident.to_string().starts_with("init") && !is_step
}

fn indent(line: &str) -> &str {
    let end = line.find(|letter| !matches!(letter, ' ' | '\t'));
    &line[..end.unwrap_or(line.len())]
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|last| last.ident == name)
    })
}
