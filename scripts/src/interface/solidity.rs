//! What stands in `sol! { … }`: events, errors, and structs as types.

use super::functions::{alias_of_result, identifier, param};
use super::types::Types;
use super::{Interface, Parsed, Placed};
use alloy::json_abi::{Error as AbiError, Event, EventParam, Param};
use std::path::Path;
use syn::visit::Visit;
use syn_solidity::{File, Item, Type};

/// Notes the aliases of Rust and the structs of Solidity in a file.
pub(super) fn types(file: &syn::File, types: &mut Types) {
    for item in &file.items {
        let syn::Item::Type(alias) = item else {
            continue;
        };
        let name = alias.ident.to_string();
        if alias.generics.params.is_empty() {
            types.aliases.insert(name, alias.ty.as_ref().clone());
        } else if let Some(default) = alias_of_result(alias) {
            types.results.insert(name, default);
        }
    }
    for file in macros(file).into_iter().flatten() {
        for item in &file.items {
            if let Item::Struct(one) = item {
                let fields = one.fields.iter().map(|field| name(&field.ty, types));
                if let Ok(fields) = fields.collect::<Result<Vec<_>, _>>() {
                    let tuple = format!("({})", fields.join(","));
                    types.structs.insert(one.name.to_string(), tuple);
                }
            }
        }
    }
}

/// Adds the events and errors of a file.
pub(super) fn read(parsed: &Parsed, types: &Types, found: &mut Interface) {
    for file in macros(&parsed.file) {
        let Ok(file) = file else {
            let file = parsed.path.file_name().unwrap_or(parsed.path.as_os_str());
            let line = format!("a sol! of {} cannot be read", file.display());
            found.unseen.push(line);
            continue;
        };
        for item in &file.items {
            if let Err(reason) = add(item, &parsed.path, types, found) {
                found.unseen.push(reason);
            }
        }
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

/// Every `sol! { … }` of a file.
fn macros(file: &syn::File) -> Vec<syn::Result<File>> {
    #[derive(Default)]
    struct Macros(Vec<syn::Result<File>>);
    impl<'ast> Visit<'ast> for Macros {
        fn visit_macro(&mut self, one: &'ast syn::Macro) {
            let last = one.path.segments.last();
            if last.is_some_and(|last| last.ident == "sol") {
                self.0.push(syn_solidity::parse2(one.tokens.clone()));
            }
        }
    }
    let mut macros = Macros::default();
    macros.visit_file(file);
    macros.0
}
