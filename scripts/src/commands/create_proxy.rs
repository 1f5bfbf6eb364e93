//! `create-proxy`: an instance, created and initialized in one transaction.

use super::args::CreateProxyArgs;
use super::calldata;
use super::context::Context;
use super::facts::Place;
use super::propose::{Sending, stop};
use super::salt;
use super::storage;
use super::verifiable::LOCAL_CHAINS;
use crate::app_error::Error;
use crate::assess::Role;
use crate::checks::Subject;
use crate::client::Transactions;
use crate::client::{Client, Sent};
use crate::error::{Exit, Refusal};
use crate::governance::GovernedCall;
use crate::manifest::{Kind, Manifest, check_alias};
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::CommandReport;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What nobody can make up for later.
const CREATED_BARE: &str =
    "no --init: no initializer runs now, and none can ever run on this instance";

pub(super) async fn run(context: &Context, request: &CreateProxyArgs) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let data = calldata::encode(&request.init, &context.manifest)?;
    if request.save.is_some() && context.is_export() {
        return Err(Error::Usage {
            message: "--save with --export: the instance does not exist yet".into(),
            expected: "create-proxy --export without --save".into(),
            found: "--save".into(),
            next:
                "leave it out, and write the alias into the manifest when the instance is created"
                    .into(),
        });
    }
    if let Some(alias) = &request.save {
        check_alias(&context.manifest_file(), alias)?;
    }
    let client = context.working_client("create-proxy").await?;
    let kind = kind(context, &client, request)?;
    let registry = context.verified(&client, unverified).await?;
    let mut call = abi::createProxyCall {
        name: request.name.clone(),
        version: request.version.clone(),
        kind: kind.number(),
        salt: request.salt.unwrap_or_default().into(),
        initData: data,
    };
    let place = Place::of(context, &client, registry);
    let asked = Subject::Creation(&call, calldata::typed(&request.init));
    let checks = place.assess(asked, Role::Proposer).await?;
    storage::require(&checks)?;
    if call.initData.is_empty() {
        context.output.note(CREATED_BARE);
    }
    let names = context.names();
    let mut created = CreationReport {
        name: &request.name,
        version: &request.version,
        instance: None,
        executed: false,
    };
    if request.salt.is_none() {
        if let Some((sent, proxy)) =
            created_before(Place::of(context, &client, registry), &call).await?
        {
            created.instance = Some(CreatedProxy { proxy, salt: None });
            created.executed = true;
            let sent = Transactions::of(std::slice::from_ref(&sent));
            let mut outcome = Outcome::of(&created, &names);
            storage::report(&mut outcome, &checks);
            sent.add_to(&mut outcome, &names);
            save(context, request.save.as_deref(), proxy, &mut outcome);
            return Ok(outcome);
        }
        call.salt = salt::choose(&client, registry, &call).await?;
    }
    let salt = U256::from_be_bytes(call.salt.0);
    if let Some(alias) = &request.save {
        Manifest::require_free(&context.manifest_file(), context.network(), alias)?;
    }
    let proxy = place
        .reader()
        .proxy_address(&call.name, call.kind.into(), call.salt)
        .await?;
    created.instance = Some(CreatedProxy {
        proxy,
        salt: Some(salt),
    });
    let mut outcome = Outcome::of(&created, &names);
    storage::report(&mut outcome, &checks);
    let bytes = call.abi_encode().into();
    let governed = GovernedCall::decode(registry, bytes, request.value)?;
    let mut outcome = Sending::of(governed).propose(place, outcome).await?;
    if outcome.exit == Some(Exit::NotReady) || context.is_export() {
        let lines = outcome.lines.iter_mut();
        for line in lines.filter(|line| created.lines(&names).contains(*line)) {
            line.push_str(" once it is approved: nothing is there yet");
        }
    }
    match (outcome.exit, &request.save) {
        (None, alias) => save(context, alias.as_deref(), proxy, &mut outcome),
        (Some(Exit::NotReady), Some(alias)) => outcome.line(format!(
            "`--save {alias}` was not done: type the same command after the last approval, or add \
             {alias} = \"{proxy}\" to [aliases]"
        )),
        _ => {}
    }
    Ok(outcome)
}

/// The instance that is created.
#[derive(Serialize)]
struct CreationReport<'a> {
    name: &'a str,
    version: &'a str,
    #[serde(flatten)]
    instance: Option<CreatedProxy>,
    /// Whether an earlier run created it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    executed: bool,
}

/// Where the proxy is.
#[derive(Serialize)]
struct CreatedProxy {
    proxy: Address,
    /// None where an earlier run chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<U256>,
}

impl CommandReport for CreationReport<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let line = |one: &CreatedProxy| format!("proxy  {}", one.proxy);
        self.instance.iter().map(line).collect()
    }
}

/// What an earlier run created by the same words and did not report, whatever salt it chose.
async fn created_before(
    place: Place<'_>,
    call: &abi::createProxyCall,
) -> Result<Option<(Sent, Address)>, Error> {
    let (context, client, registry) = place.parts();
    let created = |sent: &Sent| sent.event_of::<abi::ProxyCreated>(registry);
    let Some(sent) = context.earlier_that(|sent| created(sent).is_some()) else {
        return Ok(None);
    };
    let input = client.input_to(registry, sent.tx).await?;
    let is_same = input
        .and_then(|input| abi::createProxyCall::abi_decode(&input).ok())
        .is_some_and(|created| salt::is_same_but_for_salt(&created, call));
    let proxy = created(&sent).map(|created| created.proxy);
    Ok(proxy.filter(|_| is_same).map(|proxy| (sent, proxy)))
}

/// Saves the proxy; where that fails, the rest is done all the same.
fn save(context: &Context, alias: Option<&str>, proxy: Address, outcome: &mut Outcome) {
    let Some(alias) = alias else {
        return;
    };
    let (file, network) = (context.manifest_file(), context.network());
    if let Err(error) = Manifest::save_alias(&file, network, alias, proxy) {
        stop(context, outcome, &error, Exit::Partial);
    }
}

/// The kind by flag, else by the manifest. On a chain of users it is chosen knowingly: what a call costs
/// and whether the proxy expires follow from it for good.
fn kind(context: &Context, client: &Client, request: &CreateProxyArgs) -> Result<Kind, Error> {
    let is_local = LOCAL_CHAINS.contains(&client.chain_id()) || client.endpoint().is_loopback();
    let said = request.kind.or(context.manifest.proxy);
    chosen(said, is_local)
}

fn chosen(said: Option<Kind>, is_local: bool) -> Result<Kind, Error> {
    match said {
        Some(kind) => Ok(kind),
        None if is_local => Ok(Kind::Wasm),
        None => {
            let says = "which proxy is not said, and on this chain it is for good";
            let refusal = Refusal::new("ProxyKindNotChosen", says).with(
                "--kind evm (never expires, costs users least) or --kind wasm (a Stylus program that expires), or \
                 `proxy` in the manifest",
                "none of them",
                "give --kind; docs/kinds.md compares them",
            );
            Err(refusal.exiting(Exit::Usage).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, Explain};

    #[test]
    fn on_a_chain_of_users_the_kind_is_said_and_never_taken_in_silence() {
        let refused = chosen(None, false).expect_err("nobody chose");
        assert_eq!(
            (refused.name().as_str(), refused.exit()),
            ("ProxyKindNotChosen", Exit::Usage)
        );
        assert!(matches!(chosen(Some(Kind::Evm), false), Ok(Kind::Evm)));
        assert!(matches!(chosen(None, true), Ok(Kind::Wasm)));
    }
}
