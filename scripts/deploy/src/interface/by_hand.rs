//! Slots of storage that code may compute by itself, searched word by word, since a macro can make anything of words.
//! A layout lists all that a contract keeps only where none of this is found.

use proc_macro2::{Delimiter, LineColumn, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::ops::Range;
use syn::visit::Visit;
use syn::{Attribute, Meta};

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
pub(super) fn words(tokens: &TokenStream, file: &syn::File) -> BTreeSet<String> {
    let mut search = Search::default();
    search.visit_file(file);
    search.words(tokens.clone());
    search.found
}

#[derive(Default)]
struct Search {
    found: BTreeSet<String>,
    /// Where modules are that only tests have, and what the `main` of the SDK's template needs: no chain calls it.
    left_out: Vec<Range<LineColumn>>,
    /// Where the names of functions begin: a function `include` is no macro.
    functions: Vec<LineColumn>,
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
                    if !self.left_out.iter().any(|range| range.contains(&begin)) {
                        let word = word.to_string();
                        let word = word.trim_start_matches("r#");
                        let is_function = word == "include" && self.functions.contains(&begin);
                        if !is_function && is_found(word, behind) {
                            self.found.insert(word.to_owned());
                        }
                    }
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
}

fn is_found(word: &str, behind: &[TokenTree]) -> bool {
    let is = |token: &TokenTree, text: &str| token.to_string() == text;
    match (word, behind) {
        ("path", [equals, TokenTree::Literal(_), ..]) => is(equals, "="),
        // An attribute of a crate.
        ("feature", [TokenTree::Group(_), ..]) => true,
        // A crate by its own name; neither functions of others, nor a crate in the place of the one that macros name.
        ("extern", [first, _, end, ..]) => !(is(first, "crate") && is(end, ";")),
        ("extern", _) => true,
        _ => WORDS.contains(&word),
    }
}

impl<'a> Visit<'a> for Search {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        match &item.content {
            Some((braces, _)) if is_for_tests(item) => {
                let (open, close) = (braces.span.open(), braces.span.close());
                self.left_out.push(open.start()..close.end());
            }
            _ => syn::visit::visit_item_mod(self, item),
        }
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        if item.sig.ident == "main" {
            let marks = item.attrs.iter().filter(|one| is_no_mangle(one));
            let marks = marks.map(|one| one.bracket_token.span);
            let marks = marks.map(|span| span.open().start()..span.close().end());
            self.left_out.extend(marks);
            let abi = item.sig.abi.iter().map(|abi| abi.extern_token.span);
            self.left_out
                .extend(abi.map(|span| span.start()..span.end()));
        }
        syn::visit::visit_item_fn(self, item);
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

/// Whether an attribute is `#[no_mangle]`, and nothing beside it.
fn is_no_mangle(attribute: &Attribute) -> bool {
    match &attribute.meta {
        Meta::Path(path) => path.is_ident("no_mangle"),
        Meta::List(list) => list.path.is_ident("unsafe") && list.tokens.to_string() == "no_mangle",
        Meta::NameValue(_) => false,
    }
}

/// Whether a macro may join words in it to others: `[<un safe>]`.
fn makes_words(group: &proc_macro2::Group) -> bool {
    let is = |token: Option<TokenTree>, mark: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark);
    let mut tokens = group.stream().into_iter();
    group.delimiter() == Delimiter::Bracket && is(tokens.next(), '<') && is(tokens.last(), '>')
}
