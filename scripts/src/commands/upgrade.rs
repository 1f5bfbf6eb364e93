//! `upgrade`: one instance to one version.

use super::args::StorageArgs;
use super::calldata;
use super::context::{Context, report};
use super::storage::{self, Versions};
use super::tell::go_on_in_batches;
use crate::client::{Client, Sent};
use crate::error::{Error, Exit};
use crate::layout::{Judgement, LayoutError};
use crate::output::Outcome;
use crate::registry::{self, Route, Upgraded};
use alloy::primitives::{Address, Bytes};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Step;

pub(super) async fn run(
    context: &Context,
    proxy: &str,
    version: &str,
    call: &[String],
    args: &StorageArgs,
) -> Result<Outcome, Error> {
    let proxy = context.manifest.address(proxy)?;
    let data = calldata::encode(call, &context.manifest)?;
    let client = context.working_client("upgrade").await?;
    let (judgements, upgraded) = match earlier(context, &client, proxy, version, &data).await? {
        Some(upgraded) => (Vec::new(), upgraded),
        None => (
            judge(context, &client, proxy, version, args).await?,
            registry::upgrade(&client, proxy, version, data).await?,
        ),
    };
    let mut outcome = Outcome::default();
    report(&mut outcome, std::slice::from_ref(&upgraded.sent));
    storage::report(&mut outcome, &judgements);
    outcome.field("proxy", proxy);
    outcome.field("from", &upgraded.from);
    outcome.field("to", &upgraded.to);
    outcome.field("executed", upgraded.done);
    let route = match &upgraded.route {
        Route::Direct => "direct",
        Route::Rollout => "rollout",
        Route::Migrate(progress) => {
            outcome.field("action", progress.action);
            outcome.field("approvals", progress.approvals);
            outcome.field("required", progress.required);
            outcome.line(format!(
                "success {}/{}",
                progress.approvals, progress.required
            ));
            "migrate"
        }
    };
    outcome.field("route", route);
    if let Some(step) = &upgraded.paused {
        go_on_in_batches(&mut outcome, proxy, step);
    } else if upgraded.done {
        outcome.line(format!("{proxy}  {} → {}", upgraded.from, upgraded.to));
    } else {
        outcome.line(format!(
            "{proxy}  {} → {} is not done yet",
            upgraded.from, upgraded.to
        ));
        outcome.exit = Some(Exit::NotReady);
    }
    Ok(outcome)
}

/// The same upgrade by an earlier run that was killed before it could tell of it.
async fn earlier(
    context: &Context,
    client: &Client,
    proxy: Address,
    version: &str,
    data: &Bytes,
) -> Result<Option<Upgraded>, Error> {
    let from = |sent: &Sent| {
        let born = sent
            .event::<abi::InstanceUpgraded>()
            .map(|event| event.from);
        born.or_else(|| Some(sent.event::<abi::MigrationStarted>()?.from))
    };
    let found = context.earlier_that(|sent| {
        from(sent).is_some_and(|from| sent.what == registry::upgrade_words(proxy, &from, version))
    });
    let Some((from, sent)) = found.and_then(|sent| Some((from(&sent)?, sent))) else {
        return Ok(None);
    };
    let call = registry::direct_call(version, data.clone());
    let input = client.input_to(proxy, sent.tx).await?;
    let is_same = input.is_some_and(|input| input == call);
    Ok(is_same.then(|| Upgraded::directly(proxy, from, version, sent)))
}

/// Judges every step on the instance's way. Where the registry knows no way, the upgrade itself says
/// why not.
async fn judge(
    context: &Context,
    client: &Client,
    proxy: Address,
    version: &str,
    args: &StorageArgs,
) -> Result<Vec<Judgement>, Error> {
    let Ok(registry) = client.call(proxy, &proxy_abi::registryCall {}).await else {
        return Ok(Vec::new());
    };
    let instance = abi::instanceOfCall { proxy };
    let plan = abi::planCall {
        instance: proxy,
        version: version.into(),
    };
    let (Ok(instance), Ok(path)) = (
        client.call(registry, &instance).await,
        client.call(registry, &plan).await,
    ) else {
        return Ok(Vec::new());
    };
    let code_of = async |label: &str| -> Result<_, Error> {
        let call = abi::getVersionCall {
            name: instance.name.clone(),
            version: label.into(),
        };
        Ok(client.call(registry, &call).await?.code)
    };
    let (mut judgements, mut is_said) = (Vec::new(), *args == StorageArgs::default());
    for way in &path.steps {
        let Some(to) = leads_to(&path.steps, way, version) else {
            continue;
        };
        let (old, new) = (code_of(&way.from).await?, code_of(to).await?);
        let first = storage::recorded(client, registry, &instance.name, new.codehash).await?;
        let file = args.layout.as_deref().filter(|_| to == version);
        let layout = storage::layout_of(context, to, &new, file)?;
        let migrates = storage::declared(context, new.codehash)?;
        let pair = || Versions {
            name: &instance.name,
            from: &way.from,
            to,
            old: old.layoutHash,
            new: layout.clone(),
            migrates: migrates.clone(),
            runs_migration: way.kind != step::NONE,
            goes_back: first.as_ref().is_some_and(|(label, _)| label != to),
        };
        // What is said is said of the step that needs it.
        let judged = match storage::require(context, pair(), &StorageArgs::default()) {
            Err(Error::Layout(error)) if error.is_refusal() => {
                is_said = true;
                storage::require(context, pair(), args)
            }
            judged => judged,
        };
        judgements.push(judged?);
    }
    match args.allow_layout.first() {
        Some(id) if !is_said => Err(LayoutError::NoSuchFinding {
            id: id.clone(),
            known: Vec::new(),
        }
        .into()),
        _ => Ok(judgements),
    }
}

/// The version that a step of a path leads to: where the next one begins, at last the target.
fn leads_to<'p>(steps: &'p [Step], way: &Step, target: &'p str) -> Option<&'p str> {
    let at = steps.iter().position(|step| step == way)?;
    Some(steps.get(at + 1).map_or(target, |next| next.from.as_str()))
}
