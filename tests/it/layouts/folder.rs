//! A folder of somebody else's: another operator or approver with nothing but an endpoint and a key.

use crate::prelude::*;
use alloy::signers::local::PrivateKeySigner;
use stylus_layout::Document;
use stylus_upgrades::client::Client;
use stylus_upgrades::registry::{self, NewVersion};
use stylus_upgrades_harness::builder;
use stylus_upgrades_interface::layouts::ILayouts;

use super::project::Project;

/// Where neither a registered version's document nor this folder has an interface, what callers lose is
/// not known.
pub(super) const NOT_COMPARED: &str = "--accept absent:interface";

/// A folder of its own, with a home of its own, on the chain of another project.
pub(super) struct Folder<'d> {
    project: &'d Project,
    folder: tempfile::TempDir,
    home: tempfile::TempDir,
}

impl<'d> Folder<'d> {
    pub(super) fn on(project: &'d Project) -> Self {
        Self {
            project,
            folder: tempfile::tempdir().expect("a folder"),
            home: tempfile::tempdir().expect("a home"),
        }
    }

    pub(super) fn run_by(&self, endpoint: &str, words: &(impl Words + ?Sized)) -> Answer {
        let registry = self.project.saved("registry");
        let there = ["--rpc-url", endpoint, "--registry", &registry];
        let words = [&words.list()[..], &there].concat();
        self.project
            .run_in(self.folder.path(), Some(self.home.path()), &words)
    }

    /// Refused under that name, and nothing was sent.
    pub(super) fn refused(&self, name: &str, words: &(impl Words + ?Sized)) -> Answer {
        let before = self.project.nonce();
        let answer = self.run(words);
        answer.is_refused(name);
        assert_eq!(self.project.nonce(), before, "something was sent");
        answer
    }

    pub(super) fn layouts(&self) -> PathBuf {
        self.folder.path().join("stylus-upgrades-layouts")
    }
}

impl Runs for Folder<'_> {
    fn run(&self, words: &(impl Words + ?Sized)) -> Answer {
        self.run_by(&self.project.node.endpoint(), words)
    }
}

pub(super) fn complete() -> Value {
    json!({
        "layout": "complete", "steps": "complete", "source": "complete",
        "interface": "complete", "live_instances": "complete",
    })
}

/// What is complete but for the sources and the interface.
pub(super) fn without(source: &str, interface: &str) -> Value {
    let mut coverage = complete();
    coverage["source"] = json!(source);
    coverage["interface"] = json!(interface);
    coverage
}

pub(super) fn problems(plan: &Value) -> Vec<&str> {
    let problems = plan["problems"].as_array().expect("problems");
    problems.iter().map(|one| text(one, "id")).collect()
}

/// A version that some other tool registers.
pub(super) async fn add(project: &Project, name: &str, version: &str, code: Code, from: &str) {
    let new = NewVersion {
        name: name.into(),
        version: version.into(),
        code,
        step: registry::nothing(from),
    };
    send(project, &IRegistry::addVersionCall::from(new)).await;
}

/// A version whose layout document has no interface, as another program may register it:
/// the code of `Note` 1.0 under another definition.
pub(super) async fn add_without_interface(project: &Project, name: &str) {
    project.done(&format!("define {name} --migrate Admin"));
    let code = project.code("1.0").await;
    let file = format!("stylus-upgrades-layouts/{}.json", code.layoutHash);
    let bytes = std::fs::read(project.path(&file)).expect("a document");
    let document = Document::decode(&bytes).expect("a document");
    assert!(document.interface.is_some());
    let without = document.without_interface();
    publish(project, &without.encode()).await;
    let code = Code {
        layoutHash: without.hash(),
        ..code
    };
    add(project, name, "1.0", code, "").await;
}

/// Publishes any bytes under their hash, as anybody can.
pub(super) async fn publish(project: &Project, document: &[u8]) {
    let call = ILayouts::publishLayoutCall {
        document: document.to_vec().into(),
    };
    let (client, _) = sender(project).await;
    let at = builder().expect("a builder").framework();
    let at = at.expect("the framework").layouts.address;
    let sent = client.send("publish", at, &call, U256::ZERO).await;
    sent.expect("it is published");
}

/// A governed call that some other tool sends.
pub(super) async fn send<C: SolCall>(project: &Project, call: &C) {
    let (client, at) = sender(project).await;
    let sent = client.send("a governed call", at, call, U256::ZERO).await;
    sent.expect("it is sent");
}

/// A client with the project's key, and the registry.
async fn sender(project: &Project) -> (Client, Address) {
    let client = Client::connect(&project.node.endpoint()).await.expect("it");
    let key = std::fs::read_to_string(project.path("key")).expect("a key");
    let signer: PrivateKeySigner = key.trim().parse().expect("a key");
    let at: Address = project.saved("registry").parse().expect("an address");
    (client.with_signer(signer), at)
}
