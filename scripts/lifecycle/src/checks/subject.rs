//! Operations to check, as a command, an action or a file states them.

use super::{Declared, Runs, Stage};
use crate::assess::{Fact, Origin, Role, Writer};
use crate::build::Artifact;
use crate::ids::LayoutHash;
use crate::layout::{Audit, Who};
use crate::plan::has_constructor;
use crate::program_code::CodeBytes;
use crate::registry::{Candidate, RecordedCode};
use alloy::primitives::Address;
use std::path::Path;
use stylus_layout::Document;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The name of the version before, where a proxy is adopted whose code is no version.
pub const BEFORE: &str = "what it runs";

/// An operation to check.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// A version is reached: by a new one, an action, or a step that is registered.
    Version(&'a Version<'a>),
    /// An instance is created.
    Creation {
        /// The call.
        call: &'a abi::createProxyCall,
        /// Its initializer as it was typed; empty where calldata were given.
        typed: &'a str,
        /// The layout of the version, where the registry has none.
        layout: Option<&'a Path>,
    },
    /// A proxy becomes an instance.
    Adoption {
        /// The proxy, as it is.
        found: &'a Candidate,
        /// The definition.
        name: &'a str,
        /// The version that it becomes an instance at.
        version: &'a str,
        /// The source of the layout of the code that it runs: a file, or another registry and its hash.
        runs_layout: (Option<&'a Path>, Option<(Address, LayoutHash)>),
        /// The layout of the version, where the registry has none.
        layout: Option<&'a Path>,
    },
}

/// A version, and the transition to it.
pub struct Version<'a> {
    /// The definition.
    pub name: &'a str,
    /// The version before; empty where nothing is taken over.
    pub from: &'a str,
    /// The version.
    pub to: &'a str,
    /// The stage of the decision about it.
    pub stage: Stage,
    /// Its code.
    pub code: &'a Code,
    /// The step or creation that runs.
    pub runs: Runs,
    /// The instances whose storage is taken over.
    pub who: Who,
    /// The version that is current; empty where there is none.
    pub current: &'a str,
}

/// Code that was named, before anything is deployed.
#[derive(Debug, Clone)]
pub struct Code {
    /// The artifact that has to be deployed; `None` if the code is on the chain.
    pub artifact: Option<Artifact>,
    /// The code that the registry is to record; without an address where there is an artifact.
    pub code: RecordedCode,
    /// Its layout document.
    pub layout: Fact<Document>,
    /// The declarations of its code.
    pub declared: Fact<Declared>,
    /// Evidence that its sources build to it.
    pub source: Fact<()>,
    /// Its bytes.
    pub bytes: CodeBytes,
    /// Findings in its sources; nothing where nobody is asked to search them: those of a program that was built here or has
    /// a layout, or of code that an earlier decision covered.
    pub audit: Option<Fact<Audit>>,
    /// True if an earlier version has this code.
    pub is_old: bool,
}

impl Code {
    /// Code that lies on the chain, with the document that is known of it.
    pub fn there(
        code: RecordedCode,
        bytes: CodeBytes,
        layout: Fact<Document>,
        is_old: bool,
    ) -> Self {
        let steps = layout.value().and_then(|known| known.steps.clone());
        Self {
            artifact: None,
            declared: match steps {
                Some(steps) => Fact::doubted(Declared::Steps(steps), layout.origin(), layout.why()),
                None if bytes.is_evm() => Fact::of(Declared::OfEvm, Origin::Chain),
                None => Fact::unknown(UNDECLARED),
            },
            source: if code.source.is_zero() {
                Fact::unknown("nobody recorded the hash of its sources")
            } else {
                Fact::doubted((), Origin::Chain, SOURCE_NAMED)
            },
            audit: if bytes.is_evm() {
                Some(Audit::unknown())
            } else {
                // A build makes a layout of the sources of a program, and says its steps or how it was built: these are
                // searched with it. What only a file says is no search.
                let is_of_build = |known: &Document| known.steps.is_some() || known.build.is_some();
                let is_described = layout.value().is_some_and(is_of_build);
                (!is_described).then(|| Fact::unknown(UNDESCRIBED))
            },
            code,
            bytes,
            layout,
            is_old,
        }
    }

    /// Code that was built here, with the document that is known of it.
    pub fn built(
        artifact: Artifact,
        code: RecordedCode,
        layout: Fact<Document>,
        is_old: bool,
    ) -> Self {
        let steps = artifact.steps.clone().map(Declared::Steps);
        let there = Self::there(code, artifact.bytes(), layout, is_old);
        Self {
            declared: steps.map_or(there.declared, |steps| artifact.says(steps)),
            source: if artifact.has_sources() {
                Fact::of((), Origin::Build)
            } else {
                there.source
            },
            audit: there
                .audit
                .filter(|_| !artifact.has_sources() || there.bytes.is_evm()),
            artifact: Some(artifact),
            ..there
        }
    }

    /// The same, with what a file shows of its sources to who asks. What is said of the sources of a program is of no
    /// compiler of the EVM, and counts for nothing.
    #[must_use]
    pub fn audited(self, shown: Fact<Audit>, role: Role) -> Self {
        let shown = match shown.origin() {
            Origin::Remembered => {
                let why = shown.why().to_owned();
                shown.said_by(role.believes(Writer::Proposer), why)
            }
            _ => shown,
        };
        let is_better = self.bytes.is_evm() || shown.value().is_some();
        Self {
            audit: self
                .audit
                .map(|known| if is_better { shown } else { known }),
            ..self
        }
    }

    /// The same, where an earlier decision covered this code: nobody is asked again to search its sources. What a file
    /// shows of them all the same is told.
    #[must_use]
    pub fn decided(self) -> Self {
        let shown = self.audit.and_then(|shown| {
            let audit = shown.value()?.clone();
            if audit.judgement.is_ok() && shown.origin() == Origin::Build {
                return Some(shown);
            }
            let judgement = audit.judgement.or(Ok(Vec::new()));
            let audit = Audit { judgement, ..audit };
            Some(Fact::doubted(audit, Origin::Remembered, DECIDED))
        });
        Self {
            audit: shown,
            ..self
        }
    }

    /// Returns the name of the artifact, or the address of the code.
    pub fn name(&self) -> String {
        match &self.artifact {
            Some(artifact) => artifact.name.clone(),
            None => self.code.implementation.to_string(),
        }
    }

    /// Returns the origin of its bytes.
    pub(super) fn origin(&self) -> Origin {
        match self.artifact {
            Some(_) => Origin::Build,
            None => Origin::Chain,
        }
    }

    /// Returns true if it is a program with an SDK constructor, or one that cannot be read.
    pub fn may_have_constructor(&self) -> bool {
        let module = self.bytes.module();
        module.map_or(true, |module| {
            module.is_some_and(|wasm| has_constructor(&wasm))
        })
    }
}

/// The limit of a file that nobody compiled here, about code that is registered.
const DECIDED: &str =
    "the file that shows them was not compiled here; who registered the code decided on it";
/// The limit of a hash of sources as a proof.
const SOURCE_NAMED: &str =
    "the hash of the sources is named; only a build compares them with the code (--source)";
/// The reason why nobody knows what the sources of a program show.
const UNDESCRIBED: &str = "neither its sources nor a layout that was made of them are known";
/// The reason why nobody knows what code declares.
const UNDECLARED: &str = "the code does not say which initializers and migrations it declares";
