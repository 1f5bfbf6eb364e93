//! What a command works with: output, manifest, builder, chain, registry.

use super::args::Global;
use crate::build::{Artifact, Builder};
use crate::client::{Client, Sent};
use crate::deploy;
use crate::error::Error;
use crate::manifest::{FILE, Manifest};
use crate::output::{Outcome, Output};
use crate::progress::Progress;
use crate::text::grouped;
use alloy::primitives::Address;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The chain, if nobody names one: where a nitro devnode listens, and ours.
const DEFAULT_RPC: &str = "http://127.0.0.1:8547";

/// What a command works with.
pub(super) struct Context {
    /// Where everything that is said goes.
    pub(super) output: Arc<Output>,
    /// The arguments that every command takes.
    pub(super) global: Global,
    /// The manifest, empty if there is none.
    pub(super) manifest: Manifest,
}

impl Context {
    pub(super) fn new(output: Arc<Output>, global: Global) -> Result<Self, Error> {
        let folder = std::env::current_dir().unwrap_or_default();
        let manifest = Manifest::find(global.manifest.as_deref(), &folder)?;
        Ok(Self {
            output,
            global,
            manifest,
        })
    }

    pub(super) fn builder(&self) -> Result<Builder, Error> {
        Ok(Builder::new(self.output.clone())?)
    }

    /// The chain, with the key if one was given.
    pub(super) async fn client(&self) -> Result<Client, Error> {
        let url = self
            .global
            .rpc_url
            .as_deref()
            .or(self.manifest.rpc.as_deref());
        if self.global.key.is_exposed() {
            self.output
                .note("warning: other processes can read a key in --private-key");
        }
        let signer = self.global.key.signer()?;
        let client = Client::connect(url.unwrap_or(DEFAULT_RPC)).await?;
        Ok(signer.map_or(client.clone(), |signer| client.with_signer(signer)))
    }

    /// The registry that was named.
    pub(super) fn registry(&self) -> Result<Address, Error> {
        if let Some(name) = &self.global.registry {
            return Ok(self.manifest.address(name)?);
        }
        self.manifest.registry.ok_or_else(|| Error::Usage {
            message: "no registry was named".into(),
            expected: "--registry, STYLUS_UPGRADES_REGISTRY, or registry in the manifest".into(),
            found: "none of them".into(),
            next: "stylus-upgrades registry deploy, then give its address".into(),
        })
    }

    /// The manifest to save addresses in: the one that was read, else one in this folder.
    pub(super) fn manifest_file(&self) -> PathBuf {
        let folder = std::env::current_dir().unwrap_or_default();
        let named = self.global.manifest.clone();
        named
            .or_else(|| Manifest::nearest(&folder))
            .unwrap_or_else(|| folder.join(FILE))
    }

    /// An artifact by the path of a crate or `.wasm` file, or by the name of a contract here.
    pub(super) fn artifact(&self, source: &str) -> Result<Artifact, Error> {
        let builder = self.builder()?;
        let path = Path::new(source);
        if path.is_file() || path.join("Cargo.toml").is_file() {
            return Ok(builder.path(path)?);
        }
        Ok(builder.contract(source)?)
    }

    /// The address that `source` names, or that it is deployed to now, with the transactions that
    /// took.
    pub(super) async fn deployed(
        &self,
        client: &Client,
        source: &str,
    ) -> Result<(Address, Vec<Sent>), Error> {
        if !Path::new(source).exists()
            && let Ok(address) = self.manifest.address(source)
        {
            return Ok((address, Vec::new()));
        }
        let artifact = self.artifact(source)?;
        let deployed = deploy::deploy(client, &artifact, self.global.data_fee_bump_percent).await?;
        let mut sent = vec![deployed.created];
        sent.extend(deployed.activated);
        Ok((deployed.address, sent))
    }
}

/// Tells of transactions: `tx` and `gas` of the main one, the last; all under `transactions`.
pub(super) fn report(outcome: &mut Outcome, sent: &[Sent]) {
    for one in sent {
        outcome.line(format!(
            "{:<44} {}  {:>10} gas",
            one.what,
            one.tx,
            grouped(one.gas)
        ));
    }
    if let Some(main) = sent.last() {
        outcome.field("tx", main.tx);
        outcome.field("gas", main.gas);
    }
    let all: Vec<_> = sent
        .iter()
        .map(|one| json!({"name": one.what, "tx": one.tx, "gas": one.gas}))
        .collect();
    outcome.field("transactions", all);
}
