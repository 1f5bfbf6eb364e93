//! Etherscan's interface, version 2: one URL for every chain, and all parameters in the query.

use super::error::{pending, refused};
use super::http::words;
use super::{ExplorerClient, PAUSE, ROUNDS};
use crate::error::Refusal;
use crate::publication::Sources;
use alloy::primitives::Address;
use alloy::transports::http::reqwest::Url;
use serde_json::Value;

/// The answers to a contract that it knows: these words and no others.
const ALREADY: [&str; 2] = ["contract source code already verified", "already verified"];
/// The answer as long as it has not decided.
const PENDING: &str = "pending";

impl ExplorerClient<'_> {
    pub(super) async fn etherscan_sources(
        &self,
        address: Address,
        sources: &Sources,
    ) -> Result<String, Refusal> {
        let compiler = format!("stylus:{}", sources.cargo_stylus);
        let license = sources.license.to_string();
        let submission = self.etherscan_url(&[
            ("action", "verifysourcecode"),
            ("codeformat", "stylus"),
            ("sourceCode", &sources.repository),
            ("contractaddress", &address.to_checksum(None)),
            ("contractname", &sources.contract),
            ("compilerversion", &compiler),
            ("licenseType", &license),
        ]);
        self.etherscan_decided(submission, "checkverifystatus")
            .await
    }

    pub(super) async fn etherscan_proxy(
        &self,
        address: Address,
        implementation: Address,
    ) -> Result<String, Refusal> {
        let submission = self.etherscan_url(&[
            ("action", "verifyproxycontract"),
            ("address", &address.to_checksum(None)),
            ("expectedimplementation", &implementation.to_checksum(None)),
        ]);
        self.etherscan_decided(submission, "checkproxyverification")
            .await
    }

    /// Submits, and asks until it has decided.
    async fn etherscan_decided(&self, submission: Url, check: &str) -> Result<String, Refusal> {
        let submitted = self.http.post(submission, None).await?;
        let (is_accepted, ticket) = result(&submitted);
        if is_known(&ticket) {
            return Ok(ticket);
        }
        if !is_accepted {
            return Err(refused(ticket));
        }
        let url = self.etherscan_url(&[("action", check), ("guid", &ticket)]);
        let mut last = String::new();
        for _ in 0..ROUNDS {
            let (is_done, answer) = result(&self.http.get(url.clone()).await?);
            if is_done || is_known(&answer) {
                return Ok(answer);
            }
            if !answer.to_lowercase().contains(PENDING) {
                return Err(refused(answer));
            }
            last = answer;
            tokio::time::sleep(PAUSE).await;
        }
        Err(pending(last))
    }

    fn etherscan_url(&self, parameters: &[(&str, &str)]) -> Url {
        let mut url = self.api.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("chainid", &self.chain_id.to_string());
        query.append_pair("module", "contract");
        for (name, value) in parameters {
            query.append_pair(name, value);
        }
        if let Some(key) = &self.key {
            query.append_pair("apikey", key.expose());
        }
        drop(query);
        url
    }
}

/// Returns true if these are the words about a contract that it knows: one that merely mentions them is not.
fn is_known(answer: &str) -> bool {
    let said = answer.trim().trim_end_matches('.').to_lowercase();
    ALREADY.contains(&said.as_str())
}

/// Returns whether an answer is one of success, and what it says.
fn result(answer: &Value) -> (bool, String) {
    let is_ok = answer.get("status").and_then(Value::as_str) == Some("1");
    let text = answer.get("result").and_then(Value::as_str);
    (is_ok, text.map_or_else(|| words(answer), str::to_owned))
}
