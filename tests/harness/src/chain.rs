//! A chain to test on: our own inside this process, real anvil beside it, or any endpoint.

use alloy::network::{EthereumWallet, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::{Log, TransactionReceipt, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use alloy::transports::{RpcError, TransportError};
use stylus_devnode::accounts::{AccountsConfig, DevAccounts, ether, nitro_dev_signer};
use stylus_devnode::{NodeConfig, NodeHandle};
use stylus_upgrades_deploy::build::Artifact;
use stylus_upgrades_deploy::client::Client;
use stylus_upgrades_deploy::deploy::{self, DATA_FEE_BUMP_PERCENT};

use crate::endpoint_lock::EndpointLock;
use crate::error::HarnessError;
use crate::lines::Lines;
use crate::process::Anvil;
use crate::revert::Revert;
use crate::trace::{traces_if_sent, traces_of_latest};

/// The environment variable with the endpoint that tests use instead of a chain that they start. It is
/// read here only.
pub const RPC_URL: &str = "RPC_URL";
/// Gas that a transaction is sent with unless it says otherwise: enough to create and activate
/// the largest program, below the block gas limit of every development chain.
pub const GAS: u64 = 28_000_000;
/// Gas of a call that changes nothing: enough for 1 MiB of calldata, through two proxies.
pub const CALL_GAS: u64 = 1_000_000_000;

/// A running chain and a client of it that holds the keys of the development accounts.
/// Dropping it ends what it started.
#[derive(Debug)]
pub struct Chain {
    url: String,
    provider: DynProvider,
    accounts: Vec<Address>,
    signer: PrivateKeySigner,
    process: Process,
}

/// What a [`Chain`] started, and ends when dropped.
#[derive(Debug)]
enum Process {
    /// Our chain, on threads of this process.
    Embedded(Box<NodeHandle>),
    /// A child process.
    Child(#[expect(dead_code, reason = "held to be dropped")] Anvil),
    /// Nothing: an endpoint that others run. The tests of one process take turns on it, because
    /// they send from the same accounts.
    Remote(EndpointLock),
}

impl Chain {
    /// The endpoint in `RPC_URL` if it is set, else a fresh embedded chain on a free port.
    ///
    /// # Errors
    /// As [`Chain::embedded`] and [`Chain::at`].
    pub async fn start() -> Result<Self, HarnessError> {
        match Self::given()? {
            Some(url) => Self::at(&url).await,
            None => Self::embedded(),
        }
    }

    /// The endpoint in [`RPC_URL`], if it is set.
    ///
    /// # Errors
    /// [`HarnessError::Url`] for one that is no text.
    pub fn given() -> Result<Option<String>, HarnessError> {
        let url = std::env::var_os(RPC_URL).filter(|url| !url.is_empty());
        let text = url.map(|url| {
            url.into_string().map_err(|url| HarnessError::Url {
                url: url.to_string_lossy().into_owned(),
                reason: format!("{RPC_URL} is no text"),
            })
        });
        text.transpose()
    }

    /// A fresh Stylus chain inside this process, on a free port.
    ///
    /// # Errors
    /// [`HarnessError::Node`].
    pub fn embedded() -> Result<Self, HarnessError> {
        Self::embedded_with(NodeConfig::default())
    }

    /// The same with a configuration of one's own.
    ///
    /// # Errors
    /// [`HarnessError::Node`].
    pub fn embedded_with(config: NodeConfig) -> Result<Self, HarnessError> {
        let node = stylus_devnode::spawn(config)?;
        Self::connect(&node.endpoint(), Process::Embedded(Box::new(node)))
    }

    /// Real anvil from npm, on a free port. It knows no Stylus.
    ///
    /// # Errors
    /// As [`Anvil::start`].
    pub fn anvil() -> Result<Self, HarnessError> {
        let anvil = Anvil::start(&Lines)?;
        let url = anvil.endpoint().to_owned();
        Self::connect(&url, Process::Child(anvil))
    }

    /// A chain that others run; a test that holds one makes those of other threads wait. The
    /// accounts get ether from a nitro devnode's account where they have none.
    ///
    /// # Errors
    /// [`HarnessError::Url`], [`HarnessError::Rpc`].
    pub async fn at(url: &str) -> Result<Self, HarnessError> {
        let chain = Self::connect(url, Process::Remote(EndpointLock::take()))?;
        for account in chain.accounts.clone() {
            if chain.balance(account).await? < ether(1) {
                let from = nitro_dev_signer()?.address();
                let gift = TransactionRequest::default()
                    .from(from)
                    .to(account)
                    .value(ether(10));
                chain.send(gift).await?;
            }
        }
        Ok(chain)
    }

    fn connect(url: &str, process: Process) -> Result<Self, HarnessError> {
        let endpoint = url.parse().map_err(
            |error: <alloy::transports::http::reqwest::Url as std::str::FromStr>::Err| {
                HarnessError::Url {
                    url: url.to_owned(),
                    reason: error.to_string(),
                }
            },
        )?;
        let keys = DevAccounts::derive(&AccountsConfig::default())?;
        let mut wallet = EthereumWallet::default();
        for signer in keys.all() {
            wallet.register_signer(signer.clone());
        }
        let client = alloy::transports::http_client(&endpoint).build();
        let client = client.map_err(|error| HarnessError::Url {
            url: url.to_owned(),
            reason: error.to_string(),
        })?;
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .with_gas_estimation()
            .with_simple_nonce_management()
            .fetch_chain_id()
            .wallet(wallet)
            .connect_reqwest(client, endpoint)
            .erased();
        provider
            .client()
            .set_poll_interval(std::time::Duration::from_millis(5));
        let signer = keys.mnemonic().first().unwrap_or(keys.nitro()).clone();
        let accounts = keys
            .mnemonic()
            .iter()
            .map(|signer| signer.address())
            .collect();
        Ok(Self {
            url: url.to_owned(),
            provider,
            accounts,
            signer,
            process,
        })
    }

    /// The endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The client, for everything that has no method here.
    pub fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// The node of an embedded chain.
    pub(crate) fn node(&self) -> Option<&NodeHandle> {
        match &self.process {
            Process::Embedded(node) => Some(node),
            Process::Child(_) | Process::Remote(_) => None,
        }
    }

    /// Whether somebody else runs the chain, so that it is neither fresh nor used by us alone.
    pub fn is_remote(&self) -> bool {
        matches!(self.process, Process::Remote(_))
    }

    /// Whether it has the methods of a test chain, as anvil and our own chain have them, and a nitro devnode has
    /// not.
    pub async fn is_test_chain(&self) -> bool {
        let info = self.request::<_, serde_json::Value>("anvil_nodeInfo", ());
        info.await.is_ok()
    }

    /// The development account with this index, counted round: 0 to 9. All have ether.
    pub fn account(&self, index: usize) -> Address {
        self.accounts
            .get(index % self.accounts.len().max(1))
            .copied()
            .unwrap_or_default()
    }

    /// The key of account 0, for signatures that are no transactions.
    pub fn signer(&self) -> &PrivateKeySigner {
        &self.signer
    }

    /// Creates a contract from account 0.
    ///
    /// # Errors
    /// [`HarnessError::Reverted`], [`HarnessError::Rpc`], …
    pub async fn create(&self, creation_code: impl Into<Bytes>) -> Result<Address, HarnessError> {
        let request = TransactionRequest::default().with_deploy_code(creation_code.into());
        let receipt = self.send(request).await?;
        receipt.contract_address.ok_or(HarnessError::Failed {
            hash: receipt.transaction_hash,
        })
    }

    /// The library's client of this chain, which signs as account 0.
    ///
    /// # Errors
    /// [`HarnessError::Library`] if nobody answers.
    pub async fn client(&self) -> Result<Client, HarnessError> {
        Ok(Client::connect(&self.url)
            .await?
            .with_signer(self.signer.clone()))
    }

    /// Creates and activates a program.
    ///
    /// # Errors
    /// [`HarnessError::Reverted`], [`HarnessError::Library`].
    pub async fn deploy(&self, artifact: &Artifact) -> Result<Address, HarnessError> {
        let client = self.client().await?;
        Ok(deploy::deploy(&client, artifact, DATA_FEE_BUMP_PERCENT)
            .await?
            .address)
    }

    /// Activates the program at an address unless its code hash is active already.
    ///
    /// # Errors
    /// [`HarnessError::Reverted`], [`HarnessError::Library`].
    pub async fn activate(&self, program: Address) -> Result<(), HarnessError> {
        let client = self.client().await?;
        deploy::activate(&client, "program", program, DATA_FEE_BUMP_PERCENT).await?;
        Ok(())
    }

    /// What a call would return, from account 0 unless it says otherwise. Nothing changes. What is
    /// refused on an embedded chain is sent there, too, in a block that is undone, to see that it
    /// leaves no trace.
    ///
    /// # Errors
    /// [`HarnessError::Reverted`] with the revert data, [`HarnessError::Halted`] where there is none,
    /// [`HarnessError::Traces`] where the refusal changes anything.
    pub async fn call(&self, request: TransactionRequest) -> Result<Bytes, HarnessError> {
        let mut request = self.with_sender(request);
        request.gas.get_or_insert(CALL_GAS);
        let called = self.provider.call(request.clone()).await;
        let refused = match called.map_err(|error| self.failed(error)) {
            Err(refused @ (HarnessError::Reverted(_) | HarnessError::Halted { .. })) => refused,
            answer => return answer,
        };
        let traces = match &self.process {
            Process::Embedded(node) => {
                node.with_chain(move |chain| traces_if_sent(chain, &request))?
            }
            Process::Child(_) | Process::Remote(_) => Vec::new(),
        };
        Err(refused.with(traces))
    }

    /// Reads a typed function of `contract`.
    ///
    /// # Errors
    /// As [`Chain::call`]; [`HarnessError::Undecodable`].
    pub async fn read<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
    ) -> Result<C::Return, HarnessError> {
        self.read_as(self.account(0), contract, call).await
    }

    /// The same as some account.
    ///
    /// # Errors
    /// As [`Chain::read`].
    pub async fn read_as<C: SolCall>(
        &self,
        caller: Address,
        contract: Address,
        call: &C,
    ) -> Result<C::Return, HarnessError> {
        let request = TransactionRequest::default()
            .from(caller)
            .to(contract)
            .input(call.abi_encode().into());
        let answer = self.call(request).await?;
        C::abi_decode_returns(&answer).map_err(|_| HarnessError::Undecodable {
            contract,
            signature: C::SIGNATURE,
            found: answer.to_string(),
        })
    }

    /// Sends a transaction from account 0 unless it says otherwise, and waits for its receipt.
    /// What would revert is not sent: the error carries the revert data instead.
    ///
    /// # Errors
    /// [`HarnessError::Reverted`] and [`HarnessError::Halted`] as simulated; [`HarnessError::Failed`]
    /// if it fails only on chain.
    pub async fn send(
        &self,
        request: TransactionRequest,
    ) -> Result<TransactionReceipt, HarnessError> {
        let mut request = self.with_sender(request);
        request.gas.get_or_insert(GAS);
        self.call(request.clone()).await?;
        let receipt = self.send_anyway(request).await?;
        if receipt.status() {
            return Ok(receipt);
        }
        Err(HarnessError::Failed {
            hash: receipt.transaction_hash,
        })
    }

    /// Sends a transaction without simulating it, so that one that reverts is mined too. The
    /// receipt says how it ended.
    ///
    /// # Errors
    /// [`HarnessError::Rpc`], [`HarnessError::NoReceipt`], [`HarnessError::Traces`] where it failed
    /// on an embedded chain and changed anything.
    pub async fn send_anyway(
        &self,
        request: TransactionRequest,
    ) -> Result<TransactionReceipt, HarnessError> {
        let mut request = self.with_sender(request);
        request.gas.get_or_insert(GAS);
        let pending = self
            .provider
            .send_transaction(request)
            .await
            .map_err(|error| self.rpc(error))?;
        let hash = *pending.tx_hash();
        let receipt = pending
            .get_receipt()
            .await
            .map_err(|error| HarnessError::NoReceipt {
                hash,
                reason: error.to_string(),
            })?;
        match &self.process {
            Process::Embedded(node) if !receipt.status() => {
                let sender = receipt.from;
                let traces = node.with_chain(move |chain| traces_of_latest(chain, sender))?;
                let failed = HarnessError::Failed { hash };
                if traces.is_empty() {
                    Ok(receipt)
                } else {
                    Err(failed.with(traces))
                }
            }
            _ => Ok(receipt),
        }
    }

    /// Sends a typed call from `from`.
    ///
    /// # Errors
    /// As [`Chain::send`].
    pub async fn execute<C: SolCall>(
        &self,
        from: Address,
        contract: Address,
        call: &C,
    ) -> Result<TransactionReceipt, HarnessError> {
        let input = Bytes::from(call.abi_encode());
        self.send(
            TransactionRequest::default()
                .from(from)
                .to(contract)
                .input(input.into()),
        )
        .await
    }

    /// A storage slot as it is now.
    ///
    /// # Errors
    /// [`HarnessError::Rpc`].
    pub async fn storage(
        &self,
        account: Address,
        slot: impl Into<U256>,
    ) -> Result<B256, HarnessError> {
        let word = self
            .provider
            .get_storage_at(account, slot.into())
            .await
            .map_err(|error| self.rpc(error))?;
        Ok(word.into())
    }

    /// A balance in wei.
    ///
    /// # Errors
    /// [`HarnessError::Rpc`].
    pub async fn balance(&self, account: Address) -> Result<U256, HarnessError> {
        self.provider
            .get_balance(account)
            .await
            .map_err(|error| self.rpc(error))
    }

    /// The code of an account.
    ///
    /// # Errors
    /// [`HarnessError::Rpc`].
    pub async fn code(&self, account: Address) -> Result<Bytes, HarnessError> {
        self.provider
            .get_code_at(account)
            .await
            .map_err(|error| self.rpc(error))
    }

    /// Any JSON-RPC method.
    ///
    /// # Errors
    /// [`HarnessError::Rpc`].
    pub async fn request<P: serde::Serialize + Clone + std::fmt::Debug + Send + Sync + Unpin, R>(
        &self,
        method: &'static str,
        parameters: P,
    ) -> Result<R, HarnessError>
    where
        R: serde::de::DeserializeOwned + std::fmt::Debug + Send + Sync + Unpin + 'static,
    {
        self.provider
            .raw_request(method.into(), parameters)
            .await
            .map_err(|error| self.rpc(error))
    }

    fn with_sender(&self, mut request: TransactionRequest) -> TransactionRequest {
        request.from.get_or_insert(self.account(0));
        request
    }

    /// A failed call: with revert data, or halted, or the node's own refusal.
    fn failed(&self, error: TransportError) -> HarnessError {
        let RpcError::ErrorResp(answer) = &error else {
            return self.rpc(error);
        };
        if let Some(data) = answer.as_revert_data() {
            return HarnessError::Reverted(Revert::new(data));
        }
        let message = answer.message.to_string();
        if message.contains("revert") {
            return HarnessError::Reverted(Revert::new(Bytes::new()));
        }
        HarnessError::Halted { message }
    }

    fn rpc(&self, source: TransportError) -> HarnessError {
        HarnessError::Rpc {
            url: self.url.clone(),
            source: Box::new(source),
        }
    }
}

/// What of a transaction's logs came from `emitter`, in order.
pub fn logs_of(receipt: &TransactionReceipt, emitter: Address) -> Vec<&Log> {
    receipt
        .logs()
        .iter()
        .filter(|log| log.address() == emitter)
        .collect()
}
