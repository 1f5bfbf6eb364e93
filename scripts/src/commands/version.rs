//! `register`, `migrate` and `rollback`: a version, its code, and the way into it.

use super::args::{RegisterArgs, RollbackArgs, StorageArgs, VersionArgs};
use super::context::{Context, earlier};
use super::facts::Place;
use super::kept;
use super::propose::{Sending, propose};
use super::rollout::Rollout;
use super::storage;
use super::work::{Becomes, Work};
use crate::app_error::Error;
use crate::deploy;
use crate::export;
use crate::governance::GovernedCall;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::output::Outcome;
use crate::program_code::is_program;
use crate::progress::Progress;
use crate::registry::{self, NewVersion};
use crate::text::shell_word;
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;

pub(super) async fn register(context: &Context, args: &VersionArgs) -> Result<Outcome, Error> {
    let mut work = Work::begin(context, "register", (&args.name, &args.version)).await?;
    if work.known.is_some() {
        context.output.note(&format!(
            "warning: {} {} is registered already, and a version never changes: other code needs \
             another label",
            args.name, args.version
        ));
    }
    let new = work.version(args, Becomes::Registered).await?;
    let outcome = describe(&new, &work, None);
    let bytes = abi::addVersionCall::from(new).abi_encode().into();
    propose(work.place(), &bytes, work.sent.clone(), outcome).await
}

pub(super) async fn migrate(context: &Context, args: &VersionArgs) -> Result<Outcome, Error> {
    let mut work = Work::begin(context, "migrate", (&args.name, &args.version)).await?;
    let new = work.version(args, Becomes::Current).await?;
    go(work, new, &args.storage, None).await
}

/// Another step into a version that is registered, from `--from`.
pub(super) async fn add_step(context: &Context, args: &RegisterArgs) -> Result<Outcome, Error> {
    let (name, version) = (args.name.clone(), args.version.clone());
    // The command line wants it where there is no source.
    let from = args.from.as_deref().unwrap_or_default();
    let mut work = Work::begin(context, "register", (&name, &version)).await?;
    if let Some(code) = work.known.as_ref().map(|known| known.code) {
        let file = args.storage.layout.as_deref();
        let code = work.place().code(&version, code, file, false).await?;
        let pair = (version.as_str(), from);
        work.check_step(pair, &code, &args.step, &args.storage, Becomes::Registered)
            .await?;
    }
    let mut outcome = Outcome::default();
    outcome.field("name", &name);
    outcome.field("version", &version);
    outcome.field("from", from);
    storage::report(&mut outcome, &work.checks);
    let step = work.step_from(from, &args.step).await?;
    let call = abi::addStepCall {
        name,
        version,
        step,
    };
    let bytes = call.abi_encode().into();
    propose(work.place(), &bytes, work.sent.clone(), outcome).await
}

/// A new version with the code of an older one.
pub(super) async fn rollback(context: &Context, args: &RollbackArgs) -> Result<Outcome, Error> {
    let mut work = Work::begin(context, "rollback", (&args.name, &args.version)).await?;
    let code = work.place().reader().code(&args.name, &args.to).await?;
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
    let file = args.storage.layout.as_deref();
    let old = work.place().code(&args.version, code, file, true).await?;
    if work.current != args.version {
        let from = work.current.clone();
        let pair = (args.version.as_str(), from.as_str());
        work.check_step(pair, &old, &args.step, &args.storage, Becomes::Current)
            .await?;
    }
    revive(&mut work, &args.to, code.implementation).await?;
    let version = VersionArgs {
        name: args.name.clone(),
        version: args.version.clone(),
        source: args.to.clone(),
        from: None,
        initial: false,
        step: args.step.clone(),
        storage: args.storage.clone(),
    };
    let new = work
        .place_all(&version, &old, None, Becomes::Current)
        .await?;
    go(work, new, &args.storage, Some(&args.to)).await
}

/// Proposes or approves the migration, to code that version `back` had where it goes back; goes on with the rollout
/// where it is done already.
async fn go(
    work: Work<'_>,
    new: NewVersion,
    said: &StorageArgs,
    back: Option<&str>,
) -> Result<Outcome, Error> {
    let (context, client, registry) = (work.context, &work.client, work.registry);
    let (place, checks) = (work.place(), work.checks.clone());
    let mut outcome = describe(&new, &work, back);
    let is_done = work.is_done(&new);
    let (name, version) = (new.name.clone(), new.version.clone());
    let bytes = abi::migrateCall::from(new).abi_encode().into();
    // Approvers who ask for what is current once more take along what they had called back.
    if is_done
        && !is_unreported(place, &bytes).await?
        && registry::called_back(client, registry, &name)
            .await?
            .is_empty()
    {
        let what = format!("{name} {version} is activated already");
        if context.is_export() {
            return Err(export::nothing(&what).into());
        }
        outcome.field("executed", true);
        outcome.line(what);
        kept::keep(place, &name, &version).await;
        let mut rollout = Rollout::of(place, &name, said, checks);
        rollout.only = Some(&version);
        rollout.run(&mut outcome).await?;
        return Ok(outcome);
    }
    let sending = Sending {
        governed: GovernedCall::decode(registry, bytes, U256::ZERO)?,
        sent: work.sent.clone(),
        rollout: Some((said, checks)),
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

/// The version, its code, and the step into it. A hash is zero where nothing was recorded.
fn describe(new: &NewVersion, work: &Work<'_>, back: Option<&str>) -> Outcome {
    let NewVersion {
        name,
        version,
        code,
        step,
    } = new;
    let mut outcome = Outcome::default();
    outcome.field("name", name);
    outcome.field("version", version);
    outcome.field("from", &step.from);
    outcome.field("implementation", code.implementation);
    outcome.field("codehash", CodeHash::from(code.codehash));
    outcome.field("layout_hash", LayoutHash::from(code.layoutHash));
    outcome.field("source_hash", SourceHash::from(code.sourceHash));
    let accepted = work.checks.decision().accepted;
    let lost = accepted.iter().filter(|one| one.id.part().is_some());
    let lost: Vec<String> = lost.map(|one| one.id.to_string()).collect();
    outcome.line(match (back, lost.as_slice()) {
        (None, _) => format!(
            "code of {name} {version} deployed at {}",
            code.implementation
        ),
        (Some(back), []) => format!("{name} {version} has the code of {back} again"),
        (Some(back), lost) => format!(
            "{name} {version} has the code of {back} again; lost, and accepted: {}",
            lost.join(", ")
        ),
    });
    storage::report(&mut outcome, &work.checks);
    outcome
}
