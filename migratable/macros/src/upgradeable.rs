//! Additions of `#[upgradeable]` to an impl block.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Error, Ident, ImplItem, ItemImpl, Meta, Path, PathArguments, Result, Token, Type,
    parse::{Parse, ParseStream, Parser},
    parse_quote,
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::{
    body, inherit, interface,
    step::{self, Step},
};

/// `allow_constructor`, or nothing.
pub(crate) struct Arguments {
    allow_constructor: bool,
}

impl Parse for Arguments {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.is_empty() {
            return Ok(Self {
                allow_constructor: false,
            });
        }
        let flag: syn::Ident = input.parse()?;
        if flag != "allow_constructor" {
            return Err(Error::new(
                flag.span(),
                format!("expected `allow_constructor`, found `{flag}`"),
            ));
        }
        Ok(Self {
            allow_constructor: true,
        })
    }
}

/// Checks the block, adds the mixin's functions, and asserts what only the compiler can know.
pub(crate) fn expand(arguments: &Arguments, mut block: ItemImpl) -> TokenStream {
    let added = check(arguments, &block).and_then(|()| {
        take_proofs(&mut block)?;
        let described = describe(&block)?;
        if block.trait_.is_some() {
            return Ok(described);
        }
        let inherited = inherit::take(&mut block)?;
        let implemented = implement(&mut block, &inherited)?;
        let parts = parts(&block.self_ty, &implemented);
        Ok([
            described,
            inherit::compose(&block.self_ty, &inherited)?,
            compose(&block.self_ty),
            layout(&block.self_ty),
            functions(&block, &parts),
            assert_disjoint(&block.self_ty, &parts),
        ]
        .into_iter()
        .collect())
    });
    match added {
        Ok(added) => quote!(#block #added),
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#block #error)
        }
    }
}

/// Checks what the syntax alone shows.
fn check(arguments: &Arguments, block: &ItemImpl) -> Result<()> {
    if !interface::has(&block.attrs, "public") {
        return Err(Error::new(
            Span::call_site(),
            "`#[upgradeable]` stands above `#[public]`",
        ));
    }
    if block.trait_.is_none() && !block.generics.params.is_empty() {
        return Err(Error::new(
            block.generics.span(),
            "an upgradeable contract has no type parameters",
        ));
    }
    let mut steps: Vec<Step> = Vec::new();
    for method in interface::methods(block) {
        let name = &method.sig.ident;
        if let Some(attribute) = interface::find(&method.attrs, "initializing") {
            return Err(Error::new_spanned(
                attribute,
                format!(
                    "`{name}` is `#[initializing]`, it has no selector: move it to an impl block without `#[public]`"
                ),
            ));
        }
        if let (Some(attribute), false) = (
            interface::find(&method.attrs, "constructor"),
            arguments.allow_constructor,
        ) {
            return Err(Error::new_spanned(
                attribute,
                "a constructor never runs behind a proxy: make it an `#[initializer(\"1.0\")]`, or write `#[upgradeable(allow_constructor)]`",
            ));
        }
        if let Some(step) = Step::of(&method.attrs) {
            check_new(&steps, &step)?;
            steps.push(step);
        }
    }
    Ok(())
}

/// Each step once.
fn check_new(steps: &[Step], step: &Step) -> Result<()> {
    let (from, to) = step.labels();
    if !steps
        .iter()
        .any(|other| other.labels() == (from.clone(), to.clone()))
    {
        return Ok(());
    }
    let message = if from.is_empty() {
        format!("version \"{to}\" has an initializer already")
    } else {
        format!("there is a migration from \"{from}\" to \"{to}\" already")
    };
    Err(Error::new(step.to.span(), message))
}

/// Takes the proofs out of the steps' arguments and notes their names in the steps' attributes.
fn take_proofs(block: &mut ItemImpl) -> Result<()> {
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else {
            continue;
        };
        let steps = ["initializer", "migration"];
        let mut attributes = method.attrs.iter_mut();
        let Some(attribute) = attributes.find(|attribute| {
            let name = attribute.path().segments.last();
            name.is_some_and(|name| steps.iter().any(|step| name.ident == step))
        }) else {
            continue;
        };
        if let Some(name) = body::take_proof(&mut method.sig)? {
            let mark = Ident::new(step::PROOF, Span::call_site());
            let list = match &mut attribute.meta {
                Meta::List(list) => list,
                other => return Err(Error::new_spanned(other, "expected the versions")),
            };
            let given = &list.tokens;
            let comma = match given.clone().into_iter().last() {
                Some(TokenTree::Punct(last)) if last.as_char() == ',' => None,
                _ => Some(quote!(,)),
            };
            list.tokens = quote!(#given #comma #mark(#name));
        }
    }
    Ok(())
}

/// The selectors and steps of the block, as constants and as a section of the module.
fn describe(block: &ItemImpl) -> Result<TokenStream> {
    let mut tokens = selectors(block)?;
    if block.generics.params.is_empty() {
        tokens.extend(section(&block.self_ty, &interface_type(block)?));
    }
    Ok(tokens)
}

/// The selectors and steps of the block, as constants, and the selectors checked against those
/// of the proxy.
pub(crate) fn selectors(block: &ItemImpl) -> Result<TokenStream> {
    let contract = &block.self_ty;
    let interface = interface_type(block)?;
    let (generics, _, clause) = block.generics.split_for_impl();
    let functions = interface::functions(block)?;
    let constants = functions.iter().map(interface::PublicFunction::constant);
    let mut steps = Vec::new();
    for method in interface::methods(block) {
        if let Some(step) = Step::of(&method.attrs) {
            steps.push(interface::declared(&step, method)?);
        }
    }
    if !(steps.is_empty() || block.generics.params.is_empty()) {
        return Err(Error::new(
            block.generics.span(),
            "an impl block with initializers or migrations has no type parameters",
        ));
    }
    let mut tokens = quote! {
        #[doc(hidden)]
        impl #generics ::stylus_upgradeable::__private::PublicInterface<#interface> for #contract #clause {
            const FUNCTIONS: &'static [::stylus_upgradeable::__private::Function] = &[#(#constants),*];
            const STEPS: &'static [::stylus_upgradeable::__private::declare::Declared] = &[#(#steps),*];
        }
    };
    if block.trait_.is_none() && !block.generics.params.is_empty() {
        return Ok(tokens); // the contract that inherits the block checks them, with its parameters
    }
    for (i, function) in functions.iter().enumerate() {
        tokens.extend(quote_spanned! {function.span=>
            const _: () = ::stylus_upgradeable::__private::assert_not_reserved(
                &<#contract as ::stylus_upgradeable::__private::PublicInterface<#interface>>::FUNCTIONS[#i]
            );
        });
    }
    Ok(tokens)
}

/// The steps of a block in a custom section of the contract's module, where tools find them.
/// Nothing refers to it, so it changes no code.
fn section(contract: &Type, interface: &Type) -> TokenStream {
    quote! {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[allow(unused_imports)]
            use ::stylus_upgradeable::__private::declare::NotTheEntrypoint as _;
            use ::stylus_upgradeable::__private::declare;

            const STEPS: &[declare::Declared] =
                <#contract as ::stylus_upgradeable::__private::PublicInterface<#interface>>::STEPS;
            const LENGTH: usize = match declare::Probe::<#contract>::IS_ENTRYPOINT {
                true => declare::encoded_length(::core::module_path!(), STEPS),
                false => 0,
            };

            // Without `#[used]`: with it the bytes would stand among the contract's data as well.
            #[allow(dead_code)]
            #[unsafe(link_section = "stylus-steps")]
            static DECLARED: [u8; LENGTH] = {
                let mut bytes = [0; LENGTH];
                declare::encode(::core::module_path!(), STEPS, &mut bytes);
                bytes
            };
        };
    }
}

/// The layout of the contract's own struct: it is asked for here and not written by the derive, so that
/// no other struct's layout is taken for the contract's.
fn layout(contract: &Type) -> TokenStream {
    quote_spanned!(contract.span()=> ::stylus_upgradeable::__layout_section!(#contract);)
}

/// The contract itself, or `dyn Trait<Associated = …>`, as `#[implements]` names it.
fn interface_type(block: &ItemImpl) -> Result<Type> {
    let Some((_, path, _)) = &block.trait_ else {
        return Ok((*block.self_ty).clone());
    };
    let mut path: Path = path.clone();
    let associated: Vec<TokenStream> = block
        .items
        .iter()
        .filter_map(|item| match item {
            ImplItem::Type(item) => {
                let (name, ty) = (&item.ident, &item.ty);
                Some(quote!(#name = #ty))
            }
            _ => None,
        })
        .collect();
    if let (Some(last), false) = (path.segments.last_mut(), associated.is_empty()) {
        let given = match &last.arguments {
            PathArguments::AngleBracketed(given) => {
                given.args.iter().map(ToTokens::to_token_stream).collect()
            }
            _ => Vec::new(),
        };
        let all = given.into_iter().chain(associated);
        last.arguments = PathArguments::AngleBracketed(parse_quote!(<#(#all),*>));
    }
    syn::parse2(quote!(dyn #path))
}

/// Adds what is inherited and the mixin to `#[implements(…)]`: all that stands there.
fn implement(block: &mut ItemImpl, inherited: &[Type]) -> Result<Vec<Type>> {
    let mut named: Punctuated<Type, Token![,]> = Punctuated::new();
    if let Some(attribute) = interface::find(&block.attrs, "implements") {
        let list = attribute.meta.require_list()?.tokens.clone();
        named = Punctuated::parse_terminated.parse2(list)?;
    }
    named.extend(inherit::traits(inherited)?);
    named.push(parse_quote!(::stylus_upgradeable::Migratable));
    block
        .attrs
        .retain(|attribute| !attribute.path().is_ident("implements"));
    block.attrs.push(parse_quote!(#[implements(#named)]));
    Ok(named.into_iter().collect())
}

/// Composes Upgradeable and Migratable.
fn compose(contract: &Type) -> TokenStream {
    quote! {
        impl ::stylus_upgradeable::Upgradeable for #contract {}

        #[cfg(not(feature = "contract-client-gen"))]
        impl ::stylus_upgradeable::Migratable for #contract {}

        #[cfg(not(feature = "contract-client-gen"))]
        #[doc(hidden)]
        impl<S> ::stylus_sdk::abi::Router<S, dyn ::stylus_upgradeable::Migratable> for #contract
        where
            S: ::stylus_sdk::stylus_core::storage::TopLevelStorage
                + ::core::borrow::BorrowMut<Self>
                + ::stylus_sdk::stylus_core::ValueDenier,
        {
            type Storage = Self;

            #[inline(always)]
            fn route(storage: &mut S, selector: u32, input: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                let answer = ::stylus_upgradeable::__private::route(selector, input)?;
                Some(storage.deny_value("isMigrated").and(answer))
            }

            #[inline(always)]
            fn receive(_: &mut S) -> Option<Result<(), ::stylus_upgradeable::__private::Vec<u8>>> {
                None
            }

            #[inline(always)]
            fn fallback(_: &mut S, _: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                None
            }

            #[inline(always)]
            fn constructor(_: &mut S, _: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                None
            }
        }

        #[cfg(feature = "export-abi")]
        #[doc(hidden)]
        pub use ::stylus_upgradeable::__private::MigratableStylusAbiStruct;
    }
}

/// The contract's own block and those that it implements, as the compiler finds them.
fn parts(contract: &Type, implemented: &[Type]) -> Vec<TokenStream> {
    let own = quote_spanned!(contract.span()=> #contract);
    let implemented = implemented
        .iter()
        .map(|part| quote_spanned!(part.span()=> dyn #part));
    let all = std::iter::once(own).chain(implemented);
    all.map(|part| {
        quote_spanned!(part.span()=> ::stylus_upgradeable::__private::part::<#contract, #part>())
    })
    .collect()
}

/// Every function of the contract in a custom section of its module, where tools find them. Nothing
/// refers to it, so it changes no code.
fn functions(block: &ItemImpl, parts: &[TokenStream]) -> TokenStream {
    let contract = &block.self_ty;
    let name = contract.to_token_stream().to_string();
    let others = interface::without_selector(block);
    quote! {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[allow(unused_imports)]
            use ::stylus_upgradeable::__private::declare::NotTheEntrypoint as _;
            use ::stylus_upgradeable::__private::{Part, declare, section};

            const CONTRACT: &str = concat!(::core::module_path!(), "::", #name);
            const PARTS: &[Part] = &[#(#parts),*];
            const OTHERS: &[&str] = &[#(#others),*];
            const LENGTH: usize = match declare::Probe::<#contract>::IS_ENTRYPOINT {
                true => section::length(CONTRACT, PARTS, OTHERS),
                false => 0,
            };

            // Without `#[used]`: with it the bytes would stand among the contract's data as well.
            #[allow(dead_code)]
            #[unsafe(link_section = "stylus-interface")]
            static INTERFACE: [u8; LENGTH] = {
                let mut bytes = [0; LENGTH];
                section::write(CONTRACT, PARTS, OTHERS, &mut bytes);
                bytes
            };
        };
    }
}

/// No two parts of the contract share a selector or a step.
fn assert_disjoint(contract: &Type, parts: &[TokenStream]) -> TokenStream {
    quote_spanned! {contract.span()=>
        const _: () = ::stylus_upgradeable::__private::assert_disjoint(&[#(#parts),*]);
    }
}
