//! Code that a command names: found, built, and put where the command says.

use super::place::Place;
use super::{Wanted, Work};
use crate::assess::{Fact, Origin};
use crate::build::Artifact;
use crate::checks::Code;
use crate::context::prelude::*;
use crate::ids::{CodeHash, LayoutHash};
use crate::layout::{Audit, Side};
use crate::pipeline::verifiable::{is_public, kept_implementation, warn_unbound_initializers};
use crate::plan::has_constructor;
use crate::program_code::is_program;
use crate::registry::{self, RecordedCode};
use stylus_layout::Document;

impl Work<'_> {
    /// The code that `source` names, and its facts. Builds it if needed; sends nothing.
    pub(crate) async fn code_of(&self, wanted: &Wanted<'_>, source: &str) -> Result<Code> {
        let session = self.session;
        let (artifact, mut code) = match session.context.account(source) {
            Some(address) => {
                let code = registry::code_at(session.registry.client, address).await?;
                (None, RecordedCode::from(code))
            }
            None => {
                let artifact = self.built(source)?;
                let code = artifact.code_at(Address::ZERO).into();
                (Some(artifact), code)
            }
        };
        let registry = session.registry;
        let old = registry.first_with(&self.name, code.codehash).await?;
        let recorded = old.as_ref().map(|old| old.code);
        let mut same: Vec<RecordedCode> = recorded.into_iter().collect();
        same.extend(self.proposed_code());
        same.retain(|other| other.codehash == code.codehash);
        let origin = self.complete(&mut code, recorded, &same)?;
        let says = |artifact: &Artifact| Some(artifact.says(artifact.document()?));
        let built = artifact.as_ref().and_then(says);
        let (mut said, mut audit) = (None, Audit::unknown());
        let layout = match (wanted.layout, built) {
            (Some(file), _) => {
                let given = session.layout(source, &code, Some(file)).await?;
                code.layout = given.side.hash;
                let is_compiled = given.is_compiled();
                audit = given.audit;
                if code.source.is_zero() && !given.source.is_zero() {
                    code.source = given.source;
                    said = Some(if is_compiled {
                        Fact::of((), Origin::Build)
                    } else {
                        let why = format!("they are those of {}", file.display());
                        Fact::doubted((), Origin::Remembered, why)
                    });
                }
                given.side.known
            }
            (None, Some(said)) => said,
            (None, None) if code.layout.is_zero() => {
                Fact::unknown("the contract declares none, and no --layout was given")
            }
            (None, None) => {
                let known = session.documents().get(code.layout).await?;
                let why = "no registered version with this code has that layout";
                match origin {
                    Origin::Chain => known,
                    other => known.said_by(other, why),
                }
            }
        };
        let is_old = old.is_some_and(|old| old.version != wanted.version);
        if let Some(artifact) = artifact {
            return Ok(Code::built(artifact, code, layout, is_old));
        }
        let side = Side {
            hash: code.layout,
            known: layout,
        };
        let there = session.there(code, side, is_old).await?;
        if let (None, Ok(Some(module))) = (there.declared.value(), there.bytes.module()) {
            warn_unbound_initializers(session.context, source, &module);
        }
        let there = there.audited(audit, self.checks.role);
        Ok(match said {
            Some(source) => Code { source, ..there },
            None => there,
        })
    }

    /// Code built from its sources, with warnings for its author.
    fn built(&self, source: &str) -> Result<Artifact> {
        let context = self.session.context;
        let client = self.session.registry.client;
        let artifact = kept_implementation(context, client.chain_id(), source)?;
        let name = &artifact.name;
        if has_constructor(&artifact.wasm) {
            context.note(format!(
                "warning: {name} has a #[constructor], which never runs behind a proxy: an #[initializer] does"
            ));
        }
        let document = artifact.document();
        if document.is_some_and(|one| one.interface.is_none()) && artifact.interface.is_some() {
            context.note(format!(
                "warning: the functions, events and errors of {name} are too many to be published with \
                 its layout: others must build it to check what callers lose"
            ));
        }
        Ok(artifact)
    }

    /// Fills unknown facts about code from the registry, an open action or a build of the same code
    /// on this machine. Returns the origin of its layout.
    fn complete(
        &self,
        code: &mut RecordedCode,
        recorded: Option<RecordedCode>,
        same: &[RecordedCode],
    ) -> Result<Origin> {
        let build = self.session.context.store().build(code.codehash)?;
        let mut origin = Origin::Chain;
        if code.layout.is_zero() {
            let mut known = same.iter().map(|one| one.layout);
            let known = known.find(|hash| !hash.is_zero());
            let built = build.as_ref().map(|build| build.layout_hash);
            code.layout = known.or(built).unwrap_or_default();
            if known.is_none() || known != recorded.map(|one| one.layout) {
                origin = Origin::Remembered;
            }
        }
        if code.source.is_zero() {
            let mut known = same.iter().map(|one| one.source);
            let known = known.find(|hash| !hash.is_zero());
            let is_local = !is_public(self.session.registry.client.chain_id());
            let built = build.filter(|build| is_local || build.build.is_of_commit());
            let built = built.map(|build| build.source_hash);
            code.source = known.or(built).unwrap_or_default();
        }
        Ok(origin)
    }

    /// The code that open actions name.
    fn proposed_code(&self) -> impl Iterator<Item = RecordedCode> {
        let open = self.open.iter();
        open.filter_map(|open| Some(open.says.as_ref()?.version()?.1?.into()))
    }

    /// Publishes the layout document that the registry will name, so that every operator can
    /// compare it.
    pub(crate) async fn publish(&self, new: &Code, place: &mut impl Place) -> Result<()> {
        let document = new.layout.value();
        let is_named = |known: &&Document| LayoutHash(known.hash()) == new.code.layout;
        match document.filter(is_named).cloned() {
            Some(document) => place.publish(self.place_for(), document).await,
            None => Ok(()),
        }
    }

    /// The account that `source` names, or the address of its code for every approver; with the hash
    /// of its code.
    pub(crate) async fn code(
        &self,
        source: &str,
        place: &mut impl Place,
    ) -> Result<(Address, CodeHash)> {
        let context = self.session.context;
        let client = self.session.registry.client;
        if let Some(address) = context.account(source) {
            let code = registry::code_at(client, address).await?;
            return Ok((address, code.codehash.into()));
        }
        let artifact = context.kept_artifact(source)?;
        let codehash = artifact.codehash();
        Ok((place.deploy(self.place_for(), artifact).await?, codehash))
    }

    /// Activates the program of version `old` whose activation has ended; other code needs none.
    pub(crate) async fn revive(
        &self,
        old: &str,
        code: &Code,
        place: &mut impl Place,
    ) -> Result<()> {
        let account = code.code.implementation;
        if !is_program(&self.session.registry.client.code(account).await?) {
            return Ok(());
        }
        let old = format!("{} {old}", self.name);
        place.activate(self.place_for(), &old, account).await
    }
}
