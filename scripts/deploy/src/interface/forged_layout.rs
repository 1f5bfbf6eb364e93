//! Words of a source file that could forge the layout which a derive writes. All other uses of storage show in the
//! trial of an upgrade.

use super::named_crates::{OF_COMPILER, is_named_by_macros};
use proc_macro2::{Ident, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// The trait that is derived.
const LAYOUT: &str = "StorageLayout";

/// The words among tokens that could make the layout differ from what the derive writes.
pub(super) fn forgeries(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    search(tokens, false, &mut found);
    found
}

/// Searches word by word: a macro can build an implementation from its arguments.
fn search(tokens: TokenStream, is_of_macro: bool, found: &mut BTreeSet<String>) {
    let mut before = [String::new(), String::new()];
    for token in tokens {
        let word = match &token {
            TokenTree::Ident(name) => plain(name),
            TokenTree::Punct(mark) => mark.as_char().to_string(),
            TokenTree::Literal(_) => String::new(),
            TokenTree::Group(group) => {
                let is_macro = is_of_macro || before.contains(&"!".to_owned());
                search(group.stream(), is_macro && before[1] != "derive", found);
                String::new()
            }
        };
        let [name, link] = &before;
        let is_of_compiler = |name: &str| OF_COMPILER.contains(&name);
        let is_another =
            is_named_by_macros(&word) && !(is_of_compiler(name) && is_of_compiler(&word));
        if link == "as" && (name == LAYOUT || is_another) {
            found.insert(format!("{name} as {word}"));
        } else if link == LAYOUT && word == "for" || word == LAYOUT && is_of_macro {
            found.insert(format!("impl {LAYOUT}"));
        } else if word == "link_section" {
            found.insert(word.clone());
        } else if !word.is_ascii() {
            found.insert(format!("name {word}"));
        }
        before = [std::mem::take(&mut before[1]), word];
    }
}

/// A name without `r#`.
pub(super) fn plain(name: &Ident) -> String {
    let text = name.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
