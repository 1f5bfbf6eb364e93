//! Types of Rust as the ABI names them: what stylus-sdk's `AbiType` says of them.

use std::collections::BTreeMap;
use syn::{Expr, GenericArgument, Lit, PathArguments, Type};

/// Aliases are followed so far.
const DEPTH_MAX: usize = 16;

/// Types that sources declare: aliases of Rust, and structs of Solidity by their tuples.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub(super) aliases: BTreeMap<String, Type>,
    /// Aliases of `Result` whose success is their parameter, with what that is where none is given.
    pub(super) results: BTreeMap<String, Option<Type>>,
    pub(super) structs: BTreeMap<String, String>,
}

impl Types {
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
