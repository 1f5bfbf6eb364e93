//! What a command works with: output, manifest, builder, chain, registry.

mod built;
mod chain;
pub(super) mod earlier;
mod interfaces;
mod manifest;
mod registry;

pub(super) use interfaces::Known as KnownInterface;
pub(super) use manifest::seen_by;
pub(super) use registry::{Unverified, key};

use super::args::Global;
use crate::app_error::Error;
use crate::assess::Accepted;
use crate::build::{BuildError, Builder};
use crate::client::Transaction;
use crate::client::{Client, EventStore, Sent};
use crate::manifest::{FILE, Manifest};
use crate::names::Names;
use crate::output::Output;
use crate::plan::{Plan, PlanError, PlanRequest, Trials, plan};
use crate::progress::Progress;
use crate::registry::Origin;
use crate::secret::Secret;
use crate::text::{grouped, shell_word};
use alloy::primitives::Address;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use stylus_devnode::NodeHandle;

/// The variable that names the workspace whose contracts are called by their names.
const HOME: &str = "STYLUS_UPGRADES_HOME";

/// What a command works with.
pub(super) struct Context {
    /// Where everything that is said goes.
    pub(super) output: Arc<Output>,
    /// The arguments that every command takes.
    pub(super) global: Global,
    /// The manifest, empty if there is none.
    pub(super) manifest: Manifest,
    /// What an earlier run had done and not reported.
    earlier: Mutex<Vec<Sent>>,
    /// What this run has built.
    built: Mutex<Vec<built::Built>>,
    /// The client that keeps a journal.
    working: OnceLock<Client>,
    /// The first client.
    connected: OnceLock<Client>,
    /// Whether its endpoint is a fork, once it was asked.
    fork: OnceLock<bool>,
    /// The copy of the chain on which everything is done in a dry run.
    copy: OnceLock<NodeHandle>,
    /// The registries that this command may talk to: their origin was derived, or they are trusted by name.
    known: Mutex<BTreeMap<Address, Option<Origin>>>,
    /// Whether it was told where the facts of a verdict are read.
    told_read_at: OnceLock<()>,
    /// Where the registry's events are kept between two commands, if they are.
    events: Option<Arc<EventStore>>,
    /// Where trials are kept between two commands, if they are.
    trials: Option<Arc<Trials>>,
}

impl Context {
    /// What the caller accepts.
    pub(super) fn accepted(&self) -> Accepted {
        let all = self.global.accept.iter();
        all.flat_map(Accepted::iter).cloned().collect()
    }

    pub(super) fn new(output: Arc<Output>, mut global: Global) -> Result<Self, Error> {
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
            Some("") => return Err(no_network_named(&manifest)),
            Some(name) => manifest.on(name)?,
            None => manifest,
        };
        if let Some(explorer) = &manifest.explorer {
            output.link_to(explorer);
        }
        let names = Names::of(&manifest);
        output.call_accounts(move |text| names.in_commands(text));
        global.key = global.key.or_of_manifest(manifest.key.clone());
        if let Some(path) = found.filter(|path| *path != folder.join(FILE)) {
            output.note(&format!("using the manifest {}", path.display()));
        }
        Ok(Self {
            output,
            global,
            manifest,
            earlier: Mutex::default(),
            built: Mutex::default(),
            working: OnceLock::new(),
            connected: OnceLock::new(),
            fork: OnceLock::new(),
            copy: OnceLock::new(),
            known: Mutex::default(),
            told_read_at: OnceLock::new(),
            events: None,
            trials: None,
        })
    }

    /// The same, with the registry's events kept between two commands.
    pub(super) fn with_events(self, store: Arc<EventStore>) -> Self {
        Self {
            events: Some(store),
            ..self
        }
    }

    /// The same, with what was tried on a copy of a block kept between two commands.
    pub(super) fn with_trials(self, trials: Arc<Trials>) -> Self {
        Self {
            trials: Some(trials),
            ..self
        }
    }

    /// Tries a migration on a copy of the newest block.
    pub(super) async fn try_on_copy(
        &self,
        client: &Client,
        request: PlanRequest,
    ) -> Result<Plan, PlanError> {
        match &self.trials {
            Some(trials) => trials.plan(client, request).await,
            None => plan(client, request).await,
        }
    }

    /// The builder: of the workspace that `STYLUS_UPGRADES_HOME` names or this folder lies in, with
    /// the pinned framework or the one that was named.
    pub(super) fn builder(&self) -> Result<Builder, Error> {
        let builder = builder(&self.output)?;
        Ok(match &self.global.framework_from {
            Some(home) => builder.framework_from(home)?,
            None => builder,
        })
    }

    /// The network that was named; saving goes into its table.
    pub(super) fn network(&self) -> Option<&str> {
        self.manifest.network.as_deref()
    }

    /// What names chain and registry for this command, for the next command to repeat. What
    /// the environment says needs no repeating.
    pub(super) fn given(&self) -> String {
        let Global {
            rpc_url,
            network,
            registry,
            manifest,
            ..
        } = &self.global;
        let manifest = manifest.as_ref().map(|path| path.display().to_string());
        let all = [
            (
                "--rpc-url",
                "ETH_RPC_URL",
                rpc_url.as_ref().map(Secret::expose),
            ),
            ("--network", "STYLUS_UPGRADES_NETWORK", network.as_deref()),
            (
                "--registry",
                "STYLUS_UPGRADES_REGISTRY",
                registry.as_deref(),
            ),
            ("--manifest", "", manifest.as_deref()),
        ];
        let mut words = String::new();
        for (flag, variable, value) in all {
            let Some(value) = value else { continue };
            let is_in_environment =
                !variable.is_empty() && std::env::var(variable).is_ok_and(|known| known == value);
            if !is_in_environment {
                words.push_str(&format!(" {flag} {}", shell_word(value)));
            }
        }
        words
    }

    /// The account that `source` names, if it names one and no file.
    pub(super) fn account(&self, source: &str) -> Option<Address> {
        let exists = Path::new(source).exists();
        (!exists)
            .then(|| self.manifest.address(source).ok())
            .flatten()
    }

    /// The manifest's names.
    pub(super) fn names(&self) -> Names {
        Names::of(&self.manifest)
    }

    /// The manifest to save addresses in: the one that was read, else one in this folder.
    pub(super) fn manifest_file(&self) -> PathBuf {
        let folder = std::env::current_dir().unwrap_or_default();
        let named = self.global.manifest.clone();
        named
            .or_else(|| Manifest::nearest(&folder))
            .unwrap_or_else(|| folder.join(FILE))
    }
}

/// An empty name is a script's variable that was not set: whoever gives one means some network.
fn no_network_named(manifest: &Manifest) -> Error {
    let known: Vec<_> = manifest.networks.keys().cloned().collect();
    Error::Usage {
        message: "the network's name is empty".into(),
        expected: match known.is_empty() {
            true => format!("a table [networks.NAME] in {FILE}, and its name"),
            false => format!("one of {}", known.join(", ")),
        },
        found: "an empty --network or STYLUS_UPGRADES_NETWORK".into(),
        next: "give the name, or unset STYLUS_UPGRADES_NETWORK for what stands above the tables"
            .into(),
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

/// Tells of transactions that went through before the command failed: they are paid for, and the same
/// command does not send them again.
pub(super) fn report_with_failure(context: &Context, sent: &[Sent]) {
    for one in sent {
        let (what, gas) = (&one.what, grouped(one.gas));
        let line = format!(
            "warning: sent before it failed: {what}  {}  {gas} gas",
            one.tx
        );
        context.output.note(&line);
    }
    if !sent.is_empty() {
        let all: Vec<Transaction> = sent.iter().map(Transaction::of).collect();
        context.output.add_to_failure("transactions", json!(all));
    }
}
