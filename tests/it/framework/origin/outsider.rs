//! Somebody who has the program as a process, and the chain by JSON-RPC alone.

use crate::prelude::*;

use crate::command::{command, key_file};
use crate::tools::pass;

pub(super) type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A folder with a key and a state folder, and a chain.
pub(super) struct Outsider<'c> {
    pub(super) folder: tempfile::TempDir,
    pub(super) chain: &'c Chain,
}

impl Runs for Outsider<'_> {
    fn run(&self, words: &(impl Words + ?Sized)) -> Answer {
        self.run_at(self.chain.url(), words)
    }
}

impl<'c> Outsider<'c> {
    /// With the key of account 0.
    pub(super) fn on(chain: &'c Chain) -> Done<Self> {
        let folder = tempfile::tempdir()?;
        key_file(&folder.path().join("key"), chain.signer());
        Ok(Self { folder, chain })
    }

    /// Runs a command at an endpoint, with `--json`.
    pub(super) fn run_at(&self, url: &str, words: &(impl Words + ?Sized)) -> Answer {
        let mut command = command(self.folder.path(), words);
        command.env("STYLUS_UPGRADES_STATE", self.state());
        command.args(["--json", "--rpc-url", url]);
        Answer::of(command)
    }

    /// `registry deploy` with account 0's key; its document.
    pub(super) fn deploys(&self, words: &str) -> Value {
        self.done(&format!("registry deploy --private-key-path key {words}"))
    }

    /// The folder of what was met.
    pub(super) fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    pub(super) async fn rpc(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<Value, HarnessError> {
        self.chain.request::<_, Value>(method, params).await
    }

    /// A transaction of an account that the chain signs for; its receipt, if it succeeded.
    pub(super) async fn send(
        &self,
        from: Address,
        to: Option<Address>,
        input: impl Into<Bytes>,
        value: U256,
    ) -> Done<Value> {
        let input = input.into();
        let request =
            json!([{"from": from, "to": to, "input": input, "value": value, "gas": "0x1c9c380"}]);
        let hash = self.rpc("eth_sendTransaction", request).await?;
        let receipt = self.rpc("eth_getTransactionReceipt", json!([hash])).await?;
        match receipt["status"] == "0x1" {
            true => Ok(receipt),
            false => {
                let call = json!([{"from": from, "to": to, "input": input}, "latest"]);
                let why = self.rpc("eth_call", call).await;
                Err(format!("{} failed: {why:?}", receipt["transactionHash"]).into())
            }
        }
    }

    /// A call to a contract, which must succeed.
    pub(super) async fn call<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Done<Value> {
        let sent = self.send(from, Some(to), call.abi_encode(), U256::ZERO);
        sent.await
    }

    /// What a view answers.
    pub(super) async fn view<C: SolCall>(&self, to: Address, call: &C) -> Done<C::Return> {
        let request = json!([{"to": to, "input": Bytes::from(call.abi_encode())}, "latest"]);
        let answer = self.rpc("eth_call", request).await?;
        let bytes: Bytes = serde_json::from_value(answer)?;
        Ok(C::abi_decode_returns(&bytes)?)
    }

    /// Runs creation code.
    pub(super) async fn create(&self, from: Address, code: impl Into<Bytes>) -> Done<Address> {
        let receipt = self.send(from, None, code, U256::ZERO).await?;
        Ok(serde_json::from_value(receipt["contractAddress"].clone())?)
    }

    /// The slots of `account` that a transaction wrote, and what they hold after it; without those that
    /// held something before it and are not `known`.
    pub(super) async fn written(
        &self,
        receipt: &Value,
        account: Address,
        known: &BTreeMap<B256, B256>,
    ) -> Done<BTreeMap<B256, B256>> {
        let how = json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}});
        let request = json!([receipt["transactionHash"], how]);
        let diff = self.rpc("debug_traceTransaction", request).await?;
        let of = |side: &str| -> Done<BTreeMap<B256, B256>> {
            let storage = &diff[side][format!("{account:#x}")]["storage"];
            match storage.is_object() {
                true => Ok(serde_json::from_value(storage.clone())?),
                false => Ok(BTreeMap::new()),
            }
        };
        let (before, mut after) = (of("pre")?, of("post")?);
        after.retain(|slot, _| known.contains_key(slot) || !before.contains_key(slot));
        Ok(after)
    }

    pub(super) async fn wait(&self, seconds: u64) -> Done {
        Ok(pass(self.chain, seconds).await?)
    }
}
