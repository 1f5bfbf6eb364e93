//! Where calls begin, and the `#[public]` blocks that answer them.

use super::condition::Part;
use super::functions::has;
use super::modules::Tree;
use super::storage::entrypoints_of;
use syn::visit::{Visit, visit_item, visit_item_impl};
use syn::{Attribute, Item, ItemFn, ItemImpl};

/// The symbol that the chain calls.
const SYMBOL: &str = "user_entrypoint";

/// A block whose functions have selectors.
pub(super) struct Block<'a> {
    pub(super) module: usize,
    pub(super) item: &'a ItemImpl,
    /// What decides whether it is compiled as it stands there, where something does.
    pub(super) condition: Option<String>,
}

/// Every such block of the crates.
pub(super) fn of(tree: &Tree) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    for (number, module) in tree.modules.iter().enumerate() {
        for item in &module.items {
            let mut visited = Inside {
                tree,
                module: number,
                is_in_body: false,
                condition: module.condition.clone(),
                found: Vec::new(),
            };
            visited.visit_item(item);
            blocks.extend(visited.found);
        }
    }
    blocks
}

struct Inside<'a> {
    tree: &'a Tree,
    module: usize,
    is_in_body: bool,
    condition: Option<String>,
    found: Vec<Block<'a>>,
}

impl<'a> Visit<'a> for Inside<'a> {
    fn visit_item(&mut self, item: &'a Item) {
        let outside = (self.is_in_body, self.condition.clone());
        match self.tree.part(self.module, attributes(item)) {
            Part::Never => return,
            Part::Unknown(why) => {
                self.condition.get_or_insert(why);
            }
            Part::Always => {}
        }
        visit_item(self, item);
        (self.is_in_body, self.condition) = outside;
    }

    fn visit_item_impl(&mut self, block: &'a ItemImpl) {
        let is_public = named(&block.attrs, "public") || named(&block.attrs, "inheritable");
        if is_public {
            self.found.push(Block {
                module: self.module,
                item: block,
                condition: self.condition(),
            });
        }
        visit_item_impl(self, block);
    }

    fn visit_block(&mut self, block: &'a syn::Block) {
        let outside = self.is_in_body;
        self.is_in_body = true;
        syn::visit::visit_block(self, block);
        self.is_in_body = outside;
    }
}

impl Inside<'_> {
    fn condition(&self) -> Option<String> {
        let in_body = || "which stands in a body and not in a module".to_owned();
        let why = self.condition.clone();
        why.or_else(|| self.is_in_body.then(in_body))
    }
}

/// Whether an attribute of that name is there, or may be: one that `cfg_attr` adds.
fn named(attributes: &[Attribute], name: &str) -> bool {
    let added = |attribute: &Attribute| {
        let list = attribute.meta.require_list();
        list.is_ok_and(|list| {
            let mut words = super::storage::idents(list.tokens.clone()).into_iter();
            words.any(|word| word == name)
        })
    };
    let mut conditional = attributes
        .iter()
        .filter(|one| one.path().is_ident("cfg_attr"));
    has(attributes, name) || conditional.any(added)
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    let last = |one: &&Attribute| {
        one.path()
            .segments
            .last()
            .is_some_and(|it| it.ident == name)
    };
    attributes.iter().find(last)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        _ => &[],
    }
}

/// The struct that calls begin with, by its module and name.
///
/// # Errors
/// Why it is not known, in words.
pub(super) fn entrypoint(tree: &Tree) -> Result<(usize, String), String> {
    if let Some(why) = tree.crates.iter().find_map(|one| one.is_other.clone()) {
        return Err(format!("which functions there are: {why}"));
    }
    let mut found = Vec::new();
    for (number, module) in tree.modules.iter().enumerate() {
        let mut exports = Exports(false);
        for item in &module.items {
            exports.visit_item(item);
            if module.krate > 0 {
                continue;
            }
            let is_certain = |attributes: &[Attribute]| {
                let used = ["entrypoint", "storage"];
                let mut used = used.into_iter().filter_map(|name| find(attributes, name));
                module.condition.is_none()
                    && tree.part(number, attributes) == Part::Always
                    && has(attributes, "entrypoint")
                    && used.all(|one| tree.is_trusted(number, one.path()))
            };
            let attributes = attributes(item);
            if tree.part(number, attributes) == Part::Never {
                continue;
            }
            match item {
                Item::Struct(it) if named(attributes, "entrypoint") => {
                    found.push((it.ident.to_string(), number, is_certain(attributes)));
                }
                Item::Fn(it) if named(attributes, "entrypoint") => {
                    found.push((it.sig.ident.to_string(), number, false));
                }
                Item::Macro(it)
                    if it
                        .mac
                        .path
                        .segments
                        .last()
                        .is_some_and(|it| it.ident == "sol_storage") =>
                {
                    let is_it = module.condition.is_none()
                        && tree.part(number, attributes) == Part::Always
                        && tree.is_trusted(number, &it.mac.path);
                    let all = entrypoints_of(&it.mac).into_iter();
                    found.extend(all.map(|(name, is_plain)| (name, number, is_it && is_plain)));
                }
                _ => {}
            }
        }
        if exports.0 {
            return Err(format!(
                "which functions there are: a {SYMBOL} is written by hand"
            ));
        }
    }
    match found.as_slice() {
        [] => Err("no storage struct with #[entrypoint] was found".into()),
        [(name, module, true)] => Ok((*module, name.clone())),
        _ => {
            let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
            let names = names.join(", ");
            Err(format!(
                "which functions there are: what decides of #[entrypoint] is not known ({names})"
            ))
        }
    }
}

/// Whether something has the name by which the chain calls a program.
struct Exports(bool);

impl<'a> Visit<'a> for Exports {
    fn visit_item_fn(&mut self, item: &'a ItemFn) {
        self.0 |= item.sig.ident == SYMBOL;
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        self.0 |= named(std::slice::from_ref(attribute), "export_name")
            || attribute.path().is_ident("unsafe")
                && attribute.meta.require_list().is_ok_and(|list| {
                    let words = super::storage::idents(list.tokens.clone());
                    words.iter().any(|word| word == "export_name")
                });
    }
}
