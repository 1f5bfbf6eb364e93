//! Slots of storage that code may compute by itself, searched word by word, since a macro can make anything of words.
//! A layout lists all that a contract keeps only where none of this is found.

use proc_macro2::{Delimiter, LineColumn, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::ops::Range;
use syn::visit::Visit;

/// What leads to storage at any slot without `unsafe`, what says by hand where fields lie or what the linker finds, and
/// what reads sources that are not searched.
const WORDS: [&str; 16] = [
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
];
/// Words of JSON.
const VALUES: [&str; 3] = ["false", "null", "true"];
/// By what a package writes the layout of a struct into its module.
const LAYOUTS: [&str; 2] = ["__layout_section", "upgradeable"];

/// Whether bytes that the compiler read are no code, whatever reads them: it takes no text that is not UTF-8, and code
/// that names nothing does nothing.
pub fn is_data(bytes: &[u8]) -> bool {
    fn names_nothing(tokens: TokenStream) -> bool {
        tokens.into_iter().all(|token| match token {
            TokenTree::Ident(word) => VALUES.contains(&word.to_string().as_str()),
            TokenTree::Group(group) => names_nothing(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => true,
        })
    }
    match std::str::from_utf8(bytes) {
        Err(_) => true,
        Ok(text) => text.parse().is_ok_and(names_nothing),
    }
}

/// Whether a source may write a layout.
pub(super) fn writes_layouts(tokens: &TokenStream) -> bool {
    let mut search = Search::default();
    search.words(tokens.clone());
    search.writes_layouts
}

/// The words of a source by which slots may be computed by hand. Where its package may write layouts, whatever says
/// that it is top-level storage counts: that of the entrypoint is said by `#[entrypoint]`.
pub(super) fn words(tokens: &TokenStream, file: &syn::File, has_layout: bool) -> BTreeSet<String> {
    let mut search = Search {
        has_layout,
        ..Search::default()
    };
    search.visit_file(file);
    search.words(tokens.clone());
    search.found
}

#[derive(Default)]
struct Search {
    found: BTreeSet<String>,
    /// Where modules are that only tests have.
    tests: Vec<Range<LineColumn>>,
    /// Where the names of functions begin: a function `include` is no macro.
    functions: Vec<LineColumn>,
    has_layout: bool,
    writes_layouts: bool,
}

impl Search {
    fn words(&mut self, tokens: TokenStream) {
        let all: Vec<TokenTree> = tokens.into_iter().collect();
        let mut left = all.as_slice();
        while let [token, behind @ ..] = left {
            left = behind;
            match token {
                TokenTree::Ident(word) => {
                    let begin = word.span().start();
                    if !self.tests.iter().any(|module| module.contains(&begin)) {
                        let word = word.to_string();
                        let word = word.trim_start_matches("r#");
                        if word != "include" || !self.functions.contains(&begin) {
                            self.word(word, behind);
                        }
                    }
                }
                // The `main` that the SDK's template has: no chain calls it.
                TokenTree::Punct(hash) if hash.as_char() == '#' && is_main(behind) => {
                    left = behind.get(1..).unwrap_or_default();
                }
                TokenTree::Group(group) => {
                    if makes_words(group) {
                        self.found.insert("[<…>]".into());
                    }
                    self.words(group.stream());
                }
                _ => {}
            }
        }
    }

    fn word(&mut self, word: &str, behind: &[TokenTree]) {
        self.writes_layouts |= LAYOUTS.contains(&word);
        let is_found = match (word, behind) {
            // It promises something, and makes no slot.
            ("unsafe", [TokenTree::Ident(next), ..]) if next == "impl" => self.has_layout,
            ("path", [TokenTree::Punct(is), TokenTree::Literal(_), ..]) => is.as_char() == '=',
            ("unsafe", _) => true,
            // Attributes of a crate, and functions that the linker finds.
            ("feature", [TokenTree::Group(_), ..]) => true,
            ("extern", _) => !is_plain(behind),
            _ => WORDS.contains(&word),
        };
        if is_found {
            self.found.insert(word.to_owned());
        }
    }
}

impl<'a> Visit<'a> for Search {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        match &item.content {
            Some((braces, _)) if is_for_tests(item) => {
                let (open, close) = (braces.span.open(), braces.span.close());
                self.tests.push(open.start()..close.end());
            }
            _ => syn::visit::visit_item_mod(self, item),
        }
    }

    fn visit_signature(&mut self, signature: &'a syn::Signature) {
        self.functions.push(signature.ident.span().start());
        syn::visit::visit_signature(self, signature);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        self.functions.push(call.method.span().start());
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// Whether a module has `#[cfg(test)]`.
fn is_for_tests(item: &syn::ItemMod) -> bool {
    let mut lists = item
        .attrs
        .iter()
        .filter_map(|one| one.meta.require_list().ok());
    lists.any(|list| list.path.is_ident("cfg") && list.tokens.to_string() == "test")
}

/// Whether behind a `#` stand `[no_mangle]` and a function `main`.
fn is_main(behind: &[TokenTree]) -> bool {
    let [TokenTree::Group(attribute), head @ ..] = behind else {
        return false;
    };
    let attribute = attribute.stream().to_string();
    let words = head
        .iter()
        .map(ToString::to_string)
        .take_while(|word| word != "main");
    let before: Vec<String> = words.collect();
    let is_fn = matches!(
        before.join(" ").as_str(),
        "pub extern \"C\" fn" | "extern \"C\" fn"
    );
    is_fn
        && matches!(
            attribute.as_str(),
            "no_mangle" | "unsafe (no_mangle)" | "unsafe(no_mangle)"
        )
}

/// Whether behind an `extern` stands a function of one's own or its type, or a crate by its own name: neither
/// functions of others, nor a crate in the place of the one that macros name.
fn is_plain(behind: &[TokenTree]) -> bool {
    let is = |token: &TokenTree, word: &str| token.to_string() == word;
    match behind {
        [TokenTree::Literal(_), next, ..] => is(next, "fn"),
        [first, _, end, ..] if is(first, "crate") => is(end, ";"),
        [next, ..] => is(next, "fn"),
        [] => false,
    }
}

/// Whether a macro may join words in it to others: `[<un safe>]`.
fn makes_words(group: &proc_macro2::Group) -> bool {
    let is = |token: Option<TokenTree>, mark: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark);
    let mut tokens = group.stream().into_iter();
    group.delimiter() == Delimiter::Bracket && is(tokens.next(), '<') && is(tokens.last(), '>')
}

#[test]
fn data_is_what_names_nothing() {
    for (bytes, expected) in [
        (
            &b"[{\"name\": \"mod evil;\", \"open\": true, \"of\": [1, -2.5, null]}]"[..],
            true,
        ),
        (b"0x0123, 45", true),
        (b"\0asm\xff mod evil;", true),
        (b"", true),
        (b"mod evil;", false),
        (b"[{\"a\": evil!()}]", false),
        (b"// evil\n#[path = \"evil\"] mod a;", false),
        (b"/// a word", false),
        (b"#!/usr/bin/env evil", false),
        (b"don't", false),
    ] {
        assert_eq!(
            is_data(bytes),
            expected,
            "{}",
            String::from_utf8_lossy(bytes)
        );
    }
}
