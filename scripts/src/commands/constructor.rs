//! SDK constructors in the storage of adopted proxies: our own proxies have the constructor marked as run;
//! in those of others nothing keeps a stranger from running it.

use crate::app_error::Error;
use crate::build::Artifact;
use crate::client::{ChainError, Client};
use crate::model::ProxyKind;
use crate::plan::has_constructor;
use crate::program_code::is_program;
use crate::registry::AdoptionError;
use alloy::primitives::{Address, B256};
use stylus_upgrades_interface::slots;

/// Whether the code at an account is a program with an SDK constructor, or one that cannot be read: it may
/// have one.
pub(super) async fn may_have_constructor(
    client: &Client,
    account: Address,
) -> Result<bool, ChainError> {
    let code = client.code(account).await?;
    if !is_program(&code) {
        return Ok(false);
    }
    let fragments = client.fragments(&code).await?;
    let program = Artifact::from_chain("the code", code, &fragments);
    Ok(program.map_or(true, |program| has_constructor(&program.wasm)))
}

/// Refuses code with an SDK constructor for a proxy of others in whose storage it has not run.
pub(super) async fn require_constructed(
    client: &Client,
    (proxy, kind): (Address, ProxyKind),
    code: String,
) -> Result<(), Error> {
    let is_open =
        kind.is_adopted() && client.storage(proxy, slots::CONSTRUCTED).await? == B256::ZERO;
    match is_open {
        true => Err(AdoptionError::Constructor { proxy, code }.into()),
        false => Ok(()),
    }
}

/// The same for every adopted instance of a definition.
pub(super) async fn require_constructed_of_all(
    client: &Client,
    registry: Address,
    (name, code): (&str, &str),
) -> Result<(), Error> {
    for one in client.registry(registry).instances(name).await? {
        require_constructed(client, (one.proxy, one.kind), code.into()).await?;
    }
    Ok(())
}
