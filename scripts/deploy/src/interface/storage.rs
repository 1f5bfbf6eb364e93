//! The storage structs of a contract, with the lines of their fields, read token by token: of `#[storage]`, and of
//! `sol_storage! { … }`.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

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

/// Every storage struct of a source file, in its order.
pub fn storage_structs(text: &str) -> Vec<StorageStruct> {
    let mut found = Vec::new();
    add_structs(text.parse().unwrap_or_default(), false, &mut found);
    found
}

/// Adds the structs among some tokens, however deep. Of `sol_storage!` all are storage.
fn add_structs(tokens: TokenStream, is_sol: bool, found: &mut Vec<StorageStruct>) {
    let mut attributes = Vec::new();
    let (mut begins, mut name, mut word) = (None, None, String::new());
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let line = token.span().start().line;
        match (token, tokens.peek()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(group))) if hash.as_char() == '#' => {
                attributes.extend(idents(group.stream()));
                tokens.next();
                continue;
            }
            (TokenTree::Ident(key), Some(TokenTree::Ident(named))) if key == "struct" => {
                name = Some(named.to_string());
            }
            (TokenTree::Ident(other), _) => word = other.to_string(),
            (TokenTree::Punct(end), _) if end.as_char() == ';' => {
                (attributes, begins, name) = (Vec::new(), None, None);
                continue;
            }
            (TokenTree::Group(group), _) if group.delimiter() == Delimiter::Brace => {
                let is_storage = is_sol || attributes.iter().any(|one| one == "storage");
                match name.take() {
                    Some(name) if is_storage => found.push(StorageStruct {
                        name,
                        line: begins.unwrap_or(line),
                        fields: fields(group.stream(), is_sol),
                        attributes: std::mem::take(&mut attributes),
                    }),
                    Some(_) => {}
                    None => add_structs(group.stream(), word == "sol_storage", found),
                }
                (attributes, begins) = (Vec::new(), None);
                continue;
            }
            _ => {}
        }
        begins = begins.or(Some(line));
    }
}

/// The words before each `:` of Rust; in `sol_storage!`, before each `;`.
fn fields(tokens: TokenStream, is_sol: bool) -> Vec<(String, usize)> {
    let mut fields = Vec::new();
    let mut last = None;
    for token in tokens {
        match token {
            TokenTree::Ident(word) => last = Some((word.to_string(), word.span().start().line)),
            TokenTree::Punct(end) if is_sol && end.as_char() == ';' => fields.extend(last.take()),
            TokenTree::Punct(end) if !is_sol && end.as_char() == ':' => {
                fields.extend(last.take().filter(|_| end.spacing() == Spacing::Alone));
            }
            _ => last = None,
        }
    }
    fields
}

/// Every word of some tokens.
fn idents(tokens: TokenStream) -> Vec<String> {
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
