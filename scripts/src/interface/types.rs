//! Types of Rust as the ABI names them: what stylus-sdk's `AbiType` says of them.

use super::modules::Tree;
use super::names::{Named, Target};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Expr, GenericArgument, Lit, PathArguments, Type, TypePath};

/// Aliases are followed so far.
const DEPTH_MAX: usize = 16;

/// Types that sources declare: aliases of Rust, and structs of Solidity by their tuples.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub(super) aliases: BTreeMap<String, Type>,
    /// Aliases of `Result` whose success is their parameter, with what that is where none is given.
    pub(super) results: BTreeMap<String, Option<Type>>,
    pub(super) structs: BTreeMap<String, String>,
    /// Names that several things have, or that may be another thing than the one that is known by them.
    pub(super) taken: BTreeSet<String>,
    /// The modules of the crates.
    pub(super) modules: BTreeSet<String>,
}

/// Crates whose types have the names that the ABI knows them by.
const NEAR: [&str; 12] = [
    "alloc",
    "alloy",
    "alloy_core",
    "alloy_primitives",
    "alloy_sol_types",
    "core",
    "crate",
    "ruint",
    "std",
    "stylus_sdk",
    "stylus_upgradeable",
    "super",
];
/// Names beside those of plain types that are read as what they usually are.
const USUAL: [&str; 7] = [
    "ArbResult",
    "FixedBytes",
    "Proof",
    "Result",
    "Signed",
    "Uint",
    "Vec",
];

impl Types {
    /// Notes the names that modules declare or import for other things than one expects.
    pub(super) fn note(&mut self, tree: &Tree) {
        for module in &tree.modules {
            for (name, what) in module.names.declared() {
                let is_alias = self.aliases.contains_key(name)
                    || self.results.contains_key(name)
                    || self.structs.contains_key(name);
                let is_renamed = module.names.renamed.contains(name);
                let is_other = match what {
                    Named::Module(_) => {
                        self.modules.insert(name.to_owned());
                        continue;
                    }
                    Named::Item => !is_alias,
                    Named::Unknown => true,
                    Named::Use(path) => {
                        let first = path.iter().find(|one| !one.is_empty());
                        let first = first.map(String::as_str).unwrap_or_default();
                        let is_outside = match tree.path_of(module, path) {
                            Some(Target::Outside(path)) => {
                                !path.first().is_some_and(|one| NEAR.contains(&one.as_str()))
                            }
                            Some(_) => false,
                            None => !NEAR.contains(&first),
                        };
                        is_renamed || is_outside
                    }
                };
                let is_usual = plain(name).is_some() || USUAL.contains(&name);
                let is_result = name == "Result" && matches!(what, Named::Use(_)) && !is_renamed;
                if is_other && !is_result && (is_usual || is_alias) {
                    self.taken.insert(name.to_owned());
                }
            }
        }
    }

    /// Whether a name may be another thing than the one that is known by it.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// Whether a path with several words begins in these crates, or where the usual types are.
    pub(super) fn is_near(&self, path: &TypePath) -> bool {
        let Some(first) = path.path.segments.first() else {
            return false;
        };
        let first = first.ident.to_string();
        let is_near =
            NEAR.contains(&first.as_str()) || first == "self" || self.modules.contains(&first);
        path.qself.is_none() && (path.path.segments.len() == 1 || is_near)
    }

    /// The type's name in the ABI, or what is not known.
    pub(super) fn name(&self, ty: &Type) -> Result<String, String> {
        self.name_within(ty, DEPTH_MAX)
    }

    fn name_within(&self, ty: &Type, depth: usize) -> Result<String, String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err("a type that leads to itself".into());
        };
        match ty {
            Type::Paren(inner) => self.name_within(&inner.elem, depth),
            Type::Group(inner) => self.name_within(&inner.elem, depth),
            Type::Array(array) => {
                let size = number(&array.len).ok_or("an array whose length is no number")?;
                Ok(format!("{}[{size}]", self.name_within(&array.elem, depth)?))
            }
            Type::Tuple(tuple) => {
                let all = tuple.elems.iter();
                let all: Result<Vec<_>, _> = all.map(|one| self.name_within(one, depth)).collect();
                Ok(format!("({})", all?.join(",")))
            }
            Type::Path(path) => {
                let last = path.path.segments.last().ok_or("an empty path")?;
                let name = last.ident.to_string();
                if self.is_taken(&name) || !self.is_near(path) {
                    return Err(format!("which type {name} is"));
                }
                let arguments = arguments(&last.arguments);
                if let (Some(alias), []) = (self.aliases.get(&name), arguments.as_slice()) {
                    return self.name_within(alias, depth);
                }
                if let Some(tuple) = self.structs.get(&name) {
                    return Ok(tuple.clone());
                }
                match (name.as_str(), arguments.as_slice()) {
                    ("Vec", [GenericArgument::Type(of)]) => {
                        Ok(format!("{}[]", self.name_within(of, depth)?))
                    }
                    ("FixedBytes", [size]) => sized("bytes", size, 1),
                    ("Uint", [size, ..]) => sized("uint", size, 8),
                    ("Signed", [size, ..]) => sized("int", size, 8),
                    (_, []) => plain(&name).ok_or_else(|| format!("the type {name}")),
                    _ => Err(format!("the type {name}")),
                }
            }
            _ => Err("a type that is neither a path, nor an array, nor a tuple".into()),
        }
    }
}

/// Types without arguments.
fn plain(name: &str) -> Option<String> {
    let fixed = match name {
        "bool" => "bool",
        "Address" => "address",
        "String" => "string",
        "Bytes" => "bytes",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.to_owned());
    }
    let (letter, digits) = name.split_at_checked(1)?;
    let bits: usize = digits.parse().ok()?;
    if bits == 0 || !bits.is_multiple_of(8) || bits > 256 {
        return None;
    }
    match letter {
        "u" | "i" if bits > 128 => None,
        "u" | "U" => Some(format!("uint{bits}")),
        "i" | "I" => Some(format!("int{bits}")),
        "B" => Some(format!("bytes{}", bits / 8)),
        _ => None,
    }
}

fn sized(name: &str, size: &GenericArgument, unit: usize) -> Result<String, String> {
    let size = match size {
        GenericArgument::Const(size) => number(size),
        _ => None,
    };
    match size {
        Some(size) if size > 0 && size.is_multiple_of(unit) && size <= 32 * unit => {
            Ok(format!("{name}{size}"))
        }
        _ => Err(format!("a {name} whose size is no number")),
    }
}

fn number(size: &Expr) -> Option<usize> {
    match size {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn arguments(arguments: &PathArguments) -> Vec<GenericArgument> {
    match arguments {
        PathArguments::AngleBracketed(all) => all.args.iter().cloned().collect(),
        _ => Vec::new(),
    }
}
