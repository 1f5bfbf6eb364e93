//! `upgrade`: one instance to one version, or the instances of a definition to its current version.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::assess::Coverage;
use crate::assess::Role;
use crate::checks::Assessment;
use crate::client::Revert;
use crate::context::prelude::*;
use crate::context::{Unverified, report_undone};
use crate::governance::{Call, RipeAction, not_executed, open_readiness, proposal, title};
use crate::history::due;
use crate::model::{BlockedBy, DefinitionState};
use crate::options::StorageArgs;
use crate::pipeline::calldata;
use crate::pipeline::effects::Effects;
use crate::pipeline::path::{PathRequest, check_instance};
use crate::pipeline::rollout::Rollout;
use crate::pipeline::uncompared;
use crate::pipeline::unknown::no_version;
use crate::registry::{self, Registry, Route, Upgraded};
use alloy::sol_types::SolError;
use clap::Args;
use std::path::Path;

/// `upgrade`.
pub(crate) static SPEC: Spec<UpgradeArgs> = Spec {
    name: "upgrade",
    about: "Upgrade one instance to a version, or a definition's older instances to its current version",
    group: Group::Upgrade,
    examples: &[
        "upgrade counter 2.0 --account ana",
        "upgrade Counter --account ana",
        "upgrade Counter --max 8 --account ana",
    ],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<UpgradedInstance>(), report_type::<Effects>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// An upgrade of one instance, or of the instances of a definition.
#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    /// The instance, an address or an alias, with its version; or the definition, without one
    #[arg(value_name = "PROXY|NAME")]
    pub subject: String,
    /// The version of the instance
    pub version: Option<String>,
    /// A call and its arguments, or calldata. It runs as the last migration if that has no
    /// calldata of its own, else on the new code
    #[arg(long, num_args = 1.., value_name = "CALL", requires = "version", allow_negative_numbers = true)]
    pub call: Vec<String>,
    /// Maximum number of instances of the definition to upgrade [default: all of them]
    #[arg(long, value_name = "NUMBER", conflicts_with = "version")]
    pub max: Option<u16>,
    /// Arguments about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// The reason why a run that only reports what an earlier one sent checks nothing.
const SENT_BEFORE: &str = "an earlier run sent the upgrade; nothing was checked now";

/// Upgrades one instance, or the instances of a definition.
pub(crate) async fn run(context: &Context, args: &UpgradeArgs) -> Result<Outcome> {
    let layout = args.storage.layout.as_deref();
    match &args.version {
        Some(version) => instance(context, &args.subject, version, &args.call, layout).await,
        None => definition(context, &args.subject, args.max, layout).await,
    }
}

async fn definition(
    context: &Context,
    name: &str,
    max: Option<u16>,
    layout: Option<&Path>,
) -> Result<Outcome> {
    let session = Session::sending(context, "upgrade").await?;
    let head = session.registry.head(name).await?;
    let due = if head.current.is_empty() {
        Vec::new()
    } else {
        due(session.registry, name).await?
    };
    if due.is_empty() {
        // What would be upgraded may only wait for somebody who executes it.
        for says in awaited(session.registry, name).await? {
            context.note(says);
        }
    }
    if head.current.is_empty() {
        return Err(no_version(name).into());
    }
    if head.state == DefinitionState::Paused && due.is_empty() {
        let says = format!("{name} is paused: its instances are not upgraded meanwhile");
        let paused = abi::DefinitionPaused { name: name.into() };
        let refusal = Refusal::of(&Revert::decode(&paused.abi_encode()));
        return Err(refusal.saying(says).into());
    }
    let mut effects = Effects::default();
    let checks = session.assessment(Role::Proposer);
    let rollout = Rollout::of(session, name, layout, checks).at_most(max);
    rollout.run(&mut effects).await?;
    Ok(context.outcome(&effects))
}

/// The open actions that instances of a definition may wait for, each with the command that goes on: those that anybody
/// may execute, and those that would make a version current.
async fn awaited(registry: Registry<'_>, name: &str) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for (action, open) in open_readiness(registry, name).await? {
        if open.blocked_by == BlockedBy::Nothing {
            all.push(RipeAction::of(registry, name, action).await?.says());
            continue;
        }
        let call = proposal(registry, action).await?.call;
        if let Ok(Call::Migrate(_)) = Call::decode(&call) {
            let (what, needs) = (title(&call), not_executed(&open));
            all.push(format!(
                "{what} is open and not executed yet, {needs}: stylus-upgrades pending {action}"
            ));
        }
    }
    Ok(all)
}

async fn instance(
    context: &Context,
    proxy: &str,
    version: &str,
    call: &[String],
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
pub(crate) struct UpgradedInstance {
    #[serde(flatten)]
    effects: Effects,
    /// The instance.
    proxy: Address,
    /// The version before.
    from: String,
    /// The new version.
    to: String,
    /// True if it is at that version; otherwise a handler continues.
    executed: bool,
    /// The route of the call.
    route: Route,
}

impl CommandReport for UpgradedInstance {
    fn lines(&self, names: &Names) -> Vec<String> {
        let Self {
            proxy, from, to, ..
        } = self;
        let own = self.executed.then(|| format!("{proxy}  {from} → {to}"));
        self.effects.lines_with(own.into_iter().collect(), names)
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
        let Some(sent) = context.earlier(Some(to), &call) else {
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
