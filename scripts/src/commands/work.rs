//! What the commands on versions share: the definition, its open actions, and code that is found,
//! deployed, or only thought of.

mod action;
mod code;
mod expected;
mod tried;

pub(super) use action::check_action;

use super::args::{StepArgs, StorageArgs, VersionArgs};
use super::call::by_name;
use super::calldata;
use super::confirm;
use super::context::Context;
use super::facts::{Asked, Place};
use super::path::{check_few, check_stragglers};
use super::storage::{require, require_all};
use crate::app_error::Error;
use crate::assess::Role;
use crate::build::Artifact;
use crate::checks::{Assessment, Code, Runs, Stage, Subject, Version};
use crate::client::{Client, Sent};
use crate::error::Refusal;
use crate::expect::Expectations;
use crate::functions::Functions;
use crate::governance::{Call, PendingAction, pending, same_code_differs};
use crate::ids::{ActionId, CodeHash};
use crate::layout::Who;
use crate::progress::Progress;
use crate::registry::{self, NewVersion, RecordedCode};
use alloy::primitives::{Address, Bytes};
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
    pub(super) open: Vec<PendingAction>,
    /// Transactions that it took so far.
    pub(super) sent: Vec<Sent>,
    does: Does,
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

/// What becomes of what the work needs on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// It is sent, once nothing refuses it.
    Send,
    /// It is only thought of, and everything is said that refuses it.
    Try,
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
    /// Work that deploys what it needs.
    pub(super) async fn begin(context: &'a Context, what: &str, name: &str) -> Result<Self, Error> {
        let client = context.working_client(what).await?;
        Self::on(context, client, name, Does::Send).await
    }

    /// Work that sends nothing.
    pub(super) async fn begin_dry(context: &'a Context, name: &str) -> Result<Self, Error> {
        let client = context.snapshot().await?;
        Self::on(context, client, name, Does::Try).await
    }

    async fn on(
        context: &'a Context,
        client: Client,
        name: &str,
        does: Does,
    ) -> Result<Self, Error> {
        let registry = context.verified(&client, context.registry()?).await?;
        let definition = client.registry(registry).head(name).await?;
        let open = pending(&client, registry, name).await?;
        Ok(Self {
            context,
            client,
            registry,
            name: name.into(),
            current: definition.current,
            open,
            sent: Vec::new(),
            does,
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
        let mut new = self
            .code_of(&args.version, &args.source, &args.storage)
            .await?;
        let args = &VersionArgs {
            step: self.by_name(args, &new)?,
            ..args.clone()
        };
        self.require_same(&args.version, &new).await?;
        let from = self.begins_at(&args.version, args.from.as_deref()).await?;
        let from = if args.initial { "" } else { from.as_str() };
        let way = self.way_of_current(args, &new.code).await?;
        let runs = match &way {
            _ if from.is_empty() => Runs::Nothing,
            Some(way) => self.place().runs(way).await?,
            None => Asked::Chain(self.place()).runs(&args.step).await?,
        };
        let pair = (args.version.as_str(), from);
        self.check(pair, &new, (runs, Stage::Proposed), &args.storage, becomes)
            .await?;
        if becomes == Becomes::Current && !args.initial {
            self.try_first(args, &new).await?;
        }
        let artifact = new.artifact.take();
        let placed = match artifact {
            Some(artifact) => Some(self.put(artifact).await?),
            None => None,
        };
        self.publish(&new).await?;
        let mut code = new.code;
        code.implementation = placed.unwrap_or(code.implementation);
        let step = match way {
            Some(way) => way,
            None if args.initial => registry::initial(),
            None => {
                self.step(&args.version, args.from.as_deref(), &args.step)
                    .await?
            }
        };
        Ok(NewVersion {
            name: self.name.clone(),
            version: args.version.clone(),
            code: code.into(),
            step,
        })
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
            said: &said.said(),
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
        match self.does {
            Does::Send => require(&self.checks),
            Does::Try => require_all(&self.checks),
        }
    }

    /// The same of a version that the registry knows, and publishes what is not published of it. `is_old` says
    /// whether an earlier version had the code.
    pub(super) async fn check_registered(
        &mut self,
        pair: (&str, &str),
        code: RecordedCode,
        (step, is_old): (&StepArgs, bool),
        said: &StorageArgs,
        becomes: Becomes,
    ) -> Result<(), Error> {
        step.expectations()?;
        let place = self.place();
        let known = place.layout(pair.0, &code, said.layout.as_deref()).await?;
        let code = place.there(code, known.side, is_old).await?;
        let runs = (Asked::Chain(place).runs(step).await?, Stage::Proposed);
        self.check(pair, &code, runs, said, becomes).await?;
        self.publish(&code).await
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
        if self.does == Does::Send && checks.refusal().is_some() {
            return Ok(()); // nothing is sent: the other instances are no matter of it
        }
        let (place, name) = (self.place(), self.name.as_str());
        let is_known = self.registered(version).await?.is_some();
        let to = if is_known { version } else { from };
        // A known version may have most of them already: what is older goes along at once.
        if is_known || checks.unmatched().is_some() {
            check_stragglers(place, (name, to), overrides, checks).await?;
        }
        check_few(place, (name, to, is_known), overrides, checks).await
    }

    /// Refuses other code under a label that is taken, which the registry would refuse after all of it was deployed.
    async fn require_same(&self, version: &str, new: &Code) -> Result<(), Error> {
        let known = self.registered(version).await?;
        if let Some((known, _)) = &known
            && known.codehash == new.code.codehash
            && known.source != new.code.source
        {
            self.context.output.note(&format!(
                "warning: {} {version} is registered with the same code and other sources: theirs have the hash {}, \
                 these {}. Every file of the crate counts, also one that no code uses",
                self.name, known.source, new.code.source
            ));
        }
        match known {
            Some((known, _)) if self.does == Does::Send && known.codehash != new.code.codehash => {
                let says = format!(
                    "{} {version} is registered already, with other code",
                    self.name
                );
                let refusal = Refusal::new("VersionExists", says).with(
                    format!("the code {}, or a new label", known.codehash),
                    format!("the code {}", new.code.codehash),
                    "nothing was sent; a version never changes: choose another label",
                );
                Err(refusal.into())
            }
            _ if self.does == Does::Send => self.require_no_other(version, |other| {
                let (_, code, _) = other.says.as_ref()?.version()?;
                let (theirs, ours) = (CodeHash::from(code?.codehash), new.code.codehash);
                (theirs != ours).then(|| {
                    format!(
                        "names other code than this source is built to, {theirs} and not {ours}"
                    )
                })
            }),
            _ => Ok(()),
        }
    }

    /// Where the way into a version begins: where the caller says, else at the current version. For
    /// the current version itself it is where its own way began.
    async fn begins_at(&self, version: &str, from: Option<&str>) -> Result<String, Error> {
        if let Some(from) = from {
            return Ok(from.to_owned());
        }
        if self.current != version {
            return Ok(self.current.clone());
        }
        let registered = self.registered(version).await?;
        let steps = registered.map(|(_, steps)| steps).unwrap_or_default();
        Ok(steps
            .first()
            .map(|step| step.from.clone())
            .unwrap_or_default())
    }

    /// The way by which this very code became current, where the arguments describe none: whoever
    /// asks for what is current once more means that.
    async fn way_of_current(
        &self,
        args: &VersionArgs,
        code: &RecordedCode,
    ) -> Result<Option<Step>, Error> {
        let is_described = !args.step.is_empty() || args.from.is_some() || args.initial;
        if is_described || self.current != args.version {
            return Ok(None);
        }
        let registered = self.registered(&args.version).await?;
        let same = registered.filter(|(known, _)| known.codehash == code.codehash);
        Ok(same.and_then(|(_, steps)| steps.into_iter().next()))
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
        let registered = self.registered(version).await?.map(|(_, steps)| steps);
        let same = registered.unwrap_or_default().into_iter().find(|other| {
            let moved = Step {
                from: other.from.clone(),
                ..step.clone()
            };
            *other == moved && (self.current == version || other.from == self.current)
        });
        Ok(same.unwrap_or(step))
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
            self.put_check(expected).await?;
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

    /// Code and incoming steps of a version, if it is there.
    pub(super) async fn registered(
        &self,
        version: &str,
    ) -> Result<Option<(RecordedCode, Vec<Step>)>, Error> {
        let reader = self.client.registry(self.registry);
        let found = reader.known_version(&self.name, version).await?;
        Ok(found.map(|found| (found.code, found.steps)))
    }

    /// The open migrations to `version`, in the order of their proposals.
    pub(super) fn proposed(&self, version: &str) -> Vec<(ActionId, abi::migrateCall)> {
        let migrations = self
            .open
            .iter()
            .filter_map(|open| match open.says.as_ref()? {
                Call::Migrate(call) if call.version == version => Some((open.action, call.clone())),
                _ => None,
            });
        migrations.collect()
    }

    /// Whether the version is current with this very code and way.
    pub(super) async fn is_done(&self, new: &NewVersion) -> Result<bool, Error> {
        if self.current != new.version {
            return Ok(false);
        }
        let registered = self.registered(&new.version).await?;
        Ok(registered.is_some_and(|(code, steps)| {
            code == RecordedCode::from(&new.code)
                && (steps.contains(&new.step) || new.step.from.is_empty())
        }))
    }

    /// Refuses another call for a version that an open action is about, unless that is meant: an approval of the one
    /// does not count for the other. `differs` says what the other action has in another way.
    fn require_no_other(
        &self,
        version: &str,
        differs: impl Fn(&PendingAction) -> Option<String>,
    ) -> Result<(), Error> {
        let same = |other: &&PendingAction| {
            let says = other.says.as_ref().and_then(Call::version);
            says.is_some_and(|(label, ..)| label == version)
        };
        let others = self.open.iter().filter(same);
        let notices = others.filter_map(|other| {
            let subject = format!("{} {version}", self.name);
            Some(confirm::other_action(
                &subject,
                (other.action, other.proposer),
                &differs(other)?,
                self.context,
            ))
        });
        confirm::require(self.context, &notices.collect::<Vec<_>>())
    }

    /// Refuses other bytes than those of an open action that does the same for that version.
    pub(super) fn require_same_call(&self, version: &str, bytes: &Bytes) -> Result<(), Error> {
        let own = Call::decode(bytes).ok();
        let code = |call: &Call| call.version().and_then(|(_, code, _)| Some(code?.codehash));
        let own_code = own.as_ref().and_then(code);
        self.require_no_other(version, |other| {
            // Of other code it was said before anything was deployed.
            let says = other.says.as_ref()?;
            let theirs = code(says);
            let is_told = own_code.is_some() && theirs.is_some() && theirs != own_code;
            let is_same_kind = other.call.get(..4) == bytes.get(..4);
            let differs = is_same_kind && other.call != *bytes && !is_told;
            let own = own.as_ref().filter(|_| differs)?;
            Some(same_code_differs(own, says).to_owned())
        })
    }
}
