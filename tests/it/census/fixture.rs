//! A folder, a chain, and instances of contracts of the workspace.

use crate::prelude::*;
use alloy::primitives::U64;
use alloy::providers::Provider;
use alloy::rpc::json_rpc::RpcSend;
use stylus_layout::Layout;
use stylus_upgrades::census::{
    BlockSelector, CensusOptions, CensusReport, StorageAnchor, Subject, take,
};
use stylus_upgrades::client::Client;

use crate::command::command;
use crate::layouts::project::Project;

/// A project with a client of its chain.
pub(super) struct Fixture {
    pub(super) project: Project,
    pub(super) client: Client,
}

impl Fixture {
    /// With an instance `it` of version 1.0 of a contract.
    pub(super) async fn of(name: &str, contract: &str, init: &str) -> Self {
        let project = Project::new();
        project.done(&format!("define {name} --migrate Admin"));
        project.done(&format!("register {name} 1.0 {contract}"));
        let create = format!("create-proxy {name} 1.0 --save it --init {init}");
        project.done(&create);
        let client = Client::connect(&project.node.endpoint()).await;
        Self {
            project,
            client: client.expect("the chain"),
        }
    }

    /// The instance.
    pub(super) fn proxy(&self) -> Address {
        let shown = self.project.done("status it");
        let proxy = text(&shown["instance"], "proxy");
        proxy.parse().expect("an address")
    }

    /// Runs `census it` with other words, at an endpoint.
    pub(super) fn census_at(&self, url: &str, words: &(impl Words + ?Sized)) -> Answer {
        let mut command = self.command(url, words);
        command.arg("--json");
        Answer::of(command)
    }

    /// The same for people, not started yet.
    pub(super) fn command(&self, url: &str, words: &(impl Words + ?Sized)) -> Command {
        let mut command = command(self.project.folder(), "census it --rpc-url");
        command.arg(url).args(words.list());
        command.env("STYLUS_UPGRADES_STATE", self.project.path("state"));
        command
    }

    /// Runs `census it` with other words.
    pub(super) fn census(&self, words: &(impl Words + ?Sized)) -> Answer {
        self.census_at(&self.project.node.endpoint(), words)
    }

    /// A census in which every slot is there and explained.
    #[track_caller]
    pub(super) fn whole(&self, words: &(impl Words + ?Sized)) -> Value {
        let answer = self.census(words);
        assert_eq!(answer.exit, Some(0), "{answer:#?}");
        assert_eq!(answer.document["complete"], true);
        assert_eq!(answer.document["slots"], answer.document["explained"]);
        answer.document
    }

    /// Makes a block, and gives the number of the one before.
    pub(super) async fn mine(&self) -> u64 {
        let newest = self.client.newest_block().await.expect("a block");
        self.ask("anvil_mine", (U64::from(1),)).await;
        newest
    }

    /// Writes a slot from outside, and makes a block.
    pub(super) async fn plant(&self, slot: B256, value: B256) {
        let proxy = self.proxy();
        self.ask("anvil_setStorageAt", (proxy, slot, value)).await;
        self.mine().await;
    }

    /// What the chain answers.
    pub(super) async fn ask(&self, method: &'static str, params: impl RpcSend) -> Value {
        ask(&self.client, method, params).await
    }
}

/// What a chain answers.
pub(super) async fn ask(client: &Client, method: &'static str, params: impl RpcSend) -> Value {
    let answer = client.provider().raw_request(method.into(), params);
    answer.await.expect("an answer")
}

/// A contract of version 1.0 that belongs to no registry.
pub(super) fn subject(proxy: Address, layout: Layout) -> Subject {
    Subject {
        proxy,
        layout: Ok(layout),
        version: "1.0".into(),
        implementation: None,
        versions: Vec::new(),
        is_evm: true,
    }
}

/// Its census at the newest block.
pub(super) async fn taken(
    client: &Client,
    subject: &Subject,
    options: &CensusOptions,
) -> CensusReport {
    let wanted = BlockSelector::default();
    let anchor = StorageAnchor::find(client, subject.proxy, wanted, None).await;
    let taken = take(client, anchor.expect("a block"), subject, options).await;
    taken.expect("a census")
}

/// What fields of that name store: entries and slots of each.
pub(super) fn counts(census: &Value, name: &str) -> Vec<(u64, u64)> {
    let fields = census["fields"].as_array().expect("fields");
    let fields = fields.iter().filter(|field| field["name"] == name);
    let count = |field: &Value, what: &str| field[what].as_u64().expect("a number");
    fields
        .map(|field| (count(field, "entries"), count(field, "slots")))
        .collect()
}
