//! Whether what a call did still is so. An earlier run's transaction is the answer to a command that is
//! typed again only then: what was undone since is asked for anew.

use super::calls::Call;
use super::error::GovernanceError;
use crate::client::{Client, Sent};
use crate::registry::{Topics, definition_id, logs_since};
use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Whether what `execution` did by executing `call` still is so. Definitions, versions and proxies stay
/// once they are there. Anything else may have been undone by whatever was executed on the definition
/// since; then it is taken as undone, and the registry refuses what it is asked twice.
///
/// # Errors
/// What the chain says.
pub(super) async fn still_holds(
    client: &Client,
    registry: Address,
    call: &Call,
    execution: &Sent,
) -> Result<bool, GovernanceError> {
    if matches!(
        call,
        Call::CreateDefinition(_) | Call::AddVersion(_) | Call::CreateProxy(_)
    ) {
        return Ok(true);
    }
    let id = definition_id(call.definition());
    let topics: Topics<'_> = [&[abi::Executed::SIGNATURE_HASH], &[id.0], &[]];
    let from = execution.receipt.block_number.unwrap_or_default();
    let logs = logs_since(client, registry, topics, from).await?;
    let last = logs.last().and_then(|log| log.transaction_hash);
    Ok(last == Some(execution.tx.0))
}
