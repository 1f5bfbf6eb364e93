//! `register`, `migrate` and `rollback`: a version, its code, and the way into it.

use super::args::{RegisterArgs, RollbackArgs, StorageArgs, VersionArgs};
use super::context::Context;
use super::context::earlier::earlier;
use super::facts::Place;
use super::kept;
use super::propose::{Sending, propose};
use super::rollout;
use super::storage;
use super::work::{Becomes, Work};
use crate::app_error::Error;
use crate::deploy;
use crate::export;
use crate::governance::GovernedCall;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::names::Names;
use crate::output::Outcome;
use crate::program_code::is_program;
use crate::progress::Progress;
use crate::registry::{self, NewVersion};
use crate::report::CommandReport;
use crate::text::shell_word;
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

pub(super) async fn register(context: &Context, args: &VersionArgs) -> Result<Outcome, Error> {
    let mut work = Work::begin(context, "register", &args.name).await?;
    if work.registered(&args.version).await?.is_some() {
        context.output.note(&format!(
            "warning: {} {} is registered already, and a version never changes: other code needs \
             another label",
            args.name, args.version
        ));
    }
    let new = work.version(args, Becomes::Registered).await?;
    let outcome = describe(&new, &work, None);
    let call = abi::addVersionCall::from(new);
    let bytes = call.abi_encode().into();
    work.require_same_call(&call.version, &bytes)?;
    propose(work.place(), &bytes, work.sent.clone(), outcome).await
}

pub(super) async fn migrate(context: &Context, args: &VersionArgs) -> Result<Outcome, Error> {
    let mut work = Work::begin(context, "migrate", &args.name).await?;
    let new = work.version(args, Becomes::Current).await?;
    let overrides = args.storage.clone();
    go(work, new, overrides, None).await
}

/// Another step into a version that is registered, from `--from`.
pub(super) async fn add_step(context: &Context, args: &RegisterArgs) -> Result<Outcome, Error> {
    // The command line wants it where there is no source.
    let from = args.from.as_deref().unwrap_or_default();
    let mut work = Work::begin(context, "register", &args.name).await?;
    if let Some((code, _)) = work.registered(&args.version).await? {
        let pair = (args.version.as_str(), from);
        let becomes = Becomes::Registered;
        work.check_registered(pair, code, (&args.step, false), &args.storage, becomes)
            .await?;
    }
    let call = abi::addStepCall {
        name: args.name.clone(),
        version: args.version.clone(),
        step: work.step_from(from, &args.step).await?,
    };
    let way = WayReport {
        name: &call.name,
        version: &call.version,
        from: &call.step.from,
    };
    let mut outcome = Outcome::of(&way, &context.names());
    storage::report(&mut outcome, &work.checks);
    let bytes = call.abi_encode().into();
    propose(work.place(), &bytes, work.sent.clone(), outcome).await
}

/// A new version with the code of an older one.
pub(super) async fn rollback(context: &Context, args: &RollbackArgs) -> Result<Outcome, Error> {
    let mut work = Work::begin(context, "rollback", &args.name).await?;
    let code = work
        .client
        .registry(work.registry)
        .code(&args.name, &args.to)
        .await?;
    if work.current == args.to {
        return Err(Error::Usage {
            message: format!("{} {} is what is current", args.name, args.to),
            expected: "an older version to go back to".into(),
            found: args.to.clone(),
            next: format!(
                "stylus-upgrades status {} lists its versions",
                shell_word(&args.name)
            ),
        });
    }
    if work.current != args.version {
        let from = work.current.clone();
        let pair = (args.version.as_str(), from.as_str());
        let becomes = Becomes::Current;
        work.check_registered(pair, code, (&args.step, true), &args.storage, becomes)
            .await?;
    }
    revive(&mut work, &args.to, code.implementation).await?;
    if work.current != args.version {
        work.try_rollback(args, code).await?;
    }
    let step = work.step(&args.version, None, &args.step).await?;
    let new = NewVersion {
        name: args.name.clone(),
        version: args.version.clone(),
        code: code.into(),
        step,
    };
    let overrides = args.storage.clone();
    go(work, new, overrides, Some(&args.to)).await
}

/// Proposes or approves the migration, to code that version `back` had where it goes back; goes on with the rollout
/// where it is done already.
async fn go(
    work: Work<'_>,
    new: NewVersion,
    overrides: StorageArgs,
    back: Option<&str>,
) -> Result<Outcome, Error> {
    let (context, client, registry) = (work.context, &work.client, work.registry);
    let place = Place::of(context, client, registry);
    let is_done = work.is_done(&new).await?;
    let call = abi::migrateCall::from(new.clone());
    let bytes = call.abi_encode().into();
    let is_done = is_done && !is_unreported(place, &bytes).await?;
    let called_back = match is_done {
        true => registry::called_back(client, registry, &call.name).await?,
        false => Vec::new(),
    };
    // Approvers who ask for what is current once more take along what they had called back.
    if is_done && called_back.is_empty() {
        if context.is_export() {
            let what = ActivatedBefore::of(&call).what;
            return Err(export::nothing(&what).into());
        }
        let mut outcome = describe(&new, &work, back);
        outcome.add(&ActivatedBefore::of(&call), &context.names());
        kept::keep(place, &call.name, &call.version).await;
        let rollout = (&overrides, work.checks);
        rollout::roll(
            place,
            (&call.name, Some(&call.version)),
            None,
            rollout,
            &mut outcome,
        )
        .await?;
        return Ok(outcome);
    }
    let outcome = describe(&new, &work, back);
    work.require_same_call(&call.version, &bytes)?;
    let sending = Sending {
        governed: GovernedCall::decode(registry, bytes, U256::ZERO)?,
        sent: work.sent,
        rollout: Some((&overrides, work.checks)),
    };
    sending.propose(place, outcome).await
}

/// Whether an earlier run did that and was killed before it said so.
async fn is_unreported(place: Place<'_>, call: &Bytes) -> Result<bool, Error> {
    let (context, client, registry) = place.parts();
    let governed = GovernedCall::decode(registry, call.clone(), U256::ZERO)?;
    Ok(earlier(context, client, &governed).await?.is_some())
}

/// Activates an old program whose activation has ended; other code needs none.
async fn revive(work: &mut Work<'_>, version: &str, account: Address) -> Result<(), Error> {
    let client = &work.client;
    if !is_program(&client.code(account).await?) {
        return Ok(());
    }
    let old = format!("{} {version}", work.name);
    let bump = work.context.global.data_fee_bump_percent;
    let sent = deploy::activate(client, &old, account, bump).await?;
    work.sent.extend(sent);
    Ok(())
}

fn describe(new: &NewVersion, work: &Work<'_>, back: Option<&str>) -> Outcome {
    let accepted = work.checks.decision().accepted;
    let lost = accepted.iter().filter(|one| one.id.part().is_some());
    let report = VersionReport {
        way: WayReport {
            name: &new.name,
            version: &new.version,
            from: &new.step.from,
        },
        implementation: new.code.implementation,
        codehash: new.code.codehash.into(),
        layout_hash: new.code.layoutHash.into(),
        source_hash: new.code.sourceHash.into(),
        back,
        lost: lost.map(|one| one.id.to_string()).collect(),
    };
    let mut outcome = Outcome::of(&report, &work.context.names());
    storage::report(&mut outcome, &work.checks);
    outcome
}

/// A step into a version.
#[derive(Serialize)]
struct WayReport<'a> {
    name: &'a str,
    version: &'a str,
    /// The version before.
    from: &'a str,
}

impl CommandReport for WayReport<'_> {}

/// A version, its code, and the step into it. A hash is zero where nothing was recorded.
#[derive(Serialize)]
struct VersionReport<'a> {
    #[serde(flatten)]
    way: WayReport<'a>,
    implementation: Address,
    codehash: CodeHash,
    layout_hash: LayoutHash,
    source_hash: SourceHash,
    /// The version that had its code before, where it goes back.
    #[serde(skip)]
    back: Option<&'a str>,
    /// What was accepted of what it loses.
    #[serde(skip)]
    lost: Vec<String>,
}

impl CommandReport for VersionReport<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let WayReport { name, version, .. } = self.way;
        vec![match (self.back, self.lost.as_slice()) {
            (None, _) => format!(
                "code of {name} {version} deployed at {}",
                self.implementation
            ),
            (Some(back), []) => format!("{name} {version} has the code of {back} again"),
            (Some(back), lost) => format!(
                "{name} {version} has the code of {back} again; lost, and accepted: {}",
                lost.join(", ")
            ),
        }]
    }
}

/// A migration that was executed before this run.
#[derive(Serialize)]
struct ActivatedBefore {
    executed: bool,
    #[serde(skip)]
    what: String,
}

impl ActivatedBefore {
    fn of(call: &abi::migrateCall) -> Self {
        let what = format!("{} {} is activated already", call.name, call.version);
        let executed = true;
        Self { executed, what }
    }
}

impl CommandReport for ActivatedBefore {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![self.what.clone()]
    }
}
