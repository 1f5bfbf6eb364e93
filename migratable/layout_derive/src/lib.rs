//! `#[derive(StorageLayout)]` for storage structs of stylus-sdk.

mod attributes;
mod expand;

use proc_macro::TokenStream;

/// Implements `stylus_upgradeable::layout::StorageLayout`: where every field of a storage struct lives.
///
/// Works before and after `#[storage]` and inside `sol_storage!`. On WASM the layout of the struct
/// that is the entrypoint is put into the module's custom section `stylus-layout`; no code is added.
///
/// On the struct: `#[layout(erc7201 = "id")]` makes it the storage of that namespace
/// (`stylus_upgradeable::layout::Namespace`), to be used as `Erc7201<Struct>`.
///
/// On a field:
/// - `#[layout(renamed_from = "old")]` and `#[layout(retyped_from = "uint128")]` declare what
///   changed since the version before;
/// - `#[layout(erc7201 = "id")]` for a wrapper of one's own that takes no room, dereferences to a
///   storage type of whole words and keeps it in that namespace;
/// - `#[layout(opaque = "name")]` for a type without a known layout: it is the same type in
///   another version if it has the same name and size, and cannot be compared otherwise.
///
/// Fields without room of their own are `PhantomData`, an `Erc7201` or such a wrapper; any other is
/// refused when the layout is read, as are two things at one namespace's root.
#[proc_macro_derive(StorageLayout, attributes(layout))]
pub fn storage_layout(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
