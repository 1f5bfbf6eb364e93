//! The attributes of upgradeable contracts, and the derive of their storage layout. They are documented for authors, and re-exported,
//! by `stylus-upgradeable`; what they emit names that crate and `stylus_sdk`.
//!
//! | module | holds |
//! |---|---|
//! | `step` | the contents of `#[initializer(…)]` and `#[migration(…)]` |
//! | `condition` | `nonzero(…)` and `holds(…)`: what must hold after a body |
//! | `body` | what these and `#[initializing]` do to a function |
//! | `sender` | finds `msg_sender()` and `tx_origin()` |
//! | `inherit` | public methods that several contracts share |
//! | `interface` | the selectors of an impl block |
//! | `storage_layout` | what `#[derive(StorageLayout)]` implements |
//! | `upgradeable` | what `#[upgradeable]` adds to an impl block |
#![forbid(unsafe_code)]

mod body;
mod condition;
mod inherit;
mod interface;
mod sender;
mod step;
mod storage_layout;
mod upgradeable;

use proc_macro::TokenStream;
use quote::quote;
use syn::{ImplItemFn, ItemImpl, parse_macro_input};

/// `#[initializer("1.0")]`: the function runs once, while an instance is created at that version.
///
/// Before the body it consumes the permission that only the proxy's creation gives, refuses an
/// instance that any version has initialized (`AlreadyInitialized`), and marks the version.
/// Where it calls `#[initializing]` functions it takes an argument `proof: Proof` to hand on:
/// `#[upgradeable]` leaves that one out of the ABI, and the proof is bound to its name.
///
/// The function takes `&mut self`, returns a `Result` whose error is made from
/// `MigratableError`, and does not ask who calls: that is the creator of the proxy. With
/// `#[initializer("1.0", allow_sender)]` it may. (The body is searched, not what it calls.)
///
/// `nonzero(owner, state.value)` and `holds(Self::is_balanced)` after the version declare what
/// must hold after the body, see [`macro@ensures`].
#[proc_macro_attribute]
pub fn initializer(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let step = parse_macro_input!(arguments as step::Initializer).into();
    let function = parse_macro_input!(function as ImplItemFn);
    or_as_it_was(function, |function| body::step(&step, function))
}

/// `#[migration(from = "1.0", to = "2.0")]`: the function runs once, while an instance goes from
/// the one version to the other.
///
/// Before the body it consumes the permission that only the proxy's upgrade gives, refuses what
/// happened before (`AlreadyMigrated`) and what cannot happen yet (`PredecessorMissing`), marks
/// the version and emits `Migrated`. The rest is as for `#[initializer]`, `allow_sender` and
/// conditions included:
/// `#[migration(from = "1.0", to = "2.0", nonzero(step, owner), holds(Self::supply_is_sum))]`.
#[proc_macro_attribute]
pub fn migration(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let step = parse_macro_input!(arguments as step::Migration).into();
    let function = parse_macro_input!(function as ImplItemFn);
    or_as_it_was(function, |function| body::step(&step, function))
}

/// `#[ensures(nonzero(step, owner), holds(Self::supply_is_sum))]`: what must hold when the
/// function has done its work, or it reverts `PostConditionFailed` with the condition as it
/// stands here, and the upgrade with it.
///
/// `nonzero` names fields, by their path from `self`, that hold a value (or a text or an array,
/// which must not be empty); `holds` names functions of `&self` that return `bool`. They read
/// storage past the cache. The function returns a `Result` whose error is made from
/// `MigratableError`, as `Vec<u8>` is.
///
/// It is for migration scripts and for the `end` of a `ComplexMigration`; initializers and
/// migrations take conditions in their own attribute.
#[proc_macro_attribute]
pub fn ensures(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let condition::Ensures(conditions) = parse_macro_input!(arguments as condition::Ensures);
    let function = parse_macro_input!(function as ImplItemFn);
    or_as_it_was(function, |function| body::ensures(&conditions, &function))
}

/// `#[initializing]`: the initializer of a parent or a mixin, in an impl block that is not
/// `#[public]`. It has no selector. One of its arguments is a `Proof`, which callers have from
/// their own initializer, migration or `#[initializing]` function, and from nowhere else.
#[proc_macro_attribute]
pub fn initializing(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as step::Flags);
    let function = parse_macro_input!(function as ImplItemFn);
    or_as_it_was(function, |function| {
        body::initializing(&arguments, &function)
    })
}

/// `#[upgradeable]`, above `#[public]`: composes `isMigrated(string)` and refuses to compile
/// selectors that the proxy answers itself, selectors that two parts of the contract share, two
/// initializers of one version, two migrations between the same versions, and a
/// `#[constructor]` (which never runs behind a proxy; `#[upgradeable(allow_constructor)]`).
///
/// It also stands above every `#[public] impl SomeTrait for Contract` that the contract names in
/// `#[implements(…)]`, so that their selectors are known.
#[proc_macro_attribute]
pub fn upgradeable(arguments: TokenStream, block: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as upgradeable::Arguments);
    let block = parse_macro_input!(block as ItemImpl);
    upgradeable::expand(&arguments, block).into()
}

/// `#[inheritable]`, above the `#[public]` of a storage struct's methods: several contracts share
/// them, such as all versions of a token. It has no entrypoint, no initializers and no migrations
/// of its own.
///
/// A contract keeps the struct in a field marked `#[borrow]` and names it beside `#[upgradeable]`:
/// `#[inherit(Erc20)]`. Calls that no method of the contract answers go to the inherited ones, the
/// exported ABI has them as an interface of their own, and two parts that share a selector do not
/// compile.
#[proc_macro_attribute]
pub fn inheritable(arguments: TokenStream, block: TokenStream) -> TokenStream {
    parse_macro_input!(arguments as syn::parse::Nothing);
    let block = parse_macro_input!(block as ItemImpl);
    inherit::inheritable(&block).into()
}

/// The function as it is expanded. If it is refused, the function stays beside the message, so
/// that the compiler does not report it as missing as well.
fn or_as_it_was(
    function: ImplItemFn,
    expand: impl Fn(ImplItemFn) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    expand(function.clone())
        .unwrap_or_else(|error| {
            let error = error.into_compile_error();
            quote!(#error #function)
        })
        .into()
}

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
pub fn derive_storage_layout(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as syn::DeriveInput);
    storage_layout::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

#[cfg(test)]
mod tests;
