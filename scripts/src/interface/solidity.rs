//! What stands in `sol! { … }`: events, errors, and structs as types.

use super::condition::Part;
use super::functions::{alias_of_result, identifier, param};
use super::modules::{Module, Tree};
use super::types::Types;
use super::{Interface, Placed};
use alloy::json_abi::{Error as AbiError, Event, EventParam, Param};
use std::collections::BTreeSet;
use std::path::Path;
use syn::visit::Visit;
use syn_solidity::{File, Item, Type};

/// Notes the aliases of Rust and the structs of Solidity in a module.
pub(super) fn types(module: &Module, types: &mut Types) {
    let is_certain = |attributes: &[syn::Attribute]| {
        module.condition.is_none() && Part::of(attributes) == Part::Always
    };
    for item in &module.items {
        let syn::Item::Type(alias) = item else {
            continue;
        };
        if Part::of(&alias.attrs) == Part::Never {
            continue;
        }
        let name = alias.ident.to_string();
        if !is_certain(&alias.attrs) {
            types.taken.insert(name);
        } else if alias.generics.params.is_empty() {
            let ty = alias.ty.as_ref().clone();
            let before = types.aliases.insert(name.clone(), ty.clone());
            if before.is_some_and(|before| before != ty) {
                types.taken.insert(name);
            }
        } else if let Some(default) = alias_of_result(alias) {
            let before = types.results.insert(name.clone(), default.clone());
            if before.is_some_and(|before| before != default) {
                types.taken.insert(name);
            }
        }
    }
    for (one, attributes) in macros(module) {
        let file: syn::Result<File> = syn_solidity::parse2(one.tokens.clone());
        for item in file.iter().flat_map(|file| &file.items) {
            if let Item::Struct(one) = item {
                let fields = one.fields.iter().map(|field| name(&field.ty, types));
                let fields = fields.collect::<Result<Vec<_>, _>>();
                let name = one.name.to_string();
                if let (Ok(fields), true) = (fields, is_certain(attributes)) {
                    let tuple = format!("({})", fields.join(","));
                    let before = types.structs.insert(name.clone(), tuple.clone());
                    if before.is_some_and(|before| before != tuple) {
                        types.taken.insert(name);
                    }
                } else {
                    types.taken.insert(name);
                }
            }
        }
    }
}

/// The names that a `sol!` declares; nothing where it cannot be read.
pub(super) fn declared(one: &syn::Macro) -> Option<Vec<String>> {
    let file: File = syn_solidity::parse2(one.tokens.clone()).ok()?;
    let names = file.items.iter().filter_map(|item| match item {
        Item::Contract(one) => Some(one.name.to_string()),
        Item::Enum(one) => Some(one.name.to_string()),
        Item::Error(one) => Some(one.name.to_string()),
        Item::Event(one) => Some(one.name.to_string()),
        Item::Struct(one) => Some(one.name.to_string()),
        Item::Udt(one) => Some(one.name.to_string()),
        _ => None,
    });
    let names: BTreeSet<String> = names.collect();
    Some(names.into_iter().collect())
}

/// Adds the events and errors of a module.
pub(super) fn read(tree: &Tree, number: usize, types: &Types, found: &mut Interface) {
    let module = &tree.modules[number];
    let file = module.file.file_name().unwrap_or(module.file.as_os_str());
    let file = file.display();
    for (one, attributes) in macros(module) {
        let why = match tree.part(number, attributes) {
            Part::Never => continue,
            Part::Unknown(why) => Some(why),
            Part::Always if !tree.is_trusted(number, &one.path) => {
                Some("which may be another macro".into())
            }
            Part::Always => None,
        };
        if let Some(why) = module.condition.clone().or(why) {
            let line = format!("the events and errors of a sol! of {file}, {why}");
            found.unseen.push(line);
            continue;
        }
        let Ok(parsed) = syn_solidity::parse2(one.tokens.clone()) else {
            found
                .unseen
                .push(format!("a sol! of {file} cannot be read"));
            continue;
        };
        for item in &parsed.items {
            if let Err(reason) = add(item, &module.file, types, found) {
                found.unseen.push(reason);
            }
        }
    }
    if has_others(module) {
        let line = format!("the events and errors of a sol! of {file}, which stands in a body");
        found.unseen.push(line);
    }
}

fn add(item: &Item, file: &Path, types: &Types, found: &mut Interface) -> Result<(), String> {
    let file = file.to_owned();
    match item {
        Item::Event(event) => {
            let name = identifier(event.name.to_string())
                .map_err(|reason| format!("the event {}: {reason} is not known", event.name))?;
            let mut inputs = Vec::new();
            for input in &event.parameters {
                let one = param_of(&input.ty, types)
                    .map_err(|reason| format!("the event {}: {reason}", event.name))?;
                inputs.push(EventParam {
                    ty: one.ty,
                    name: label(input.name.as_ref()),
                    indexed: input.is_indexed(),
                    components: one.components,
                    internal_type: None,
                });
            }
            found.events.push(Placed {
                item: Event {
                    name,
                    inputs,
                    anonymous: event.is_anonymous(),
                },
                file,
                line: event.name.0.span().start().line,
            });
        }
        Item::Error(error) => {
            let name = identifier(error.name.to_string())
                .map_err(|reason| format!("the error {}: {reason} is not known", error.name))?;
            let mut inputs: Vec<Param> = Vec::new();
            for input in &error.parameters {
                let mut one = param_of(&input.ty, types)
                    .map_err(|reason| format!("the error {}: {reason}", error.name))?;
                one.name = label(input.name.as_ref());
                inputs.push(one);
            }
            found.errors.push(Placed {
                item: AbiError { name, inputs },
                file,
                line: error.name.0.span().start().line,
            });
        }
        _ => {}
    }
    Ok(())
}

fn label(name: Option<&syn_solidity::SolIdent>) -> String {
    let name = name.and_then(|name| identifier(name.to_string()).ok());
    name.unwrap_or_default()
}

fn param_of(ty: &Type, types: &Types) -> Result<Param, String> {
    param(name(ty, types)?, String::new())
}

/// A type of Solidity as the ABI names it.
fn name(ty: &Type, types: &Types) -> Result<String, String> {
    Ok(match ty {
        Type::Address(..) => "address".into(),
        Type::Bool(_) => "bool".into(),
        Type::String(_) => "string".into(),
        Type::Bytes(_) => "bytes".into(),
        Type::FixedBytes(_, size) => format!("bytes{size}"),
        Type::Int(_, bits) => format!("int{}", bits.map_or(256, Into::into)),
        Type::Uint(_, bits) => format!("uint{}", bits.map_or(256, Into::into)),
        Type::Array(array) => match array.size() {
            Some(size) => format!("{}[{size}]", name(&array.ty, types)?),
            None => format!("{}[]", name(&array.ty, types)?),
        },
        Type::Tuple(tuple) => {
            let all = tuple.types.iter().map(|one| name(one, types));
            format!("({})", all.collect::<Result<Vec<_>, _>>()?.join(","))
        }
        Type::Custom(path) => {
            let last = path.last().to_string();
            match types.structs.get(&last) {
                Some(tuple) => tuple.clone(),
                None => return Err(format!("the type {last} is not known")),
            }
        }
        other => return Err(format!("the type {other} is not known")),
    })
}

/// Every `sol! { … }` that is an item of a module, with its attributes.
fn macros(module: &Module) -> impl Iterator<Item = (&syn::Macro, &[syn::Attribute])> {
    module.items.iter().filter_map(|item| match item {
        syn::Item::Macro(one) if is_sol(&one.mac) => Some((&one.mac, one.attrs.as_slice())),
        _ => None,
    })
}

fn is_sol(one: &syn::Macro) -> bool {
    let last = one.path.segments.last();
    last.is_some_and(|last| last.ident == "sol")
}

/// Whether there is one elsewhere in a module.
fn has_others(module: &Module) -> bool {
    struct Inside(bool);
    impl<'ast> Visit<'ast> for Inside {
        fn visit_macro(&mut self, one: &'ast syn::Macro) {
            self.0 |= is_sol(one);
        }
    }
    let mut inside = Inside(false);
    let others = module.items.iter();
    others
        .filter(|item| !matches!(item, syn::Item::Macro(_)))
        .for_each(|item| inside.visit_item(item));
    inside.0
}
