//! Deployments that others can verify, in files beside the manifest: the transaction that created
//! an implementation is what an explorer asks for.

use super::error::LayoutError;
use super::store::Store;
use crate::ids::{CodeHash, TxHash};
use alloy::primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// The kind of file.
const KIND: &str = "deployments";

/// The transaction that created an implementation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// The chain.
    pub chain_id: u64,
    /// The account that it created.
    pub address: Address,
    /// keccak256 of that account's code.
    pub codehash: CodeHash,
    /// The transaction.
    pub tx: TxHash,
    /// What made the code, with its version.
    pub tool: String,
    /// The hash of the sources that is in the code.
    pub project_hash: B256,
}

impl Store {
    /// Keeps a deployment; the last one of the same code on a chain counts.
    ///
    /// # Errors
    /// [`LayoutError::File`].
    pub fn keep_deployment(&self, deployment: &Deployment) -> Result<(), LayoutError> {
        let mut all = self.deployments(deployment.codehash)?;
        all.retain(|one| one.chain_id != deployment.chain_id);
        all.push(deployment.clone());
        self.keep_of_code(KIND, deployment.codehash, &all)
    }

    /// The deployments of that code from here.
    ///
    /// # Errors
    /// [`LayoutError::Tampered`] if the file tells of other code.
    pub fn deployments(&self, codehash: CodeHash) -> Result<Vec<Deployment>, LayoutError> {
        let of = |all: &Vec<Deployment>| all.iter().map(|one| one.codehash).collect();
        Ok(self.of_code(KIND, codehash, of)?.unwrap_or_default())
    }
}
