//! `#[derive(Explain)]`: name, expected, found, next and exit code stand beside each error. It does not compile where
//! one of the texts is missing. miette's derive has a code and a help text, but neither what was expected and found
//! nor an exit code; snafu is about context.

mod attribute;
mod expand;

use proc_macro::TokenStream;

/// Implements `stylus_upgrades::error::Explain` for an error's enum or struct of the command line.
///
/// Each variant, or the struct, has `#[explain(…)]` with
/// - `expected = …`, `found = …`, `next = …`: a text literal, in which fields are captured as
///   `format!` captures them, or an expression that is a `String` or an `Option<String>`;
/// - `exit = …`: an expression of the type `Exit`; `Exit::Refused` if it is left out;
/// - `name = …`: a text; the variant's name if it is left out;
/// - `details = …`: an expression of the type `Vec<String>`; nothing if it is left out;
/// - `of = …`: an expression that can explain itself, from which comes all that is left out here; `_0` where it is
///   left out with the texts, and thiserror's attribute is `#[error(transparent)]`.
///
/// The fields of a variant are in scope as references under their names; those of a tuple as `_0`,
/// `_1` and so on. An attribute on the enum gives what the variants without `of` leave out.
///
/// It does not compile where `expected`, `found` or `next` is missing.
#[proc_macro_derive(Explain, attributes(explain))]
pub fn explain(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
