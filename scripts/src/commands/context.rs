//! What a command works with: output, manifest, builder, chain, registry.

use super::args::Global;
use super::export;
use crate::address;
use crate::app_error::Error;
use crate::build::{Artifact, BuildError, Builder};
use crate::client::{ChainError, Client, Endpoint, Sent};
use crate::error::Explain;
use crate::governance::{BuildFacts, Call, Names};
use crate::interface::Interface;
use crate::journal::Journal;
use crate::keys::KeyArgs;
use crate::kill_point::{self, Phase};
use crate::layout::{Documents, Store};
use crate::manifest::{FILE, Manifest, ManifestError};
use crate::output::{Outcome, Output};
use crate::progress::Progress;
use crate::secret::Secret;
use crate::text::grouped;
use crate::versions::Versions;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The chain, if nobody names one: where a nitro devnode listens, and ours.
const DEFAULT_RPC: &str = "http://127.0.0.1:8547";

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
    /// The code hashes of what this run has built, with the interfaces that the sources show.
    built: Mutex<Vec<(B256, Option<Interface>)>>,
    /// The client that keeps a journal.
    working: OnceLock<Client>,
    /// The first client.
    connected: OnceLock<Client>,
}

impl Context {
    pub(super) fn new(output: Arc<Output>, global: Global) -> Result<Self, Error> {
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
        })
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

    /// The chain, with the key if one was given.
    pub(super) async fn client(&self) -> Result<Client, Error> {
        if self.global.key.is_exposed() {
            self.output
                .note("warning: other processes can read a key in --private-key");
        }
        if let Some(account) = self.global.key.unlocked() {
            let account = self.manifest.address(account)?;
            KeyArgs::require_from(account)?;
            return export::acting(self, self.reader().await?.with_unlocked(account));
        }
        let signer = self.global.key.signer(&self.output)?;
        let client = self.reader().await?;
        let client = signer.map_or(client.clone(), |signer| client.with_signer(signer));
        export::acting(self, client)
    }

    /// Whether a governed call is written to a file and not sent.
    pub(super) fn is_export(&self) -> bool {
        matches!(self.global.export.wanted(), Ok(Some(_)))
    }

    /// The chain without a key: the one that is meant, whatever endpoint is asked.
    pub(super) async fn reader(&self) -> Result<Client, Error> {
        let client = Client::connect_reporting(self.endpoint()?, self.output.clone()).await?;
        let client = client.with_max_data_fee(self.global.max_data_fee);
        let _ = self.connected.set(client.clone());
        let manifest = &self.manifest;
        match manifest.chain_id.filter(|id| *id != client.chain_id()) {
            None => Ok(client),
            Some(expected) => Err(Error::Chain(ChainError::OtherChain {
                endpoint: client.endpoint().to_string(),
                network: manifest.network.clone().unwrap_or_else(|| FILE.into()),
                expected,
                found: client.chain_id(),
            })),
        }
    }

    /// The client of the chain that was asked, if any was.
    pub(super) fn connected(&self) -> Option<&Client> {
        self.connected.get()
    }

    /// Asks the endpoint for its chain once more: what a command found out holds for that one alone.
    pub(super) async fn confirm_chain(&self) -> Result<(), Error> {
        match self.connected.get() {
            Some(client) => Ok(client.confirm_chain().await?),
            None => Ok(()),
        }
    }

    /// Where the chain is asked: by flag, by environment, by the network's or the manifest's URL. What
    /// is secret in it is hidden from now on.
    fn endpoint(&self) -> Result<Endpoint, Error> {
        let (url, values) = match &self.global.rpc_url {
            Some(named) => (named.clone(), Vec::new()),
            None => match (self.manifest.rpc_url()?, &self.manifest.network) {
                (Some(found), _) => found,
                (None, Some(network)) => {
                    return Err(Error::Usage {
                        message: format!("no RPC URL is known for the network {network}"),
                        expected: format!(
                            "rpc_url in [networks.{network}], --rpc-url or ETH_RPC_URL"
                        ),
                        found: "none of them".into(),
                        next: "add rpc_url there, or give --rpc-url".into(),
                    });
                }
                (None, None) => (Secret::new(DEFAULT_RPC.into()), Vec::new()),
            },
        };
        let endpoint = Endpoint::parse(url.expose())?;
        for secret in endpoint.secrets_with(&values) {
            self.output.hide(&secret);
        }
        Ok(endpoint.with_timeout(Duration::from_secs(self.global.rpc_timeout)))
    }

    /// As [`Self::client`], for commands that send: with a journal beside the manifest. What an
    /// earlier run had on its way is waited for.
    pub(super) async fn working_client(&self, what: &str) -> Result<Client, Error> {
        let client = self.client().await?;
        if self.is_export() && !client.has_key() {
            return Ok(client);
        }
        self.journalled(client, what).await
    }

    /// As [`Self::working_client`], of a client with a key.
    pub(super) async fn journalled(&self, client: Client, what: &str) -> Result<Client, Error> {
        let journal = self.journal(&client, what).await?;
        let client = client.with_journal(journal);
        let earlier = client.settle().await?;
        for sent in &earlier {
            self.output
                .note(&format!("an earlier run got as far as: {}", sent.what));
        }
        // What the key has sent is nothing that another approver has.
        if !self.is_export() {
            *self.earlier.lock().unwrap_or_else(PoisonError::into_inner) = earlier;
        }
        let _ = self.working.set(client.clone());
        Ok(client)
    }

    /// What was done is reported: the next run need not learn of it.
    pub(super) fn close(&self) {
        kill_point::at(Phase::Reported);
        if let Some(client) = self.working.get() {
            client.close_journal();
        }
    }

    /// The journal of the client's key, beside the manifest.
    pub(super) async fn journal(&self, client: &Client, what: &str) -> Result<Arc<Journal>, Error> {
        let sender = client.sender(what)?;
        let file = self.manifest_file();
        let folder = file.parent().unwrap_or(Path::new("."));
        Ok(Arc::new(Journal::new(
            folder,
            client.chain_id(),
            sender,
            self.output.clone(),
        )?))
    }

    /// What an earlier run had done and not reported: the transaction that sent that calldata (or
    /// init code, where there is no account) to that account.
    pub(super) fn earlier(&self, account: Option<Address>, call: &[u8]) -> Option<Sent> {
        let hash = keccak256(call);
        self.earlier_that(|sent| sent.to == account && sent.call == hash)
    }

    /// As [`Self::earlier`], by any property.
    pub(super) fn earlier_that(&self, is: impl Fn(&Sent) -> bool) -> Option<Sent> {
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.iter().find(|sent| is(sent)).cloned()
    }

    /// As [`Self::earlier`], only if the chain says the same of the transaction.
    pub(super) async fn earlier_call(
        &self,
        client: &Client,
        account: Address,
        call: &Bytes,
    ) -> Result<Option<Sent>, Error> {
        let Some(sent) = self.earlier(Some(account), call) else {
            return Ok(None);
        };
        let input = client.input_to(account, sent.tx).await?;
        Ok(input.is_some_and(|input| input == *call).then_some(sent))
    }

    /// The network that was named; saving goes into its table.
    pub(super) fn network(&self) -> Option<&str> {
        self.manifest.network.as_deref()
    }

    /// The manifest's names.
    pub(super) fn names(&self) -> Names {
        Names::of(&self.manifest)
    }

    /// The registry, if one was named.
    pub(super) fn named_registry(&self) -> Result<Option<Address>, Error> {
        match &self.global.registry {
            Some(name) => Ok(Some(self.manifest.address(name)?)),
            None => Ok(self.manifest.registry),
        }
    }

    /// The registry that was named.
    pub(super) fn registry(&self) -> Result<Address, Error> {
        self.named_registry()?.ok_or_else(|| Error::Usage {
            message: "no registry was named".into(),
            expected: match self.network() {
                Some(network) => format!(
                    "--registry, STYLUS_UPGRADES_REGISTRY, or registry in [networks.{network}]"
                ),
                None => "--registry, STYLUS_UPGRADES_REGISTRY, or registry in the manifest".into(),
            },
            found: "none of them".into(),
            next: match self.manifest.networks.is_empty() || self.manifest.network.is_some() {
                true => "stylus-upgrades registry deploy, then give its address".into(),
                false => {
                    let known: Vec<_> = self.manifest.networks.keys().cloned().collect();
                    format!("give --network ({}), or --registry", known.join(", "))
                }
            },
        })
    }

    /// The manifest to save addresses in: the one that was read, else one in this folder.
    pub(super) fn manifest_file(&self) -> PathBuf {
        let folder = std::env::current_dir().unwrap_or_default();
        let named = self.global.manifest.clone();
        named
            .or_else(|| Manifest::nearest(&folder))
            .unwrap_or_else(|| folder.join(FILE))
    }

    /// An artifact by the path of a crate or `.wasm` file, or by the name of a contract of the
    /// workspace.
    pub(super) fn artifact(&self, source: &str) -> Result<Artifact, Error> {
        self.artifact_by(&self.builder()?, source)
    }

    /// The same, compiled from its sources now: nothing that was built before answers for it.
    pub(super) fn artifact_anew(&self, source: &str) -> Result<Artifact, Error> {
        self.artifact_by(&self.builder()?.anew(), source)
    }

    fn artifact_by(&self, builder: &Builder, source: &str) -> Result<Artifact, Error> {
        if address::is_address(source) {
            address::parse(source).map_err(ManifestError::from)?;
        }
        let artifact = builder.source(source)?;
        let sources = builder.crate_of(source)?;
        let interface =
            sources.map(|(folder, dependencies)| Interface::read(&folder, &dependencies));
        self.built().push((artifact.codehash(), interface));
        Ok(artifact)
    }

    /// An artifact that goes on chain: what is known of it is kept beside the manifest.
    pub(super) fn kept_artifact(&self, source: &str) -> Result<Artifact, Error> {
        let artifact = self.artifact(source)?;
        if let Err(error) = self.store().keep(&artifact) {
            self.output.note(&format!("warning: {error}"));
        }
        Ok(artifact)
    }

    /// Counts an artifact as built by this run, of the sources that it built to `other` before.
    pub(super) fn note_built(&self, artifact: &Artifact, other: B256) {
        let interface = self.interface_of(other);
        self.built().push((artifact.codehash(), interface));
    }

    /// Layouts and builds, beside the manifest.
    pub(super) fn store(&self) -> Store {
        let file = self.manifest_file();
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        Store::beside(folder.unwrap_or(Path::new(".")))
    }

    /// Layout documents: those kept beside the manifest, and those that the registry published.
    pub(super) fn documents(&self, client: &Client, registry: Address) -> Documents {
        Documents::new(self.store(), client, registry)
    }

    /// What was registered, beside the manifest.
    pub(super) fn versions(&self) -> Versions {
        let file = self.manifest_file();
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        Versions::beside(folder.unwrap_or(Path::new(".")))
    }

    /// The name of the chain in the folder of what was registered: the network's, else the chain's id.
    pub(super) fn kept_network(&self, client: &Client) -> String {
        let named = self.network().map(str::to_owned);
        named.unwrap_or_else(|| client.chain_id().to_string())
    }

    /// The interface of code that this run has built.
    pub(super) fn interface_of(&self, codehash: B256) -> Option<Interface> {
        let built = self.built();
        let mut of_code = built.iter().filter(|(built, _)| *built == codehash);
        of_code.find_map(|(_, interface)| interface.clone())
    }

    fn built(&self) -> MutexGuard<'_, Vec<(B256, Option<Interface>)>> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the builds of the code that a call names, and equals what it names.
    /// What differs from it, one approver alone can have named: that is told in words.
    pub(super) fn builds(
        &self,
        call: &Call,
        mut differs: impl FnMut(String),
    ) -> Result<Vec<BuildFacts>, Error> {
        let store = self.store();
        let mut all = Vec::new();
        for (what, _, codehash) in call.subjects() {
            let Some(build) = store.build(codehash)? else {
                continue;
            };
            let is_built = self.built().iter().any(|(built, _)| *built == codehash);
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

/// Tells of transactions: `tx` and `gas` of the main one, the last; all under `transactions`.
pub(super) fn report(outcome: &mut Outcome, sent: &[Sent]) {
    for one in sent {
        outcome.line(format!(
            "{:<44} {}  {:>10} gas",
            one.what,
            one.tx,
            grouped(one.gas)
        ));
    }
    if let Some(main) = sent.last() {
        outcome.field("tx", main.tx);
        outcome.field("gas", main.gas);
    }
    let all: Vec<_> = sent
        .iter()
        .map(|one| json!({"name": one.what, "tx": one.tx, "gas": one.gas}))
        .collect();
    outcome.field("transactions", all);
}
