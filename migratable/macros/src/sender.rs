//! Finds `msg_sender()` and `tx_origin()`, in macro calls too.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Block, Error, Result};

/// Refuses a body that asks who calls: in an initializer or a migration that is any account that
/// creates or upgrades the proxy, and so never an authority.
pub(crate) fn refuse(body: &Block) -> Result<()> {
    match find(body.to_token_stream()) {
        None => Ok(()),
        Some(found) => Err(Error::new(
            found.span(),
            format!(
                "`{found}` is the registry or the account that upgrades here, never an authority: take the \
                 address as an argument, or write `allow_sender` in the attribute if it is meant"
            ),
        )),
    }
}

/// The first such identifier.
fn find(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "msg_sender" || ident == "tx_origin" => Some(ident),
        TokenTree::Group(group) => find(group.stream()),
        _ => None,
    })
}
