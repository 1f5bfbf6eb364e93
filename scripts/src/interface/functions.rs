//! The functions of `#[public]` blocks.

use super::types::Types;
use super::{Interface, Placed};
use alloy::dyn_abi::parser::is_valid_identifier;
use alloy::json_abi::{Function, Param, StateMutability};
use convert_case::{Case, Casing};
use std::collections::BTreeSet;
use syn::visit::Visit;
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, ImplItem, ImplItemFn, ItemImpl, ItemType,
    Path, PathArguments, ReturnType, Type, TypePath,
};

/// What `#[upgradeable]` lets nobody but an upgrade call.
const STEPS: [&str; 2] = ["initializer", "migration"];

pub(super) fn methods(block: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
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

    /// Adds a function of a block; whether it could be read.
    pub(super) fn method(
        &mut self,
        file: &std::path::Path,
        method: &ImplItemFn,
        types: &Types,
        generic: &BTreeSet<String>,
    ) -> bool {
        if has(&method.attrs, "receive") {
            self.receive = true;
            return true;
        }
        if has(&method.attrs, "fallback") {
            let mutability = match has(&method.attrs, "payable") {
                true => StateMutability::Payable,
                false => StateMutability::NonPayable,
            };
            self.fallback.get_or_insert(mutability);
            return true;
        }
        match function(method, types, generic) {
            // What inherits stands before what it inherits from, and replaces it.
            Ok(item) if self.has_function(&item.signature()) => true,
            Ok(item) => {
                if STEPS.iter().any(|one| has(&method.attrs, one)) {
                    self.steps.push(item.signature());
                }
                self.functions.push(Placed {
                    item,
                    file: file.to_owned(),
                    line: method.sig.ident.span().start().line,
                });
                true
            }
            Err(reason) => {
                let name = &method.sig.ident;
                let line = format!("the function {name}: {reason} is not known");
                self.unseen.push(line);
                false
            }
        }
    }
}

/// A function as the ABI describes it; which type is not known.
fn function(
    method: &ImplItemFn,
    types: &Types,
    generic: &BTreeSet<String>,
) -> Result<Function, String> {
    let signature = &method.sig;
    if find(&method.attrs, "selector").is_some_and(|one| renamed(one).is_none()) {
        return Err("its #[selector]".into());
    }
    require_no_parameter(method, generic, types)?;
    let is_step = STEPS.iter().any(|one| has(&method.attrs, one));
    let name = identifier(sol_name(method))?;
    let mut inputs = Vec::new();
    let mut mutability = StateMutability::Pure;
    for (position, input) in signature.inputs.iter().enumerate() {
        match input {
            FnArg::Receiver(receiver) => mutability = of_reference(receiver.mutability.is_some()),
            FnArg::Typed(typed) => match typed.ty.as_ref() {
                Type::Reference(reference) if position == 0 => {
                    mutability = of_reference(reference.mutability.is_some());
                }
                // `#[upgradeable]` takes it out of the signature of a step.
                Type::Path(path)
                    if is_step && path.path.is_ident("Proof") && !types.is_taken("Proof") => {}
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

/// The name by which callers know a function.
pub(super) fn sol_name(method: &ImplItemFn) -> String {
    let renamed = find(&method.attrs, "selector").and_then(renamed);
    renamed.unwrap_or_else(|| method.sig.ident.to_string().to_case(Case::Camel))
}

/// The parameters of a block or a function.
pub(super) fn generics(of: &syn::Generics) -> BTreeSet<String> {
    let all = of.params.iter().filter_map(|one| match one {
        GenericParam::Type(ty) => Some(ty.ident.to_string()),
        GenericParam::Const(number) => Some(number.ident.to_string()),
        GenericParam::Lifetime(_) => None,
    });
    all.collect()
}

/// A type that is a parameter has another name in the ABI, whatever it is called.
fn require_no_parameter(
    method: &ImplItemFn,
    generic: &BTreeSet<String>,
    types: &Types,
) -> Result<(), String> {
    struct Idents(Vec<String>);
    impl<'a> Visit<'a> for Idents {
        fn visit_path(&mut self, path: &'a Path) {
            self.0.extend(path.get_ident().map(ToString::to_string));
            syn::visit::visit_path(self, path);
        }
    }
    let mut idents = Idents(Vec::new());
    for (position, input) in method.sig.inputs.iter().enumerate() {
        match input {
            FnArg::Typed(typed) if position > 0 || !matches!(*typed.ty, Type::Reference(_)) => {
                idents.visit_type(&typed.ty);
            }
            _ => {} // the storage
        }
    }
    if let ReturnType::Type(_, ty) = &method.sig.output {
        idents.visit_type(success(ty, types));
    }
    let own = generics(&method.sig.generics);
    let of = idents
        .0
        .into_iter()
        .find(|one| generic.contains(one) || own.contains(one));
    of.map_or(Ok(()), |name| Err(format!("the type {name}")))
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
    let is_result = last.ident == "Result" || alias.is_some();
    if !is_result || types.is_taken(&last.ident.to_string()) || !types.is_near(path) {
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
        Type::Path(path) if path.path.is_ident("ArbResult") && !types.is_taken("ArbResult") => {
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

/// The types in `#[inherit(…)]` or `#[implements(…)]`.
pub(super) fn listed(attributes: &[Attribute], name: &str) -> Vec<TypePath> {
    let Some(attribute) = find(attributes, name) else {
        return Vec::new();
    };
    let all = attribute
        .parse_args_with(syn::punctuated::Punctuated::<Type, syn::Token![,]>::parse_terminated);
    let all = all.into_iter().flatten();
    all.filter_map(|ty| match ty {
        Type::Path(path) => Some(path),
        _ => None,
    })
    .collect()
}

pub(super) fn last_of(path: &Path) -> String {
    let last = path.segments.last();
    last.map(|last| last.ident.to_string()).unwrap_or_default()
}

/// The arguments of a path's end that have no names.
pub(super) fn positional(path: &Path) -> Vec<&GenericArgument> {
    match path.segments.last().map(|last| &last.arguments) {
        Some(PathArguments::AngleBracketed(all)) => {
            let all = all.args.iter();
            all.filter(|one| matches!(one, GenericArgument::Type(_) | GenericArgument::Const(_)))
                .collect()
        }
        _ => Vec::new(),
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
