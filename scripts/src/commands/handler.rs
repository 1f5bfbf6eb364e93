//! `run-migration --handler` and `--abort`: what approvers decide about an instance between versions.

use super::context::Context;
use super::facts::Place;
use super::propose::propose;
use crate::app_error::Error;
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::CommandReport;
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What is easily overlooked: what becomes current next takes the instance along again.
const STAYS_BACK: &str = "once the instance is back, no rollout touches it until another version \
                          is current, which takes it along again: give that one a way around \
                          this migration first (register it, register a step, then migrate)";

/// Names another handler: a lost key does not freeze a contract.
pub(super) async fn set(context: &Context, proxy: &str, handler: &str) -> Result<Outcome, Error> {
    let handler = context.manifest.address(handler)?;
    decide(context, proxy, |name, proxy| {
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
    decide(context, proxy, |name, proxy| {
        abi::abortMigrationCall { name, proxy }.abi_encode().into()
    })
    .await
}

/// Proposes or approves the call that `call` makes of the instance's definition and address.
async fn decide(
    context: &Context,
    proxy: &str,
    call: impl FnOnce(String, Address) -> Bytes,
) -> Result<Outcome, Error> {
    let client = context.working_client("run-migration").await?;
    let registry = context.verified(&client, context.registry()?).await?;
    let proxy = context.manifest.address(proxy)?;
    let instance = client.registry(registry).instance(proxy).await?;
    let name = &instance.definition;
    let mut outcome = Outcome::default();
    outcome.add(&Subject { name, proxy }, &context.names());
    let call = call(name.clone(), proxy);
    let place = Place::of(context, &client, registry);
    let mut outcome = propose(place, &call, Vec::new(), outcome).await?;
    if outcome.exit.is_none() && !context.is_export() {
        let next = format!("stylus-upgrades run-migration {proxy}");
        outcome.add(&Next { next }, &context.names());
    }
    Ok(outcome)
}

/// What is decided about.
#[derive(Serialize)]
struct Subject<'a> {
    name: &'a str,
    proxy: Address,
}

impl CommandReport for Subject<'_> {}

/// What follows once it is decided.
#[derive(Serialize)]
struct Next {
    next: String,
}

impl CommandReport for Next {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![format!("next: {}, by the handler", self.next)]
    }
}
