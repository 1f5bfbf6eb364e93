//! The storage structs of a contract, with the lines of their fields: of `#[storage]`, and of
//! `sol_storage! { … }`, which is read token by token.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{Visit, visit_item_struct};
use syn::{Attribute, Expr, ExprLit, File, ItemStruct, Lit, Macro, MetaNameValue};

/// A storage struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageStruct {
    /// Its name.
    pub name: String,
    /// The line of its first token that is no attribute, from 1.
    pub line: usize,
    /// Its fields and their lines.
    pub fields: Vec<(String, usize)>,
    /// The names of its attributes; what is derived is among them.
    pub attributes: Vec<String>,
}

impl StorageStruct {
    /// Whether it has an attribute of that name, or derives that trait.
    pub fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|one| one == name)
    }
}

/// Every storage struct of a file, in its order.
pub fn storage_structs(file: &File) -> Vec<StorageStruct> {
    let mut found = Found::default();
    found.visit_file(file);
    found.0
}

#[derive(Default)]
struct Found(Vec<StorageStruct>);

impl<'ast> Visit<'ast> for Found {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        if has(&item.attrs, "storage") {
            let mut attributes = Vec::new();
            for attribute in &item.attrs {
                if let Ok(list) = attribute.meta.require_list() {
                    attributes.extend(idents(list.tokens.clone()));
                }
                let last = attribute.path().segments.last();
                attributes.extend(last.map(|last| last.ident.to_string()));
            }
            let begins = match &item.vis {
                syn::Visibility::Inherited => item.struct_token.span,
                visibility => syn::spanned::Spanned::span(visibility),
            };
            let named = item.fields.iter().filter_map(|field| field.ident.as_ref());
            self.0.push(StorageStruct {
                name: item.ident.to_string(),
                line: begins.start().line,
                fields: named
                    .map(|name| (name.to_string(), name.span().start().line))
                    .collect(),
                attributes,
            });
        }
        visit_item_struct(self, item);
    }

    fn visit_macro(&mut self, one: &'ast Macro) {
        let last = one.path.segments.last();
        if last.is_some_and(|last| last.ident == "sol_storage") {
            self.0.extend(structs(one.tokens.clone()));
        }
    }
}

/// The structs between the braces of `sol_storage!`.
fn structs(tokens: TokenStream) -> Vec<StorageStruct> {
    let mut found = Vec::new();
    let mut attributes = Vec::new();
    let mut begins = None;
    let mut name = None;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                if let Some(TokenTree::Group(group)) = tokens.next() {
                    attributes.extend(idents(group.stream()));
                }
            }
            TokenTree::Ident(word) if *word == "struct" => {
                begins = begins.or(Some(word.span().start().line));
                name = match tokens.next() {
                    Some(TokenTree::Ident(name)) => Some(name.to_string()),
                    _ => None,
                };
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                if let (Some(name), Some(line)) = (name.take(), begins.take()) {
                    found.push(StorageStruct {
                        name,
                        line,
                        fields: fields(group.stream()),
                        attributes: std::mem::take(&mut attributes),
                    });
                }
            }
            other => begins = begins.or(Some(other.span().start().line)),
        }
    }
    found
}

/// `uint256 number; mapping(address => uint256) balances;`: the last word before each `;`.
fn fields(tokens: TokenStream) -> Vec<(String, usize)> {
    let mut fields = Vec::new();
    let mut last = None;
    for token in tokens {
        match token {
            TokenTree::Punct(end) if end.as_char() == ';' => fields.extend(last.take()),
            TokenTree::Ident(word) => last = Some((word.to_string(), word.span().start().line)),
            _ => {}
        }
    }
    fields
}

/// Every word of some tokens.
pub(super) fn idents(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) => found.push(word.to_string()),
            TokenTree::Group(group) => found.extend(idents(group.stream())),
            _ => {}
        }
    }
    found
}

/// Whether an attribute of that name is there, however it is qualified.
pub(super) fn has(attributes: &[Attribute], name: &str) -> bool {
    find(attributes, name).is_some()
}

/// The name in `#[selector(name = "…")]`.
pub(super) fn renamed(attributes: &[Attribute]) -> Option<String> {
    let pair: MetaNameValue = find(attributes, "selector")?.parse_args().ok()?;
    match pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    let is_it = |one: &&Attribute| {
        one.path()
            .segments
            .last()
            .is_some_and(|last| last.ident == name)
    };
    attributes.iter().find(is_it)
}
