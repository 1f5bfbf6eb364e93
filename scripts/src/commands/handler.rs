//! `set-handler` and `abort-migration`: what approvers decide about an instance between versions.

use super::context::Context;
use super::facts::Place;
use super::propose::propose;
use crate::app_error::Error;
use crate::client::Client;
use crate::output::Outcome;
use crate::progress::Progress;
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What is easily overlooked: what becomes current next takes the instance along again.
const STAYS_BACK: &str = "once the instance is back, no rollout touches it until another version \
                          is current, which takes it along again: give that one a way around \
                          this migration first (register, add-step, then migrate)";

/// Names another handler: a lost key does not freeze a contract.
pub(super) async fn set(context: &Context, proxy: &str, handler: &str) -> Result<Outcome, Error> {
    let handler = context.manifest.address(handler)?;
    decide(context, "set-handler", proxy, |name, proxy| {
        abi::setHandlerCall {
            name,
            proxy,
            handler,
        }
        .abi_encode()
        .into()
    })
    .await
}

/// Turns a complex migration back.
pub(super) async fn abort(context: &Context, proxy: &str) -> Result<Outcome, Error> {
    context.output.note(STAYS_BACK);
    decide(context, "abort-migration", proxy, |name, proxy| {
        abi::abortMigrationCall { name, proxy }.abi_encode().into()
    })
    .await
}

/// Proposes or approves the call that `call` makes of the instance's definition and address.
async fn decide(
    context: &Context,
    what: &str,
    proxy: &str,
    call: impl FnOnce(String, Address) -> Bytes,
) -> Result<Outcome, Error> {
    let client = context.working_client(what).await?;
    let registry = context.verified(&client, context.registry()?).await?;
    let proxy = context.manifest.address(proxy)?;
    let name = definition_of(&client, registry, proxy).await?;
    let mut outcome = Outcome::default();
    outcome.field("name", &name);
    outcome.field("proxy", proxy);
    let call = call(name, proxy);
    let mut outcome = propose(
        Place::of(context, &client, registry),
        &call,
        Vec::new(),
        outcome,
    )
    .await?;
    if outcome.exit.is_none() && !context.is_export() {
        let next = format!("stylus-upgrades run-migration {proxy}");
        outcome.line(format!("next: {next}, by the handler"));
        outcome.field("next", next);
    }
    Ok(outcome)
}

/// The definition that the instance belongs to; the registry refuses any other account.
async fn definition_of(
    client: &Client,
    registry: Address,
    proxy: Address,
) -> Result<String, Error> {
    let instance = client.registry(registry).instance(proxy).await?;
    Ok(instance.definition)
}
