//! The state that commands on versions share: the definition, its open actions, and code that is found, checked, and
//! put into a plan or on the chain.

mod action;
mod code;
pub(crate) mod place;
pub(crate) mod simulate;

use super::calldata;
use super::facts::Asked;
use super::function_name::by_name;
use super::path::check_stragglers;
use crate::assess::Role;
use crate::checks::{Assessment, Code, Runs, Stage, Subject, Version};
use crate::context::prelude::*;
use crate::functions::Functions;
use crate::governance::{Call, PendingAction, pending, require_approver};
use crate::ids::ActionId;
use crate::layout::Who;
use crate::model;
use crate::options::{BATCHES, StepArgs, StorageArgs};
use crate::plan::PlanRequest;
use crate::registry::{self, NewVersion, RecordedCode, Registry};
use crate::text::shell_word;
use futures::join;
use place::{For, Place, Planned};
use std::path::Path;
use stylus_layout::Layout;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::Step;

/// The work on one version of one definition: a wanted version is [found](Work::find), [checked](Work::check_found), and
/// [put](Work::place) into a plan or on the chain. Each stage takes what the one before gives.
pub(crate) struct Work<'a> {
    /// Its context, chain and registry.
    pub(crate) session: Session<'a>,
    pub(crate) name: String,
    /// The version that is current.
    pub(crate) current: String,
    /// The registered version, if it exists.
    pub(crate) known: Option<model::Version>,
    /// True if a newer version is current than the registered one.
    is_past: bool,
    pub(crate) open: Vec<PendingAction>,
    /// The findings and their coverage.
    pub(crate) checks: Assessment,
    /// The layout of the new version, if it is known.
    layout: Option<Layout>,
}

/// The effect on a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// It is registered.
    Registered,
    /// It is registered already, and another step leads to it.
    Reachable,
    /// Instances are upgraded to it.
    Current,
}

impl Becomes {
    /// The call that decides it.
    pub(crate) fn call(self, new: NewVersion) -> Bytes {
        let bytes = match self {
            Self::Registered => abi::addVersionCall::from(new).abi_encode(),
            Self::Current => abi::migrateCall::from(new).abi_encode(),
            Self::Reachable => abi::addStepCall {
                name: new.name,
                version: new.version,
                step: new.step,
            }
            .abi_encode(),
        };
        bytes.into()
    }
}

/// The origin of a version's code.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CodeFrom<'a> {
    /// A source or an address, as it was typed.
    Source(&'a str),
    /// The code of a registered version.
    Version(&'a str),
}

/// A version as the command describes it.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    pub(crate) version: &'a str,
    pub(crate) code: CodeFrom<'a>,
    pub(crate) becomes: Becomes,
    /// The version that the step into it begins at, if given.
    pub(crate) from: Option<&'a str>,
    /// True if no step leads to it.
    pub(crate) initial: bool,
    pub(crate) step: StepArgs,
    /// Its layout, for code that carries none.
    pub(crate) layout: Option<&'a Path>,
    /// Maximum number of batches of complex migrations to try.
    pub(crate) batches: u64,
}

/// A version whose code is known.
pub(crate) struct Found<'a> {
    wanted: Wanted<'a>,
    code: Code,
}

/// A version whose code and step are known and checked.
pub(crate) struct Resolved<'a> {
    wanted: Wanted<'a>,
    code: Code,
    /// The step into it, if the registry has it and the command describes no other.
    registered: Option<Step>,
}

/// A version and the step into it, as [`Work::check`] checks them.
pub(crate) struct VersionToCheck<'a> {
    pub(crate) version: &'a str,
    /// The version that the step into it begins at; empty if no step leads to it.
    pub(crate) from: &'a str,
    pub(crate) code: &'a Code,
    /// The migration that runs in the step.
    pub(crate) runs: Runs,
    pub(crate) stage: Stage,
    pub(crate) becomes: Becomes,
    /// Its layout, for code that carries none.
    pub(crate) layout: Option<&'a Path>,
}

impl<'a> Resolved<'a> {
    /// The version as the command describes it, with the signature of its function.
    pub(crate) const fn wanted(&self) -> &Wanted<'a> {
        &self.wanted
    }
}

impl<'a> Wanted<'a> {
    /// Such a version, which is reached from the current one.
    pub(crate) fn of(
        (version, code): (&'a str, CodeFrom<'a>),
        becomes: Becomes,
        (step, storage): (&StepArgs, &'a StorageArgs),
    ) -> Self {
        Self {
            version,
            code,
            becomes,
            from: None,
            initial: false,
            step: step.clone(),
            layout: storage.layout.as_deref(),
            batches: BATCHES,
        }
    }
}

/// Asks for what the work on a version reads in any case: a far endpoint answers it at once.
async fn ask_ahead(registry: Registry<'_>, (name, version): (&str, &str)) {
    let _ = join!(
        registry.head(name),
        registry.known_version(name, version),
        registry.open_actions(name),
        registry.policy(name, "migrate"),
        registry.labels(name),
        registry.instances(name),
    );
}

impl<'a> Work<'a> {
    /// Work on that version of that definition, for a command that sends.
    pub(crate) async fn sending(
        context: &'a Context,
        what: &str,
        subject: (&str, &str),
    ) -> Result<Self> {
        let session = Session::sending(context, what).await?;
        let work = Self::of(session, subject, Role::Proposer).await?;
        work.require_part(what).await?;
        Ok(work)
    }

    /// Refuses a key with no part in the policy of new versions, before anything is built. Whoever repeats a registered
    /// one, or completes what the approvers decided, needs none.
    async fn require_part(&self, what: &str) -> Result<()> {
        let Session { context, registry } = self.session;
        if self.known.is_some() || context.is_export() {
            return Ok(());
        }
        let approved = self.open.iter().flat_map(|open| &open.readiness.approved);
        let approved: Vec<Address> = approved.copied().collect();
        let role = (self.name.as_str(), "migrate");
        Ok(require_approver(registry, what, role, &approved).await?)
    }

    /// Work on that version of that definition.
    pub(crate) async fn of(
        session: Session<'a>,
        (name, version): (&str, &str),
        role: Role,
    ) -> Result<Self> {
        let registry = session.registry;
        let read = async {
            let current = registry.head(name).await?.current;
            let known = registry.known_version(name, version).await?;
            let is_past = match &known {
                Some(known) if known.version != current => {
                    known.sequence < registry.version(name, &current).await?.sequence
                }
                _ => false,
            };
            Ok(Self {
                session,
                name: name.into(),
                current,
                known,
                is_past,
                open: pending(registry, name).await?,
                checks: session.assessment(role),
                layout: None,
            })
        };
        registry
            .client
            .ahead(ask_ahead(registry, (name, version)), read)
            .await
    }

    /// The wanted version, with its code.
    pub(crate) async fn find<'w>(&self, wanted: &Wanted<'w>) -> Result<Found<'w>> {
        wanted.step.expectations()?;
        let session = self.session;
        let code = match wanted.code {
            CodeFrom::Source(source) => self.code_of(wanted, source).await?,
            CodeFrom::Version(other) => {
                let code = session.registry.code(&self.name, other).await?;
                let is_old = other != wanted.version;
                let layout = wanted.layout;
                let what = (wanted.version, self.checks.role);
                session.code(what, code, layout, is_old).await?
            }
        };
        self.warn_of_other_sources(&code);
        let code = self.as_decided(code);
        let wanted = Wanted {
            step: self.by_name(wanted, &code)?,
            ..wanted.clone()
        };
        Ok(Found { wanted, code })
    }

    /// Checks the storage of a version, its step, and the paths of instances that will be upgraded to it.
    pub(crate) async fn check_found<'w>(&mut self, found: Found<'w>) -> Result<Resolved<'w>> {
        let Found { wanted, code } = found;
        let session = self.session;
        let from = self.begins_at(&wanted);
        let registered = self.step_of_repeated(&wanted, &code.code);
        let runs = match &registered {
            _ if from.is_empty() => Runs::Nothing,
            Some(registered) => session.runs(registered).await?,
            None => Asked::Chain(session).runs(&wanted.step).await?,
        };
        self.check(VersionToCheck {
            version: wanted.version,
            from: &from,
            code: &code,
            runs,
            stage: Stage::Proposed,
            becomes: wanted.becomes,
            layout: wanted.layout,
        })
        .await?;
        Ok(Resolved {
            wanted,
            code,
            registered,
        })
    }

    /// Builds the request to try the upgrade, with everything that is only planned.
    pub(crate) fn planned_request(
        &self,
        planned: Planned,
        call: abi::migrateCall,
        instances: u32,
    ) -> PlanRequest {
        PlanRequest {
            initializers: self.checks.initializers(),
            ..planned.request(self.session, (call, self.layout.clone()), instances)
        }
    }

    /// The definition that code, layout and check are put in place for.
    fn place_for(&self) -> For<'_> {
        For {
            session: self.session,
            name: &self.name,
            open: &self.open,
        }
    }

    /// Puts code, layout and check of a version there, with the registered or the described step.
    ///
    /// # Errors
    /// Errors of the chain.
    pub(crate) async fn place(
        &self,
        resolved: &Resolved<'_>,
        place: &mut impl Place,
    ) -> Result<NewVersion> {
        let Resolved {
            wanted,
            code: new,
            registered,
        } = resolved;
        let mut code = new.code;
        if let Some(artifact) = new.artifact.clone() {
            code.implementation = place.deploy(self.place_for(), artifact).await?;
        }
        if let CodeFrom::Version(old) = wanted.code
            && new.is_old
        {
            self.revive(old, new, place).await?;
        }
        self.publish(new, place).await?;
        let step = match registered {
            Some(registered) => registered.clone(),
            None if wanted.initial => registry::initial(),
            None => self.step(wanted, place).await?,
        };
        Ok(NewVersion {
            name: self.name.clone(),
            version: wanted.version.into(),
            code: code.into(),
            step,
        })
    }

    /// The step, with the signature of the function that it names.
    fn by_name(&self, wanted: &Wanted<'_>, new: &Code) -> Result<StepArgs> {
        let mut step = wanted.step.clone();
        let Some((first, arguments)) = step.call.split_first_mut() else {
            return Ok(step);
        };
        let is_in_full = first.contains('(') || first.starts_with("0x");
        if is_in_full || step.script.is_some() {
            return Ok(step);
        }
        let document = new.layout.value();
        let steps = document.and_then(|known| known.steps.as_deref());
        let signatures = steps
            .into_iter()
            .flatten()
            .map(|step| step.signature.as_str());
        let mut known = Functions::of_signatures(signatures);
        if let Some(built) = new.artifact.as_ref().and_then(|one| one.interface.as_ref()) {
            known = known.with(&Functions::of_abi(&built.abi));
        }
        let of = format!("{} {}", self.name, wanted.version);
        *first = by_name(first, arguments.len(), &of, &known)?.signature();
        Ok(step)
    }

    /// Checks a version and the step into it, and the paths of instances that will be upgraded to it.
    pub(crate) async fn check(&mut self, checked: VersionToCheck<'_>) -> Result<()> {
        let VersionToCheck {
            version,
            from,
            code,
            runs,
            stage,
            becomes,
            layout,
        } = checked;
        if !from.is_empty() {
            self.layout = code.layout.value().map(|known| known.layout.clone());
        }
        let asked = Version {
            name: &self.name,
            from,
            to: version,
            stage,
            code,
            runs,
            who: Who::All,
            current: &self.current,
        };
        let subject = Subject::Version(&asked);
        self.session.add(subject, &mut self.checks).await?;
        if becomes == Becomes::Current && !from.is_empty() {
            self.check_others(version, from, layout).await?;
        }
        Ok(())
    }

    /// Checks the paths of the instances that the rollout after `migrate` will upgrade, as far as they are registered.
    async fn check_others(
        &mut self,
        version: &str,
        from: &str,
        layout: Option<&Path>,
    ) -> Result<()> {
        let to = match self.known {
            Some(_) => version,
            None => from,
        };
        check_stragglers(self.session, (&self.name, to), layout, &mut self.checks).await
    }

    /// Refuses what the registry would refuse for a label that is registered already: other code, or another step.
    ///
    /// # Errors
    /// `VersionExists`; what the chain says.
    pub(crate) async fn require_registrable(&self, found: &Found<'_>) -> Result<()> {
        self.require_same(&found.code)?;
        self.require_way(&found.wanted, &found.code).await
    }

    /// Refuses other code under a registered label, which the registry would refuse after its deployment.
    fn require_same(&self, new: &Code) -> Result<()> {
        let Some(known) = &self.known else {
            return Ok(());
        };
        let (recorded, found) = (known.code.codehash, new.code.codehash);
        if recorded == found {
            return Ok(());
        }
        let says = format!(
            "{} {} is registered already, with other code",
            self.name, known.version
        );
        let refusal = Refusal::new("VersionExists", says).with(
            format!("the code {recorded}, or a new label"),
            format!("the code {found}"),
            "nothing was sent; a version never changes: choose another label",
        );
        Err(refusal.into())
    }

    /// The same code; where it is registered under this label, an earlier decision covered it.
    fn as_decided(&self, code: Code) -> Code {
        let is_same = |known: &model::Version| known.code.codehash == code.code.codehash;
        if self.known.as_ref().is_some_and(is_same) {
            code.decided()
        } else {
            code
        }
    }

    /// Warns that a registered version has the same code and other sources.
    fn warn_of_other_sources(&self, new: &Code) {
        let Some(known) = &self.known else {
            return;
        };
        let is_same = known.code.codehash == new.code.codehash;
        if is_same && known.code.source != new.code.source {
            self.session.context.note(format!(
                "warning: {} {} is registered with the same code but other sources: registered source hash {}, \
                 local {}. Every file of the crate counts, even an unused one",
                self.name, known.version, known.code.source, new.code.source
            ));
        }
    }

    /// Refuses another step into a registered version that is not current: the registry would refuse it, after findings
    /// about a step that it does not take. A step whose code has to be deployed is compared by where it begins.
    async fn require_way(&self, wanted: &Wanted<'_>, new: &Code) -> Result<()> {
        let known = self.known.as_ref().filter(|known| {
            let is_other = known.version != self.current && wanted.becomes != Becomes::Reachable;
            is_other && known.code.codehash == new.code.codehash
        });
        let Some(known) = known.cloned() else {
            return Ok(());
        };
        let StepArgs {
            script,
            complex,
            check,
            expect,
            ..
        } = &wanted.step;
        let has_code = script.is_some() || complex.is_some() || check.is_some() || expect.is_some();
        let from = self.begins_at(wanted);
        let is_there = if has_code || wanted.initial {
            known.steps.iter().any(|step| step.from == from)
        } else {
            known.steps.contains(
                &self
                    .step_from(&from, &wanted.step, &mut Planned::default())
                    .await?,
            )
        };
        if is_there {
            return Ok(());
        }
        let begins = |from: &str| match from {
            "" => "no step (--initial)".to_owned(),
            from => format!("a step from {from}"),
        };
        let ways: Vec<String> = known.steps.iter().map(|step| begins(&step.from)).collect();
        let found = if known.steps.iter().any(|step| step.from == from) {
            format!("{}, with another migration", begins(&from))
        } else {
            begins(&from)
        };
        let refusal = Refusal::new(
            "VersionExists",
            format!(
                "{} {} is registered already, with other steps into it",
                self.name, known.version
            ),
        );
        let next = format!("nothing was sent; {}", self.ways_to(&known).await?);
        let refusal = refusal.with(format!("as registered: {}", ways.join(" or ")), found, next);
        Err(refusal.into())
    }

    /// Describes the ways to the code of a registered version: its steps, those that can be added, a rollback. Its
    /// steps never change.
    async fn ways_to(&self, known: &model::Version) -> Result<String> {
        let [name, version] = [&self.name, &known.version].map(|word| shell_word(word));
        let begins = |from: &str| known.steps.iter().any(|step| step.from == from);
        let mut ways = Vec::new();
        let all = self.session.registry.versions(&self.name).await?;
        let older = all.iter().filter(|one| one.sequence < known.sequence);
        let (there, missing): (Vec<_>, Vec<_>) = older
            .map(|one| one.version.as_str())
            .partition(|from| begins(from));
        if !there.is_empty() {
            let there = there.join(" or ");
            ways.push(format!(
                "stylus-upgrades upgrade INSTANCE {version} takes an instance at {there} there"
            ));
        }
        if let Some(from) = missing.last() {
            let from = shell_word(from);
            ways.push(format!(
                "stylus-upgrades register {name} {version} --from {from} adds a step, with the migrations that the data of \
                 {from} need"
            ));
        }
        ways.push(if self.is_past { format!(
                "to return to its code: stylus-upgrades rollback {name} --to {version} --label VERSION"
            ) } else { "for another migration, choose another label".into() });
        Ok(ways.join("; "))
    }

    /// Returns true if the command repeats the registration of a version that is or was current.
    fn is_repeated(&self, wanted: &Wanted<'_>) -> bool {
        let is_current = self
            .known
            .as_ref()
            .is_some_and(|known| known.version == self.current);
        is_current || self.is_past && wanted.becomes == Becomes::Registered
    }

    /// Returns the version that the step into a version begins at: the one that the caller gives, else the current
    /// version. For a version that is or was current, it is the start of its own step.
    fn begins_at(&self, wanted: &Wanted<'_>) -> String {
        match (wanted.from, &self.known) {
            _ if wanted.initial => String::new(),
            (Some(from), _) => from.to_owned(),
            (None, Some(known)) if self.is_repeated(wanted) => {
                let first = known.steps.first();
                first.map(|step| step.from.clone()).unwrap_or_default()
            }
            (None, _) => self.current.clone(),
        }
    }

    /// The step by which a version was reached that is or was current, if the command describes none: a command that is
    /// repeated must find the same step.
    fn step_of_repeated(&self, wanted: &Wanted<'_>, code: &RecordedCode) -> Option<Step> {
        let is_described = !wanted.step.is_empty() || wanted.from.is_some() || wanted.initial;
        let known = self.known.as_ref().filter(|_| !is_described)?;
        let is_same = self.is_repeated(wanted) && known.code.codehash == code.codehash;
        known.steps.first().filter(|_| is_same).cloned()
    }

    /// The step into a version as it is described. If the version exists, it is the registered step with the
    /// same migration, unless another one is wanted.
    async fn step(&self, wanted: &Wanted<'_>, place: &mut impl Place) -> Result<Step> {
        let from = wanted.from.unwrap_or(&self.current).to_owned();
        let step = self.step_from(&from, &wanted.step, place).await?;
        let mut registered = self.known.iter().flat_map(|one| &one.steps);
        let same = registered.find(|other| {
            let moved = Step {
                from: other.from.clone(),
                ..step.clone()
            };
            let is_meant = self.is_repeated(wanted) || other.from == self.current;
            **other == moved && is_meant && wanted.becomes != Becomes::Reachable
        });
        Ok(same.cloned().unwrap_or(step))
    }

    /// The step from `from` that the arguments describe.
    async fn step_from(&self, from: &str, args: &StepArgs, place: &mut impl Place) -> Result<Step> {
        let client = self.session.registry.client;
        let mut step = self.migration_from(from, args, place).await?;
        if let Some(source) = &args.check {
            let (check, codehash) = self.code(source, place).await?;
            step.script = check;
            step.scriptCodehash = codehash.0;
        }
        if let Some(expected) = args.expectations()? {
            (step.script, step.scriptCodehash) = (expected.account(), expected.codehash().0);
            let there = client.codehash(expected.account()).await?;
            if there != Some(expected.codehash()) {
                place.expect(self.place_for(), expected).await?;
            }
        }
        Ok(step)
    }

    /// The step without its check.
    async fn migration_from(
        &self,
        from: &str,
        args: &StepArgs,
        place: &mut impl Place,
    ) -> Result<Step> {
        let manifest = &self.session.context.manifest;
        let data = calldata::encode(&args.call, manifest)?;
        if let (Some(source), Some(handler)) = (&args.complex, &args.handler) {
            let handler = manifest.address(handler)?;
            return Ok(registry::complex(
                from,
                self.code(source, place).await?,
                handler,
            ));
        }
        Ok(match &args.script {
            Some(source) => {
                let script = self.code(source, place).await?;
                registry::delegated(from, step::SCRIPT, script, data)
            }
            None if data.is_empty() => registry::nothing(from),
            None if args.foreign => Step {
                kind: step::FOREIGN_CALL,
                ..registry::call(from, data)
            },
            None => registry::call(from, data),
        })
    }

    /// The open migrations to `version`, in the order of their proposals.
    pub(crate) fn proposed(&self, version: &str) -> Vec<(ActionId, abi::migrateCall)> {
        let open = self.open.iter();
        let migrations = open.filter_map(|open| match open.says.as_ref()? {
            Call::Migrate(call) if call.version == version => Some((open.action, call.clone())),
            _ => None,
        });
        migrations.collect()
    }
}
