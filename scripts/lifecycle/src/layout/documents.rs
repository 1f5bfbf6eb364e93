//! Layout documents by their hash: as they are kept beside the manifest, else as they are published: in the chain's
//! layouts contract, or in the registry where that is of an earlier release. Who keeps or publishes one need not be
//! trusted: it has the hash, or it is not the document.
use super::store::Store;
use crate::assess::{Fact, Origin};
use crate::build::evm;
use crate::client::{ChainError, Client, Sent};
use crate::deploy;
use crate::error::Refusal;
use crate::ids::LayoutHash;
use crate::registry::Registry;
use crate::text::grouped;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use stylus_layout::{DOCUMENT_MAX, Document, UNPACKED_MAX};
use stylus_upgrades_interface::layouts::ILayouts as abi;

/// The places in which documents are looked for.
#[derive(Clone)]
pub struct Documents {
    store: Store,
    client: Client,
    registry: Address,
}

impl Documents {
    /// Looks for documents kept in `store`, and for those that are published on the chain of `registry`.
    pub fn new(store: Store, registry: Registry<'_>) -> Self {
        Self {
            store,
            client: registry.client.clone(),
            registry: registry.address,
        }
    }

    /// The document with that hash, which the registry recorded; or why it cannot be had, which is no error.
    ///
    /// # Errors
    /// What the chain or a file says.
    pub async fn get(&self, hash: LayoutHash) -> Result<Fact<Document>, ChainError> {
        if hash.is_zero() {
            return Ok(Fact::unknown("the registry has no layout of it"));
        }
        if let Some(document) = self.store.document(hash)? {
            return Ok(Fact::of(document, Origin::Chain));
        }
        let known = self.published(hash).await?;
        if let Some(document) = known.value() {
            // A folder that cannot be written only costs the next command a look at the chain.
            let _ = self.store.keep_document(document);
        }
        Ok(known)
    }

    /// The document as it is published.
    async fn published(&self, hash: LayoutHash) -> Result<Fact<Document>, ChainError> {
        for account in [address(), self.registry] {
            if let Some(block) = published_in(&self.client, account, hash).await? {
                return self.published_at(account, block, hash).await;
            }
        }
        Ok(Fact::unknown(
            "its layout was never published and is not kept here; \
             `stylus-upgrades layout show --keep <its crate>` keeps it",
        ))
    }

    /// The document as an account published it in a block.
    async fn published_at(
        &self,
        account: Address,
        block: u64,
        hash: LayoutHash,
    ) -> Result<Fact<Document>, ChainError> {
        let filter = Filter::new()
            .address(account)
            .from_block(block)
            .to_block(block)
            .event_signature(abi::LayoutPublished::SIGNATURE_HASH)
            .topic1(hash.0);
        let logs = self.client.provider().get_logs(&filter).await;
        let logs = match logs.map_err(|error| self.client.error("eth_getLogs", error)) {
            Err(ChainError::Rpc(_)) => Vec::new(),
            logs => logs?,
        };
        let mut found = logs.iter().filter_map(|log| {
            let event = log.log_decode::<abi::LayoutPublished>().ok()?;
            Some(event.inner.data.document)
        });
        let Some(bytes) = found.find(|bytes| LayoutHash::of(bytes) == hash) else {
            return Ok(Fact::unknown(format!(
                "its layout was published in block {block}, and the endpoint does not give it"
            )));
        };
        Ok(match Document::decode(&bytes) {
            Ok(document) => Fact::of(document, Origin::Chain),
            Err(error) => Fact::unknown(format!("what was published under its hash is {error}")),
        })
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

/// Returns the address of the layouts contract on every chain.
pub fn address() -> Address {
    evm::create2_address(&evm::creation_code(&evm::layouts_code()))
}

/// Publishes a document in the layouts contract, which is deployed where it is missing, unless it is published
/// already. Returns what it sent.
///
/// # Errors
/// What the chain says.
pub async fn publish(client: &Client, document: &Document) -> Result<Vec<Sent>, ChainError> {
    let bytes = document.encode();
    let layouts = address();
    let known = published_in(client, layouts, LayoutHash::of(&bytes)).await?;
    if known.is_some() {
        return Ok(Vec::new());
    }
    let code = evm::layouts_code();
    let (_, created) = deploy::create2(client, "the layouts contract", &code).await?;
    let call = abi::publishLayoutCall {
        document: Bytes::from(bytes),
    };
    let sent = client.send("publish the layout", layouts, &call, U256::ZERO);
    Ok(created.into_iter().chain([sent.await?]).collect())
}

/// The block in which an account published a document; nothing where it did not, or publishes none.
async fn published_in(
    client: &Client,
    account: Address,
    hash: LayoutHash,
) -> Result<Option<u64>, ChainError> {
    if client.code(account).await?.is_empty() {
        return Ok(None);
    }
    let question = abi::layoutAtCall { layoutHash: hash.0 };
    match client.call(account, &question).await {
        Ok(block) => Ok(Some(block).filter(|block| *block > 0)),
        Err(error) if error.revert().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Errors if a document is too large to be published.
///
/// # Errors
/// `LayoutTooLarge`.
pub fn require_publishable(document: &Document) -> Result<(), Refusal> {
    if document.is_publishable() {
        return Ok(());
    }
    let size = grouped(document.to_json().len());
    let compressed = grouped(document.encode().len());
    let message = format!("the layout document has {size} bytes, {compressed} compressed");
    Err(Refusal::new("LayoutTooLarge", message).with(
        format!(
            "at most {} bytes, {} compressed",
            grouped(UNPACKED_MAX),
            grouped(DOCUMENT_MAX)
        ),
        format!("{size} bytes, {compressed} compressed"),
        "declare fewer types: a document lists each struct once",
    ))
}
