//! The selectors of an impl block, computed as `#[public]` does.

use convert_case::{Case, Casing};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Error, Expr, FnArg, ImplItem, ImplItemFn, ItemImpl, LitStr, Result, Type};

use crate::step::Step;

/// A function that calldata can reach.
pub(crate) struct PublicFunction {
    /// Where it stands.
    pub(crate) span: Span,
    /// Its Rust name, for messages.
    rust_name: String,
    /// Its name in the ABI.
    sol_name: String,
    /// The types of its arguments, without `self`.
    arguments: Vec<Type>,
}

impl PublicFunction {
    /// The function as a `stylus_upgradeable::__private::Function`.
    pub(crate) fn constant(&self) -> TokenStream {
        let Self {
            rust_name,
            sol_name,
            arguments,
            ..
        } = self;
        quote! {
            ::stylus_upgradeable::__private::Function {
                selector: u32::from_be_bytes(
                    ::stylus_sdk::function_selector!(#sol_name #(, #arguments)*)
                ),
                name: #rust_name,
            }
        }
    }
}

/// A step of a function as a `stylus_upgradeable::__private::declare::Declared`.
pub(crate) fn declared(step: &Step, method: &ImplItemFn) -> Result<TokenStream> {
    let PublicFunction {
        sol_name,
        arguments,
        ..
    } = function(method)?;
    let (from, to) = step.labels();
    let kind = match step.from {
        None => quote!(Initializer),
        Some(_) => quote!(Migration),
    };
    let conditions = step.flags.conditions.texts();
    Ok(quote! {
        ::stylus_upgradeable::__private::declare::Declared {
            kind: ::stylus_upgradeable::__private::declare::Kind::#kind,
            from: #from,
            to: #to,
            function: #sol_name,
            arguments: &[#({
                const ABI: &::stylus_sdk::abi::ConstString =
                    &<#arguments as ::stylus_sdk::abi::AbiType>::SELECTOR_ABI;
                ABI.as_str()
            }),*],
            conditions: &[#(#conditions),*],
        }
    })
}

/// The functions of an impl block that have a selector.
pub(crate) fn functions(block: &ItemImpl) -> Result<Vec<PublicFunction>> {
    methods(block)
        .filter(|method| {
            !["fallback", "receive", "constructor"]
                .iter()
                .any(|kind| has(&method.attrs, kind))
        })
        .map(function)
        .collect()
}

/// All functions of an impl block; `#[public]` routes private ones too.
pub(crate) fn methods(block: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    })
}

/// Whether an attribute of that name is there, however it is qualified.
pub(crate) fn has(attributes: &[Attribute], name: &str) -> bool {
    find(attributes, name).is_some()
}

/// The attribute of that name.
pub(crate) fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| {
        attribute
            .path()
            .segments
            .last()
            .is_some_and(|last| last.ident == name)
    })
}

/// One function.
fn function(method: &ImplItemFn) -> Result<PublicFunction> {
    let rust_name = method.sig.ident.to_string();
    let sol_name = match find(&method.attrs, "selector") {
        Some(attribute) => renamed(attribute)?,
        None => rust_name.to_case(Case::Camel),
    };
    Ok(PublicFunction {
        span: method.sig.ident.span(),
        rust_name,
        sol_name,
        arguments: method
            .sig
            .inputs
            .iter()
            .enumerate()
            .filter_map(argument)
            .collect(),
    })
}

/// The name in `#[selector(name = "…")]`.
fn renamed(attribute: &Attribute) -> Result<String> {
    let pair: syn::MetaNameValue = attribute.parse_args()?;
    match &pair.value {
        Expr::Lit(literal) if pair.path.is_ident("name") => {
            let text: LitStr = syn::parse2(quote!(#literal))?;
            Ok(text.value())
        }
        _ => Err(Error::new_spanned(pair, "expected `name = \"…\"`")),
    }
}

/// The type of an argument; a first one that is `self` or a reference is the storage.
fn argument((position, argument): (usize, &FnArg)) -> Option<Type> {
    match argument {
        FnArg::Typed(typed) => match typed.ty.as_ref() {
            Type::Reference(_) if position == 0 => None,
            ty => Some(ty.clone()),
        },
        FnArg::Receiver(_) => None,
    }
}
