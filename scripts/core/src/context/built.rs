//! Builds of a command, and their records next to the manifest.

use super::Context;
use crate::address;
use crate::assess::{Fact, Origin};
use crate::build::{Artifact, BuildError, Builder, is_tracked, repository};
use crate::client::{Client, declare_errors};
use crate::governance::{BuildFacts, Call};
use crate::ids::CodeHash;
use crate::interface::{Callable, Places, RustFile, SourceFiles};
use crate::layout::{Documents, Store};
use crate::options::GivenModuleArgs;
use crate::prelude::*;
use crate::registry::Registry;
use crate::versions::Versions;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};
use stylus_layout::Layout;

/// An artifact that this run has built.
pub(crate) struct Built {
    codehash: CodeHash,
    /// The functions that callers can use.
    interface: Option<Callable>,
    /// The positions of its fields, if it declares them.
    layout: Option<Fact<Layout>>,
    /// True if its author's code may read how much gas is left.
    reads_gas: bool,
    /// The files that it was built from.
    rust: Vec<RustFile>,
}

impl Context {
    /// An artifact by the path of a crate or `.wasm` file, or by the name of a contract of the
    /// workspace.
    pub(crate) fn artifact(&self, source: &str) -> Result<Artifact> {
        self.artifact_by(&self.builder()?, source)
    }

    /// Builds an artifact as [`Self::artifact`] does, always from its sources now, which others wrote.
    pub(crate) fn rebuilt_artifact(&self, source: &str) -> Result<Artifact> {
        self.artifact_by(&self.builder()?.from_scratch().of_others(), source)
    }

    fn artifact_by(&self, builder: &Builder, source: &str) -> Result<Artifact> {
        if address::is_address(source) {
            address::parse(source)?;
        }
        let (mut artifact, rust) = builder.source(source)?;
        // The compiler knows the line of each struct, and the sources that of each field.
        if let Some(layout) = &mut artifact.layout {
            let places = SourceFiles::read(&rust).places();
            let root = repository().or_else(|| std::env::current_dir().ok());
            let root = root.unwrap_or_default();
            layout.fill_sources(|item| places.source_of(&item.contract, &item.label, &root));
        }
        if let Some(interface) = &artifact.interface {
            declare_errors(&interface.abi);
        }
        self.built().push(Built {
            codehash: artifact.codehash(),
            interface: artifact.interface.clone(),
            layout: artifact.layout.clone().map(|layout| artifact.says(layout)),
            reads_gas: artifact.reads_gas,
            rust,
        });
        Ok(artifact)
    }

    /// The source of code that goes on chain: the one that is given, or the crate that a `.wasm` file is said to be built
    /// from, once it is what that builds to.
    ///
    /// # Errors
    /// `ArtifactDiffers` where the crate builds to other code, `WasmOpt` where it cannot be optimized here.
    pub(crate) fn proven_source<'a>(
        &self,
        given: &'a str,
        said: &'a GivenModuleArgs,
    ) -> Result<&'a str> {
        let Some(source) = said.built_from.as_deref() else {
            return Ok(given);
        };
        let is_module = |named: &str| {
            Path::new(named)
                .extension()
                .is_some_and(|end| end == "wasm")
        };
        if !is_module(given) || is_module(source) {
            return Err(Error::Usage {
                message: format!("--source {source} for {given}"),
                expected: "a .wasm file, and --source with the crate that builds to it".into(),
                found: given.into(),
                next: "leave out --source: a crate is built from its own sources".into(),
            });
        }
        let file = std::fs::read(given).map_err(BuildError::file("read", given))?;
        let artifact = self.artifact(source)?;
        if artifact.has_code_of(&file)? {
            self.note(format!(
                "{given} is what {source} builds to: what goes on chain is built from {source}"
            ));
            return Ok(source);
        }
        let message = format!("{source} does not build to {given}");
        let refusal = Refusal::new("ArtifactDiffers", message).with(
            format!("the code of {given}: {} bytes of WASM", file.len()),
            format!("other code: {} bytes of WASM", artifact.wasm.len()),
            "declare in [wasm-opt] of Stylus.toml the version of Binaryen and the flags that made the file, and build it \
             from the same commit by cargo-stylus; or leave out the file and give the crate",
        );
        Err(refusal.into())
    }

    /// The places in the sources of code that this run has built; none of a `.wasm` file.
    pub(crate) fn places_of(&self, codehash: CodeHash) -> Places {
        let built = self.built();
        let of_code = built.iter().rfind(|one| one.codehash == codehash);
        of_code.map_or_else(Places::default, |one| SourceFiles::read(&one.rust).places())
    }

    /// The constructor that the sources of code declare which this run has built; `None` where there is none, or no
    /// sources.
    ///
    /// # Errors
    /// The reason why the types of its arguments are not known.
    pub(crate) fn constructor_of(&self, codehash: CodeHash) -> Result<Option<String>, String> {
        let built = self.built();
        let of_code = built.iter().rfind(|one| one.codehash == codehash);
        of_code.map_or(Ok(None), |one| SourceFiles::read(&one.rust).constructor())
    }

    /// Code that this run has built whose author's sources read no gas.
    pub(crate) fn without_gas(&self) -> BTreeSet<CodeHash> {
        let built = self.built();
        let silent = built.iter().filter(|one| !one.reads_gas);
        silent.map(|one| one.codehash).collect()
    }

    /// An artifact that goes on chain. Its records are kept next to the manifest.
    pub(crate) fn kept_artifact(&self, source: &str) -> Result<Artifact> {
        let artifact = self.artifact(source)?;
        self.keep(&artifact);
        Ok(artifact)
    }

    /// Keeps what is known of an artifact that goes on chain: its layout, its build, and its
    /// interface.
    pub(crate) fn keep(&self, artifact: &Artifact) {
        let interface = self.interface_of(artifact.codehash());
        if let Err(error) = self.store().keep(artifact, interface) {
            self.note(format!("warning: {error}"));
        }
    }

    /// Layouts and builds, next to the manifest.
    pub fn store(&self) -> Store {
        Store::beside(&self.folder()).writing_to(self.memory.clone())
    }

    /// The folder of the manifest.
    fn folder(&self) -> PathBuf {
        let file = self.manifest_file();
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new(".")).to_owned()
    }

    /// Layout documents: those kept next to the manifest, and those that the registry published.
    pub fn documents(&self, registry: Registry<'_>) -> Documents {
        Documents::new(self.store(), registry)
    }

    /// Registered versions, next to the manifest.
    pub(crate) fn versions(&self) -> Versions {
        Versions::beside(&self.folder())
    }

    /// The name of the chain in the folder of what was registered: the network's, else the chain's id.
    pub(crate) fn kept_network(&self, client: &Client) -> String {
        let named = self.network().map(str::to_owned);
        named.unwrap_or_else(|| client.chain_id().to_string())
    }

    /// The interface of code that this run has built.
    pub(crate) fn interface_of(&self, codehash: CodeHash) -> Option<Callable> {
        let built = self.built();
        let mut of_code = built.iter().filter(|one| one.codehash == codehash);
        of_code.find_map(|one| one.interface.clone())
    }

    /// Returns the layout of code that this machine built: in this run, or in an earlier one.
    pub(crate) fn built_layout(&self, codehash: CodeHash) -> Result<Fact<Layout>> {
        let here = self
            .built()
            .iter()
            .find(|one| one.codehash == codehash)
            .map(|one| one.layout.clone());
        let known = match here {
            Some(layout) => layout,
            None => {
                let store = self.store();
                let build = store.build(codehash)?;
                let kept = build
                    .map(|build| store.document(build.layout_hash))
                    .transpose()?;
                let why = "the fields of the code that migrates are those of an earlier build here";
                kept.flatten()
                    .map(|known| Fact::doubted(known.layout, Origin::Remembered, why))
            }
        };
        Ok(known.unwrap_or_else(|| Fact::unknown(
            "the fields of the code that migrates are not known: derive StorageLayout, and build it here",
        )))
    }

    /// Returns the functions that callers can use of code that this machine built: in this run, or in an earlier one.
    pub(crate) fn built_callable(&self, codehash: CodeHash) -> Result<Option<Callable>> {
        if let Some(interface) = self.interface_of(codehash) {
            return Ok(Some(declared(interface)));
        }
        let store = self.store();
        match is_tracked(&store.build_file(codehash)) {
            // not built here: the proposer can have committed it
            Ok(true) | Err(_) => Ok(None),
            Ok(false) => {
                let build = store.build(codehash)?;
                Ok(build.and_then(|build| build.interface).map(declared))
            }
        }
    }

    fn built(&self) -> MutexGuard<'_, Vec<Built>> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The known builds of the code that a call names, if they equal it. A build that differs goes to `differs`, in
    /// words: one approver alone can have named the wrong code.
    pub(crate) fn builds(
        &self,
        call: &Call,
        mut differs: impl FnMut(String),
    ) -> Result<Vec<BuildFacts>> {
        let store = self.store();
        let mut all = Vec::new();
        for (what, _, codehash) in call.subjects() {
            let Some(build) = store.build(codehash)? else {
                continue;
            };
            let is_built = self.built().iter().any(|one| one.codehash == codehash);
            match BuildFacts::of(call, what, &build, is_built) {
                Ok(facts) => all.push(facts),
                Err(error) => differs(format!(
                    "it is not what was built here: {error} ({})",
                    error.found().unwrap_or_default()
                )),
            }
        }
        Ok(all)
    }
}

/// Shows the errors of an interface by their names from now on.
pub(crate) fn declared(callable: Callable) -> Callable {
    declare_errors(&callable.abi);
    callable
}
