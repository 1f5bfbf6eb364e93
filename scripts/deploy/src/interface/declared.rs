//! The declarations of a contract's source file, read token by token: its storage structs with the lines of their
//! fields, of `#[storage]` and of `sol_storage! { … }`, and its functions.

use convert_case::{Case, Casing};
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
    /// Returns true if it has an attribute of that name, or derives that trait.
    pub fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute == name)
    }
}

/// Every storage struct of a source file, in its order.
pub fn storage_structs(text: &str) -> Vec<StorageStruct> {
    Declared::of(text.parse().unwrap_or_default()).structs
}

/// The declarations of a source file.
#[derive(Default)]
pub(super) struct Declared {
    /// Its storage structs, in their order.
    pub(super) structs: Vec<StorageStruct>,
    /// Its functions, by their names in the ABI, and their lines.
    pub(super) functions: Vec<(String, usize)>,
}

impl Declared {
    pub(super) fn of(tokens: TokenStream) -> Self {
        let mut found = Self::default();
        found.add(tokens, false);
        found
    }

    /// Adds what is among some tokens, however deep. Of `sol_storage!` all structs are storage.
    fn add(&mut self, tokens: TokenStream, is_sol: bool) {
        let mut attributes = Vec::new();
        let (mut begins, mut name, mut word) = (None, None, String::new());
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let line = token.span().start().line;
            match (token, tokens.peek()) {
                (TokenTree::Punct(hash), Some(TokenTree::Group(group)))
                    if hash.as_char() == '#' =>
                {
                    attributes.extend(words(group.stream()));
                    tokens.next();
                    continue;
                }
                (TokenTree::Ident(key), Some(TokenTree::Ident(named))) if key == "struct" => {
                    name = Some(named.to_string());
                }
                (TokenTree::Ident(key), Some(TokenTree::Ident(named))) if key == "fn" => {
                    let own = || named.to_string().to_case(Case::Camel);
                    let name = renamed(&attributes).unwrap_or_else(own);
                    self.functions.push((name, named.span().start().line));
                }
                (TokenTree::Ident(other), _) => word = other.to_string(),
                (TokenTree::Punct(end), _) if end.as_char() == ';' => {
                    // One without fields.
                    let is_storage =
                        is_sol || attributes.iter().any(|attribute| attribute == "storage");
                    if let Some(name) = name.take().filter(|_| is_storage) {
                        self.structs.push(StorageStruct {
                            name,
                            line: begins.unwrap_or(line),
                            fields: Vec::new(),
                            attributes: std::mem::take(&mut attributes),
                        });
                    }
                    (attributes, begins) = (Vec::new(), None);
                    continue;
                }
                (TokenTree::Group(group), _) if group.delimiter() == Delimiter::Brace => {
                    let is_storage =
                        is_sol || attributes.iter().any(|attribute| attribute == "storage");
                    match name.take() {
                        Some(name) if is_storage => self.structs.push(StorageStruct {
                            name,
                            line: begins.unwrap_or(line),
                            fields: fields(group.stream(), is_sol),
                            attributes: std::mem::take(&mut attributes),
                        }),
                        Some(_) => {}
                        None => self.add(group.stream(), word == "sol_storage"),
                    }
                    (attributes, begins) = (Vec::new(), None);
                    continue;
                }
                _ => {}
            }
            begins = begins.or(Some(line));
        }
    }
}

/// The name in `#[selector(name = "…")]`.
fn renamed(attributes: &[String]) -> Option<String> {
    let at = attributes
        .iter()
        .position(|attribute| attribute == "selector")?;
    let name = attributes
        .get(at + 1..)?
        .strip_prefix(&["name".to_owned()])?;
    let name = name.first()?.strip_prefix('"')?.strip_suffix('"')?;
    Some(name.to_owned())
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

/// Every word and every literal of some tokens.
fn words(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(words(group.stream())),
            TokenTree::Punct(_) => {}
            word => found.push(word.to_string()),
        }
    }
    found
}
