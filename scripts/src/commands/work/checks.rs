//! What is checked of a version before anything is sent: its storage, the steps that its code
//! declares, its interface, and how much of all that could be checked.

use super::super::args::{StepArgs, StorageArgs};
use super::super::calldata;
use super::super::check::initializer_finding;
use super::super::constructor::{may_have_constructor, require_constructed_of_all};
use super::super::storage::{self, StorageContext, Versions};
use super::{Program, Run, Subject, Work};
use crate::app_error::Error;
use crate::assess::{Evidence, Origin, Part};
use crate::client::{ChainError, Client};
use crate::layout::{Documents, LayoutError, Side, Who, require_publishable};
use crate::plan::{has_constructor, reserved_in};
use crate::program_code::{is_program, module};
use crate::registry::{AdoptionError, RecordedCode};
use crate::steps::{PROGRAM_UNKNOWN, PlannedStep, check_step};
use alloy::primitives::{Address, Bytes};
use stylus_layout::DeclaredStep;
use stylus_upgrades_interface::reasons::step;

impl Work<'_> {
    /// Checks the storage of a version that the registry knows, on the way from another one, and
    /// whether that way runs what its code declares. The flags: whether an earlier version had the
    /// code, and whether instances will be upgraded to it.
    pub(in crate::commands) async fn check_registered(
        &mut self,
        (version, from): (&str, &str),
        code: &RecordedCode,
        run: &Run,
        said: &StorageArgs,
        (is_old, upgrades): (bool, bool),
    ) -> Result<(), Error> {
        let pair = (version, from);
        let flags = (is_old, upgrades);
        let new = self.check_recorded(pair, code, run, said, flags).await?;
        self.publish(&new).await
    }

    /// As [`Self::check_registered`], of code that an action or the registry names, without
    /// publishing anything. Where `from` is empty nothing is taken over.
    pub(super) async fn check_recorded(
        &mut self,
        (version, from): (&str, &str),
        code: &RecordedCode,
        run: &Run,
        args: &StorageArgs,
        (is_old, upgrades): (bool, bool),
    ) -> Result<Subject, Error> {
        let documents = self.documents();
        let file = args.layout.as_deref();
        let Side { hash, known } =
            storage::layout_of(&documents, version, code.layout, file).await?;
        let new = Subject {
            artifact: None,
            code: RecordedCode {
                layout: hash,
                ..*code
            },
            steps: known.document().and_then(|known| known.steps.clone()),
            layout: known,
            is_old,
        };
        if !from.is_empty() {
            let runs = run.kind != step::NONE;
            self.check_storage(version, from, &new, runs, args).await?;
            self.check_callers((version, from), &new).await?;
            self.check_steps(version, from, &new, run).await?;
            let upgrades = upgrades.then_some((version, from));
            self.check_others(upgrades, args).await?;
        } else {
            self.note_not_compared(version);
            self.note_published(version, &new).await?;
        }
        self.require_coverage(&new).await?;
        self.settle()?;
        Ok(new)
    }

    /// Checks whether `new` may take over the storage of the version `from`.
    pub(super) async fn check_storage(
        &mut self,
        version: &str,
        from: &str,
        new: &Subject,
        runs_migration: bool,
        args: &StorageArgs,
    ) -> Result<(), Error> {
        self.layout = new.layout.document().map(|known| known.layout.clone());
        let old = self.registered(from).await?;
        let old = old.map(|(code, _)| code.layout).unwrap_or_default();
        let old = storage::layout_of(&self.documents(), from, old, None).await?;
        let versions = Versions {
            name: &self.name,
            from,
            to: version,
            old,
            new: Side {
                hash: new.code.layout,
                known: new.layout.clone(),
            },
            runs_migration,
            goes_back: new.is_old,
            who: Who::All,
        };
        let place = StorageContext {
            context: self.context,
            client: &self.client,
            registry: self.registry,
        };
        self.checks.begin(from, version);
        let said = (args, &self.context.accepted());
        match storage::require(place, versions, said, &mut self.checks).await {
            Ok(()) => Ok(()),
            Err(Error::Layout(refusal)) => {
                self.note_unchecked(&refusal);
                self.refuse(Error::Layout(refusal));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// What is left to check where the storage is refused was not checked.
    fn note_unchecked(&mut self, refusal: &LayoutError) {
        let why = refusal.why_unchecked();
        let coverage = &mut self.checks.coverage;
        if matches!(refusal, LayoutError::Dirty { .. }) {
            let both = [Part::Layout, Part::LiveInstances];
            return both
                .into_iter()
                .for_each(|part| coverage.seen(part, Origin::Chain));
        }
        match refusal {
            LayoutError::NotCompared { .. } => {
                coverage.add(Evidence::whole(Part::Layout, Origin::NotKnown, &why).told());
            }
            LayoutError::NamespacesNotListed { .. } => {
                coverage.add(Evidence::some(Part::Layout, Origin::NotKnown, &why));
            }
            _ => coverage.seen(Part::Layout, Origin::Chain),
        }
        coverage.add(Evidence::whole(Part::LiveInstances, Origin::NotKnown, why).told());
    }

    /// Notes a refusal: the other checks are made all the same, so that one answer holds all of them.
    /// What is absent refuses once, however many checks miss it.
    pub(super) fn refuse(&mut self, refusal: impl Into<Error>) {
        let accepted = self.context.accepted();
        let Err(refusal) = self.checks.refuse(&accepted, refusal.into()) else {
            return; // it is accepted
        };
        let ids = |error: &Error| error.findings().into_iter().map(|one| one.id);
        if !self.refused.iter().any(|one| ids(one).eq(ids(&refusal))) {
            self.refused.push(refusal);
        }
    }

    /// Ends what was refused, before anything is sent. Work that sends nothing goes on, and says what it
    /// found at its end.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        if self.is_dry {
            return Ok(());
        }
        let refused = std::mem::take(&mut self.refused);
        Error::all_of(refused).map_or(Ok(()), Err)
    }

    /// What runs on the way that the arguments describe.
    pub(in crate::commands) fn run(&self, way: &StepArgs) -> Result<Run, Error> {
        let (program, declared) = match &way.complex {
            None => (Program::None, None),
            Some(source) => match self.address(source) {
                Some(account) => (Program::At(account), None),
                None => {
                    let artifact = self.context.kept_artifact(source)?;
                    (Program::Built(artifact.wasm), artifact.steps)
                }
            },
        };
        Ok(Run {
            kind: way.kind(),
            data: calldata::encode(&way.call, &self.context.manifest)?,
            typed: calldata::typed(&way.call).to_owned(),
            program,
            declared,
        })
    }

    /// Checks that the way into a version runs what its code declares.
    pub(super) async fn check_steps(
        &mut self,
        version: &str,
        from: &str,
        new: &Subject,
        run: &Run,
    ) -> Result<(), Error> {
        self.require_ending(run).await?;
        let Some(steps) = &new.steps else {
            if run.kind != step::FOREIGN_CALL {
                let why = "the code does not say which initializers and migrations it declares";
                let absent = Evidence::whole(Part::Steps, Origin::NotKnown, why);
                self.checks.coverage.add(absent);
            }
            return Ok(());
        };
        let same_code = self.same_code(from).await?;
        let labels = self
            .client
            .registry(self.registry)
            .labels(&self.name)
            .await?;
        let way = PlannedStep {
            name: &self.name,
            from,
            same_code: &same_code,
            to: version,
            labels: &labels,
            kind: run.kind,
            data: &run.data,
            typed: &run.typed,
            program: run.declared.as_deref(),
        };
        if run.kind == step::COMPLEX && run.declared.is_none() {
            let some = Evidence::some(Part::Steps, Origin::NotKnown, PROGRAM_UNKNOWN);
            self.checks.coverage.add(some);
        }
        self.checks.coverage.seen(Part::Steps, new.origin());
        if let Err(error) = check_step(steps, &way) {
            self.refuse(error);
        }
        let before = self.declared_by(from).await?;
        let lost = initializer_finding(&before, steps, version);
        self.checks
            .findings
            .extend(lost.map(|(finding, _)| finding));
        Ok(())
    }

    /// The initializers and migrations that the code of a version declares, as far as its document is
    /// known.
    pub(super) async fn declared_by(&self, version: &str) -> Result<Vec<DeclaredStep>, Error> {
        let Some((code, _)) = self.registered(version).await? else {
            return Ok(Vec::new());
        };
        let known = self.documents().get(code.layout).await?;
        let steps = known.document().and_then(|known| known.steps.clone());
        Ok(steps.unwrap_or_default())
    }

    /// The versions with the code of that one, itself first.
    async fn same_code(&self, version: &str) -> Result<Vec<String>, Error> {
        let mut same = vec![version.to_owned()];
        if let Some((code, _)) = self.registered(version).await? {
            let (client, registry) = (&self.client, self.registry);
            let first = storage::recorded(client, registry, &self.name, code.codehash).await?;
            same.extend(first.map(|(label, _)| label));
        }
        Ok(same)
    }

    /// Refuses code whose SDK constructor anybody could run in an adopted instance.
    async fn check_constructor(&mut self, new: &Subject) -> Result<(), Error> {
        let (client, implementation) = (&self.client, new.code.implementation);
        let (has_one, code) = match &new.artifact {
            Some(artifact) => (has_constructor(&artifact.wasm), artifact.name.clone()),
            None => (
                may_have_constructor(client, implementation).await?,
                implementation.to_string(),
            ),
        };
        if has_one {
            let of = (self.name.as_str(), code.as_str());
            match require_constructed_of_all(client, self.registry, of).await {
                Err(error @ Error::Adoption(AdoptionError::Constructor { .. })) => {
                    self.refuse(error);
                }
                found => found?,
            }
        }
        Ok(())
    }

    /// Looks for functions that proxies answer themselves, where the attributes of the code have not
    /// looked for them already.
    async fn look_at_interface(&mut self, new: &Subject) -> Result<(), Error> {
        let evidence = match &new.artifact {
            _ if new.steps.is_some() => Evidence::whole(Part::Interface, new.origin(), ""),
            Some(artifact) => interface_of(&artifact.code, &[]),
            None => interface_at(&self.client, new.code.implementation).await?,
        };
        self.checks.coverage.add(evidence);
        Ok(())
    }

    /// Nothing is sent if something was not checked at all, and nobody said that this is meant.
    pub(super) async fn require_coverage(&mut self, new: &Subject) -> Result<(), Error> {
        self.check_constructor(new).await?;
        self.look_at_interface(new).await?;
        let is_built = new.artifact.as_ref();
        let is_built = is_built.is_some_and(|artifact| !artifact.source_hash().is_zero());
        let coverage = &mut self.checks.coverage;
        if is_built {
            coverage.seen(Part::Source, Origin::Build);
        } else if new.code.source.is_zero() || coverage.of(Part::Source).is_none() {
            coverage.add(storage::source(&self.name, new.code.source));
        }
        for error in self.checks.not_checked(&self.context.accepted()) {
            self.refuse(error);
        }
        if let Some(document) = new.layout.document()
            && let Err(error) = require_publishable(document)
        {
            self.refuse(error);
        }
        Ok(())
    }

    /// Publishes the layout document that the registry is to name, so that every operator can
    /// compare.
    pub(in crate::commands) async fn publish(&mut self, new: &Subject) -> Result<(), Error> {
        let Some(document) = new.layout.document() else {
            return Ok(());
        };
        if let Some(document) = document.with_hash(new.code.layout.0) {
            if self.is_dry {
                self.document = Some(document);
                return Ok(());
            }
            let sent = self.documents().publish(&document).await?;
            self.sent.extend(sent);
        }
        Ok(())
    }

    pub(super) fn documents(&self) -> Documents {
        self.context.documents(&self.client, self.registry)
    }
}

/// How far the functions of the code at an account are known that was built without our attributes.
pub(in crate::commands) async fn interface_at(
    client: &Client,
    account: Address,
) -> Result<Evidence, ChainError> {
    let code = client.code(account).await?;
    let fragments = client.fragments(&code).await?;
    Ok(interface_of(&code, &fragments))
}

/// The same of code that is known, with that of its fragments.
pub(in crate::commands) fn interface_of(code: &[u8], fragments: &[Bytes]) -> Evidence {
    let module = match is_program(code) {
        true => match module(code, fragments) {
            Ok(module) => Some(module),
            Err(reason) => {
                let why = format!("its module cannot be read: {reason}");
                return Evidence::whole(Part::Interface, Origin::NotKnown, why);
            }
        },
        false => None,
    };
    match reserved_in(code, module.as_deref()).as_slice() {
        [] => Evidence::some(
            Part::Interface,
            Origin::NotKnown,
            "it was built without our attributes; its constants were looked at",
        ),
        found => Evidence::whole(
            Part::Interface,
            Origin::NotKnown,
            format!(
                "it may answer {}, which proxies answer themselves; `plan` tries it",
                found.join(", ")
            ),
        ),
    }
}
