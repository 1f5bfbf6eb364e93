//! Names that the registry does not have. The refusal lists the known ones.

use crate::client::{ChainError, Revert};
use crate::context::prelude::*;
use crate::registry::definitions;
use crate::text::{listed, nearest, shell_word};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::VersionNotFound;

/// The error; if the registry does not know a definition or a version, one that lists those that it
/// has. If they cannot be listed, the error stays as it is.
pub async fn with_names(context: &Context, error: Error) -> Error {
    let named = match error.chain().and_then(ChainError::revert) {
        Some(revert) => with_those(context, revert).await,
        None => None,
    };
    named.map_or(error, Error::from)
}

async fn with_those(context: &Context, revert: &Revert) -> Option<Refusal> {
    let definition = revert.decoded::<abi::DefinitionNotFound>();
    let version = revert.decoded::<VersionNotFound>();
    if definition.is_none() && version.is_none() {
        return None;
    }
    let client = context.client().await.ok()?;
    let (address, is_named) = context.asked_registry()?;
    let registry = client.registry(address);
    let place = if is_named {
        String::new()
    } else {
        format!(" --registry {address}")
    };
    if let Some(VersionNotFound { name, version }) = version {
        if version.is_empty() {
            return Some(no_version(&name));
        }
        let known = registry.labels(&name).await.ok()?;
        let message = format!("{name:?} has no version {version:?}");
        let lists = format!(
            "stylus-upgrades status {}{place} lists its versions",
            shell_word(&name)
        );
        let given = (version.as_str(), known.as_slice());
        return Some(unknown("VersionNotFound", message, given, lists));
    }
    let abi::DefinitionNotFound { name } = definition?;
    let known = definitions(registry).await.ok()?;
    let message = format!("the registry has no definition {name:?}");
    if let Ok(Some(account)) = context.manifest.known_address(&name) {
        let refusal = Refusal::new("DefinitionNotFound", message);
        let instance = registry.instance(account).await;
        let (found, next) = match &instance {
            Ok(one) => (
                format!("{name} is an instance of {}", one.definition),
                format!(
                    "name {}, its definition; to upgrade this instance alone: stylus-upgrades upgrade {} VERSION",
                    shell_word(&one.definition),
                    shell_word(&name)
                ),
            ),
            Err(_) => (
                format!("{name} is an address, and no instance of this registry"),
                "stylus-upgrades status lists the definitions".into(),
            ),
        };
        return Some(refusal.with("the name of a definition", found, next));
    }
    let lists = format!(
        "stylus-upgrades status lists the definitions; a new one: stylus-upgrades define {} --migrate POLICY",
        shell_word(&name)
    );
    let given = (name.as_str(), known.as_slice());
    Some(unknown("DefinitionNotFound", message, given, lists))
}

/// The refusal of what needs the current version of a definition that has none.
pub(crate) fn no_version(name: &str) -> Refusal {
    let refusal = Refusal::new("NoCurrentVersion", format!("{name} has no version yet"));
    let next = format!(
        "stylus-upgrades register {} VERSION SOURCE; the first version is current at once",
        shell_word(name)
    );
    refusal.with("a current version", "none", next)
}

/// The refusal of an unknown name: the known ones, and the nearest of them, else what to do.
pub(crate) fn unknown(
    error: &'static str,
    message: String,
    (given, known): (&str, &[String]),
    otherwise: String,
) -> Refusal {
    let expected = match listed(known) {
        Some(known) => format!("one of {known}"),
        None => "an existing one; there are none yet".into(),
    };
    let next = match nearest(given, known) {
        Some(meant) => format!("did you mean {}?", shell_word(meant)),
        None => otherwise,
    };
    Refusal::new(error, message).with(expected, given, next)
}
