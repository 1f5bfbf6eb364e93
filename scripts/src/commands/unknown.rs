//! Names that the registry does not have. The refusal says which ones there are.

use super::context::Context;
use crate::app_error::Error;
use crate::client::ChainError;
use crate::registry::definitions;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The same error; where the registry does not know a definition, one that lists those that it has.
/// What cannot be listed leaves the error as it is.
pub(super) async fn with_names(context: &Context, error: Error) -> Error {
    let revert = error.chain().and_then(ChainError::revert);
    let Some(unknown) = revert.and_then(|revert| revert.decoded::<abi::DefinitionNotFound>())
    else {
        return error;
    };
    let (Ok(registry), Ok(client)) = (context.registry(), context.client().await) else {
        return error;
    };
    match definitions(&client, registry).await {
        Ok(known) => Error::DefinitionNotFound {
            name: unknown.name,
            known,
            aliases: context.manifest.aliases.keys().cloned().collect(),
        },
        Err(_) => error,
    }
}
