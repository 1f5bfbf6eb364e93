//! What a source file that is compiled consists of, as its syntax shows it: which traits it implements, which macros it
//! invokes, what it imports under which name. A layout is whole only where all of it is known.

use super::named_crates::is_known;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeSet;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, File, Item, ItemMod, Meta, Token, UseTree};

/// Traits of the language that say nothing of storage.
const TRAITS: [&str; 53] = [
    "Add",
    "AddAssign",
    "AsMut",
    "AsRef",
    "BitAnd",
    "BitOr",
    "BitXor",
    "Borrow",
    "BorrowMut",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Deref",
    "DerefMut",
    "Display",
    "Div",
    "Drop",
    "Eq",
    "Error",
    "Extend",
    "From",
    "FromIterator",
    "FromStr",
    "Hash",
    "Hasher",
    "Index",
    "IndexMut",
    "Into",
    "IntoIterator",
    "Iterator",
    "Mul",
    "Neg",
    "Not",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Sub",
    "TryFrom",
    "DivAssign",
    "DoubleEndedIterator",
    "ExactSizeIterator",
    "MulAssign",
    "Product",
    "Rem",
    "RemAssign",
    "Shl",
    "Shr",
    "SubAssign",
    "Sum",
    "ToOwned",
    "ToString",
    "Write",
];
/// Traits of the framework and the SDK that say nothing of where storage lies.
const OF_FRAMEWORK: [&str; 7] = [
    "AbiType",
    "ComplexMigration",
    "Erase",
    "IsZero",
    "MethodError",
    "Program",
    "Record",
];
/// Traits by which code says where storage lies: what is declared under such a name elsewhere is taken for it.
const OF_STORAGE: [&str; 10] = [
    "GlobalStorage",
    "KeptLazily",
    "KeyLayout",
    "Namespace",
    "SimpleStorageType",
    "StorageAccess",
    "StorageKey",
    "StorageLayout",
    "StorageType",
    "TopLevelStorage",
];
/// The package whose traits a contract implements, and which keeps its storage in fields.
const OPENZEPPELIN: &str = "openzeppelin_stylus";
/// Macros of the language, the SDK, its packages and the framework.
const MACROS: [&str; 55] = [
    "address",
    "alloc",
    "assert",
    "assert_eq",
    "assert_ne",
    "b256",
    "bytes",
    "call",
    "cfg",
    "column",
    "compile_error",
    "complex_program",
    "concat",
    "console",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "fixed_bytes",
    "format",
    "format_args",
    "function_selector",
    "hex",
    "include_bytes",
    "include_str",
    "lazy_maps",
    "line",
    "macro_rules",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "sol",
    "sol_interface",
    "sol_storage",
    "static_call",
    "stringify",
    "stylus_debug",
    "thread_local",
    "todo",
    "uint",
    "unimplemented",
    "unreachable",
    "upgradeability_storage",
    "vec",
    "write",
    "writeln",
    "keccak256",
    "selector",
];
/// What was found in a file, by name.
#[derive(Debug, Default)]
pub(super) struct Syntax {
    /// Traits that it implements.
    implements: BTreeSet<String>,
    /// Macros that it invokes, with their paths.
    invokes: BTreeSet<String>,
    /// What it imports: the first name of the path, the last one, and the name here.
    imports: BTreeSet<[String; 3]>,
    /// Traits that it declares.
    traits: BTreeSet<String>,
    /// Macros that it declares; what they may write is searched.
    macros: BTreeSet<String>,
    /// Modules and types that it declares.
    paths: BTreeSet<String>,
    /// Whether it names what tells how much gas is left.
    pub(super) reads_gas: bool,
    /// Names that are not ASCII: the compiler reads some as other names.
    not_ascii: BTreeSet<String>,
}

/// What all files of a contract declare.
#[derive(Debug, Default)]
pub(super) struct Known<'s> {
    traits: BTreeSet<&'s str>,
    macros: BTreeSet<&'s str>,
    paths: BTreeSet<&'s str>,
}

impl<'s> Known<'s> {
    /// Of those files, in packages of those names.
    pub(super) fn of(files: impl Iterator<Item = (&'s Syntax, &'s str)>) -> Self {
        let mut known = Self::default();
        for (file, package) in files {
            known.traits.extend(file.traits.iter().map(String::as_str));
            known.macros.extend(file.macros.iter().map(String::as_str));
            known.paths.extend(file.paths.iter().map(String::as_str));
            known.paths.insert(package);
        }
        known
    }

    fn is_trait(&self, name: &str) -> bool {
        let mut all = TRAITS.iter().chain(&OF_FRAMEWORK);
        let is_declared = self.traits.contains(name) && !OF_STORAGE.contains(&name);
        all.any(|one| *one == name) || is_declared
    }

    fn is_macro(&self, name: &str) -> bool {
        MACROS.contains(&name) || self.macros.contains(name)
    }

    fn is_crate(&self, name: &str) -> bool {
        is_known(name) || self.paths.contains(name)
    }
}

impl Syntax {
    /// Of a file without what is not compiled ([`compiled`]).
    pub(super) fn of(file: &File) -> Self {
        let mut found = Self::default();
        found.visit_file(file);
        found.search(file.to_token_stream());
        found
    }

    /// What is not known of it, as people find it in the file.
    pub(super) fn unknown(&self, known: &Known<'_>) -> BTreeSet<String> {
        let implements = self.implements.iter();
        let of_openzeppelin = |name: &str| {
            let mut all = self.imports.iter();
            all.any(|[root, last, here]| root == OPENZEPPELIN && last == here && here == name)
        };
        let implements = implements.filter(|name| !known.is_trait(name) && !of_openzeppelin(name));
        let implements = implements.map(|name| format!("impl {name}"));
        let imported = |name: &str| {
            let mut all = self.imports.iter();
            all.any(|[root, last, here]| here == name && last == name && known.is_crate(root))
        };
        let is_found = |path: &&String| match path.split_once("::") {
            None => known.is_macro(path) || imported(path),
            Some((root, _)) => known.is_crate(root),
        };
        let invokes = self.invokes.iter().filter(|path| !is_found(path));
        let invokes = invokes.map(|path| format!("{path}!"));
        let is_strange = |[root, last, here]: &&[String; 3]| {
            let has_meaning = known.is_trait(here) || known.is_macro(here);
            let is_foreign = !known.is_crate(root);
            (has_meaning && (here != last || is_foreign)) || (here == "*" && is_foreign)
        };
        let imports = self.imports.iter().filter(is_strange);
        let imports = imports.map(|[root, last, here]| match last == here {
            true => format!("use {root}::{here}"),
            false => format!("use {root}::{last} as {here}"),
        });
        let names = self.not_ascii.iter().map(|name| format!("name {name}"));
        let found = implements.chain(invokes).chain(imports).chain(names);
        found.collect()
    }

    fn search(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.search(group.stream()),
                TokenTree::Ident(name) => {
                    let name = plain(&name);
                    self.reads_gas |= name.ends_with("gas_left") || name.ends_with("ink_left");
                    if !name.is_ascii() {
                        self.not_ascii.insert(name);
                    }
                }
                _ => {}
            }
        }
    }

    /// Searches what a macro has for macros that it invokes or may write, and for imports.
    fn search_macro(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_mark = |token: Option<&TokenTree>, mark: char| matches!(token, Some(TokenTree::Punct(one)) if one.as_char() == mark);
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.search_macro(group.stream()),
                TokenTree::Ident(name) if name == "use" => {
                    self.invokes.insert("use in a macro".into());
                }
                TokenTree::Ident(name)
                    if is_mark(tokens.get(at + 1), '!')
                        && matches!(tokens.get(at + 2), Some(TokenTree::Group(_))) =>
                {
                    let mut path = vec![plain(name)];
                    let mut before = tokens.get(..at).unwrap_or_default();
                    while let [rest @ .., TokenTree::Ident(one), first, second] = before
                        && is_mark(Some(first), ':')
                        && is_mark(Some(second), ':')
                    {
                        path.insert(0, plain(one));
                        before = rest;
                    }
                    self.invokes.insert(path.join("::"));
                }
                _ => {}
            }
        }
    }

    fn import(&mut self, root: Option<&str>, tree: &UseTree) {
        let name = |ident: &syn::Ident| plain(ident);
        let mut add = |last: String, here: String| {
            let root = root.map_or_else(|| last.clone(), str::to_owned);
            self.imports.insert([root, last, here]);
        };
        match tree {
            UseTree::Path(path) => {
                let own = name(&path.ident);
                self.import(Some(root.unwrap_or(&own)), &path.tree);
            }
            UseTree::Name(one) => add(name(&one.ident), name(&one.ident)),
            UseTree::Rename(one) => add(name(&one.ident), name(&one.rename)),
            UseTree::Glob(_) => add("*".into(), "*".into()),
            UseTree::Group(group) => {
                for one in &group.items {
                    self.import(root, one);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Syntax {
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let Some((_, path, _)) = &item.trait_ {
            let last = path.segments.last().map(|last| plain(&last.ident));
            self.implements.extend(last);
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.traits.insert(plain(&item.ident));
        self.paths.insert(plain(&item.ident));
        visit::visit_item_trait(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.paths.insert(plain(&item.ident));
        visit::visit_item_mod(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.paths.insert(plain(&item.ident));
        visit::visit_item_enum(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(None, &item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let brings_macros = item
            .attrs
            .iter()
            .any(|one| one.path().is_ident("macro_use"));
        if brings_macros {
            // As a glob, from a crate.
            let name = plain(&item.ident);
            self.imports.insert([name, "*".into(), "*".into()]);
        }
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        self.macros.extend(item.ident.as_ref().map(plain));
        visit::visit_item_macro(self, item);
    }

    fn visit_macro(&mut self, one: &'ast syn::Macro) {
        let names = one.path.segments.iter().map(|one| plain(&one.ident));
        self.invokes.insert(names.collect::<Vec<_>>().join("::"));
        self.search_macro(one.tokens.clone());
    }
}

fn plain(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// The file without items that no build of a contract compiles.
pub(super) fn compiled(mut file: File) -> File {
    keep_compiled(&mut file.items);
    file
}

fn keep_compiled(items: &mut Vec<Item>) {
    items.retain(|item| !attributes(item).iter().any(is_left_out));
    for item in items {
        if let Item::Mod(ItemMod {
            content: Some((_, items)),
            ..
        }) = item
        {
            keep_compiled(items);
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether it is a `#[cfg]` that holds in no build of a contract.
fn is_left_out(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<Meta>()
            .is_ok_and(|of| holds(&of) == Some(false))
}

/// Whether a condition holds where a contract is built; `None` where that depends on its features.
fn holds(condition: &Meta) -> Option<bool> {
    let inner = |list: &syn::MetaList| {
        let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
        let all = list.parse_args_with(parse).ok()?;
        Some(all.iter().map(holds).collect::<Vec<_>>())
    };
    match condition {
        Meta::Path(path) if path.is_ident("test") => Some(false),
        Meta::NameValue(pair) if pair.path.is_ident("target_arch") => {
            let value = pair.value.to_token_stream().to_string();
            Some(value == "\"wasm32\"")
        }
        Meta::List(list) if list.path.is_ident("not") => match inner(list)?.as_slice() {
            [one] => one.map(|one| !one),
            _ => None,
        },
        Meta::List(list) if list.path.is_ident("all") => {
            let all = inner(list)?;
            match all.contains(&Some(false)) {
                true => Some(false),
                false => all.iter().all(Option::is_some).then_some(true),
            }
        }
        Meta::List(list) if list.path.is_ident("any") => {
            let all = inner(list)?;
            match all.contains(&Some(true)) {
                true => Some(true),
                false => all.iter().all(Option::is_some).then_some(false),
            }
        }
        _ => None,
    }
}
