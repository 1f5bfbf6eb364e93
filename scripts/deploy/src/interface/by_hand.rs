//! Slots of storage that code may compute by itself, searched word by word, since a macro can make anything of words.
//! A layout lists all that a contract keeps only where none of this is found.

use super::named_crates::{OF_COMPILER, is_named_by_macros};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// What leads to storage at any slot, what says by hand where fields lie or what the linker finds, and what reads
/// sources that are not searched.
const WORDS: [&str; 17] = [
    "GlobalStorage",
    "KIND",
    "StorageAccess",
    "StorageCache",
    "StorageSlot",
    "asm",
    "export_name",
    "global_asm",
    "include",
    "link_section",
    "naked_asm",
    "no_mangle",
    "router_entrypoint",
    "storage_cache_bytes32",
    "storage_load_bytes32",
    "to_slot",
    "unsafe",
];

/// The words of a source by which slots may be computed by hand.
pub(super) fn words(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    search(tokens, false, &mut found);
    found
}

/// Searches tokens. Left out are modules that only tests have, functions `include`, which are no macro, and what the
/// `main` of the SDK's template needs: no chain calls it. Nothing is left out of what a macro has: it may mean
/// something else there.
fn search(tokens: TokenStream, is_of_macro: bool, found: &mut BTreeSet<String>) {
    let all: Vec<TokenTree> = tokens.into_iter().collect();
    let mut before: &[TokenTree] = &[];
    for (number, token) in all.iter().enumerate() {
        let after = all.get(number + 1..).unwrap_or_default();
        match token {
            TokenTree::Ident(word) => {
                let word = word.to_string();
                let word = word.trim_start_matches("r#");
                let is_left_out = match word {
                    "include" => is(before.last(), "fn") || is(before.last(), "."),
                    "extern" => leads_to_main(after),
                    _ => false,
                };
                if is_found(word, after) && (is_of_macro || !is_left_out) {
                    found.insert(word.to_owned());
                }
            }
            TokenTree::Group(group) => {
                if makes_words(group) {
                    found.insert("[<…>]".into());
                }
                let is_left_out =
                    is_for_tests(before, group) || (is_no_mangle(group) && leads_to_main(after));
                if is_of_macro || !is_left_out {
                    let is_of_macro = is_of_macro || belongs_to_macro(before);
                    search(group.stream(), is_of_macro, found);
                }
            }
            _ => {}
        }
        before = all.get(..=number).unwrap_or_default();
    }
}

fn is_found(word: &str, after: &[TokenTree]) -> bool {
    match (word, after) {
        ("path", [equals, TokenTree::Literal(_), ..]) => is(Some(equals), "="),
        // An attribute of a crate.
        ("feature", [TokenTree::Group(_), ..]) => true,
        // A crate; neither functions of others, nor a crate in the place of the one that macros name.
        ("extern", [first, _, end, ..]) if is(Some(first), "crate") && is(Some(end), ";") => false,
        ("extern", [first, name, alias, here, end, ..])
            if is(Some(first), "crate") && is(Some(alias), "as") && is(Some(end), ";") =>
        {
            let [name, here] = [name, here].map(ToString::to_string);
            let is_of_compiler = OF_COMPILER.contains(&&*name) && OF_COMPILER.contains(&&*here);
            is_named_by_macros(&here) && !is_of_compiler
        }
        ("extern", _) => true,
        _ => WORDS.contains(&word),
    }
}

fn is(token: Option<&TokenTree>, text: &str) -> bool {
    token.is_some_and(|token| token.to_string() == text)
}

/// Whether a group is written without spaces as that.
fn is_written(group: &Group, text: &str) -> bool {
    let written = group.to_string();
    written.split_whitespace().collect::<String>() == text
}

/// Whether a group is of a macro or an attribute: `a!(…)`, `macro_rules! a {…}`, `#[…]`, `#![…]`.
fn belongs_to_macro(before: &[TokenTree]) -> bool {
    match before {
        [.., mark, TokenTree::Ident(_)] | [.., mark] => is(Some(mark), "!") || is(Some(mark), "#"),
        [] => false,
    }
}

/// Whether a group is the body of a module with `#[cfg(test)]`.
fn is_for_tests(before: &[TokenTree], group: &Group) -> bool {
    let [head @ .., module, _] = before else {
        return false;
    };
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        other => is(Some(other), ";"),
    };
    let own = head.iter().rev().take_while(|token| !ends(token));
    let mut marks = own.filter_map(|token| match token {
        TokenTree::Group(group) => Some(group),
        _ => None,
    });
    group.delimiter() == Delimiter::Brace
        && is(Some(module), "mod")
        && marks.any(|mark| is_written(mark, "[cfg(test)]"))
}

/// Whether a group is that of `#[no_mangle]`, and has nothing beside it.
fn is_no_mangle(group: &Group) -> bool {
    is_written(group, "[no_mangle]") || is_written(group, "[unsafe(no_mangle)]")
}

/// Whether a function `main` follows, with no more than attributes, its visibility and its ABI in front of it.
fn leads_to_main(after: &[TokenTree]) -> bool {
    let is_in_front = |token: &&TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        TokenTree::Literal(_) => true,
        other => ["#", "pub", "extern"]
            .iter()
            .any(|text| is(Some(other), text)),
    };
    let mut left = after.iter().skip_while(is_in_front);
    is(left.next(), "fn") && is(left.next(), "main")
}

/// Whether a macro may join words in it to others: `[<un safe>]`.
fn makes_words(group: &Group) -> bool {
    let mut tokens = group.stream().into_iter();
    let (first, last) = (tokens.next(), tokens.last());
    group.delimiter() == Delimiter::Bracket && is(first.as_ref(), "<") && is(last.as_ref(), ">")
}
