//! The sources of a contract, searched by names: nothing of the language is resolved. They are the
//! places in messages, and the names of what the module has among its bytes.

use super::by_hand;
use super::storage::{StorageStruct, storage_structs};
use convert_case::{Case, Casing};
use proc_macro2::TokenStream;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use syn::visit::Visit;
use syn::{Attribute, Expr, ExprLit, File, ImplItemFn, Lit, MetaNameValue};

/// Bytes of a source file, at most.
const FILE_MAX: usize = 8_000_000;
/// Folders of a crate that hold no part of its library.
const OTHERS: [&str; 3] = ["benches", "examples", "tests"];

/// A Rust file that a contract is built from.
#[derive(Debug, Clone)]
pub struct RustFile {
    /// Where it lies on the disk.
    pub path: PathBuf,
    /// Its path in its package.
    pub inside: PathBuf,
    /// Its path in the copy that is built.
    pub place: PathBuf,
    /// Whether it is the contract's own.
    pub is_own: bool,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl RustFile {
    /// As messages name it.
    pub(super) fn name(&self) -> std::path::Display<'_> {
        self.inside.display()
    }

    /// Whether it may be part of a library, and so is searched.
    pub(crate) fn is_of_library(&self) -> bool {
        let is_other = OTHERS.iter().any(|other| self.inside.starts_with(other));
        let mut names = self.inside.iter();
        !is_other && !names.any(|name| name.to_string_lossy().starts_with('.'))
    }

    fn parse(&self) -> Result<Source<'_>, String> {
        if self.bytes.len() > FILE_MAX {
            return Err("it is too large".into());
        }
        let text = std::str::from_utf8(&self.bytes).map_err(|error| error.to_string())?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let at = |error: syn::Error| format!("line {}: {error}", error.span().start().line);
        let file = syn::parse_file(text).map_err(at)?;
        let head = file.shebang.as_ref().map_or(0, String::len);
        let tokens = text.get(head..).unwrap_or_default().parse();
        Ok(Source {
            of: self,
            file,
            tokens: tokens.map_err(|error| at(syn::Error::from(error)))?,
            structs: storage_structs(text),
        })
    }
}

/// The source files of a contract and of the packages that it depends on by path.
#[derive(Default)]
pub struct SourceFiles<'a> {
    pub(super) files: Vec<Source<'a>>,
    /// What could not be read, and why.
    pub(super) unseen: Vec<String>,
}

/// A source file that could be read.
pub(super) struct Source<'a> {
    pub(super) of: &'a RustFile,
    pub(super) file: File,
    tokens: TokenStream,
    structs: Vec<StorageStruct>,
}

impl<'a> SourceFiles<'a> {
    /// Reads the Rust files of the copy that a contract is built in.
    pub fn read(files: &'a [RustFile]) -> Self {
        let mut found = Self::default();
        for of in files.iter().filter(|file| file.is_of_library()) {
            match of.parse() {
                Ok(source) => found.files.push(source),
                Err(reason) => found
                    .unseen
                    .push(format!("{} cannot be read: {reason}", of.name())),
            }
        }
        found
    }

    /// The structs that the contract's own sources call the entrypoint.
    pub fn entrypoints(&self) -> BTreeSet<String> {
        let own = self.files.iter().filter(|source| source.of.is_own);
        let all = own.flat_map(|source| &source.structs);
        let entrypoints = all.filter(|one| one.has("entrypoint"));
        entrypoints.map(|one| one.name.clone()).collect()
    }

    /// Where slots of storage may be computed by hand, as `file: word`, and files that nobody could search: what is
    /// kept there is in no layout.
    pub fn slots_by_hand(&self) -> BTreeSet<String> {
        let words = |source: &Source<'a>| {
            let words = by_hand::words(&source.tokens, &source.file).into_iter();
            words.map(|word| format!("{}: {word}", source.of.name()))
        };
        let words = self.files.iter().flat_map(words);
        words.chain(self.unseen.iter().cloned()).collect()
    }

    /// Where fields and functions stand.
    pub fn places(&self) -> Places {
        let mut places = Places {
            entrypoint: self.entrypoints().into_iter().next().unwrap_or_default(),
            ..Places::default()
        };
        for source in &self.files {
            for item in &source.structs {
                let own = (String::new(), item.line);
                let fields = std::iter::once(own).chain(item.fields.clone());
                places.fields.extend(fields.map(|(field, line)| Place {
                    of: item.name.clone(),
                    name: field,
                    file: source.of.path.clone(),
                    line,
                }));
            }
            let mut methods = Methods(Vec::new());
            methods.visit_file(&source.file);
            let methods = methods.0.into_iter();
            places.functions.extend(methods.map(|(name, line)| Place {
                of: String::new(),
                name,
                file: source.of.path.clone(),
                line,
            }));
        }
        places
    }
}

/// Where something stands in the sources, by its name.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The struct that calls begin with.
    entrypoint: String,
    /// Fields of storage structs, and the structs themselves where the name is empty.
    fields: Vec<Place>,
    /// Functions in blocks, by their names in the ABI.
    functions: Vec<Place>,
}

#[derive(Debug, Clone)]
struct Place {
    of: String,
    name: String,
    file: PathBuf,
    line: usize,
}

impl Places {
    /// Where a field stands that a comparison of layouts names: `field`, `field.member`,
    /// `Struct.member`. Where it is gone, its struct; else nothing.
    pub fn field(&self, field: &str) -> Option<(&Path, usize)> {
        let (of, name) = match field.rsplit_once('.') {
            Some((of, name)) => (of.rsplit(['.', ' ', ':']).next().unwrap_or(of), name),
            None => (&*self.entrypoint, field.rsplit(':').next().unwrap_or(field)),
        };
        let is = |one: &&Place, of: &str, name: &str| one.of == of && one.name == name;
        let fields = || self.fields.iter();
        let found = fields()
            .find(|one| is(one, of, name))
            .or_else(|| fields().find(|one| one.name == name))
            .or_else(|| fields().find(|one| is(one, of, "")))
            .or_else(|| fields().find(|one| is(one, &self.entrypoint, "")));
        found.map(|one| (one.file.as_path(), one.line))
    }

    /// Where the first function of that name stands.
    pub fn function(&self, name: &str) -> Option<(&Path, usize)> {
        let found = self.functions.iter().find(|one| one.name == name);
        found.map(|one| (one.file.as_path(), one.line))
    }
}

/// The functions of blocks, by their names in the ABI, and their lines.
struct Methods(Vec<(String, usize)>);

impl<'a> Visit<'a> for Methods {
    fn visit_impl_item_fn(&mut self, method: &'a ImplItemFn) {
        let name = &method.sig.ident;
        let line = name.span().start().line;
        let renamed = renamed(&method.attrs);
        let name = renamed.unwrap_or_else(|| name.to_string().to_case(Case::Camel));
        self.0.push((name, line));
    }
}

/// The name in `#[selector(name = "…")]`.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let last = |one: &Attribute| {
        one.path()
            .segments
            .last()
            .map(|last| last.ident.to_string())
    };
    let mut selectors = attributes.iter();
    let selector = selectors.find(|one| last(one).as_deref() == Some("selector"))?;
    let pair: MetaNameValue = selector.parse_args().ok()?;
    match pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}
