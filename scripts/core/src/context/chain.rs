//! The chain of a command: its endpoint, the key, the journal, and what an earlier run sent.

use super::Context;
use crate::client::{Client, Endpoint, EventStore, Sent};
use crate::export::account_on;
use crate::file_names::VERSIONS;
use crate::governance::{CallOutcome, GovernedCall};
use crate::ids::CalldataHash;
use crate::journal::{FOLDER, IN_STATE, Journal};
use crate::keys::KeyArgs;
use crate::kill_point::{self, Phase};
use crate::manifest::FILE;
use crate::options::LOCAL_CHAINS;
use crate::prelude::*;
use crate::secret::Secret;
use crate::state_folder::state_folder;
use crate::text::count;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use stylus_devnode::{Fork, ForkOptions, NodeConfig, NodeError, NodeHandle};

/// The folder of events in the user's folder.
const EVENTS: &str = "events";

/// The default chain: where a nitro devnode and this program's own node listen.
const DEFAULT_RPC: &str = "http://127.0.0.1:8547";

impl Context {
    /// The chain, with the key if one was given.
    pub(crate) async fn client(&self) -> Result<Client> {
        if self.global.key.is_exposed() {
            self.note("warning: other processes can read a key in --private-key");
        }
        if let Some(account) = self.global.key.unlocked() {
            let account = self.manifest.known_address(account)?.ok_or_else(|| {
                Refusal::new("NoAccount", "--unlocked is neither an address nor an alias")
                    .with(
                        "0x and 40 hexadecimal digits, or an alias of the manifest",
                        "something else, which is not repeated here",
                        "give the address of the account that the endpoint holds",
                    )
                    .usage()
            })?;
            KeyArgs::require_from(account)?;
            return self.acting(self.reader().await?.with_unlocked(account));
        }
        let signer = self.global.key.signer(&self.output)?;
        let client = self.reader().await?;
        let client = signer.map_or(client.clone(), |signer| client.with_signer(signer));
        self.acting(client)
    }

    /// The client as the approver asks, if one was named.
    fn acting(&self, client: Client) -> Result<Client> {
        let Some((sender, _)) = self.global.export.wanted()? else {
            return Ok(client);
        };
        let account = account_on(client.chain_id(), sender)?;
        let address = self.manifest.address(account)?;
        Ok(client.acting_as(address))
    }

    /// Opens the client of [`Self::client`] for commands whose verdict depends on reads: all at one block.
    pub async fn snapshot(&self) -> Result<Client> {
        Ok(self.client().await?.pinned().await?)
    }

    /// The file that a governed call is written to, if it is not sent.
    pub(crate) fn export_file(&self) -> Option<&Path> {
        let wanted = self.global.export.wanted().ok().flatten();
        wanted.map(|(_, file)| file)
    }

    /// Returns true if a governed call is written to a file and not sent.
    pub(crate) fn is_export(&self) -> bool {
        self.export_file().is_some()
    }

    /// The endpoint, which nobody has asked yet: it may answer no question.
    pub fn unasked(&self) -> Result<Client> {
        Ok(Client::of_endpoint(self.endpoint()?, self.output.clone())?)
    }

    /// The chain without a key. It must have the id that the network names.
    pub async fn reader(&self) -> Result<Client> {
        let (endpoint, manifest) = (self.endpoint()?, &self.manifest);
        let output = || self.output.clone();
        let connect = |endpoint| Client::connect_reporting(endpoint, output());
        let client = connect(endpoint.clone()).await?;
        if let Some(expected) = manifest.chain_id.filter(|id| *id != client.chain_id()) {
            let network = manifest.network.as_deref().unwrap_or(FILE);
            let (endpoint, found) = (client.endpoint(), client.chain_id());
            return Err(Refusal::new(
                "OtherChain",
                format!(
                    "{endpoint} is chain {found}, and {network} is chain {expected}: \
                     nothing was sent"
                ),
            )
            .with(
                format!("chain {expected}, as {network} says"),
                format!("chain {found}"),
                format!(
                    "give the --rpc-url of chain {expected} (ETH_RPC_URL overrides the manifest), \
                     or another --network"
                ),
            )
            .usage()
            .into());
        }
        let client = if self.global.dry_run {
            connect(self.copy_of(&client).await?).await?.of_copy(client)
        } else {
            self.with_others(client)?
        };
        let client = client.with_max_data_fee(self.global.max_data_fee);
        let client = client.with_max_fee(self.global.max_fee);
        let client = client.with_max_spend(self.global.max_spend);
        let client = match self.event_store(&client) {
            Some(store) => client.with_events(store),
            None => client,
        };
        let _ = self.connected.set(client.clone());
        Ok(client)
    }

    /// Returns the store of the events of the named registry: on disk, unless the endpoint is on this machine. A local
    /// endpoint is quick, and its chain may begin anew.
    fn event_store(&self, client: &Client) -> Option<Arc<EventStore>> {
        let is_near = self.global.dry_run || client.endpoint().is_loopback();
        let Some(folder) = state_folder().filter(|_| !is_near) else {
            return self.events.clone();
        };
        // An alias that nobody knows is told where the registry is needed.
        let Some(registry) = self.named_registry().ok().flatten() else {
            return self.events.clone();
        };
        let registry = registry.address();
        let known = self.events.clone();
        let known = known.filter(|store| store.account() == registry);
        let store = known.unwrap_or_else(|| Arc::new(EventStore::of(registry)));
        let name = format!("{}-{registry:#x}.redb", client.chain_id());
        store.keep_in(folder.join(EVENTS).join(name));
        if let Some(block) = self.manifest.registry_block
            && self.manifest.registry == Some(registry)
        {
            store.say_created_in(block);
        }
        Some(store)
    }

    /// The endpoint of the copy on which a dry run does everything, at the time of the chain's next block. It ends with
    /// this command.
    async fn copy_of(&self, client: &Client) -> Result<Endpoint> {
        let endpoint = client.endpoint();
        if self.copy.get().is_none() {
            let time = client.next_block_time().await?;
            let options = ForkOptions {
                timeout: endpoint.timeout,
                ..ForkOptions::new(endpoint.url().as_str())
            };
            let node = tokio::task::block_in_place(|| {
                let fork = Some(Fork::connect(options)?);
                let config = NodeConfig::default();
                let node = stylus_devnode::spawn(NodeConfig { fork, ..config })?;
                node.with_chain(move |chain| chain.set_time(time))?;
                Ok::<_, NodeError>(node)
            })?;
            let _ = (self.copy.set(node), self.fork.set(true));
        }
        let url = self.copy.get().map(NodeHandle::endpoint);
        Ok(Endpoint::parse(&url.unwrap_or_default())?.with_timeout(endpoint.timeout))
    }

    /// Asks the endpoint for its chain id again: the results hold for that chain alone.
    pub(crate) async fn confirm_chain(&self) -> Result<()> {
        match self.connected.get() {
            Some(client) => Ok(client.confirm_chain().await?),
            None => Ok(()),
        }
    }

    /// The URL of the chain: of the flag, the environment, the network or the manifest. Its secrets are
    /// hidden from now on.
    fn endpoint(&self) -> Result<Endpoint> {
        let (url, values) = match &self.global.rpc_url {
            Some(named) => (named.clone(), Vec::new()),
            None => match (self.manifest.rpc_url()?, &self.manifest.network) {
                (Some(found), _) => return self.endpoint_in_manifest("rpc_url", found),
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
        Ok(self.endpoint_of(&url, &values)?)
    }

    /// The endpoint that the manifest names under `key`.
    fn endpoint_in_manifest(
        &self,
        key: &str,
        (url, values): (Secret, Vec<String>),
    ) -> Result<Endpoint> {
        let place = match &self.manifest.network {
            Some(network) => format!("{key} in [networks.{network}]"),
            None => format!("{key} in the manifest"),
        };
        let endpoint = self.endpoint_of(&url, &values);
        Ok(endpoint
            .map_err(|refusal| refusal.advising(format!("correct {place}, or give --rpc-url")))?)
    }

    /// The endpoint of a URL with these values of variables in it, which are hidden from now on.
    fn endpoint_of(&self, url: &Secret, values: &[String]) -> Result<Endpoint, Refusal> {
        let endpoint = Endpoint::parse(url.expose())?;
        for secret in endpoint.secrets_with(values) {
            self.output.hide(&secret);
        }
        Ok(endpoint.with_timeout(Duration::from_secs(self.global.rpc_timeout)))
    }

    /// The same with the endpoints that the manifest names for transactions and for events. They belong to the URL
    /// beside them: where another one is given, they are not asked.
    fn with_others(&self, mut client: Client) -> Result<Client> {
        if self.global.rpc_url.is_some() {
            return Ok(client);
        }
        if let Some(found) = self.manifest.send_url()? {
            client = client.sending_to(self.endpoint_in_manifest("send_url", found)?)?;
        }
        if let Some(found) = self.manifest.logs_url()? {
            client = client.with_events_of(self.endpoint_in_manifest("logs_url", found)?)?;
        }
        Ok(client)
    }

    /// Opens the client of [`Self::client`] for commands that send: with a journal. Waits for pending transactions of
    /// an earlier run.
    pub(crate) async fn working_client(&self, what: &str) -> Result<Client> {
        let client = self.client().await?;
        if self.is_export() && !client.has_key() {
            return Ok(client);
        }
        self.journalled(client, what).await
    }

    /// Adds a journal to a client with a key, and waits as [`Self::working_client`] does.
    pub async fn journalled(&self, client: Client, what: &str) -> Result<Client> {
        let journal = self.journal(&client, what).await?;
        let client = client.unpinned().with_journal(journal);
        let earlier = client.settle().await?;
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        for sent in &earlier {
            *told.entry(&sent.what).or_default() += 1;
        }
        for (what, number) in told {
            let times = match number {
                1 => String::new(),
                number => format!(", {}", count(number, "transaction")),
            };
            self.note(format!("an earlier run already sent: {what}{times}"));
        }
        // With --export another account approves: it did not send what the key has sent.
        if !self.is_export() {
            *self.earlier.lock().unwrap_or_else(PoisonError::into_inner) = earlier;
        }
        let _ = self.working.set(client.clone());
        Ok(client)
    }

    /// Closes the journal: everything is reported, and the next run needs none of it.
    pub(crate) fn close(&self) {
        kill_point::at(Phase::Reported);
        if let Some(client) = self.working.get() {
            client.close_journal();
        }
    }

    /// The journal of the client's key, in the user's folder: a command that is repeated in another folder
    /// learns what may be pending. On a chain that can restart it lies next to the manifest.
    pub(crate) async fn journal(&self, client: &Client, what: &str) -> Result<Arc<Journal>> {
        let sender = client.sender(what)?;
        let chain = (client.chain_id(), self.is_fork(client).await?);
        let file = self.manifest_file();
        let beside = file.parent().unwrap_or(Path::new(".")).join(FOLDER);
        let open = |folder: &Path| Journal::new(folder, chain, sender, self.output.clone());
        let can_restart = chain.1 || LOCAL_CHAINS.contains(&chain.0);
        let Some(state) = state_folder().filter(|_| !can_restart) else {
            return Ok(Arc::new(open(&beside)?));
        };
        if let Err(error) = std::fs::create_dir_all(&state) {
            let state = state.display();
            let line = format!("warning: the journal is not kept: {state}: {error}");
            self.note(&line);
        }
        let journal = open(&state.join(IN_STATE))?;
        journal.take_over(&open(&beside)?);
        Ok(Arc::new(journal))
    }

    /// Returns true if the endpoint is a fork of another chain. Nothing that is done here may change the records of
    /// that chain.
    pub(crate) async fn is_fork(&self, client: &Client) -> Result<bool> {
        if let Some(known) = self.fork.get() {
            return Ok(*known);
        }
        let is_fork = client.is_fork().await?;
        if self.fork.set(is_fork).is_ok() && is_fork {
            self.note(format!(
                "{} is a fork of another chain: nothing there is recorded in {VERSIONS}, as allowed or as \
                 deployed, or in that chain's journal",
                client.endpoint()
            ));
        }
        Ok(is_fork)
    }

    /// Returns a call of an earlier run that was not reported: the transaction that sent that calldata to that account
    /// (or that init code, without an account), as the chain has it.
    pub(crate) fn earlier(&self, account: Option<Address>, call: &[u8]) -> Option<Sent> {
        let hash = CalldataHash::of(call);
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        let mut earlier = earlier.iter();
        earlier
            .find(|sent| sent.to == account && sent.call == hash)
            .cloned()
    }

    /// All that an earlier run sent to that account and did not report.
    pub(crate) fn all_earlier(&self, account: Address) -> Vec<Sent> {
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        let to_it = earlier.iter().filter(|sent| sent.to == Some(account));
        to_it.cloned().collect()
    }
}

/// Returns the outcome of the same call in an earlier run that did not report it, if it still holds. If it does not, a
/// note says so.
pub(crate) async fn earlier(
    context: &Context,
    client: &Client,
    governed: &GovernedCall,
) -> Result<Option<CallOutcome>> {
    let Some(sent) = context.earlier(Some(governed.registry), governed.input()) else {
        return Ok(None);
    };
    let reported = governed
        .sent_before(client, &sent, &context.names())
        .await?;
    if reported.is_none() {
        report_undone(context, &sent);
    }
    Ok(reported)
}

/// Notes that the transaction of an earlier run no longer has its effect, and that the call is sent again.
pub(crate) fn report_undone(context: &Context, sent: &Sent) {
    context.note(format!(
        "the state changed after the earlier run's transaction {}: the same call is sent again",
        sent.tx
    ));
}
