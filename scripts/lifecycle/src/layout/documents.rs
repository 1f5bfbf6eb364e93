//! Layout documents by their hash: as they are kept beside the manifest, else as the registry
//! published them. Whoever keeps or publishes one need not be trusted: it has the hash, or it is not
//! the document.

use super::error::LayoutError;
use super::store::Store;
use crate::assess::{Fact, Origin};
use crate::client::{ChainError, Client, Sent};
use crate::ids::LayoutHash;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use stylus_layout::{DOCUMENT_MAX, Document};
use stylus_upgrades_interface::registry::IRegistry as abi;
use thiserror::Error;

/// The layout document of a version, or why there is none.
#[derive(Debug, Clone)]
pub enum Known {
    /// It is known.
    Document(Box<Document>),
    /// It is not.
    Not(String),
}

impl Known {
    /// The document.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Document(document) => Some(document),
            Self::Not(_) => None,
        }
    }

    /// The same as a fact from there.
    pub fn from_there(self, origin: Origin) -> Fact<Document> {
        match self {
            Self::Document(document) => Fact::of(*document, origin),
            Self::Not(why) => Fact::unknown(why),
        }
    }
}

impl From<Document> for Known {
    fn from(document: Document) -> Self {
        Self::Document(Box::new(document))
    }
}

/// Why a document could not be looked for.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// The chain or its endpoint is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A file is.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

/// Where documents are looked for.
#[derive(Clone)]
pub struct Documents {
    store: Store,
    client: Client,
    registry: Address,
}

impl Documents {
    /// Those kept in `store`, and those that `registry` published.
    pub fn new(store: Store, client: &Client, registry: Address) -> Self {
        Self {
            store,
            client: client.clone(),
            registry,
        }
    }

    /// The document with that hash, which the registry recorded.
    ///
    /// # Errors
    /// What the chain or a file says. A document that cannot be had is no error.
    pub async fn get(&self, hash: LayoutHash) -> Result<Known, DocumentError> {
        if hash.is_zero() {
            return Ok(Known::Not("the registry has no layout of it".into()));
        }
        if let Some(document) = self.store.document(hash)? {
            return Ok(document.into());
        }
        let known = self.published(hash).await?;
        if let Known::Document(document) = &known {
            // A folder that cannot be written only costs the next command a look at the chain.
            let _ = self.store.keep_document(document);
        }
        Ok(known)
    }

    /// The document as the registry published it.
    async fn published(&self, hash: LayoutHash) -> Result<Known, ChainError> {
        let not = |why: String| Ok(Known::Not(why));
        let block = published_in(&self.client, self.registry, hash).await?;
        let Some(block) = block.filter(|block| *block > 0) else {
            return not("its layout was never published and is not kept here; \
                 `stylus-upgrades layout show --keep <its crate>` keeps it"
                .into());
        };
        let filter = Filter::new()
            .address(self.registry)
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
            return not(format!(
                "its layout was published in block {block}, and the endpoint does not give it"
            ));
        };
        Ok(match Document::decode(&bytes) {
            Ok(document) => document.into(),
            Err(error) => Known::Not(format!("what was published under its hash is {error}")),
        })
    }

    /// Publishes a document in the registry, unless it is published already.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn publish(&self, document: &Document) -> Result<Option<Sent>, ChainError> {
        let bytes = document.encode();
        let (client, registry) = (&self.client, self.registry);
        match published_in(client, registry, LayoutHash::of(&bytes)).await? {
            Some(0) => {}
            Some(_) | None => return Ok(None),
        }
        let call = abi::publishLayoutCall {
            document: Bytes::from(bytes),
        };
        let what = "publish the layout";
        client
            .send(what, registry, &call, U256::ZERO)
            .await
            .map(Some)
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

/// The block in which a registry published a document, 0 if it did not; `None` of a registry that
/// publishes none.
async fn published_in(
    client: &Client,
    registry: Address,
    hash: LayoutHash,
) -> Result<Option<u64>, ChainError> {
    match client.registry(registry).layout_at(hash).await {
        Ok(block) => Ok(Some(block)),
        Err(error) if error.revert().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Errors if a document is too large to be published.
///
/// # Errors
/// [`LayoutError::TooLarge`].
pub fn require_publishable(document: &Document) -> Result<(), LayoutError> {
    match document.encode().len() {
        size if size > DOCUMENT_MAX => Err(LayoutError::TooLarge {
            size,
            limit: DOCUMENT_MAX,
        }),
        _ => Ok(()),
    }
}
