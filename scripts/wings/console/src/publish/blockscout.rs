//! Blockscout's interface, version 2: it builds what lies at a commit of a public repository.

use super::error::{no_url, pending, refused};
use super::http::words;
use super::{ExplorerClient, PAUSE, ROUNDS};
use crate::error::Refusal;
use crate::publication::Sources;
use alloy::primitives::Address;
use alloy::transports::http::reqwest::Url;
use serde_json::{Value, json};

impl ExplorerClient<'_> {
    pub(super) async fn blockscout_sources(
        &self,
        address: Address,
        sources: &Sources,
    ) -> Result<String, Refusal> {
        let contract = self.blockscout_url(address, &[])?;
        if is_verified(&self.http.get(contract.clone()).await?) {
            return Ok("verified before".into());
        }
        let url = self.blockscout_url(
            address,
            &["verification", "via", "stylus-github-repository"],
        )?;
        let submitted = json!({
            "cargo_stylus_version": sources.cargo_stylus,
            "repository_url": sources.repository,
            "commit": sources.commit,
            "path_prefix": sources.path,
        });
        let answer = self.http.post(url, Some(&submitted)).await?;
        if answer.is_null() {
            let words = "it does not know the contract, or cannot verify Stylus contracts";
            return Err(refused(words.into()));
        }
        let answer = words(&answer);
        self.progress
            .note(&format!("the explorer says: {answer:?}"));
        for _ in 0..ROUNDS {
            if is_verified(&self.http.get(contract.clone()).await?) {
                return Ok("verified".into());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(pending(answer))
    }

    fn blockscout_url(&self, address: Address, more: &[&str]) -> Result<Url, Refusal> {
        let mut url = self.api.clone();
        let mut path = url.path_segments_mut().map_err(|()| no_url())?;
        let account = address.to_checksum(None);
        path.pop_if_empty()
            .extend(["api", "v2", "smart-contracts", &account])
            .extend(more);
        drop(path);
        Ok(url)
    }
}

fn is_verified(contract: &Value) -> bool {
    contract.get("is_verified") == Some(&Value::Bool(true))
}
