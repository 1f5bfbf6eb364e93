//! The constructor of the SDK that a contract's sources declare. Its module has no more of it than a selector, so the
//! types of its arguments are those that the sources name.

use super::sources::{Source, SourceFiles};
use super::syntax::compiled;
use quote::ToTokens;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprLit, FnArg, GenericArgument, ImplItemFn, Item, ItemEnum, ItemStruct,
    ItemType, Lit, PathArguments, PathSegment, Type, TypeArray, TypePath, UseRename,
};

/// Bits of the widest number, and of the widest type of fixed bytes.
const BITS_MAX: usize = 256;

impl SourceFiles<'_> {
    /// The constructor of the contract's own sources, as `constructor(uint256)`; `None` where they declare none.
    ///
    /// # Errors
    /// Why the types of its arguments are not known.
    pub fn constructor(&self) -> Result<Option<String>, String> {
        let mut found = Found::default();
        // A file that no module names is not compiled.
        let mut files = vec![PathBuf::from("src/lib.rs")];
        while let Some(file) = files.pop() {
            let is_it = |source: &&Source<'_>| source.of.is_own && source.of.inside == file;
            if let Some(source) = self.files.iter().find(is_it) {
                let compiled = compiled(source.file.clone());
                found.visit_file(&compiled);
                files.extend(modules(&compiled.items, &folder_of(&file)));
            }
        }
        let constructor = match found.constructors.as_slice() {
            [] => return Ok(None),
            [constructor] => constructor,
            several => return Err(format!("its sources have {} of them", several.len())),
        };
        let of = |ty: &Type| solidity(ty, &found.declared);
        let types: Vec<String> = constructor.iter().map(of).collect::<Result<_, _>>()?;
        Ok(Some(format!("constructor({})", types.join(","))))
    }
}

/// The folder of the modules that a file declares.
fn folder_of(file: &Path) -> PathBuf {
    let is_root = file.ends_with("lib.rs") || file.ends_with("mod.rs");
    match (is_root, file.parent()) {
        (true, Some(folder)) => folder.to_owned(),
        _ => file.with_extension(""),
    }
}

/// The files that modules may lie in, of which one is there. One that names its file by an attribute is not followed.
fn modules(items: &[Item], folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for item in items {
        let Item::Mod(module) = item else { continue };
        let inside = folder.join(module.ident.to_string());
        match &module.content {
            Some((_, items)) => files.extend(modules(items, &inside)),
            None if !has(&module.attrs, "path") => {
                files.extend([inside.with_extension("rs"), inside.join("mod.rs")]);
            }
            None => {}
        }
    }
    files
}

/// Returns true if there is an attribute of that name.
fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|segment| segment.ident == name)
    })
}

/// The constructors that the sources declare.
#[derive(Default)]
struct Found {
    /// The types of the arguments of each constructor.
    constructors: Vec<Vec<Type>>,
    /// Types that they declare themselves, under whatever name.
    declared: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Found {
    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if has(&function.attrs, "constructor") {
            let typed = function.sig.inputs.iter().filter_map(|input| match input {
                FnArg::Typed(typed) => Some((*typed.ty).clone()),
                FnArg::Receiver(_) => None,
            });
            self.constructors.push(typed.collect());
        }
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.declared.insert(item.ident.to_string());
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        self.declared.insert(item.ident.to_string());
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.declared.insert(item.ident.to_string());
    }

    fn visit_use_rename(&mut self, item: &'ast UseRename) {
        self.declared.insert(item.rename.to_string());
        visit::visit_use_rename(self, item);
    }
}

/// The type in Solidity of a type that the SDK and alloy have.
fn solidity(ty: &Type, declared: &BTreeSet<String>) -> Result<String, String> {
    let known = match ty {
        Type::Paren(inner) => Some(solidity(&inner.elem, declared)?),
        Type::Tuple(tuple) => {
            let types = tuple.elems.iter().map(|elem| solidity(elem, declared));
            let types: Vec<String> = types.collect::<Result<_, _>>()?;
            Some(format!("({})", types.join(",")))
        }
        Type::Array(TypeArray { elem, len, .. }) => match number(len) {
            Some(len) => Some(format!("{}[{len}]", solidity(elem, declared)?)),
            None => None,
        },
        Type::Path(TypePath { qself: None, path }) => match path.segments.last() {
            Some(last) if !declared.contains(&last.ident.to_string()) => named(last, declared)?,
            _ => None,
        },
        _ => None,
    };
    known.ok_or_else(|| format!("the type `{}` is not known here", ty.to_token_stream()))
}

/// The same of a named type.
fn named(last: &PathSegment, declared: &BTreeSet<String>) -> Result<Option<String>, String> {
    let name = last.ident.to_string();
    let arguments: Vec<&GenericArgument> = match &last.arguments {
        PathArguments::None => Vec::new(),
        PathArguments::AngleBracketed(all) => all.args.iter().collect(),
        PathArguments::Parenthesized(_) => return Ok(None),
    };
    let first_number = match arguments.first() {
        Some(GenericArgument::Const(value)) => number(value),
        _ => None,
    };
    Ok(match (name.as_str(), arguments.as_slice()) {
        ("bool", []) => Some("bool".to_owned()),
        ("String", []) => Some("string".to_owned()),
        ("Address", []) => Some("address".to_owned()),
        ("Bytes", []) => Some("bytes".to_owned()),
        ("Vec", [GenericArgument::Type(element)]) => {
            Some(format!("{}[]", solidity(element, declared)?))
        }
        ("Uint", [_, _]) => first_number.and_then(|bits| sized("uint", bits, 1)),
        ("Signed", [_, _]) => first_number.and_then(|bits| sized("int", bits, 1)),
        ("FixedBytes", [_]) => first_number.and_then(|bytes| sized("bytes", bytes * 8, 8)),
        (_, []) => {
            let kinds = [
                ("u", "uint", 1),
                ("U", "uint", 1),
                ("i", "int", 1),
                ("I", "int", 1),
            ];
            let kinds = kinds.into_iter().chain([("B", "bytes", 8)]);
            let mut of_kind = kinds.filter_map(|(start, solidity, unit)| {
                let bits = name.strip_prefix(start)?.parse().ok()?;
                sized(solidity, bits, unit)
            });
            of_kind.next()
        }
        _ => None,
    })
}

/// A type of so many bits; in its name they are counted in units of `unit` bits.
fn sized(name: &str, bits: usize, unit: usize) -> Option<String> {
    let is_there = bits.is_multiple_of(8) && (8..=BITS_MAX).contains(&bits);
    is_there.then(|| format!("{name}{}", bits / unit))
}

fn number(value: &Expr) -> Option<usize> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::RustFile;
    use super::*;

    fn of_files(files: &[(&str, &str)]) -> Result<Option<String>, String> {
        let file = |(path, text): &(&str, &str)| RustFile {
            path: path.into(),
            inside: path.into(),
            place: path.into(),
            is_own: true,
            bytes: (*text).into(),
        };
        let files: Vec<_> = files.iter().map(file).collect();
        SourceFiles::read(&files).constructor()
    }

    fn constructor(text: &str) -> Result<Option<String>, String> {
        of_files(&[("src/lib.rs", text)])
    }

    fn taking(arguments: &str) -> Result<Option<String>, String> {
        constructor(&format!(
            "#[public] impl Vault {{ #[constructor] #[payable] pub fn new(&mut self, {arguments}) {{}} }}"
        ))
    }

    #[test]
    fn the_types_of_the_sdk_are_those_of_solidity() {
        for (rust, solidity) in [
            ("", ""),
            ("a: U256, b: Address", "uint256,address"),
            (
                "a: u8, b: i128, c: U160, d: I8",
                "uint8,int128,uint160,int8",
            ),
            ("a: bool, b: String, c: abi::Bytes", "bool,string,bytes"),
            ("a: Vec<Vec<u64>>, b: [Address; 3]", "uint64[][],address[3]"),
            ("a: (B256, bool), b: FixedBytes<4>", "(bytes32,bool),bytes4"),
            ("a: Uint<24, 1>, b: Signed<40, 1>", "uint24,int40"),
            ("a: stylus_sdk::alloy_primitives::Address", "address"),
        ] {
            let expected = format!("constructor({solidity})");
            assert_eq!(taking(rust), Ok(Some(expected)), "{rust}");
        }
    }

    #[test]
    fn a_type_that_is_not_known_is_named() {
        for (rust, named) in [
            ("a: Owner", "Owner"),
            ("a: U257", "U257"),
            ("a: u7", "u7"),
            ("a: usize", "usize"),
            ("a: [u8; N]", "[u8 ; N]"),
            ("a: B512", "B512"),
            ("a: &str", "& str"),
            ("a: Vec<Owner>", "Owner"),
            ("a: FixedBytes<99>", "FixedBytes < 99 >"),
        ] {
            let refused = taking(rust).expect_err(rust);
            assert_eq!(refused, format!("the type `{named}` is not known here"));
        }
    }

    #[test]
    fn a_type_that_the_sources_declare_is_not_that_of_the_sdk() {
        let body = "impl Vault { #[constructor] fn new(&mut self, a: U256) {} }";
        for declared in [
            "struct U256;",
            "enum U256 { A }",
            "type U256 = Address;",
            "use alloy_primitives::Address as U256;",
            "mod inner { pub struct U256; } use inner::U256;",
        ] {
            let refused = constructor(&format!("{declared} {body}"));
            assert!(refused.is_err(), "{declared}");
        }
        assert!(constructor(body).is_ok());
    }

    #[test]
    fn a_constructor_is_that_of_a_file_that_is_compiled() {
        let one = "impl Vault { #[constructor] fn new(&mut self, a: U256) {} }";
        let other = "impl Vault { #[constructor] fn new(&mut self, a: Vec<u8>) {} }";
        let found = Ok(Some("constructor(uint256)".to_owned()));
        for (root, file) in [
            ("mod vault;", "src/vault.rs"),
            ("mod vault;", "src/vault/mod.rs"),
            ("mod a { mod vault; }", "src/a/vault.rs"),
        ] {
            let files = [("src/lib.rs", root), (file, one), ("src/old.rs", other)];
            assert_eq!(of_files(&files), found, "{file}");
        }
        let below = [
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod b;"),
            ("src/a/b.rs", one),
            ("src/b.rs", other),
        ];
        assert_eq!(of_files(&below), found);
        let named = [
            ("src/lib.rs", "#[path = \"old.rs\"] mod vault;"),
            ("src/old.rs", one),
        ];
        assert_eq!(of_files(&named), Ok(None));
    }

    #[test]
    fn there_is_one_constructor_or_none() {
        assert_eq!(constructor("impl Vault { fn new(&mut self) {} }"), Ok(None));
        let one = "impl Vault { #[constructor] fn new(&mut self) {} }";
        let of_tests = format!("{one} #[cfg(test)] mod tests {{ {one} }}");
        assert_eq!(constructor(&of_tests), Ok(Some("constructor()".into())));
        let two = constructor(&format!("{one} {one}"));
        assert_eq!(two, Err("its sources have 2 of them".into()));
    }
}
