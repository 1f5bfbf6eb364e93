//! The sources of a contract, searched by names: nothing of the language is resolved. They are the
//! places in messages, and the names of what the module has among its bytes.

use super::declared::Declared;
use super::forged_layout::{forgeries, plain};
use super::syntax::compiled;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use syn::File;

/// Bytes of a source file, at most.
const FILE_MAX: usize = 8_000_000;
/// Folders of a crate that hold no part of its library.
const OTHERS: [&str; 3] = ["benches", "examples", "tests"];

/// A Rust file that a contract is built from.
#[derive(Debug, Clone)]
pub struct RustFile {
    /// Its path on the disk.
    pub path: PathBuf,
    /// Its path in its package.
    pub inside: PathBuf,
    /// Its path in the copy that is built.
    pub place: PathBuf,
    /// True if it is the contract's own.
    pub is_own: bool,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl RustFile {
    /// Returns its name in messages.
    pub(super) fn name(&self) -> std::path::Display<'_> {
        self.inside.display()
    }

    /// Returns true if it may be part of a library, and so is searched.
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
        let tokens: TokenStream = tokens.map_err(|error| at(syn::Error::from(error)))?;
        let compiled_tokens = compiled(file.clone()).to_token_stream();
        Ok(Source {
            of: self,
            file,
            declared: Declared::of(tokens),
            reads_gas: reads_gas(compiled_tokens.clone()),
            forgeries: forgeries(compiled_tokens),
        })
    }
}

/// Returns true if tokens name a function that returns the gas or ink that is left.
fn reads_gas(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => reads_gas(group.stream()),
        TokenTree::Ident(name) => {
            let name = plain(&name);
            name.ends_with("gas_left") || name.ends_with("ink_left")
        }
        _ => false,
    })
}

/// The source files of a contract and of the packages that it depends on by path.
#[derive(Default)]
pub struct SourceFiles<'a> {
    pub(super) files: Vec<Source<'a>>,
    /// The parts that could not be read, and why.
    pub(super) unseen: Vec<String>,
}

/// A source file that could be read.
pub(super) struct Source<'a> {
    pub(super) of: &'a RustFile,
    pub(super) file: File,
    declared: Declared,
    /// True if it names a function that returns the gas or ink that is left.
    reads_gas: bool,
    /// Words that could forge the layout which the derive writes.
    forgeries: BTreeSet<String>,
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
        let all = own.flat_map(|source| &source.declared.structs);
        let entrypoints = all.filter(|one| one.has("entrypoint"));
        entrypoints
            .map(|entrypoint| entrypoint.name.clone())
            .collect()
    }

    /// Returns true if one of them names what tells how much gas is left.
    pub(crate) fn read_gas(&self) -> bool {
        self.files.iter().any(|source| source.reads_gas)
    }

    /// The words that could make the layout differ from what the derive writes, as `file: word`, and the files that
    /// could not be read.
    pub fn layout_forgeries(&self) -> BTreeSet<String> {
        let places = self.files.iter().flat_map(|source| {
            let name = source.of.name();
            let places = source.forgeries.iter();
            places.map(move |word| format!("{name}: {word}"))
        });
        places.chain(self.unseen.iter().cloned()).collect()
    }

    /// Finds where fields and functions stand.
    pub fn places(&self) -> Places {
        let mut places = Places {
            entrypoint: self.entrypoints().into_iter().next().unwrap_or_default(),
            ..Places::default()
        };
        for source in &self.files {
            let place = |of: &str, (name, line): &(String, usize)| Declaration {
                of: of.to_owned(),
                name: name.clone(),
                file: source.of.path.clone(),
                inside: source.of.inside.clone(),
                line: *line,
            };
            for item in &source.declared.structs {
                places
                    .fields
                    .push(place(&item.name, &(String::new(), item.line)));
                let fields = item.fields.iter().map(|field| place(&item.name, field));
                places.fields.extend(fields);
            }
            let functions = source
                .declared
                .functions
                .iter()
                .map(|function| place("", function));
            places.functions.extend(functions);
        }
        places
    }
}

/// The places of things in the sources, by name.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The struct that calls begin with.
    entrypoint: String,
    /// Fields of storage structs, and the structs themselves where the name is empty.
    fields: Vec<Declaration>,
    /// Functions, by their names in the ABI.
    functions: Vec<Declaration>,
}

#[derive(Debug, Clone)]
struct Declaration {
    of: String,
    name: String,
    file: PathBuf,
    /// The path of the file in its package.
    inside: PathBuf,
    line: usize,
}

impl Places {
    /// Returns the place of a field that a comparison of layouts names: `field`, `field.member`,
    /// `Struct.member`. Where it is gone, its struct; else nothing.
    pub fn field(&self, field: &str) -> Option<(&Path, usize)> {
        let (of, name) = match field.rsplit_once('.') {
            Some((of, name)) => (of.rsplit(['.', ' ', ':']).next().unwrap_or(of), name),
            None => (&*self.entrypoint, field.rsplit(':').next().unwrap_or(field)),
        };
        let is = |one: &&Declaration, of: &str, name: &str| one.of == of && one.name == name;
        let fields = || self.fields.iter();
        let found = fields()
            .find(|field| is(field, of, name))
            .or_else(|| fields().find(|field| field.name == name))
            .or_else(|| fields().find(|field| is(field, of, "")))
            .or_else(|| fields().find(|field| is(field, &self.entrypoint, "")));
        found.map(|one| (one.file.as_path(), one.line))
    }

    /// The file and line of the field of a struct, as `src/lib.rs:12`. The path is from `root` if it lies below, else from
    /// the package.
    pub fn source_of(&self, structure: &str, field: &str, root: &Path) -> Option<String> {
        let is_named = |found: &&Declaration| found.of == structure && found.name == field;
        let found = self.fields.iter().find(is_named)?;
        let file = found.file.strip_prefix(root).unwrap_or(&found.inside);
        Some(format!("{}:{}", file.display(), found.line))
    }

    /// Returns the place of the first function of that name.
    pub fn function(&self, name: &str) -> Option<(&Path, usize)> {
        let found = self.functions.iter().find(|function| function.name == name);
        found.map(|one| (one.file.as_path(), one.line))
    }
}
