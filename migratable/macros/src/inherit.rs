//! Public methods that several contracts share: `#[inheritable]` describes them where they are
//! written, and `#[inherit(…)]` routes calls to them.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Error, Ident, ItemImpl, Result, Token, Type, parse::Parser, parse_quote,
    punctuated::Punctuated, spanned::Spanned,
};

use crate::{interface, step::Step, upgradeable};

/// The module, in the contract's own, that holds one trait for every inherited type.
/// `#[implements(…)]` names traits only, and prints the last segment of their path in the ABI.
const MODULE: &str = "__stylus_inherited";
/// The ending that the SDK appends to a trait's name for the type that prints its part of the ABI.
const ABI_SUFFIX: &str = "StylusAbiStruct";

/// Describes the selectors of a block that contracts inherit.
pub(crate) fn inheritable(block: &ItemImpl) -> TokenStream {
    match check(block).and_then(|()| upgradeable::selectors(block)) {
        Ok(selectors) => quote!(#block #selectors),
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#block #error)
        }
    }
}

fn check(block: &ItemImpl) -> Result<()> {
    if !interface::has(&block.attrs, "public") {
        return Err(Error::new(
            Span::call_site(),
            "`#[inheritable]` stands above `#[public]`",
        ));
    }
    if let Some((_, path, _)) = &block.trait_ {
        return Err(Error::new_spanned(
            path,
            "`#[inheritable]` is for the methods of a storage struct: a contract names a trait in `#[implements(…)]`",
        ));
    }
    for method in interface::methods(block) {
        let name = &method.sig.ident;
        if Step::of(&method.attrs).is_some() {
            return Err(Error::new_spanned(
                name,
                format!(
                    "`{name}` belongs to one version: write it in the contract, and call an `#[initializing]` function from there"
                ),
            ));
        }
        for special in ["constructor", "fallback", "receive"] {
            if let Some(attribute) = interface::find(&method.attrs, special) {
                return Err(Error::new_spanned(
                    attribute,
                    format!("a contract does not inherit `#[{special}]`: write it in the contract"),
                ));
            }
        }
    }
    Ok(())
}

/// Takes `#[inherit(…)]` off a contract's block: the types that it names.
pub(crate) fn take(block: &mut ItemImpl) -> Result<Vec<Type>> {
    let Some(attribute) = interface::find(&block.attrs, "inherit") else {
        return Ok(Vec::new());
    };
    let list = attribute.meta.require_list()?.tokens.clone();
    let named: Punctuated<Type, Token![,]> = Punctuated::parse_terminated.parse2(list)?;
    block
        .attrs
        .retain(|attribute| !attribute.path().is_ident("inherit"));
    let mut names = Vec::new();
    for inherited in &named {
        let name = name(inherited)?;
        if names.contains(&name) {
            return Err(Error::new_spanned(
                inherited,
                format!("`{name}` is inherited already"),
            ));
        }
        names.push(name);
    }
    Ok(named.into_iter().collect())
}

/// The traits by which `#[implements(…)]` names the inherited types.
pub(crate) fn traits(inherited: &[Type]) -> Result<Vec<Type>> {
    let module = format_ident!("{MODULE}");
    inherited
        .iter()
        .map(|inherited| {
            let name = name(inherited)?;
            Ok(parse_quote!(#module::#name))
        })
        .collect()
}

/// Routes calls of the contract to the methods of the inherited types.
pub(crate) fn compose(contract: &Type, inherited: &[Type]) -> Result<TokenStream> {
    if inherited.is_empty() {
        return Ok(TokenStream::new());
    }
    let module = format_ident!("{MODULE}");
    let names = inherited.iter().map(name).collect::<Result<Vec<_>>>()?;
    let routers = inherited
        .iter()
        .zip(&names)
        .map(|(inherited, name)| router(contract, inherited, &quote!(#module::#name)));
    let exports = inherited.iter().zip(&names).map(|(inherited, name)| {
        let export = format_ident!("{name}{ABI_SUFFIX}");
        quote! {
            #[cfg(feature = "export-abi")]
            #[doc(hidden)]
            pub type #export = #inherited;
        }
    });
    Ok(quote! {
        #[doc(hidden)]
        mod #module {
            #(pub(super) trait #names {})*
        }
        #(#routers)*
        #(#exports)*
    })
}

fn router(contract: &Type, inherited: &Type, interface: &TokenStream) -> TokenStream {
    let functions = quote! {
        <#inherited as ::stylus_upgradeable::__private::PublicInterface<#inherited>>::FUNCTIONS
    };
    quote_spanned! {inherited.span()=>
        #[doc(hidden)]
        impl ::stylus_upgradeable::__private::PublicInterface<dyn #interface> for #contract {
            const FUNCTIONS: &'static [::stylus_upgradeable::__private::Function] = #functions;
            const STEPS: &'static [::stylus_upgradeable::__private::declare::Declared] = &[];
        }

        const _: () = ::stylus_upgradeable::__private::assert_none_reserved(#functions);

        #[cfg(not(feature = "contract-client-gen"))]
        #[doc(hidden)]
        impl<S> ::stylus_sdk::abi::Router<S, dyn #interface> for #contract
        where
            S: ::stylus_sdk::stylus_core::storage::TopLevelStorage
                + ::core::borrow::BorrowMut<Self>
                + ::stylus_sdk::stylus_core::ValueDenier,
        {
            type Storage = Self;

            #[inline(always)]
            fn route(storage: &mut S, selector: u32, input: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                let contract: &mut #contract = ::core::borrow::BorrowMut::borrow_mut(storage);
                <#inherited as ::stylus_sdk::abi::Router<#contract, #inherited>>::route(contract, selector, input)
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
    }
}

/// The last segment of an inherited type's path, by which the ABI names it.
fn name(inherited: &Type) -> Result<Ident> {
    let last = match inherited {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    match last {
        Some(last) => Ok(last.ident.clone()),
        None => Err(Error::new_spanned(
            inherited,
            "expected the name of a storage struct whose methods are `#[inheritable]`",
        )),
    }
}
