//! An implementation's sources submitted to an explorer, which builds them itself and compares: by
//! Etherscan's interface, version 2, or by Blockscout's.

mod blockscout;
mod error;
mod etherscan;
mod http;

use crate::error::Refusal;
use crate::loopback::is_loopback;
use crate::progress::Progress;
use crate::publication::{Interface, Published, Sources};
use crate::secret::Secret;
use alloy::primitives::Address;
use alloy::transports::http::reqwest::Url;
use error::no_url;
use http::HttpClient;
use std::time::Duration;

/// Etherscan's interface for every chain.
const ETHERSCAN: &str = "https://api.etherscan.io/v2/api";
/// Between two questions how far it is.
const PAUSE: Duration = Duration::from_secs(3);
/// Questions, at most: an explorer builds for minutes.
const ROUNDS: u32 = 200;

/// A client of an explorer.
pub struct ExplorerClient<'a> {
    interface: Interface,
    http: HttpClient,
    api: Url,
    chain_id: u64,
    key: Option<Secret>,
    progress: &'a dyn Progress,
}

impl<'a> ExplorerClient<'a> {
    /// The explorer at `api`, or Etherscan's own for every chain.
    ///
    /// # Errors
    /// `ExplorerUrl`, also for Blockscout without a URL: each chain has its own.
    /// `ExposedKey`.
    pub fn new(
        interface: Interface,
        api: Option<&str>,
        chain_id: u64,
        key: Option<Secret>,
        progress: &'a dyn Progress,
    ) -> Result<Self, Refusal> {
        let api = match (interface, api) {
            (_, Some(api)) => api,
            (Interface::Etherscan, None) => ETHERSCAN,
            (Interface::Blockscout, None) => "",
        };
        let url: Url = api.parse().map_err(|_| no_url())?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(no_url());
        }
        let sends_key = interface == Interface::Etherscan && key.is_some();
        if sends_key && url.scheme() != "https" && !is_loopback(url.host_str().unwrap_or_default())
        {
            let message = "the explorer's key is not sent without encryption";
            let refusal = Refusal::new("ExposedKey", message).with(
                "--explorer-api https://…, or this machine",
                "http to another machine, and a key",
                "use https, or unset ETHERSCAN_API_KEY",
            );
            return Err(refusal.usage());
        }
        Ok(Self {
            interface,
            http: HttpClient::new()?,
            api: url,
            chain_id,
            key,
            progress,
        })
    }

    /// Has the explorer verify an implementation, and waits until it has decided.
    ///
    /// # Errors
    /// `ExplorerRefused` with its words.
    pub async fn verify_implementation(
        &self,
        address: Address,
        sources: &Sources,
    ) -> Result<Published, Refusal> {
        let answer = match self.interface {
            Interface::Etherscan => self.etherscan_sources(address, sources).await?,
            Interface::Blockscout => self.blockscout_sources(address, sources).await?,
        };
        Ok(Published { address, answer })
    }

    /// Has the explorer link a proxy with the implementation that it is said to have. Blockscout
    /// finds that out by itself.
    ///
    /// # Errors
    /// As [`Self::verify_implementation`].
    pub async fn link_proxy(
        &self,
        address: Address,
        implementation: Address,
    ) -> Result<Option<Published>, Refusal> {
        if self.interface == Interface::Blockscout {
            return Ok(None);
        }
        let answer = self.etherscan_proxy(address, implementation).await?;
        Ok(Some(Published { address, answer }))
    }
}

#[cfg(test)]
mod tests;
