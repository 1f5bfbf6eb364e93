//! `transfer`: an instance goes to another registry, back to who owned it, or is removed.

use super::context::Context;
use super::propose::propose;
use crate::app_error::Error;
use crate::governance::kind_in_words;
use crate::output::Outcome;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::adopted::is_adopted;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Transfers an instance to `to`, or removes it where that is `None`.
pub(super) async fn run(
    context: &Context,
    proxy: &str,
    to: Option<&str>,
    definition: Option<&str>,
) -> Result<Outcome, Error> {
    let client = context.working_client("transfer").await?;
    let registry = context.registry()?;
    let proxy = context.manifest.address(proxy)?;
    let query = abi::instanceOfCall { proxy };
    let instance = client.call(registry, &query).await?;
    let mut outcome = Outcome::default();
    outcome.field("name", &instance.name);
    outcome.field("proxy", proxy);
    outcome.field("kind", kind_in_words(instance.kind));
    let bytes = match to {
        None => abi::removeInstanceCall {
            name: instance.name,
            proxy,
        }
        .abi_encode(),
        Some(to) => {
            let to = context.manifest.address(to)?;
            outcome.field("to", to);
            let definition = match definition {
                Some(definition) => definition.to_owned(),
                None if is_adopted(instance.kind) => String::new(),
                None => instance.name.clone(),
            };
            abi::transferProxyCall {
                name: instance.name,
                proxy,
                to,
                definition,
            }
            .abi_encode()
        }
    };
    propose(
        context,
        &client,
        registry,
        &bytes.into(),
        Vec::new(),
        outcome,
    )
    .await
}
