//! `register`, `migrate` and `rollback`: a version, its code, and the step into it.

use super::args::{RegisterArgs, RollbackArgs, VersionArgs, WayArgs};
use super::checked;
use super::context::earlier;
use super::kept;
use super::prelude::*;
use super::propose::Sending;
use super::rollout::Rollout;
use super::work::{Becomes, CodeFrom, Wanted, Work};
use crate::export;
use crate::governance::GovernedCall;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::registry::{self, NewVersion};
use crate::text::shell_word;

/// Adds a version; without a source, a step into a registered one.
pub(super) async fn register(context: &Context, args: &RegisterArgs) -> Result<Outcome> {
    let (name, version) = (args.name.as_str(), args.version.as_str());
    let mut work = Work::begin(context, "register", (name, version)).await?;
    let wanted = match &args.source {
        Some(source) if work.known.is_some() => {
            context.note(format!(
                "warning: {name} {version} is registered already, and a version never changes: other code needs \
                 another label"
            ));
            (CodeFrom::Source(source), Becomes::Registered)
        }
        Some(source) => (CodeFrom::Source(source), Becomes::Registered),
        None => (CodeFrom::Version(version), Becomes::Reachable),
    };
    go(&mut work, &by_way((version, wanted.0), wanted.1, &args.way)).await
}

/// Adds a version, makes it current, and upgrades the instances.
pub(super) async fn migrate(context: &Context, args: &VersionArgs) -> Result<Outcome> {
    let subject = (args.name.as_str(), args.version.as_str());
    let mut work = Work::begin(context, "migrate", subject).await?;
    let code = (subject.1, CodeFrom::Source(&args.source));
    go(&mut work, &by_way(code, Becomes::Current, &args.way)).await
}

/// A new version with the code of an older one.
pub(super) async fn rollback(context: &Context, args: &RollbackArgs) -> Result<Outcome> {
    let (name, version, to) = (&args.name, args.version.as_str(), args.to.as_str());
    let mut work = Work::begin(context, "rollback", (name, version)).await?;
    if work.current == to {
        return Err(Error::Usage {
            message: format!("{name} is already at {to}"),
            expected: "an older version".into(),
            found: to.into(),
            next: format!(
                "stylus-upgrades status {} lists its versions",
                shell_word(name)
            ),
        });
    }
    let said = (&args.step, &args.storage);
    let wanted = Wanted::of((version, CodeFrom::Version(to)), Becomes::Current, said);
    go(&mut work, &wanted).await
}

/// A version with the step that the arguments describe.
fn by_way<'a>(code: (&'a str, CodeFrom<'a>), becomes: Becomes, way: &'a WayArgs) -> Wanted<'a> {
    Wanted {
        from: way.from.as_deref(),
        initial: way.initial,
        ..Wanted::of(code, becomes, (&way.step, &way.storage))
    }
}

/// Proposes or approves what is wanted; continues the rollout of a migration that is done already.
async fn go(work: &mut Work<'_>, wanted: &Wanted<'_>) -> Result<Outcome> {
    let new = work.version(wanted).await?;
    let (place, checks, sent) = (work.place, work.checks.clone(), work.sent.clone());
    let Place { context, registry } = place;
    let mut outcome = describe(&new, work, wanted);
    let is_done = wanted.becomes == Becomes::Current && work.is_done(&new);
    let (name, version) = (new.name.clone(), new.version.clone());
    let governed = GovernedCall::decode(registry.address, wanted.becomes.call(new), U256::ZERO)?;
    // An earlier run may have done it without a report. If approvers repeat a finished migration, it also upgrades the
    // instances that they had rolled back.
    if is_done
        && earlier(context, registry.client, &governed)
            .await?
            .is_none()
        && registry::called_back(registry, &name).await?.is_empty()
    {
        let what = format!("{name} {version} is activated already");
        if context.is_export() {
            return Err(export::nothing(&what).into());
        }
        outcome.field("executed", true);
        outcome.line(what);
        kept::keep(place, &name, &version).await;
        let mut rollout = Rollout::of(place, &name, wanted.layout, checks);
        rollout.only = Some(&version);
        rollout.run(&mut outcome).await?;
        return Ok(outcome);
    }
    let sending = Sending {
        governed,
        sent,
        layout: wanted.layout,
        checks,
    };
    Ok(sending.show_and_send(place, outcome).await?.outcome)
}

/// The version, its code, and the step into it. A hash is zero if none was recorded.
fn describe(new: &NewVersion, work: &Work<'_>, wanted: &Wanted<'_>) -> Outcome {
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
    match (wanted.code, lost.as_slice()) {
        (CodeFrom::Source(_), _) => outcome.line(format!(
            "code of {name} {version} deployed at {}",
            code.implementation
        )),
        (CodeFrom::Version(_), _) if wanted.becomes == Becomes::Reachable => {}
        (CodeFrom::Version(back), []) => {
            outcome.line(format!("{name} {version} has the code of {back} again"));
        }
        (CodeFrom::Version(back), lost) => outcome.line(format!(
            "{name} {version} has the code of {back} again; accepted losses: {}",
            lost.join(", ")
        )),
    }
    checked::report(&mut outcome, &work.checks);
    outcome
}
