//! What changes in a source file: our attributes, what brings them in, and a variant in error enums.

use super::{ProjectError, refused};
use crate::interface::{StorageStruct, storage_structs};
use std::collections::BTreeMap;
use syn::spanned::Spanned;
use syn::visit::{Visit, visit_item_impl};
use syn::{
    Attribute, File, ImplItem, ImplItemFn, Item, ItemEnum, ItemImpl, Macro, Meta, UseTree, Variant,
    Visibility,
};

/// What brings our attributes in.
const PRELUDE: &str = "use stylus_upgradeable::prelude::*;";
/// The derive by its whole path: nothing has to bring it in.
const DERIVE_LAYOUT: &str = "#[derive(::stylus_upgradeable::prelude::StorageLayout)]";
/// Our attribute in the same way, also where there is a constructor: it puts the layout of the struct with the entrypoint into the module.
const UPGRADEABLE: &str = "#[::stylus_upgradeable::prelude::upgradeable(allow_constructor)]";
/// What an error enum needs, so that an initializer or a migration may return it. `SolidityError` brings
/// the conversion.
const VARIANT: &str = "Migratable(MigratableError),";
/// The derive of stylus-sdk.
const DERIVE: &str = "SolidityError";
/// What a file that cannot be read may hold for all that.
const WORDS: [&str; 4] = ["storage", "entrypoint", "public", DERIVE];

/// What the changes are for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// An upgradeable contract.
    #[default]
    Upgradeable,
    /// The layout of the contract as it is, and nothing else.
    Layout,
}

/// What would change in a source file.
#[derive(Debug, Default)]
pub(super) struct Source {
    goal: Goal,
    /// Lines that go in front of others, by the number of these, from 1.
    lines: BTreeMap<usize, Vec<String>>,
    /// Our prelude: in front of which line, and with the indent of which one.
    preludes: BTreeMap<usize, usize>,
    /// Where [`VARIANT`] goes: a line and a column.
    variants: Vec<(usize, usize)>,
    /// What is left as it is, and why it may not stay so.
    pub(super) skipped: Vec<String>,
    /// The struct with the entrypoint.
    contract: Option<String>,
    /// Storage structs that no item was found for yet.
    structs: Vec<StorageStruct>,
    /// Whether it has a storage struct.
    pub(super) has_storage: bool,
    /// Whether it has functions of the contract that others call.
    pub(super) has_public: bool,
    /// What would have to be done by hand first: a line, and what it is.
    by_hand: Option<(usize, String)>,
}

/// The items of the file of that name; `None` where it is no Rust and holds nothing of a contract.
pub(super) fn parsed(name: &str, text: &str) -> Result<Option<File>, ProjectError> {
    match syn::parse_file(text) {
        Ok(file) => Ok(Some(file)),
        Err(_) if !WORDS.iter().any(|word| text.contains(word)) => Ok(None),
        Err(error) => {
            let line = error.span().start().line;
            Err(refused(format!("{name} line {line}: {error}")))
        }
    }
}

impl Source {
    /// What would change in the file of that name. `contract` is the struct with the entrypoint; of a crate that
    /// the contract depends on there is none.
    pub(super) fn of(
        name: &str,
        (text, file): (&str, &File),
        contract: Option<&str>,
        goal: Goal,
    ) -> Result<Self, ProjectError> {
        let mut source = Self {
            goal,
            structs: storage_structs(text),
            contract: contract.map(str::to_owned),
            ..Self::default()
        };
        source.scope(&file.items);
        if let Some((line, reason)) = &source.by_hand {
            return Err(refused(format!("{name} line {line}: {reason}")));
        }
        let named = |one: String| format!("{name} {one}");
        source.skipped = source.skipped.into_iter().map(named).collect();
        Ok(source)
    }

    /// What would change among the items of a file or of a module.
    fn scope(&mut self, items: &[Item]) {
        let mut is_ours = false;
        for item in items {
            match item {
                Item::Mod(module) => {
                    let inside = module.content.as_ref();
                    self.scope(inside.map_or(&[][..], |(_, items)| items));
                }
                Item::Enum(one) if derives(one) && self.needs_variants() => {
                    self.error_enum(one);
                    is_ours = true;
                }
                other => is_ours |= self.item(other),
            }
        }
        if !is_ours || self.goal == Goal::Layout || items.iter().any(is_prelude) {
            return;
        }
        let brings_in = |item: &&Item| matches!(item, Item::Use(_) | Item::ExternCrate(_));
        let last = items.iter().rfind(brings_in);
        match (last, items.first()) {
            (Some(last), _) => {
                let end = last.span().end().line;
                self.preludes.insert(end + 1, end);
            }
            (None, Some(first)) => {
                let line = first.span().start().line;
                self.preludes.insert(line, line);
            }
            (None, None) => {}
        }
    }

    /// What would change in an item; whether it is one that our attributes stand on.
    fn item(&mut self, item: &Item) -> bool {
        let (first, last) = (item.span().start().line, item.span().end().line);
        let is_inside = |one: &StorageStruct| (first..=last).contains(&one.line);
        let all = std::mem::take(&mut self.structs).into_iter();
        let (structs, others): (Vec<_>, Vec<_>) = all.partition(is_inside);
        self.structs = others;
        for one in &structs {
            self.has_storage = true;
            if !one.has("StorageLayout") {
                self.add(one.line, self.derive());
            }
        }
        self.visit_item(item);
        let is_public = matches!(item, Item::Impl(block) if self.public(block).is_some());
        is_public || !structs.is_empty()
    }

    fn add(&mut self, line: usize, text: &str) {
        self.lines.entry(line).or_default().push(text.to_owned());
    }

    fn derive(&self) -> &'static str {
        match self.goal {
            Goal::Upgradeable => "#[derive(StorageLayout)]",
            Goal::Layout => DERIVE_LAYOUT,
        }
    }

    /// Whether the error enums are the contract's, and have to be able to say what ours says.
    fn needs_variants(&self) -> bool {
        self.contract.is_some() && self.goal == Goal::Upgradeable
    }

    /// The attribute of a block of the contract's functions. Those of other structs, its parts, stay as they are.
    fn public<'a>(&self, block: &'a ItemImpl) -> Option<&'a Attribute> {
        let syn::Type::Path(path) = &*block.self_ty else {
            return None;
        };
        let last = path.path.segments.last()?;
        let is_it = Some(last.ident.to_string()) == self.contract;
        find(&block.attrs, "public").filter(|_| is_it)
    }

    fn skip(&mut self, line: usize, what: &str) {
        self.skipped.push(format!(
            "line {line}: {what} is left as it is: where an initializer or a migration returns that error, it \
             needs {VARIANT} too"
        ));
    }

    /// A function that anybody may call, and that reads as if only a creation did.
    fn open(&mut self, block: &ItemImpl) {
        let functions = block.items.iter().filter_map(|item| match item {
            ImplItem::Fn(one) => Some(one),
            _ => None,
        });
        let is_open = |one: &&ImplItemFn| {
            let is_public = block.trait_.is_some() || matches!(one.vis, Visibility::Public(_));
            let ours = ["initializer", "migration", "constructor"];
            let is_ours = ours.iter().any(|name| find(&one.attrs, name).is_some());
            is_public && one.sig.ident.to_string().starts_with("init") && !is_ours
        };
        for one in functions.filter(is_open) {
            let (line, name) = (one.sig.ident.span().start().line, &one.sig.ident);
            self.skipped.push(format!(
                "line {line}: {name} stays a function that anybody calls, at any time: where it belongs to the creation \
                 of an instance, write #[initializer(\"1.0\")] above it"
            ));
        }
    }

    /// The variant goes in front of what is first between the braces, or of the closing one.
    fn error_enum(&mut self, one: &ItemEnum) {
        if one.variants.iter().any(is_ours) {
            return;
        }
        let named = |variant: &&Variant| variant.ident == "Migratable";
        if let Some(other) = one.variants.iter().find(named) {
            let reason = format!(
                "{} has a variant Migratable of its own; rename it, our attributes need \
                 Migratable(MigratableError)",
                one.ident
            );
            self.by_hand
                .get_or_insert((other.span().start().line, reason));
            return;
        }
        let behind = match one.variants.first() {
            Some(first) => first.span(),
            None => one.brace_token.span.close(),
        };
        let behind = behind.start();
        self.variants.push((behind.line, behind.column));
    }

    /// The text with the changes: read again, it needs none.
    pub(super) fn changed(&self, name: &str, text: &str) -> Result<String, ProjectError> {
        let changed = self.applied(text);
        let again = syn::parse_file(&changed).ok();
        let contract = self.contract.as_deref();
        let again =
            again.and_then(|file| Self::of(name, (&changed, &file), contract, self.goal).ok());
        match again.is_some_and(|again| again.applied(&changed) == changed) {
            true => Ok(changed),
            false => Err(refused(format!(
                "{name}: a line that has to be added would stand in a comment or a string; begin uses, structs, \
                 impls and enums on lines of their own"
            ))),
        }
    }

    fn applied(&self, text: &str) -> String {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let ending = match text.contains("\r\n") {
            true => "\r\n",
            false => "\n",
        };
        let mut changed = String::new();
        for (number, line) in (1..).zip(&lines) {
            if let Some(like) = self.preludes.get(&number) {
                let indent = indent(lines.get(like - 1).unwrap_or(&""));
                changed.extend([indent, PRELUDE, ending]);
            }
            let indent = indent(line);
            for added in self.lines.get(&number).into_iter().flatten() {
                changed.extend([indent, added.as_str(), ending]);
            }
            for (column, letter) in line.chars().enumerate() {
                if self.variants.contains(&(number, column)) {
                    changed.push_str(VARIANT);
                    // On a line of its own where nothing but the indent is before it.
                    match column == indent.chars().count() {
                        true => changed.extend([ending, indent]),
                        false => changed.push(' '),
                    }
                }
                changed.push(letter);
            }
        }
        if let Some(like) = self.preludes.get(&(lines.len() + 1)) {
            let indent = indent(lines.get(like - 1).unwrap_or(&""));
            changed.extend([ending, indent, PRELUDE, ending]);
        }
        changed
    }
}

/// `#[public]` blocks, constructors, and error enums that are not seen as a whole.
impl<'ast> Visit<'ast> for Source {
    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        if let Some(public) = self.public(block) {
            self.has_public = true;
            if self.goal == Goal::Upgradeable {
                self.open(block);
            }
            if find(&block.attrs, "upgradeable").is_none() {
                let attribute = match self.goal {
                    Goal::Upgradeable => "#[upgradeable]",
                    Goal::Layout => UPGRADEABLE,
                };
                self.add(public.pound_token.span.start().line, attribute);
            }
            let constructor = block.items.iter().find_map(|item| match item {
                ImplItem::Fn(one) if find(&one.attrs, "constructor").is_some() => Some(one),
                _ => None,
            });
            // A copy for the layout is never deployed.
            if let Some(one) = constructor.filter(|_| self.goal == Goal::Upgradeable) {
                let reason = "a constructor writes the storage of the implementation; make it an \
                              #[initializer(\"1.0\")] without msg_sender first, as the page on existing contracts \
                              (adopting.md) of the documentation shows";
                let line = one.sig.ident.span().start().line;
                self.by_hand.get_or_insert((line, reason.into()));
            }
        }
        visit_item_impl(self, block);
    }

    fn visit_item_enum(&mut self, one: &'ast ItemEnum) {
        let lists = one
            .attrs
            .iter()
            .filter_map(|one| one.meta.require_list().ok());
        let mut lists = lists.map(|list| list.tokens.to_string());
        let is_error = lists.any(|list| list.contains(DERIVE)) && self.needs_variants();
        if is_error && !one.variants.iter().any(is_ours) {
            let what = format!(
                "the enum {}, inside of something or conditional,",
                one.ident
            );
            self.skip(one.ident.span().start().line, &what);
        }
    }

    fn visit_macro(&mut self, one: &'ast Macro) {
        if self.needs_variants() && one.tokens.to_string().contains(DERIVE) {
            let line = one.bang_token.span.start().line;
            self.skip(line, &format!("a macro that writes {DERIVE}"));
        }
    }
}

fn indent(line: &str) -> &str {
    let end = line.find(|letter| !matches!(letter, ' ' | '\t'));
    &line[..end.unwrap_or(line.len())]
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|one| {
        let last = one.path().segments.last();
        last.is_some_and(|last| last.ident == name)
    })
}

/// Whether an item is [`PRELUDE`].
fn is_prelude(item: &Item) -> bool {
    let Item::Use(item) = item else { return false };
    let UseTree::Path(first) = &item.tree else {
        return false;
    };
    let UseTree::Path(second) = &*first.tree else {
        return false;
    };
    let is_glob = matches!(*second.tree, UseTree::Glob(_));
    is_glob && first.ident == "stylus_upgradeable" && second.ident == "prelude"
}

fn derives(one: &ItemEnum) -> bool {
    one.attrs.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else {
            return false;
        };
        let mut found = false;
        let all = list.parse_nested_meta(|derived| {
            let last = derived.path.segments.last();
            found |= last.is_some_and(|last| last.ident == DERIVE);
            Ok(())
        });
        list.path.is_ident("derive") && all.is_ok() && found
    })
}

fn is_ours(variant: &Variant) -> bool {
    let is_error = |field: &syn::Field| match &field.ty {
        syn::Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident == "MigratableError")
        }
        _ => false,
    };
    matches!(&variant.fields, syn::Fields::Unnamed(fields) if fields.unnamed.iter().any(is_error))
}
