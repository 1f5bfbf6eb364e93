//! A node spawned by ethers-rs and a client that signs with its first key.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ethers::abi::Detokenize;
use ethers::contract::ContractCall;
use ethers::core::utils::{Anvil, AnvilInstance};
use ethers::middleware::SignerMiddleware;
use ethers::providers::{Http, Middleware, Provider};
use ethers::signers::{LocalWallet, Signer};
use ethers::types::{Address, Bytes, TransactionReceipt, TransactionRequest};

pub(crate) type Client = Arc<SignerMiddleware<Provider<Http>, LocalWallet>>;
pub(crate) type Failure = Box<dyn std::error::Error>;

/// A node and its client. The node is killed when this is dropped.
pub(crate) struct Spawned {
    pub(crate) node: AnvilInstance,
    pub(crate) client: Client,
}

impl Spawned {
    /// Spawns any program that honors anvil's process contract: the same code for both chains.
    pub(crate) fn new(program: &Path) -> Result<Self, Failure> {
        let node = Anvil::new().path(program).spawn();
        let key = node
            .keys()
            .first()
            .ok_or("the node printed no private key")?
            .clone();
        let wallet = LocalWallet::from(key).with_chain_id(node.chain_id());
        let provider =
            Provider::<Http>::try_from(node.endpoint())?.interval(Duration::from_millis(5));
        Ok(Self {
            node,
            client: Arc::new(SignerMiddleware::new(provider, wallet)),
        })
    }
}

/// Creates a contract and returns its address.
pub(crate) async fn create(client: &Client, creation_code: Bytes) -> Result<Address, Failure> {
    let request = TransactionRequest::new().data(creation_code);
    let receipt = client
        .send_transaction(request, None)
        .await?
        .await?
        .ok_or("no receipt")?;
    receipt
        .contract_address
        .ok_or_else(|| "no contract was created".into())
}

/// Sends a call and waits for it.
pub(crate) trait Wait {
    async fn mined(self) -> Result<TransactionReceipt, Failure>;
}

impl<D: Detokenize> Wait for ContractCall<SignerMiddleware<Provider<Http>, LocalWallet>, D> {
    async fn mined(self) -> Result<TransactionReceipt, Failure> {
        let receipt = self.send().await?.await?.ok_or("no receipt")?;
        if receipt.status == Some(1.into()) {
            Ok(receipt)
        } else {
            Err("the transaction failed".into())
        }
    }
}
