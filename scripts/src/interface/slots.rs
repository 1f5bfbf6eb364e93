//! Where sources compute slots of storage by themselves: what they keep there is in no layout.

use super::modules::Tree;
use super::storage::idents;
use std::path::Path;
use syn::visit::{Visit, visit_expr_unsafe, visit_item};
use syn::{Expr, ExprCall, ExprUnsafe, Ident, ItemMod, Macro};

/// What stylus-sdk and OpenZeppelin's library for it have for storage at any slot.
const BY_HAND: [&str; 5] = [
    "StorageAccess",
    "StorageCache",
    "StorageSlot",
    "storage_cache_bytes32",
    "storage_load_bytes32",
];
/// Places that are named, at most: the layout's document has no room for more.
const PLACES_MAX: usize = 8;

/// The first places that do, as `file: name`, in the contract's crate and in those that it has by path.
/// Crates of a registry are not looked at.
pub(super) fn by_hand(tree: &Tree, folder: &Path) -> Vec<String> {
    let mut places = Vec::new();
    for module in &tree.modules {
        if tree.crates[module.krate].is_framework {
            continue;
        }
        let mut search = Search::default();
        module
            .items
            .iter()
            .for_each(|item| visit_item(&mut search, item));
        let file = module.file.strip_prefix(folder).unwrap_or_else(|_| {
            let name = module.file.file_name();
            name.map_or(module.file.as_path(), Path::new)
        });
        let found = search.found.into_iter();
        places.extend(found.map(|name| format!("{}: {name}", file.display())));
    }
    places.sort();
    places.dedup();
    places.truncate(PLACES_MAX);
    places
}

#[derive(Default)]
struct Search {
    found: Vec<String>,
    is_unsafe: bool,
}

impl<'a> Visit<'a> for Search {
    /// The items of a module are those of a module of the tree.
    fn visit_item_mod(&mut self, _: &'a ItemMod) {}

    fn visit_ident(&mut self, name: &'a Ident) {
        if BY_HAND.iter().any(|one| name == one) {
            self.found.push(name.to_string());
        }
    }

    fn visit_macro(&mut self, one: &'a Macro) {
        let names = idents(one.tokens.clone()).into_iter();
        self.found
            .extend(names.filter(|name| BY_HAND.contains(&name.as_str())));
    }

    fn visit_expr_unsafe(&mut self, one: &'a ExprUnsafe) {
        let outside = std::mem::replace(&mut self.is_unsafe, true);
        visit_expr_unsafe(self, one);
        self.is_unsafe = outside;
    }

    /// `StorageType::new(slot, offset, host)`, which is unsafe.
    fn visit_expr_call(&mut self, one: &'a ExprCall) {
        if let (Expr::Path(path), true, 3) = (one.func.as_ref(), self.is_unsafe, one.args.len())
            && path
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "new")
        {
            self.found.push("StorageType::new".into());
        }
        syn::visit::visit_expr_call(self, one);
    }
}
