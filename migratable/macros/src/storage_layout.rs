//! `#[derive(StorageLayout)]`: the implementation that it writes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::visit::Visit;
use syn::{Data, DeriveInput, Error, Field, Fields, Generics, Ident, Result, Type, parse_quote};

use attributes::Attributes;

mod attributes;
mod lazy;

/// Fields that `#[storage]` adds when it runs first.
const ADDED: [&str; 2] = ["__stylus_host", "__stylus_contract_address"];

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = Attributes::read(&input.attrs, &["erc7201"])?;
    let fields: Vec<&Field> = fields(input)?;
    let calls = fields
        .iter()
        .map(|field| call(field))
        .collect::<Result<Vec<_>>>()?;
    let generics = bounded(&input.generics, &fields);
    let (name, text) = (&input.ident, input.ident.to_string());
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let namespace = attributes.erc7201.map(|id| {
        let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
        quote! {
            impl #impl_generics ::stylus_upgradeable::layout::Namespace for #name #ty_generics #where_clause {
                const ID: &'static str = #id;
                const ROOT: ::stylus_upgradeable::layout::derived::B256 = ::stylus_upgradeable::layout::derived::erc7201(#id.as_bytes());
            }
        }
    });
    let is_generic = !input.generics.params.is_empty();
    let kind = quote! {
        ::stylus_upgradeable::layout::Kind::Struct(::stylus_upgradeable::layout::derived::Struct {
            name: #text,
            path: ::core::concat!(
                // Two versions of one package have the same modules and lines.
                ::core::env!("CARGO_PKG_NAME"), " ", ::core::env!("CARGO_PKG_VERSION"), ": ",
                ::core::module_path!(), "::", #text, " at line ", ::core::line!(), ", column ", ::core::column!()
            ),
            src: ::core::concat!(::core::file!(), ":", ::core::line!()),
            is_generic: #is_generic,
            words: <#name #ty_generics as ::stylus_upgradeable::layout::derived::StorageType>::REQUIRED_SLOTS,
            fields: &[#(#calls),*],
        })
    };
    // A static of its own lets a struct lead back to itself: its address is known before its
    // value is. A static cannot have parameters.
    let value = match is_generic {
        true => quote! { &#kind },
        false => quote! {{
            static KIND: ::stylus_upgradeable::layout::Kind = #kind;
            &KIND
        }},
    };
    Ok(quote! {
        #namespace

        impl #impl_generics ::stylus_upgradeable::layout::StorageLayout for #name #ty_generics #where_clause {
            const KIND: ::stylus_upgradeable::layout::Link = ::stylus_upgradeable::layout::Link::to(#value);
        }
    })
}

/// The author's fields.
fn fields(input: &DeriveInput) -> Result<Vec<&Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(
            &input.ident,
            "StorageLayout is for storage structs",
        ));
    };
    match &data.fields {
        Fields::Named(named) => Ok(named
            .named
            .iter()
            .filter(|field| !is_added(field))
            .collect()),
        Fields::Unit => Ok(vec![]),
        Fields::Unnamed(_) => Err(Error::new_spanned(
            &input.ident,
            "stylus-sdk has no storage in tuple structs",
        )),
    }
}

fn is_added(field: &Field) -> bool {
    field
        .ident
        .as_ref()
        .is_some_and(|ident| ADDED.iter().any(|added| ident == added))
}

/// The constant that describes a field.
fn call(field: &Field) -> Result<TokenStream> {
    let attributes = Attributes::read(
        &field.attrs,
        &["renamed_from", "retyped_from", "erc7201", "opaque"],
    )?;
    let ty = &field.ty;
    let label = field.ident.as_ref().map(unraw).unwrap_or_default();
    if let Some(id) = &attributes.erc7201 {
        if let Some(other) = attributes.renamed_from.or(attributes.retyped_from) {
            return Err(Error::new(
                other.span(),
                "a namespace has a name of its own: only erc7201 and opaque are meant for this field",
            ));
        }
        let inside = quote! { <#ty as ::core::ops::Deref>::Target };
        let kind = match &attributes.opaque {
            Some(name) => {
                let name = lazy::name(ty, name, None)?;
                opaque(
                    &inside,
                    &name,
                    &quote! { ::stylus_upgradeable::layout::derived::own_bytes::<#inside>() },
                )
            }
            None => sized(&inside),
        };
        return Ok(quote! {
            ::stylus_upgradeable::layout::derived::Field::of::<#ty>(
                #label,
                #kind,
                ::core::option::Option::None,
                ::core::option::Option::None,
            ).at({
                #[allow(unused_imports)]
                use ::stylus_upgradeable::layout::derived::NotInANamespace as _;
                ::core::option::Option::Some(::stylus_upgradeable::layout::derived::named(
                    #id,
                    ::stylus_upgradeable::layout::derived::Probe::<#ty>::NAMESPACE,
                    ::stylus_upgradeable::layout::derived::own_bytes::<#inside>(),
                ))
            })
        });
    }
    let (renamed, retyped) = (
        option(attributes.renamed_from.as_ref()),
        option(attributes.retyped_from.as_ref()),
    );
    if let Some(name) = &attributes.opaque {
        let name = lazy::name(ty, name, attributes.retyped_from.as_ref())?;
        let probe = quote! { ::stylus_upgradeable::layout::derived::Probe::<#ty> };
        let kind = opaque(&quote! { #ty }, &name, &quote! { #probe::OWN_BYTES });
        return Ok(quote! {{
            #[allow(unused_imports)]
            use ::stylus_upgradeable::layout::derived::NotInANamespace as _;
            ::stylus_upgradeable::layout::derived::Field::of::<#ty>(#label, #kind, #renamed, #retyped)
                .at(#probe::NAMESPACE)
        }});
    }
    let kind = sized(&quote! { #ty });
    Ok(
        quote! { ::stylus_upgradeable::layout::derived::Field::of::<#ty>(#label, #kind, #renamed, #retyped) },
    )
}

/// Returns the parts of a type, which has the size that stylus-sdk gives it.
fn sized(ty: &TokenStream) -> TokenStream {
    quote! { <#ty as ::stylus_upgradeable::layout::StorageLayout>::KIND.sized::<#ty>() }
}

/// A type of which only its author's name and its size are known.
fn opaque(ty: &TokenStream, name: &syn::LitStr, bytes: &TokenStream) -> TokenStream {
    quote! {
        ::stylus_upgradeable::layout::Link::to({
            #[allow(unused_imports)]
            use ::stylus_upgradeable::layout::derived::NotLazy as _;
            &::stylus_upgradeable::layout::Kind::Opaque {
                name: ::stylus_upgradeable::layout::derived::lazily(
                    #name,
                    ::stylus_upgradeable::layout::derived::Probe::<#ty>::IS_LAZY,
                ),
                bytes: #bytes,
            }
        })
    }
}

fn option(text: Option<&syn::LitStr>) -> TokenStream {
    match text {
        Some(text) => quote! { ::core::option::Option::Some(#text) },
        None => quote! { ::core::option::Option::None },
    }
}

fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// The struct's generics, with the bound that field types naming a parameter need.
fn bounded(generics: &Generics, fields: &[&Field]) -> Generics {
    let parameters: Vec<&Ident> = generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .collect();
    let mut bounded = generics.clone();
    if !parameters.is_empty() {
        let (name, where_clause) = (format_ident!("Self"), bounded.make_where_clause());
        where_clause
            .predicates
            .push(parse_quote! { #name: ::stylus_upgradeable::layout::derived::StorageType });
        for field in fields {
            let ty = &field.ty;
            if mentions(ty, &parameters) {
                where_clause
                    .predicates
                    .push(parse_quote! { #ty: ::stylus_upgradeable::layout::StorageLayout });
            }
        }
    }
    bounded
}

fn mentions(ty: &Type, parameters: &[&Ident]) -> bool {
    struct Search<'a>(&'a [&'a Ident], bool);
    impl<'ast> Visit<'ast> for Search<'_> {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.1 |= self.0.contains(&ident);
        }
    }
    let mut search = Search(parameters, false);
    search.visit_type(ty);
    search.1
}

#[cfg(test)]
mod tests;
