//! The context of a command: output, manifest, builder, chain, registry.

mod built;
mod chain;
mod manifest;
pub mod prelude;
mod program;
mod registry;
mod session;
pub mod spec;
pub mod wings;

pub(crate) use built::declared;
pub(crate) use chain::{earlier, report_undone};
pub(crate) use manifest::seen_by;
pub use program::Program;
pub use registry::{Unverified, key};
pub use session::Session;

use crate::assess::{Accepted, Finding, FindingId};
use crate::build::{BuildError, Builder};
use crate::client::{ChainError, Transaction};
use crate::client::{Client, EventStore, Sent};
use crate::layout::{Compilations, Memory};
use crate::manifest::{FILE, Manifest};
use crate::options::Global;
use crate::output::Output;
use crate::plan::{Plan, PlanCache, PlanRequest, plan};
use crate::prelude::*;
use crate::progress::Progress;
use crate::registry::Origin;
use crate::text::count;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use stylus_devnode::NodeHandle;

/// The variable that names the workspace whose contracts are called by their names.
const HOME: &str = "STYLUS_UPGRADES_HOME";
/// Warnings that are printed without `--full`, at most.
const WARNINGS_MAX: usize = 16;

/// The context that a command works in.
pub struct Context {
    /// The output for all text and reports.
    pub output: Arc<Output>,
    /// The arguments that every command takes.
    pub global: Global,
    /// The program that it is part of.
    pub program: &'static Program,
    /// The manifest, empty if there is none.
    pub manifest: Manifest,
    /// The findings that the caller accepts.
    accepted: Accepted,
    /// The transactions of an earlier run that were not reported.
    earlier: Mutex<Vec<Sent>>,
    /// The artifacts that this run has built.
    built: Mutex<Vec<built::Built>>,
    /// The client that keeps a journal.
    working: OnceLock<Client>,
    /// The client that reads everything at one block.
    pinned: OnceLock<Client>,
    /// The first client.
    connected: OnceLock<Client>,
    /// True if its endpoint is a fork, once it was asked.
    fork: OnceLock<bool>,
    /// The copy of the chain on which everything is done in a dry run.
    copy: OnceLock<NodeHandle>,
    /// The files that this run was given and has compiled.
    pub compilations: Compilations,
    /// The layouts and builds of a dry run.
    memory: Option<Memory>,
    /// The registries that this command may talk to: their origin was derived, or they are trusted by name.
    known: Mutex<BTreeMap<Address, Option<Origin>>>,
    /// Set once the source of the facts was printed.
    told_read_at: OnceLock<()>,
    /// The store of the registry's events between two commands, if they are kept.
    pub events: Option<Arc<EventStore>>,
    /// The store of simulations between two commands, if they are kept.
    pub plan_cache: Option<Arc<PlanCache>>,
}

impl Context {
    /// Prints a note.
    pub fn note(&self, line: impl AsRef<str>) {
        self.output.note(line.as_ref());
    }

    /// Prints findings as warnings: the first ones where they are many, unless `--full` is given.
    pub fn warn_all(&self, findings: &[Finding]) {
        let shown = if self.global.full {
            findings.len()
        } else {
            findings.len().min(WARNINGS_MAX)
        };
        findings
            .iter()
            .take(shown)
            .for_each(|finding| self.warn(finding));
        if shown < findings.len() {
            let left_out = count(findings.len() - shown, "warning");
            self.note(format!("… {left_out} more: --full shows them"));
        }
    }

    /// Prints a finding as a warning, and what to do next.
    pub fn warn(&self, finding: &Finding) {
        self.note(format!("warning: {}", finding.says()));
        if let Some(next) = &finding.next {
            self.output.advise(next);
        }
    }

    /// The outcome of a command, with the names of the manifest.
    pub fn outcome(&self, report: &impl CommandReport) -> Outcome {
        Outcome::of(report, &self.names())
    }

    /// The findings that the caller accepts.
    pub fn accepted(&self) -> Accepted {
        self.accepted.clone()
    }

    /// Warns of ids in `--accept` that no finding of the command had.
    pub fn warn_of_unfit(&self) {
        let unfit: Vec<String> = self
            .accepted
            .unfit()
            .iter()
            .map(FindingId::to_string)
            .collect();
        if !unfit.is_empty() {
            let ids = unfit.join(", ");
            self.note(format!("warning: --accept names what was not found: {ids}"));
            self.output.add_to_all("needless", unfit);
        }
    }

    /// The context of one command.
    ///
    /// # Errors
    /// A manifest that cannot be read, or lacks the network.
    pub fn new(output: Arc<Output>, mut global: Global, program: &'static Program) -> Result<Self> {
        let folder = std::env::current_dir().unwrap_or_default();
        let found = match &global.manifest {
            Some(path) => Some(path.clone()),
            None => Manifest::nearest(&folder),
        };
        let manifest = match &found {
            Some(path) => Manifest::read(path)?,
            None => Manifest::default(),
        };
        let manifest = match global.network.as_deref() {
            Some(name) => manifest.on(name)?,
            None => manifest,
        };
        if let Some(explorer) = &manifest.explorer {
            output.link_to(explorer);
        }
        let (names, place) = (Names::of(&manifest), global.place.clone());
        let place_of = move |name: &str| {
            if program.asks_chain(name) {
                place.clone()
            } else {
                Vec::new()
            }
        };
        output.write_commands(move |text| names.in_commands(text, &place_of));
        global.key = global.key.or_of_manifest(manifest.key.clone());
        if let Some(path) = found.filter(|path| *path != folder.join(FILE)) {
            output.note(&format!("using the manifest {}", path.display()));
        }
        Ok(Self {
            output,
            memory: global.dry_run.then(Memory::default),
            accepted: global
                .accept
                .iter()
                .flat_map(Accepted::iter)
                .cloned()
                .collect::<Accepted>()
                .with_project(manifest::arrivals(&manifest, &global)),
            global,
            program,
            manifest,
            earlier: Mutex::default(),
            built: Mutex::default(),
            compilations: Compilations::default(),
            working: OnceLock::new(),
            pinned: OnceLock::new(),
            connected: OnceLock::new(),
            fork: OnceLock::new(),
            copy: OnceLock::new(),
            known: Mutex::default(),
            told_read_at: OnceLock::new(),
            events: None,
            plan_cache: None,
        })
    }

    /// Tries a migration on a copy of the newest block.
    pub async fn simulate_on_copy(
        &self,
        client: &Client,
        request: PlanRequest,
    ) -> Result<Plan, ChainError> {
        match &self.plan_cache {
            Some(plan_cache) => plan_cache.plan(client, request).await,
            None => plan(client, request).await,
        }
    }

    /// The builder: of the workspace that `STYLUS_UPGRADES_HOME` names or this folder lies in, with
    /// the pinned framework or the one that was named.
    ///
    /// # Errors
    /// No workspace or framework there.
    pub fn builder(&self) -> Result<Builder> {
        let builder = builder(&self.output)?;
        Ok(match &self.global.framework_from {
            Some(home) => builder.framework_from(home)?,
            None => builder,
        })
    }

    /// The network that was named; saving goes into its table.
    pub(crate) fn network(&self) -> Option<&str> {
        self.manifest.network.as_deref()
    }

    /// The account that `source` names, if it names one and no file.
    pub(crate) fn account(&self, source: &str) -> Option<Address> {
        let exists = Path::new(source).exists();
        (!exists)
            .then(|| self.manifest.address(source).ok())
            .flatten()
    }

    /// The manifest's names.
    pub fn names(&self) -> Names {
        Names::of(&self.manifest)
    }

    /// The manifest to save addresses in: the one that was read, else one in this folder.
    pub(crate) fn manifest_file(&self) -> PathBuf {
        let folder = std::env::current_dir().unwrap_or_default();
        let named = self.global.manifest.clone();
        named
            .or_else(|| Manifest::nearest(&folder))
            .unwrap_or_else(|| folder.join(FILE))
    }
}

/// The builder of the workspace that `STYLUS_UPGRADES_HOME` names, or that this folder lies in.
pub(crate) fn builder(output: &Arc<Output>) -> Result<Builder, BuildError> {
    let named = std::env::var_os(HOME).filter(|named| !named.is_empty());
    match named {
        Some(home) => Builder::at(Path::new(&home), output.clone()),
        None => Ok(Builder::new(output.clone())),
    }
}

/// Reports transactions that succeeded before the command failed: they are paid for, and the same
/// command does not send them again.
pub(crate) fn report_with_failure(context: &Context, sent: &[Sent]) {
    for one in sent {
        let Sent { what, tx, cost, .. } = one;
        let line = format!("warning: sent before it failed: {what}  {tx}  {cost}");
        context.note(&line);
    }
    if !sent.is_empty() {
        let all: Vec<Transaction> = sent.iter().map(Transaction::of).collect();
        context.output.add_to_all("transactions", json!(all));
    }
}
