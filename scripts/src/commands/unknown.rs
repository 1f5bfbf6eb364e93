//! Names that the registry does not have. The refusal says which ones there are.

use super::context::Context;
use crate::app_error::Error;
use crate::client::ChainError;
use crate::registry::definitions;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::VersionNotFound;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The same error; where the registry does not know a definition or a version, one that lists those
/// that it has. What cannot be listed leaves the error as it is.
pub(super) async fn with_names(context: &Context, error: Error) -> Error {
    let Some(revert) = error.chain().and_then(ChainError::revert) else {
        return error;
    };
    let definition = revert.decoded::<abi::DefinitionNotFound>();
    let version = revert.decoded::<VersionNotFound>();
    if definition.is_none() && version.is_none() {
        return error;
    }
    let (Ok(unverified), Ok(client)) = (context.registry(), context.client().await) else {
        return error;
    };
    let Ok(registry) = context.verified(&client, unverified).await else {
        return error;
    };
    if let Some(unknown) = version {
        return match client.registry(registry).labels(&unknown.name).await {
            Ok(known) => Error::UnknownVersion {
                name: unknown.name,
                version: unknown.version,
                known,
            },
            Err(_) => error,
        };
    }
    match (definition, definitions(&client, registry).await) {
        (Some(unknown), Ok(known)) => Error::DefinitionNotFound {
            name: unknown.name,
            known,
            aliases: context.manifest.aliases.keys().cloned().collect(),
        },
        _ => error,
    }
}
