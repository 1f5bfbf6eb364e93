//! `create-proxy`: an instance, created and initialised in one transaction.

use super::args::Kind;
use super::calldata;
use super::context::{Context, report};
use super::propose::{propose_with, stop};
use super::salt;
use super::work::interface_at;
use crate::app_error::Error;
use crate::client::{Client, Sent};
use crate::coverage::{Coverage, Extent, Part};
use crate::error::Exit;
use crate::export::ExportError;
use crate::manifest::{Manifest, check_alias};
use crate::output::Outcome;
use crate::progress::Progress;
use crate::steps::{check_creation, is_initialised_elsewhere};
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What nobody can make up for later.
const CREATED_BARE: &str =
    "no --init: no initializer runs now, and none can ever run on this instance";

/// What was asked for.
pub(super) struct CreateRequest {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) init: Vec<String>,
    pub(super) no_init: bool,
    pub(super) allow_absent: Vec<Part>,
    pub(super) kind: Kind,
    pub(super) salt: Option<U256>,
    pub(super) value: U256,
    pub(super) save: Option<String>,
}

pub(super) async fn run(context: &Context, request: CreateRequest) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let data = calldata::encode(&request.init, &context.manifest)?;
    if request.save.is_some() && context.is_export() {
        return Err(ExportError::Save.into());
    }
    if let Some(alias) = &request.save {
        check_alias(&context.manifest_file(), alias)?;
    }
    let client = context.working_client("create-proxy").await?;
    let registry = context.verified(&client, unverified).await?;
    let mut call = abi::createProxyCall {
        name: request.name.clone(),
        version: request.version.clone(),
        kind: number(request.kind),
        salt: request.salt.unwrap_or_default().into(),
        initData: data,
    };
    let typed = calldata::typed(&request.init);
    let said = (request.no_init, request.allow_absent.as_slice());
    let coverage = check(context, &client, registry, (&call, typed), said).await?;
    if call.initData.is_empty() {
        context.output.note(CREATED_BARE);
    }
    let mut outcome = Outcome::default();
    outcome.field("name", &request.name);
    outcome.field("version", &request.version);
    outcome.field("coverage", &coverage);
    outcome.lines.extend(coverage.lines());
    if request.salt.is_none() {
        if let Some((sent, proxy)) = created_before(context, &client, registry, &call).await? {
            report(&mut outcome, std::slice::from_ref(&sent));
            outcome.field("proxy", proxy);
            outcome.field("executed", true);
            outcome.line(format!("proxy  {proxy}"));
            save(context, request.save.as_deref(), proxy, &mut outcome);
            return Ok(outcome);
        }
        call.salt = salt::choose(&client, registry, &call).await?;
    }
    let salt = U256::from_be_bytes(call.salt.0);
    if let Some(alias) = &request.save {
        Manifest::require_free(&context.manifest_file(), context.network(), alias)?;
    }
    let proxy = client
        .registry(registry)
        .proxy_address(&call.name, call.kind.into(), call.salt)
        .await?;
    outcome.field("proxy", proxy);
    outcome.field("salt", salt);
    let created = format!("proxy  {proxy}");
    outcome.line(created.clone());
    let bytes = call.abi_encode().into();
    let mut outcome = propose_with(
        context,
        &client,
        registry,
        &bytes,
        request.value,
        Vec::new(),
        outcome,
    )
    .await?;
    if outcome.exit == Some(Exit::NotReady) || context.is_export() {
        let lines = outcome.lines.iter_mut();
        for line in lines.filter(|line| **line == created) {
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

/// Checks that the initializer runs which the version's code declares. A version that nobody registered is
/// refused.
pub(super) async fn check(
    context: &Context,
    client: &Client,
    registry: Address,
    (call, typed): (&abi::createProxyCall, &str),
    (no_init, allow_absent): (bool, &[Part]),
) -> Result<Coverage, Error> {
    let mut coverage = Coverage::default();
    let data = &call.initData;
    // Of a version that nobody registered, nothing can be checked: it may be there when the call is.
    let code = client
        .registry(registry)
        .code(&call.name, &call.version)
        .await?;
    let known = context.documents(client, registry).get(code.layout).await?;
    match known.document().and_then(|known| known.steps.as_ref()) {
        Some(steps) => {
            let labels = match is_initialised_elsewhere(steps, &call.version) {
                true => client.registry(registry).labels(&call.name).await?,
                false => Vec::new(),
            };
            let version = (call.name.as_str(), call.version.as_str());
            check_creation(steps, version, (data, typed), &labels, no_init)?;
        }
        None if data.is_empty() && no_init => {}
        None => {
            let why = "the code does not say which initializers it declares";
            coverage.lower(Part::Steps, Extent::Absent, why);
        }
    }
    if known.document().is_none_or(|known| known.steps.is_none()) {
        let (extent, why) = interface_at(client, code.implementation).await?;
        coverage.lower(Part::Interface, extent, &why);
    }
    if code.source.is_zero() {
        let why = "nobody recorded the hash of its sources";
        coverage.lower(Part::Source, Extent::Absent, why);
    }
    coverage.require(allow_absent)?;
    Ok(coverage)
}

/// What an earlier run created by the same words and did not report, whatever salt it chose.
async fn created_before(
    context: &Context,
    client: &Client,
    registry: Address,
    call: &abi::createProxyCall,
) -> Result<Option<(Sent, Address)>, Error> {
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

fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Wasm => proxy_kind::WASM,
        Kind::Evm => proxy_kind::EVM,
    }
}
