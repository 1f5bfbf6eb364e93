//! Blockscout's interface, version 2: it builds what lies at a commit of a public repository.

use super::error::PublishError;
use super::http::words;
use super::{Explorer, PAUSE, ROUNDS, Sources};
use alloy::primitives::Address;
use alloy::transports::http::reqwest::Url;
use serde_json::{Value, json};

impl Explorer<'_> {
    pub(super) async fn blockscout_sources(
        &self,
        address: Address,
        sources: &Sources,
    ) -> Result<String, PublishError> {
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
            let reason = "it does not know the contract, or verifies no Stylus contracts".into();
            return Err(PublishError::Refused { reason });
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
        Err(PublishError::Pending { answer })
    }

    fn blockscout_url(&self, address: Address, more: &[&str]) -> Result<Url, PublishError> {
        let mut url = self.api.clone();
        let mut path = url.path_segments_mut().map_err(|()| PublishError::Url)?;
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
