//! What the commands on versions share: the definition, its open actions, and code that is found,
//! deployed, or only thought of.

mod action;
mod code;
mod rehearsal;

pub(super) use action::check_action;

use super::args::{StepArgs, StorageArgs, VersionArgs};
use super::call::by_name;
use super::calldata;
use super::context::Context;
use super::facts::{Asked, Place};
use super::path::{PathRequest, check_stragglers, check_those, few_waiting};
use super::storage::{require, require_all};
use crate::app_error::Error;
use crate::assess::Role;
use crate::build::Artifact;
use crate::checks::{Assessment, Code, Runs, Stage, Subject, Version};
use crate::client::{Client, Sent};
use crate::deploy;
use crate::error::Refusal;
use crate::expect::Expectations;
use crate::functions::Functions;
use crate::governance::{Call, PendingAction, pending};
use crate::ids::ActionId;
use crate::layout::Who;
use crate::model;
use crate::progress::Progress;
use crate::registry::{self, NewVersion, RecordedCode};
use alloy::primitives::Address;
use stylus_layout::{Document, Layout};
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Step;

/// The work on one version of one definition.
pub(super) struct Work<'a> {
    pub(super) context: &'a Context,
    pub(super) client: Client,
    pub(super) registry: Address,
    pub(super) name: String,
    /// The version that is current.
    pub(super) current: String,
    /// The version as it is registered, if it is.
    pub(super) known: Option<model::Version>,
    pub(super) open: Vec<PendingAction>,
    /// Transactions that it took so far.
    pub(super) sent: Vec<Sent>,
    /// Whether what it needs on the chain is sent, once nothing refuses it. Else it is only thought of, and everything
    /// is said that refuses it.
    sends: bool,
    /// What would have been deployed, and where to.
    pub(super) undeployed: Vec<(Address, Artifact)>,
    /// What was found out, and how much of what should be checked was.
    pub(super) checks: Assessment,
    /// The check of expectations that would have been deployed.
    pub(super) expected: Option<Expectations>,
    /// The layout of the new version, if it is known.
    pub(super) layout: Option<Layout>,
    /// The layout document that would have been published.
    pub(super) document: Option<Document>,
}

/// What a version becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    /// It is registered.
    Registered,
    /// Instances are upgraded to it.
    Current,
}

impl<'a> Work<'a> {
    /// Work on that version of that definition, which sends what it needs.
    pub(super) async fn begin(
        context: &'a Context,
        what: &str,
        subject: (&str, &str),
    ) -> Result<Self, Error> {
        let client = context.working_client(what).await?;
        Self::on(context, client, subject, true).await
    }

    /// Work that sends nothing.
    pub(super) async fn begin_dry(
        context: &'a Context,
        subject: (&str, &str),
    ) -> Result<Self, Error> {
        let client = context.snapshot().await?;
        Self::on(context, client, subject, false).await
    }

    async fn on(
        context: &'a Context,
        client: Client,
        (name, version): (&str, &str),
        sends: bool,
    ) -> Result<Self, Error> {
        let registry = context.verified(&client, context.registry()?).await?;
        let reader = client.registry(registry);
        let current = reader.head(name).await?.current;
        let known = reader.known_version(name, version).await?;
        let open = pending(&client, registry, name).await?;
        Ok(Self {
            context,
            client,
            registry,
            name: name.into(),
            current,
            known,
            open,
            sent: Vec::new(),
            sends,
            undeployed: Vec::new(),
            checks: Assessment::asked_by(Role::Proposer, context.accepted()),
            expected: None,
            layout: None,
            document: None,
        })
    }

    /// Where it asks.
    pub(super) fn place(&self) -> Place<'_> {
        Place::of(self.context, &self.client, self.registry)
    }

    /// The version that was asked for, with its code in place. Its storage is checked before anything
    /// is sent; where instances will be upgraded to it, so are the paths of those.
    pub(super) async fn version(
        &mut self,
        args: &VersionArgs,
        becomes: Becomes,
    ) -> Result<NewVersion, Error> {
        args.step.expectations()?;
        let new = self
            .code_of(&args.version, &args.source, &args.storage)
            .await?;
        let args = &VersionArgs {
            step: self.by_name(args, &new)?,
            ..args.clone()
        };
        self.require_same(&new)?;
        let from = self.begins_at(args);
        let way = self.way_of_current(args, &new.code);
        let runs = match &way {
            _ if from.is_empty() => Runs::Nothing,
            Some(way) => self.place().runs(way).await?,
            None => Asked::Chain(self.place()).runs(&args.step).await?,
        };
        let pair = (args.version.as_str(), from.as_str());
        self.check(pair, &new, (runs, Stage::Proposed), &args.storage, becomes)
            .await?;
        self.place_all(args, &new, way.as_ref(), becomes).await
    }

    /// The step with the signature of a function that it calls by its name alone.
    fn by_name(&self, args: &VersionArgs, new: &Code) -> Result<StepArgs, Error> {
        let mut step = args.step.clone();
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
            .map(|one| one.signature.as_str());
        let mut known = Functions::of_signatures(signatures);
        if let Some(built) = new.artifact.as_ref().and_then(|one| one.interface.as_ref()) {
            known = known.with(&Functions::of_abi(&built.abi));
        }
        let of = format!("{} {}", args.name, args.version);
        *first = by_name(first, arguments.len(), &of, &known)?.signature();
        Ok(step)
    }

    /// Checks a version and the way into it; where instances will be upgraded to it, so are the paths of those.
    pub(super) async fn check(
        &mut self,
        (version, from): (&str, &str),
        code: &Code,
        (runs, stage): (Runs, Stage),
        said: &StorageArgs,
        becomes: Becomes,
    ) -> Result<(), Error> {
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
        let mut checks = std::mem::take(&mut self.checks);
        self.place()
            .add(Subject::Version(&asked), &mut checks)
            .await?;
        if becomes == Becomes::Current && !from.is_empty() {
            self.check_others((version, from), said, &mut checks)
                .await?;
        }
        self.checks = checks;
        // What nobody sends is told with everything that was found.
        match self.sends {
            true => require(&self.checks),
            false => require_all(&self.checks),
        }
    }

    /// The same of code that the registry knows, and a way that the arguments describe.
    pub(super) async fn check_step(
        &mut self,
        pair: (&str, &str),
        code: &Code,
        step: &StepArgs,
        said: &StorageArgs,
        becomes: Becomes,
    ) -> Result<(), Error> {
        step.expectations()?;
        let runs = Asked::Chain(self.place()).runs(step).await?;
        self.check(pair, code, (runs, Stage::Proposed), said, becomes)
            .await
    }

    /// Checks the paths of the instances that `migrate` takes along in its own transaction, where it leads from one
    /// version to the other. Where they are more, the rollout checks them; here they only say what an accepted
    /// finding belongs to.
    async fn check_others(
        &self,
        (version, from): (&str, &str),
        overrides: &StorageArgs,
        checks: &mut Assessment,
    ) -> Result<(), Error> {
        if self.sends && checks.refusal().is_some() {
            return Ok(()); // nothing is sent: the other instances are no matter of it
        }
        let (place, name) = (self.place(), self.name.as_str());
        let is_known = self.known.is_some();
        let to = if is_known { version } else { from };
        match few_waiting(place.reader(), (name, version)).await? {
            Some(few) => check_those(place, few, &PathRequest::to(to, overrides), checks).await,
            None if !is_known && checks.unmatched().is_none() => Ok(()),
            None => check_stragglers(place, (name, to), overrides, checks).await,
        }
    }

    /// Refuses other code under a label that is taken, which the registry would refuse after all of it was deployed.
    fn require_same(&self, new: &Code) -> Result<(), Error> {
        let Some(known) = &self.known else {
            return Ok(());
        };
        let (recorded, found) = (known.code.codehash, new.code.codehash);
        if self.sends && recorded != found {
            let says = format!(
                "{} {} is registered already, with other code",
                self.name, known.version
            );
            let refusal = Refusal::new("VersionExists", says).with(
                format!("the code {recorded}, or a new label"),
                format!("the code {found}"),
                "nothing was sent; a version never changes: choose another label",
            );
            return Err(refusal.into());
        }
        if recorded == found && known.code.source != new.code.source {
            self.context.output.note(&format!(
                "warning: {} {} is registered with the same code and other sources: theirs have the hash {}, \
                 these {}. Every file of the crate counts, also one that no code uses",
                self.name, known.version, known.code.source, new.code.source
            ));
        }
        Ok(())
    }

    /// Where the way into a version begins: where the caller says, else at the current version. For
    /// the current version itself it is where its own way began.
    fn begins_at(&self, args: &VersionArgs) -> String {
        match (&args.from, &self.known) {
            _ if args.initial => String::new(),
            (Some(from), _) => from.clone(),
            (None, Some(known)) if known.version == self.current => {
                let first = known.steps.first();
                first.map(|step| step.from.clone()).unwrap_or_default()
            }
            (None, _) => self.current.clone(),
        }
    }

    /// The way by which this very code became current, where the arguments describe none: whoever
    /// asks for what is current once more means that.
    fn way_of_current(&self, args: &VersionArgs, code: &RecordedCode) -> Option<Step> {
        let is_described = !args.step.is_empty() || args.from.is_some() || args.initial;
        let known = self.known.as_ref().filter(|_| !is_described)?;
        let is_same = known.version == self.current && known.code.codehash == code.codehash;
        known.steps.first().filter(|_| is_same).cloned()
    }

    /// The way into `version`. Where the version is there already, it is the way that was
    /// registered with the same migration.
    pub(super) async fn step(
        &mut self,
        version: &str,
        from: Option<&str>,
        args: &StepArgs,
    ) -> Result<Step, Error> {
        let from = from.unwrap_or(&self.current).to_owned();
        let step = self.step_from(&from, args).await?;
        let mut registered = self.known.iter().flat_map(|one| &one.steps);
        let same = registered.find(|other| {
            let moved = Step {
                from: other.from.clone(),
                ..step.clone()
            };
            **other == moved && (self.current == version || other.from == self.current)
        });
        Ok(same.cloned().unwrap_or(step))
    }

    /// The step from `from` that the arguments describe.
    pub(super) async fn step_from(&mut self, from: &str, args: &StepArgs) -> Result<Step, Error> {
        let mut step = self.way_from(from, args).await?;
        if let Some(source) = &args.check {
            let (check, codehash) = self.code(source).await?;
            step.script = check;
            step.scriptCodehash = codehash.0;
        }
        if let Some(expected) = args.expectations()? {
            (step.script, step.scriptCodehash) = (expected.account(), expected.codehash().0);
            let there = self.client.codehash(expected.account()).await?;
            if there != Some(expected.codehash()) && self.sends {
                let what = "the check of expectations";
                let (_, sent) = deploy::create2(&self.client, what, expected.code()).await?;
                self.sent.extend(sent);
            } else if there != Some(expected.codehash()) {
                self.expected = Some(expected);
            }
        }
        if args.skip_failing {
            step.kind |= step::SKIP_FAILING;
        }
        Ok(step)
    }

    /// The same without its check, and without what becomes of instances that fail.
    async fn way_from(&mut self, from: &str, args: &StepArgs) -> Result<Step, Error> {
        let manifest = &self.context.manifest;
        let data = calldata::encode(&args.call, manifest)?;
        if let (Some(source), Some(handler)) = (&args.complex, &args.handler) {
            let handler = manifest.address(handler)?;
            return Ok(registry::complex(from, self.code(source).await?, handler));
        }
        Ok(match &args.script {
            Some(source) => {
                let script = self.code(source).await?;
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
    pub(super) fn proposed(&self, version: &str) -> Vec<(ActionId, abi::migrateCall)> {
        let open = self.open.iter();
        let migrations = open.filter_map(|open| match open.says.as_ref()? {
            Call::Migrate(call) if call.version == version => Some((open.action, call.clone())),
            _ => None,
        });
        migrations.collect()
    }

    /// Whether the version is current with this very code and way.
    pub(super) fn is_done(&self, new: &NewVersion) -> bool {
        self.known.as_ref().is_some_and(|known| {
            let is_same_way = known.steps.contains(&new.step) || new.step.from.is_empty();
            let is_same_code = known.code == RecordedCode::from(&new.code);
            known.version == self.current && is_same_code && is_same_way
        })
    }
}
