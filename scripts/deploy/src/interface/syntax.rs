//! The items of a source file that a contract can contain: those under a `#[cfg]` that holds in no build are left out.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, File, Item, ItemMod, Lit, Meta, Token};

/// The file without items that no build of a contract compiles.
pub(super) fn compiled(mut file: File) -> File {
    keep_compiled(&mut file.items);
    file
}

fn keep_compiled(items: &mut Vec<Item>) {
    items.retain(|item| !attributes(item).iter().any(is_left_out));
    for item in items {
        if let Item::Mod(ItemMod {
            content: Some((_, items)),
            ..
        }) = item
        {
            keep_compiled(items);
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns true for a `#[cfg]` that holds in no build of a contract.
fn is_left_out(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<Meta>()
            .is_ok_and(|of| holds(&of) == Some(false))
}

/// Returns true if a condition holds where a contract is built; `None` where that depends on its features.
fn holds(condition: &Meta) -> Option<bool> {
    let inner = |list: &syn::MetaList| {
        let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
        let all = list.parse_args_with(parse).ok()?;
        Some(all.iter().map(holds).collect::<Vec<_>>())
    };
    match condition {
        Meta::Path(path) if path.is_ident("test") => Some(false),
        Meta::NameValue(pair) if pair.path.is_ident("target_arch") => {
            let Expr::Lit(ExprLit {
                lit: Lit::Str(name),
                ..
            }) = &pair.value
            else {
                return None;
            };
            Some(name.value() == "wasm32")
        }
        Meta::List(list) if list.path.is_ident("not") => match inner(list)?.as_slice() {
            [one] => one.map(|one| !one),
            _ => None,
        },
        Meta::List(list) if list.path.is_ident("all") => {
            let all = inner(list)?;
            if all.contains(&Some(false)) {
                Some(false)
            } else {
                all.iter().all(Option::is_some).then_some(true)
            }
        }
        Meta::List(list) if list.path.is_ident("any") => {
            let all = inner(list)?;
            if all.contains(&Some(true)) {
                Some(true)
            } else {
                all.iter().all(Option::is_some).then_some(false)
            }
        }
        _ => None,
    }
}
