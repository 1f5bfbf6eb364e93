//! The functions of an impl block: names and selectors computed as `#[public]` does, types as the compiler
//! knows them.

use convert_case::{Case, Casing};
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Error, Expr, FnArg, ImplItem, ImplItemFn, ItemImpl, LitStr, Pat, Path, Result,
    ReturnType, Type,
};

use crate::step::Step;

/// A function that calldata can reach.
pub(crate) struct PublicFunction {
    /// Its place in the source.
    pub(crate) span: Span,
    /// Its Rust name, for messages.
    rust_name: String,
    /// Its name in the ABI.
    sol_name: String,
    /// The types of its arguments, without `self`.
    arguments: Vec<TokenStream>,
    /// The names of its arguments in the ABI; empty where it has none that Solidity allows.
    labels: Vec<String>,
    /// Its promise about state and value, as Solidity writes it; empty for none.
    mutability: &'static str,
    /// The type that it returns.
    output: TokenStream,
}

impl PublicFunction {
    /// The function as a `stylus_upgradeable::__private::Function`.
    pub(crate) fn constant(&self) -> TokenStream {
        let Self {
            rust_name,
            sol_name,
            arguments,
            labels,
            mutability,
            output,
            ..
        } = self;
        quote! {
            ::stylus_upgradeable::__private::Function {
                selector: u32::from_be_bytes(
                    ::stylus_sdk::function_selector!(#sol_name #(, #arguments)*)
                ),
                name: #rust_name,
                sol_name: #sol_name,
                arguments: &[#((
                    <#arguments as ::stylus_upgradeable::__private::Argument>::TYPE,
                    #labels,
                )),*],
                mutability: #mutability,
                returns: <#output as ::stylus_upgradeable::__private::Outcome>::TYPES,
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
    } = function(method, None)?;
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
        .map(|method| function(method, block.trait_.as_ref().map(|(_, path, _)| path)))
        .collect()
}

/// Lists the functions that answer calls without a selector, as a layout document has them.
pub(crate) fn without_selector(block: &ItemImpl) -> Vec<&'static str> {
    let all = methods(block).filter_map(|method| match () {
        () if has(&method.attrs, "receive") => Some("receive"),
        () if !has(&method.attrs, "fallback") => None,
        () if has(&method.attrs, "payable") => Some("fallback payable"),
        () => Some("fallback"),
    });
    all.collect()
}

/// All functions of an impl block; `#[public]` routes private ones too.
pub(crate) fn methods(block: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    })
}

/// Returns true if an attribute of that name is there, however it is qualified.
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

/// One function, of a block for the trait `of`.
fn function(method: &ImplItemFn, of: Option<&Path>) -> Result<PublicFunction> {
    let rust_name = method.sig.ident.to_string();
    let sol_name = match find(&method.attrs, "selector") {
        Some(attribute) => renamed(attribute)?,
        None => rust_name.to_case(Case::Camel),
    };
    let ty = |ty: &Type| match of {
        Some(of) => in_trait(ty.to_token_stream(), of),
        None => ty.to_token_stream(),
    };
    let inputs = || method.sig.inputs.iter().enumerate().filter_map(argument);
    Ok(PublicFunction {
        span: method.sig.ident.span(),
        rust_name,
        sol_name,
        arguments: inputs().map(|(_, one)| ty(one)).collect(),
        labels: inputs().map(|(pattern, _)| label(pattern)).collect(),
        mutability: mutability(method),
        output: match &method.sig.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, output) => ty(output),
        },
    })
}

/// The same type outside of the block, where `Self::Error` has to say which trait has it.
fn in_trait(ty: TokenStream, of: &Path) -> TokenStream {
    let mut tokens = ty.into_iter().peekable();
    let mut changed = TokenStream::new();
    while let Some(token) = tokens.next() {
        changed.extend(match token {
            TokenTree::Group(group) => {
                let inside = Group::new(group.delimiter(), in_trait(group.stream(), of));
                inside.to_token_stream()
            }
            TokenTree::Ident(own) if own == "Self" => match tokens.peek() {
                Some(TokenTree::Punct(colon)) if colon.as_char() == ':' => quote!(<#own as #of>),
                _ => own.to_token_stream(),
            },
            other => other.to_token_stream(),
        });
    }
    changed
}

/// Returns the promise that `#[public]` takes a function to make.
fn mutability(method: &ImplItemFn) -> &'static str {
    let of_reference = |is_mutable: bool| if is_mutable { "" } else { "view" };
    match method.sig.inputs.first() {
        _ if has(&method.attrs, "payable") => "payable",
        Some(FnArg::Receiver(receiver)) => of_reference(receiver.mutability.is_some()),
        Some(FnArg::Typed(typed)) => match typed.ty.as_ref() {
            Type::Reference(reference) => of_reference(reference.mutability.is_some()),
            _ => "pure",
        },
        None => "pure",
    }
}

/// The name of an argument in the ABI; empty where Solidity allows no such name.
fn label(pattern: &Pat) -> String {
    let Pat::Ident(pattern) = pattern else {
        return String::new();
    };
    let label = pattern.ident.to_string().to_case(Case::Camel);
    let is_plain = |one: u8| one.is_ascii_alphanumeric() || one == b'_';
    let is_word = ["memory", "storage", "calldata", "indexed"].contains(&label.as_str());
    match label.bytes().all(is_plain) && !is_word {
        true => label,
        false => String::new(),
    }
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

/// The pattern and the type of an argument; a first one that is `self` or a reference is the storage.
fn argument((position, argument): (usize, &FnArg)) -> Option<(&Pat, &Type)> {
    match argument {
        FnArg::Typed(typed) => match typed.ty.as_ref() {
            Type::Reference(_) if position == 0 => None,
            ty => Some((&typed.pat, ty)),
        },
        FnArg::Receiver(_) => None,
    }
}
