//! `register`, `migrate` and `rollback`: a version, its code, and the step into it.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::checks::Assessment;
use crate::context::prelude::*;
use crate::governance::{GovernedCall, already};
use crate::history::is_one_held;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::options::{BATCHES, GivenModuleArgs, StepArgs, StorageArgs};

use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::checked::require_not_refused;
use crate::pipeline::effects::{Effects, Governed};
use crate::pipeline::judge::{Judged, holds_already};
use crate::pipeline::kept;
use crate::pipeline::rollout::Rollout;
use crate::pipeline::work::place::OnChain;
use crate::pipeline::work::{Becomes, CodeFrom, Wanted, Work};
use crate::registry::NewVersion;
use crate::text::shell_word;
use clap::Args;

/// `migrate`.
pub(crate) static MIGRATE: Spec<VersionArgs> = Spec {
    name: "migrate",
    about: "Add a version if it is new, make it current, upgrade the instances",
    group: Group::Upgrade,
    examples: &[
        "migrate Counter 2.0 . --call 'migrate(uint256)' 5 --account ana",
        "migrate Counter 2.0 . --script fix --call 'run()' --account ana",
        "migrate Points 2.0 . --complex points-batches --handler ana --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Governed<Described>>()],
    run: |context, args| Box::pin(migrate(context, args)),
};

/// A version and the step into it.
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// The definition
    pub name: String,
    /// The version's label
    pub version: String,
    /// A crate's folder, a .wasm file, a contract of this workspace by name, a crate at a revision
    /// (git:v1.0, git:v1.0:path/to/crate), or the address of what is deployed already
    pub source: String,
    /// The sources of the `.wasm` file, if one is given.
    #[command(flatten)]
    pub file: GivenModuleArgs,
    /// Maximum number of batches of complex migrations to try, in 60 s for 500
    #[arg(long, value_name = "NUMBER", default_value_t = BATCHES)]
    pub batches: u64,
    /// The step into it.
    #[command(flatten)]
    pub transition: TransitionArgs,
}

/// `register`.
pub(crate) static REGISTER: Spec<RegisterArgs> = Spec {
    name: "register",
    about: "Add a version; the first one becomes current. Without a source: add a step into a registered one",
    group: Group::Deploy,
    examples: &[
        "register Counter 1.0 . --account ana",
        "register Counter 2.0 . --call 'migrate(uint256)' 5 --account ana",
        "register Counter 2.0 --from 1.1 --call 'migrate(uint256)' 5 --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Governed<Described>>()],
    run: |context, args| Box::pin(register(context, args)),
};

/// A version that does not become current unless it is the first, or another step into a registered one.
#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    /// The definition
    pub name: String,
    /// The version's label
    pub version: String,
    /// Its code, as for migrate. Without it, the version must be registered already, and the command adds a step
    /// from --from to it: for a hotfix, or to bypass a faulty version
    #[arg(required_unless_present = "from")]
    pub source: Option<String>,
    /// The sources of the `.wasm` file, if one is given.
    #[command(flatten)]
    pub file: GivenModuleArgs,
    /// The step into it.
    #[command(flatten)]
    pub transition: TransitionArgs,
}

/// The version that the step into a version begins at, and the migration that runs in it.
#[derive(Debug, Args)]
pub(crate) struct TransitionArgs {
    /// The version that the step starts from [default: the current one]
    #[arg(long, value_name = "VERSION", conflicts_with = "initial")]
    pub from: Option<String>,
    /// Instances can be created at it, and none is upgraded to it
    #[arg(long, alias = "born")]
    pub initial: bool,
    /// The migration that runs.
    #[command(flatten)]
    pub step: StepArgs,
    /// Arguments about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// `rollback`.
pub(crate) static ROLLBACK: Spec<RollbackArgs> = Spec {
    name: "rollback",
    about: "Roll back: activate a new version with the code of an older one",
    group: Group::Upgrade,
    examples: &[
        "rollback Counter --to 1.0 --label 3.0 --account ana",
        "rollback Counter --to 1.0 --label 3.0 --call 'back()' --account ana",
        "rollback Counter --to 1.0 --label 3.0 --script counter-back --call 'back()' --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Governed<Described>>()],
    run: |context, args| Box::pin(rollback(context, args)),
};

/// A rollback.
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The definition
    pub name: String,
    /// The older version whose code the new version gets
    #[arg(long, value_name = "VERSION")]
    pub to: String,
    /// The new version's label
    #[arg(long = "label", value_name = "VERSION")]
    pub version: String,
    /// The step into it: the reverse migration.
    #[command(flatten)]
    pub step: StepArgs,
    /// Arguments about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// Adds a version; without a source, a step into a registered one.
pub(crate) async fn register(context: &Context, args: &RegisterArgs) -> Result<Outcome> {
    let (name, version) = (args.name.as_str(), args.version.as_str());
    let source = args.source.as_deref();
    let source = source.map(|given| context.proven_source(given, &args.file));
    let source = source.transpose()?;
    let mut work = Work::sending(context, "register", (name, version)).await?;
    let wanted = match source {
        Some(source) => (CodeFrom::Source(source), Becomes::Registered),
        None => (CodeFrom::Version(version), Becomes::Reachable),
    };
    go(
        &mut work,
        &by_transition((version, wanted.0), wanted.1, &args.transition),
    )
    .await
}

/// Adds a version, makes it current, and upgrades the instances.
pub(crate) async fn migrate(context: &Context, args: &VersionArgs) -> Result<Outcome> {
    let subject = (args.name.as_str(), args.version.as_str());
    let source = context.proven_source(&args.source, &args.file)?;
    let mut work = Work::sending(context, "migrate", subject).await?;
    let code = (subject.1, CodeFrom::Source(source));
    let wanted = Wanted {
        batches: args.batches,
        ..by_transition(code, Becomes::Current, &args.transition)
    };
    go(&mut work, &wanted).await
}

/// A new version with the code of an older one.
pub(crate) async fn rollback(context: &Context, args: &RollbackArgs) -> Result<Outcome> {
    let (name, version, to) = (&args.name, args.version.as_str(), args.to.as_str());
    let mut work = Work::sending(context, "rollback", (name, version)).await?;
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
fn by_transition<'a>(
    code: (&'a str, CodeFrom<'a>),
    becomes: Becomes,
    transition: &'a TransitionArgs,
) -> Wanted<'a> {
    Wanted {
        from: transition.from.as_deref(),
        initial: transition.initial,
        ..Wanted::of(code, becomes, (&transition.step, &transition.storage))
    }
}

/// Proposes or approves what is wanted. Sends nothing for a version that is registered already, and continues the
/// rollout of a migration that is done already.
async fn go(work: &mut Work<'_>, wanted: &Wanted<'_>) -> Result<Outcome> {
    let session = work.session;
    let Session { context, registry } = session;
    let found = work.find(wanted).await?;
    work.require_registrable(&found).await?;
    let resolved = work.check_found(found).await?;
    require_not_refused(&work.checks)?;
    let trial = work.trial(&resolved).await?;
    let planned = wanted.becomes.call(trial.version.clone());
    let planned = GovernedCall::decode(registry.address, planned, U256::ZERO)?;
    let names = context.names();
    let is_new = already(registry, &planned, &names).await?.is_none();
    let options = CheckOptions {
        layout: wanted.layout,
        ..CheckOptions::proposer(session)
    };
    let mut judged = Judged::of(session, &planned, work.checks.clone(), options).await?;
    if is_new {
        judged.require_nothing_refused()?;
        trial
            .run(work, resolved.wanted(), &mut judged.checks)
            .await?;
        judged.require_nothing_refused()?;
    }
    let mut chain = OnChain::default();
    let new = work.place(&resolved, &mut chain).await?;
    let subject = Described::of(&new, &judged.checks, wanted);
    let upgrades = wanted.becomes == Becomes::Current;
    let (name, version) = (new.name.clone(), new.version.clone());
    let governed = GovernedCall::decode(registry.address, wanted.becomes.call(new), U256::ZERO)?;
    // An earlier run may have done it without a report. If approvers repeat a finished migration, it also upgrades the
    // instances that they had rolled back.
    if let Some(what) = holds_already(session, &governed).await?
        && (!upgrades || !is_one_held(registry, &name).await?)
    {
        let mut effects = Effects::nothing_to_send(context, what)?;
        effects.add_checks(&judged.checks);
        kept::keep(session, &name, &version).await;
        if upgrades {
            let mut rollout = Rollout::of(session, &name, wanted.layout, judged.checks);
            rollout.only = Some(&version);
            rollout.run(&mut effects).await?;
        }
        return Ok(context.outcome(&Governed { subject, effects }));
    }
    let cleared = judged.cleared(session)?;
    let effects = cleared.send(session, governed, chain.sent, options).await?;
    Ok(context.outcome(&Governed { subject, effects }))
}

/// The version, its code, and the step into it. A hash is zero if none was recorded.
#[derive(Serialize)]
pub(crate) struct Described {
    /// The definition.
    name: String,
    /// The version.
    version: String,
    /// The version that the step leads from; empty for a first one.
    from: String,
    /// The account that holds the code.
    implementation: Address,
    /// keccak256 of the code.
    codehash: CodeHash,
    /// The hash of its layout document.
    layout_hash: LayoutHash,
    /// The hash of its sources.
    source_hash: SourceHash,
    /// The line that says where the code comes from.
    #[serde(skip)]
    says: Option<String>,
}

impl Described {
    fn of(new: &NewVersion, checks: &Assessment, wanted: &Wanted<'_>) -> Self {
        let NewVersion {
            name,
            version,
            code,
            step,
        } = new;
        let accepted = checks.decision().accepted;
        let lost = accepted
            .iter()
            .filter(|one| one.id.part_of_code().is_some());
        let lost: Vec<String> = lost.map(|one| one.id.to_string()).collect();
        let says = match (wanted.code, lost.as_slice()) {
            (CodeFrom::Source(_), _) => Some(format!(
                "code of {name} {version} deployed at {}",
                code.implementation
            )),
            (CodeFrom::Version(_), _) if wanted.becomes == Becomes::Reachable => None,
            (CodeFrom::Version(back), []) => {
                Some(format!("{name} {version} has the code of {back} again"))
            }
            (CodeFrom::Version(back), lost) => Some(format!(
                "{name} {version} has the code of {back} again; accepted losses: {}",
                lost.join(", ")
            )),
        };
        Self {
            name: name.clone(),
            version: version.clone(),
            from: step.from.clone(),
            implementation: code.implementation,
            codehash: code.codehash.into(),
            layout_hash: code.layoutHash.into(),
            source_hash: code.sourceHash.into(),
            says,
        }
    }
}

impl CommandReport for Described {
    fn lines(&self, _: &Names) -> Vec<String> {
        self.says.iter().cloned().collect()
    }
}
