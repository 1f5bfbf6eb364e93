//! Words of a source file that could forge the layout which a derive writes. All other uses of storage show in the
//! trial of an upgrade.

use super::named_crates::{OF_COMPILER, is_named_by_macros};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// The trait that is derived.
const LAYOUT: &str = "StorageLayout";
/// The traits that say what the contract's storage is: the derive and the entry point implement them.
const TRAITS: [&str; 2] = [LAYOUT, "TopLevelStorage"];

/// The SDK's macro whose input may derive a layout.
const STORAGE_MACRO: &str = "sol_storage";

/// The words among tokens that could make the layout differ from what the derive writes.
pub(super) fn forgeries(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    search(tokens, TokenPlace::default(), &mut found);
    found
}

/// The surroundings of tokens.
#[derive(Clone, Copy, Default)]
struct TokenPlace {
    is_of_macro: bool,
    is_of_storage_macro: bool,
    is_attribute: bool,
}

impl TokenPlace {
    /// The place of a group's tokens after these two words.
    fn of_group(self, group: &Group, [name, link]: &[String; 2]) -> Self {
        let has_mark = group.delimiter() == Delimiter::Bracket;
        let is_attribute = has_mark && (link == "#" || (name == "#" && link == "!"));
        let is_derive = self.is_attribute && link == "derive";
        // Whatever another macro gets, it can build an implementation of.
        let is_exempt = is_derive && (!self.is_of_macro || self.is_of_storage_macro);
        let is_macro = !is_attribute && (name == "!" || link == "!");
        Self {
            is_of_macro: !is_exempt && (self.is_of_macro || is_macro),
            is_of_storage_macro: self.is_of_storage_macro || (name == STORAGE_MACRO && link == "!"),
            is_attribute,
        }
    }
}

/// Searches word by word: a macro can build an implementation from its arguments.
fn search(tokens: TokenStream, place: TokenPlace, found: &mut BTreeSet<String>) {
    let mut before = [String::new(), String::new()];
    for token in tokens {
        let word = match &token {
            TokenTree::Ident(name) => plain(name),
            TokenTree::Punct(mark) => mark.as_char().to_string(),
            TokenTree::Literal(_) => String::new(),
            TokenTree::Group(group) => {
                search(group.stream(), place.of_group(group, &before), found);
                String::new()
            }
        };
        let [name, link] = &before;
        let is_of_compiler = |name: &str| OF_COMPILER.contains(&name);
        let is_another =
            is_named_by_macros(&word) && !(is_of_compiler(name) && is_of_compiler(&word));
        let is_storage_macro = word == STORAGE_MACRO;
        if link == "as" && (name == LAYOUT || is_another || is_storage_macro) {
            found.insert(format!("{name} as {word}"));
        } else if is_storage_macro && name == "macro_rules" {
            found.insert(format!("macro_rules {word}"));
        } else if TRAITS.contains(&link.as_str()) && ["for", "<"].contains(&word.as_str()) {
            found.insert(format!("impl {link}"));
        } else if TRAITS.contains(&word.as_str()) && place.is_of_macro {
            found.insert(format!("impl {word}"));
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
