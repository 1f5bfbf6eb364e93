//! `upgrade`: one instance to one version.

use super::args::CallWord;
use super::calldata;
use super::context::{Unverified, report_undone};
use super::effects::Effects;
use super::path::{PathRequest, check_instance};
use super::prelude::*;
use super::uncompared;
use crate::assess::Coverage;
use crate::checks::Assessment;
use crate::registry::{self, Route, Upgraded};
use std::path::Path;

/// Why a run that only reports what an earlier one sent checks nothing.
const SENT_BEFORE: &str = "an earlier run sent the upgrade; nothing was checked now";

pub(super) async fn run(
    context: &Context,
    proxy: &str,
    version: &str,
    call: &[CallWord],
    layout: Option<&Path>,
) -> Result<Outcome> {
    let proxy = context.manifest.address(proxy)?;
    let data = calldata::encode(call, &context.manifest)?;
    let client = context.working_client("upgrade").await?;
    let request = PathRequest {
        version,
        data: Some(&data),
        typed: calldata::typed(call),
        layout,
    };
    let registry = registry::registry_of(&client, proxy).await?;
    let unverified = Unverified::of_account(registry.address);
    let registry = context.verified(&client, unverified).await?;
    let session = Session { context, registry };
    let before = earlier(session, proxy, version, &data).await?;
    let is_earlier = before.is_some();
    let (checks, upgraded) = match before {
        Some(upgraded) => (Assessment::of(Coverage::absent(SENT_BEFORE)), upgraded),
        None => (
            check_instance(session, proxy, &request).await?,
            registry::upgrade(&client, proxy, version, data.clone()).await?,
        ),
    };
    let mut effects = Effects::default();
    effects.add_sent(std::slice::from_ref(&upgraded.sent));
    effects.add_checks(&checks);
    if !is_earlier {
        let sent = (std::slice::from_ref(&upgraded.sent), registry.address);
        uncompared::report(context, sent, &checks, &mut effects);
    }
    let executed = upgraded.paused.is_none();
    let paused = upgraded.paused.into_iter();
    effects.add_paused(paused.map(|(from, to)| (proxy, from, to)).collect());
    let report = UpgradedInstance {
        effects,
        proxy,
        from: upgraded.from,
        to: upgraded.to,
        executed,
        route: upgraded.route,
    };
    Ok(context.outcome(&report))
}

/// The report of `upgrade` of one instance.
#[derive(Serialize)]
pub(super) struct UpgradedInstance {
    #[serde(flatten)]
    effects: Effects,
    /// The instance.
    proxy: Address,
    /// The version before.
    from: String,
    /// The new version.
    to: String,
    /// Whether it is at that version; otherwise a handler continues.
    executed: bool,
    /// The route of the call.
    route: Route,
}

impl CommandReport for UpgradedInstance {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = self.effects.transaction_lines();
        lines.extend(self.effects.check_lines());
        let Self {
            proxy, from, to, ..
        } = self;
        lines.extend(self.executed.then(|| format!("{proxy}  {from} → {to}")));
        lines.extend(self.effects.later_lines(names));
        lines
    }

    fn exit(&self) -> Exit {
        self.effects.exit()
    }
}

/// The same upgrade by an earlier run that did not report it, if it still holds.
async fn earlier(
    session: Session<'_>,
    proxy: Address,
    version: &str,
    data: &Bytes,
) -> Result<Option<Upgraded>> {
    let Session { context, registry } = session;
    for route in [Route::Direct, Route::Registry] {
        let (to, call) =
            registry::lone_call(route, (registry.address, proxy), version, data.clone());
        let Some(sent) = context.earlier_call(registry.client, to, &call).await? else {
            continue;
        };
        let upgraded = sent.event_of::<abi::InstanceUpgraded>(registry.address);
        let started = sent.event_of::<abi::MigrationStarted>(registry.address);
        let from = upgraded.map(|event| event.from);
        let Some(from) = from.or(started.map(|event| event.from)) else {
            continue;
        };
        let now = session.registry.instance(proxy).await?;
        if now.version == version || now.state.is_migrating() {
            let there = (registry.address, proxy);
            return Ok(Some(Upgraded::alone(route, there, from, version, sent)));
        }
        report_undone(context, &sent);
    }
    Ok(None)
}
