//! The functions of `#[public]` blocks.

use super::types::Types;
use super::{Interface, Parsed, Placed};
use alloy::dyn_abi::parser::is_valid_identifier;
use alloy::json_abi::{Function, Param, StateMutability};
use convert_case::{Case, Casing};
use std::collections::BTreeSet;
use syn::visit::{Visit, visit_item_impl, visit_item_mod};
use syn::{
    Attribute, FnArg, GenericArgument, ImplItem, ImplItemFn, ItemImpl, ItemMod, ItemType,
    PathArguments, ReturnType, Type,
};

/// What `#[upgradeable]` lets nobody but an upgrade call.
const STEPS: [&str; 2] = ["initializer", "migration"];

/// The functions of the entrypoint, and of what it inherits.
pub(super) fn read(parsed: &[Parsed], types: &Types, found: &mut Interface) {
    let Some(entrypoint) = found.entrypoint.clone() else {
        let line = "no storage struct with #[entrypoint] was found";
        found.unseen.push(line.into());
        return;
    };
    let mut blocks = Vec::new();
    for one in parsed {
        let mut visited = Blocks::default();
        visited.visit_file(&one.file);
        blocks.extend(visited.found.into_iter().map(|block| (one, block)));
    }
    let mut left = vec![entrypoint];
    let mut seen = BTreeSet::new();
    while let Some(of) = left.pop() {
        if !seen.insert(of.clone()) {
            continue;
        }
        let own = blocks
            .iter()
            .filter(|(_, block)| self_of(&block.item) == of);
        let own: Vec<_> = own.collect();
        if own.is_empty() {
            let line = format!("the functions of {of}, whose #[public] block was not found");
            found.unseen.push(line);
        }
        for (one, block) in own {
            left.extend(inherited(&block.item.attrs));
            for method in methods(&block.item) {
                if block.is_conditional || has(&method.attrs, "cfg") {
                    let name = &method.sig.ident;
                    let line = format!("whether there is a function {name}, which #[cfg] decides");
                    found.unseen.push(line);
                } else {
                    found.method(one, method, types);
                }
            }
        }
    }
}

fn methods(block: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if !has(&method.attrs, "constructor") => Some(method),
        _ => None,
    })
}

impl Interface {
    fn has_function(&self, signature: &str) -> bool {
        let mut all = self.functions.iter();
        all.any(|one| one.item.signature() == signature)
    }

    /// Adds a function of a block. A parent's receive and fallback do not replace those that inherit.
    fn method(&mut self, parsed: &Parsed, method: &ImplItemFn, types: &Types) {
        if has(&method.attrs, "receive") {
            self.receive = true;
            return;
        }
        if has(&method.attrs, "fallback") {
            let mutability = match has(&method.attrs, "payable") {
                true => StateMutability::Payable,
                false => StateMutability::NonPayable,
            };
            self.fallback.get_or_insert(mutability);
            return;
        }
        match function(method, types) {
            // What inherits stands before what it inherits from, and replaces it.
            Ok(item) if self.has_function(&item.signature()) => {}
            Ok(item) => {
                if STEPS.iter().any(|one| has(&method.attrs, one)) {
                    self.steps.push(item.signature());
                }
                self.functions.push(Placed {
                    item,
                    file: parsed.path.clone(),
                    line: method.sig.ident.span().start().line,
                });
            }
            Err(reason) => self.unseen.push(format!(
                "the function {}: {reason} is not known",
                method.sig.ident
            )),
        }
    }
}

/// A function as the ABI describes it; which type is not known.
fn function(method: &ImplItemFn, types: &Types) -> Result<Function, String> {
    let signature = &method.sig;
    let name = match find(&method.attrs, "selector") {
        Some(attribute) => renamed(attribute).ok_or("its #[selector]")?,
        None => signature.ident.to_string().to_case(Case::Camel),
    };
    let name = identifier(name)?;
    let mut inputs = Vec::new();
    let mut mutability = StateMutability::Pure;
    for (position, input) in signature.inputs.iter().enumerate() {
        match input {
            FnArg::Receiver(receiver) => mutability = of_reference(receiver.mutability.is_some()),
            FnArg::Typed(typed) => match typed.ty.as_ref() {
                Type::Reference(reference) if position == 0 => {
                    mutability = of_reference(reference.mutability.is_some());
                }
                // `#[upgradeable]` takes it out of the signature.
                Type::Path(path) if path.path.is_ident("Proof") => {}
                ty => {
                    let label = match typed.pat.as_ref() {
                        syn::Pat::Ident(pattern) => pattern.ident.to_string().to_case(Case::Camel),
                        _ => String::new(),
                    };
                    let label = identifier(label).unwrap_or_default();
                    inputs.push(param(types.name(ty)?, label)?);
                }
            },
        }
    }
    if has(&method.attrs, "payable") {
        mutability = StateMutability::Payable;
    }
    let outputs = match &signature.output {
        ReturnType::Default => Vec::new(),
        ReturnType::Type(_, ty) => outputs(success(ty, types), types)?,
    };
    Ok(Function {
        name,
        inputs,
        outputs,
        state_mutability: mutability,
    })
}

/// A name that Solidity allows. `#[selector]` takes any text for one, and Rust letters of every script;
/// readers of interfaces refuse both, and what is printed beside them could be taken for something else.
pub(super) fn identifier(name: String) -> Result<String, String> {
    match is_valid_identifier(&name) {
        true => Ok(name),
        false => Err("a name that Solidity allows".into()),
    }
}

fn of_reference(is_mutable: bool) -> StateMutability {
    match is_mutable {
        true => StateMutability::NonPayable,
        false => StateMutability::View,
    }
}

/// The type of a success: `T` of `Result<T, E>`, or of an alias of it.
fn success<'a>(ty: &'a Type, types: &'a Types) -> &'a Type {
    let Type::Path(path) = ty else {
        return ty;
    };
    let Some(last) = path.path.segments.last() else {
        return ty;
    };
    let alias = types.results.get(&last.ident.to_string());
    if last.ident != "Result" && alias.is_none() {
        return ty;
    }
    match first_argument(&last.arguments) {
        Some(success) => success,
        None => alias.and_then(Option::as_ref).unwrap_or(ty),
    }
}

fn first_argument(arguments: &PathArguments) -> Option<&Type> {
    match arguments {
        PathArguments::AngleBracketed(all) => match all.args.first()? {
            GenericArgument::Type(first) => Some(first),
            _ => None,
        },
        _ => None,
    }
}

/// An alias of `Result` whose success is its only parameter, with the parameter's default.
pub(super) fn alias_of_result(alias: &ItemType) -> Option<Option<Type>> {
    let mut parameters = alias.generics.type_params();
    let (Some(parameter), None) = (parameters.next(), parameters.next()) else {
        return None;
    };
    let Type::Path(path) = alias.ty.as_ref() else {
        return None;
    };
    let last = path.path.segments.last()?;
    let success = first_argument(&last.arguments)?;
    let is_it = matches!(success, Type::Path(path) if path.path.is_ident(&parameter.ident));
    (last.ident == "Result" && is_it).then(|| parameter.default.clone())
}

/// What is returned: the members of a tuple one by one.
fn outputs(ty: &Type, types: &Types) -> Result<Vec<Param>, String> {
    let all: Vec<&Type> = match ty {
        Type::Tuple(tuple) => tuple.elems.iter().collect(),
        Type::Path(path) if path.path.is_ident("ArbResult") => {
            return Ok(vec![param("bytes".into(), String::new())?]);
        }
        one => vec![one],
    };
    let all = all.into_iter();
    all.map(|one| param(types.name(one)?, String::new()))
        .collect()
}

/// A parameter of a type that the ABI knows. Members of a tuple have no names.
pub(super) fn param(ty: String, name: String) -> Result<Param, String> {
    let parsed = Param::parse(&ty).map_err(|error| format!("{ty}: {error}"))?;
    Ok(Param { name, ..parsed })
}

/// The types in `#[inherit(…)]`.
fn inherited(attributes: &[Attribute]) -> Vec<String> {
    let Some(attribute) = find(attributes, "inherit") else {
        return Vec::new();
    };
    let all = attribute
        .parse_args_with(syn::punctuated::Punctuated::<Type, syn::Token![,]>::parse_terminated);
    all.into_iter()
        .flatten()
        .filter_map(|ty| last_of(&ty))
        .collect()
}

fn self_of(block: &ItemImpl) -> String {
    last_of(&block.self_ty).unwrap_or_default()
}

fn last_of(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

/// The name in `#[selector(name = "…")]`.
fn renamed(attribute: &Attribute) -> Option<String> {
    let pair: syn::MetaNameValue = attribute.parse_args().ok()?;
    match pair.value {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) if pair.path.is_ident("name") => Some(text.value()),
        _ => None,
    }
}

/// Whether an attribute of that name is there, however it is qualified.
pub(super) fn has(attributes: &[Attribute], name: &str) -> bool {
    find(attributes, name).is_some()
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|last| last.ident == name)
    })
}

/// A block whose functions have selectors.
struct Block {
    item: ItemImpl,
    /// Whether `#[cfg]` stands above it or above a module that it is in.
    is_conditional: bool,
}

/// The blocks of a file.
#[derive(Default)]
struct Blocks {
    found: Vec<Block>,
    is_conditional: bool,
}

impl<'ast> Visit<'ast> for Blocks {
    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        if has(&block.attrs, "public") || has(&block.attrs, "inheritable") {
            self.found.push(Block {
                item: block.clone(),
                is_conditional: self.is_conditional || has(&block.attrs, "cfg"),
            });
        }
        visit_item_impl(self, block);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let outside = self.is_conditional;
        self.is_conditional |= has(&module.attrs, "cfg");
        visit_item_mod(self, module);
        self.is_conditional = outside;
    }
}
