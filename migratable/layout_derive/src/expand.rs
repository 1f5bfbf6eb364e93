//! The implementation that the derive writes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::visit::Visit;
use syn::{Data, DeriveInput, Error, Field, Fields, Generics, Ident, Result, Type, parse_quote};

use crate::attributes::Attributes;

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
            impl #impl_generics ::stylus_layout::Namespace for #name #ty_generics #where_clause {
                const ID: &'static str = #id;
                const ROOT: ::stylus_layout::derived::B256 = ::stylus_layout::derived::erc7201(#id.as_bytes());
            }
        }
    });
    Ok(quote! {
        #namespace

        #[cfg(not(target_arch = "wasm32"))]
        impl #impl_generics ::stylus_layout::StorageLayout for #name #ty_generics #where_clause {
            fn describe(types: &mut ::stylus_layout::Types) -> ::stylus_layout::derived::String {
                types.structure::<Self>(#text, ::core::concat!(::core::file!(), ":", ::core::line!()), |fields| {
                    #(#calls)*
                })
            }
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

/// The call that adds a field.
fn call(field: &Field) -> Result<TokenStream> {
    let attributes = Attributes::read(
        &field.attrs,
        &["renamed_from", "retyped_from", "erc7201", "opaque"],
    )?;
    let ty = &field.ty;
    let label = field.ident.as_ref().map(unraw).unwrap_or_default();
    if let Some(id) = &attributes.erc7201 {
        if let Some(other) = attributes
            .opaque
            .or(attributes.renamed_from)
            .or(attributes.retyped_from)
        {
            return Err(Error::new(
                other.span(),
                "a namespace has a name of its own: only erc7201 is meant for this field",
            ));
        }
        return Ok(quote! { fields.erc7201::<#ty>(#id); });
    }
    let (renamed, retyped) = (
        option(attributes.renamed_from),
        option(attributes.retyped_from),
    );
    Ok(match attributes.opaque {
        Some(name) => quote! { fields.opaque::<#ty>(#label, #name, #renamed, #retyped); },
        None => quote! { fields.field::<#ty>(#label, #renamed, #retyped); },
    })
}

fn option(text: Option<syn::LitStr>) -> TokenStream {
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
            .push(parse_quote! { #name: ::stylus_layout::derived::StorageType });
        for field in fields {
            let ty = &field.ty;
            if mentions(ty, &parameters) {
                where_clause
                    .predicates
                    .push(parse_quote! { #ty: ::stylus_layout::StorageLayout });
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
