//! `upgrade`: one instance to one version.

use super::args::StorageArgs;
use super::calldata;
use super::context::earlier::report_undone;
use super::context::{Context, Unverified};
use super::facts::Place;
use super::path::{PathRequest, check_instance};
use super::propose::go_on_in_batches;
use super::storage;
use super::storage::uncompared;
use crate::app_error::Error;
use crate::assess::Coverage;
use crate::checks::Assessment;
use crate::client::Transactions;
use crate::error::Exit;
use crate::manifest::ManifestError;
use crate::names::Names;
use crate::output::Outcome;
use crate::registry::{self, Route, Topics, Upgraded};
use crate::report::CommandReport;
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolEvent;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What moves an instance from one version to another, or back.
const MOVES: [B256; 6] = [
    abi::InstanceUpgraded::SIGNATURE_HASH,
    abi::MigrationStarted::SIGNATURE_HASH,
    abi::MigrationEnded::SIGNATURE_HASH,
    abi::MigrationAborted::SIGNATURE_HASH,
    abi::InstanceTransferred::SIGNATURE_HASH,
    abi::InstanceRemoved::SIGNATURE_HASH,
];

/// Why a run that only says what an earlier one sent checks nothing.
const SENT_BEFORE: &str = "an earlier run sent the upgrade; nothing was checked now";

pub(super) async fn run(
    context: &Context,
    proxy: &str,
    version: &str,
    call: &[String],
    overrides: &StorageArgs,
) -> Result<Outcome, Error> {
    let proxy = context
        .manifest
        .address(proxy)
        .map_err(|error| match error {
            ManifestError::UnknownAlias { name, .. } => ManifestError::NotAnInstance {
                name,
                version: version.to_owned(),
            },
            other => other,
        })?;
    let data = calldata::encode(call, &context.manifest)?;
    let client = context.working_client("upgrade").await?;
    let request = PathRequest {
        version,
        data: Some(&data),
        typed: calldata::typed(call),
        overrides,
    };
    let unverified = Unverified::of_account(registry::registry_of(&client, proxy).await?);
    let registry = context.verified(&client, unverified).await?;
    let place = Place::of(context, &client, registry);
    let before = earlier(place, proxy, version, &data).await?;
    let is_earlier = before.is_some();
    let (checks, upgraded) = match before {
        Some(upgraded) => (Assessment::of(Coverage::absent(SENT_BEFORE)), upgraded),
        None => (
            check_instance(place, proxy, &request).await?,
            registry::upgrade(&client, proxy, version, data.clone()).await?,
        ),
    };
    let reported = Reported {
        transactions: Transactions::of(std::slice::from_ref(&upgraded.sent)),
        proxy,
        from: &upgraded.from,
        to: &upgraded.to,
        executed: upgraded.done,
        route: upgraded.route,
        is_paused: upgraded.paused.is_some(),
    };
    let mut outcome = Outcome::default();
    outcome.lines.extend(reported.transactions.lines());
    storage::report(&mut outcome, &checks);
    outcome.add(&reported, &context.names());
    if let Some((from, to)) = &upgraded.paused {
        go_on_in_batches(&mut outcome, &[(proxy, from.clone(), to.clone())]);
    }
    if !is_earlier {
        let sent = (std::slice::from_ref(&upgraded.sent), registry);
        uncompared::report(context, sent, &checks, &mut outcome);
    }
    Ok(outcome)
}

/// What `upgrade` reports behind its transaction and its checks.
#[derive(Serialize)]
struct Reported<'a> {
    #[serde(flatten)]
    transactions: Transactions,
    proxy: Address,
    from: &'a str,
    to: &'a str,
    executed: bool,
    route: Route,
    /// Whether it stands in a complex step now.
    #[serde(skip)]
    is_paused: bool,
}

impl CommandReport for Reported<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let Self {
            proxy, from, to, ..
        } = self;
        match (self.is_paused, self.executed) {
            (true, _) => Vec::new(), // a handler goes on with it
            (false, true) => vec![format!("{proxy}  {from} → {to}")],
            (false, false) => vec![format!("{proxy}  {from} → {to} is not done yet")],
        }
    }

    fn exit(&self) -> Exit {
        match self.is_paused || self.executed {
            true => Exit::Done,
            false => Exit::NotReady,
        }
    }
}

/// The same upgrade by an earlier run that was killed before it could report it.
async fn earlier(
    place: Place<'_>,
    proxy: Address,
    version: &str,
    data: &Bytes,
) -> Result<Option<Upgraded>, Error> {
    let (context, client, registry) = place.parts();
    let mut found = None;
    for route in [Route::Direct, Route::Registry] {
        let (to, call) = registry::lone_call(route, (registry, proxy), version, data.clone());
        let sent = context.earlier_call(client, to, &call).await?;
        found = found.or(sent.map(|sent| (route, sent)));
    }
    let Some((route, sent)) = found else {
        return Ok(None);
    };
    let upgraded = sent
        .event_of::<abi::InstanceUpgraded>(registry)
        .map(|event| event.from);
    let started = || sent.event_of::<abi::MigrationStarted>(registry);
    let Some(from) = upgraded.or_else(|| Some(started()?.from)) else {
        return Ok(None);
    };
    // What was done to the instance since is no part of it.
    let topics: Topics<'_> = [&MOVES, &[], &[proxy.into_word()]];
    let block = sent.receipt.block_number.unwrap_or_default();
    let moves = registry::logs_since(client, registry, topics, block).await?;
    if moves.last().and_then(|log| log.transaction_hash) != Some(sent.tx.0) {
        report_undone(context, &sent);
        return Ok(None);
    }
    Ok(Some(Upgraded::alone(
        route,
        (registry, proxy),
        from,
        version,
        sent,
    )))
}
