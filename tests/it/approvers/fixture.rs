//! A folder, a chain with contracts from npm, and the command line as a process.

use crate::prelude::*;
use alloy::network::TransactionBuilder;
use alloy::providers::Provider;
use alloy::rpc::json_rpc::RpcSend;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::local::PrivateKeySigner;
use stylus_devnode::NodeHandle;
use stylus_upgrades::client::{Client, Sent};

use crate::command::{command, key_file};

pub(super) struct Fixture {
    folder: tempfile::TempDir,
    pub(super) node: NodeHandle,
    npm: Npm,
    /// The client of the account that Admin is.
    pub(super) client: Client,
}

impl Fixture {
    pub(super) async fn new() -> Self {
        let node = spawn(NodeConfig::default()).expect("a free port");
        let client = Client::connect(&node.endpoint()).await.expect("the chain");
        let fixture = Self {
            folder: tempfile::tempdir().expect("a folder"),
            npm: Npm::install(&Lines).expect("the packages"),
            client: client.with_signer(node.accounts().mnemonic()[0].clone()),
            node,
        };
        for (number, name) in ["admin", "together"].into_iter().enumerate() {
            key_file(&fixture.path(name), &fixture.owner(number));
        }
        fixture
    }

    /// Connects the client anew: the endpoint closes a connection on which nothing was sent for long.
    pub(super) async fn reconnect(&mut self) {
        let client = Client::connect(&self.node.endpoint()).await;
        let signer = self.owner(0);
        self.client = client.expect("the chain").with_signer(signer);
    }

    /// A registry, and a definition `A` that Admin and `approver` decide together.
    pub(super) fn decided_with(&self, approver: Address) {
        let manifest = format!(
            "rpc = {:?}\n\n[aliases]\nAdmin = \"{}\"\nTogether = \"{approver}\"\n",
            self.node.endpoint(),
            self.owner(0).address(),
        );
        std::fs::write(self.path("stylus-upgrades.toml"), manifest).expect("a manifest");
        self.done("registry deploy --save");
        let roles = "--policy Admin --create Admin";
        let define = "define A --migrate AND(Admin,Together)";
        self.done(&format!("{define} {roles}"));
    }

    pub(super) fn owner(&self, number: usize) -> PrivateKeySigner {
        self.node.accounts().mnemonic()[number].clone()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder with the packages of npm.
    pub(super) fn npm(&self) -> &Path {
        self.npm.folder()
    }

    /// cast, as it comes from npm.
    pub(super) fn cast(&self) -> PathBuf {
        self.npm.cast()
    }

    /// What is in the file of a package.
    pub(super) fn artifact(&self, path: &str) -> Value {
        let path = self.npm.folder().join("node_modules").join(path);
        let text = std::fs::read_to_string(path).expect("an artifact");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Deploys the contract of an artifact, with encoded arguments of its constructor.
    pub(super) async fn deploy(&self, artifact: &str, arguments: &[u8]) -> Address {
        let artifact = self.artifact(artifact);
        let code: Bytes = text(&artifact, "bytecode").parse().expect("bytecode");
        self.create("a contract", [&code, arguments].concat().into())
            .await
    }

    /// Runs creation code.
    pub(super) async fn create(&self, what: &str, code: Bytes) -> Address {
        let request = TransactionRequest::default().with_input(code).into_create();
        let sent = self.client.transact(what, request).await;
        let created = sent.expect("deployed").receipt.contract_address;
        created.expect("an address")
    }

    /// Has the chain do what development chains do on request.
    pub(super) async fn request(&self, method: &'static str, with: impl RpcSend) {
        let provider = self.client.provider();
        let asked = provider.raw_request::<_, Value>(method.into(), with);
        asked.await.expect(method);
    }

    pub(super) async fn send<C: SolCall>(&self, to: Address, call: &C) -> Sent {
        let sent = self.client.send(C::SIGNATURE, to, call, U256::ZERO).await;
        sent.unwrap_or_else(|error| panic!("{}: {error}", C::SIGNATURE))
    }

    fn run_with(&self, words: &(impl Words + ?Sized), more: &[&str]) -> Answer {
        let mut command = command(self.folder(), words);
        // Chains of several tests have one id, and their proxies one address: what is remembered of one is none of another's.
        command.env("STYLUS_UPGRADES_STATE", self.path("state"));
        command.args(more).arg("--json");
        Answer::of(command)
    }

    /// Runs a command with the key of Admin, that finds compilers in these folders.
    pub(super) fn run_with_solc(&self, words: &(impl Words + ?Sized), folders: &[&Path]) -> Answer {
        let mut command = self.command_with_solc(words, folders);
        command.arg("--json");
        Answer::of(command)
    }

    /// The same command, with its output for people.
    pub(super) fn print_with_solc(
        &self,
        words: &(impl Words + ?Sized),
        folders: &[&Path],
    ) -> Answer {
        let output = self.command_with_solc(words, folders).output();
        output.expect("it starts").into()
    }

    fn command_with_solc(&self, words: &(impl Words + ?Sized), folders: &[&Path]) -> Command {
        let mut command = command(self.folder(), words);
        command.env("STYLUS_UPGRADES_STATE", self.path("state"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = folders.iter().map(|folder| folder.to_path_buf());
        let all = own.chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(all).expect("folders"));
        command.args(["--private-key-path", "admin"]);
        command
    }

    /// Runs a command with the key of the second account, which [`Self::decided_with`] may make an approver.
    pub(super) fn run_as_together(&self, words: &(impl Words + ?Sized)) -> Answer {
        self.run_with(words, &["--private-key-path", "together"])
    }

    /// Runs a command without any key.
    pub(super) fn keyless(&self, words: &(impl Words + ?Sized)) -> Answer {
        self.run_with(words, &[])
    }

    /// Admin's part of a decision, which is not enough.
    pub(super) fn approved(&self, words: &(impl Words + ?Sized)) {
        self.run(words).ends_with(3);
    }

    /// Exports what the other approver is to send, without a key: the document and the calldata.
    pub(super) fn exported(&self, words: &(impl Words + ?Sized), format: &str) -> (Value, Bytes) {
        let words = &words.list()[..];
        let flags = format!("--as Together --export call --export-format {format}");
        let answer = self.keyless(&[words, &flags.list()].concat());
        answer.ends_with(0);
        let call = &answer.document["exported"]["call"];
        (
            answer.document.clone(),
            text(call, "data").parse().expect("calldata"),
        )
    }

    /// The calldata that ethers makes of the file of Safe's Transaction Builder.
    pub(super) fn encoded_by_ethers(&self) -> Bytes {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("solidity/encode-batch.js");
        let output = Command::new("node")
            .arg(script)
            .args([self.npm.folder(), &self.path("call")])
            .output()
            .expect("node");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let printed = String::from_utf8(output.stdout).expect("text");
        printed.trim().parse().expect("one call")
    }

    pub(super) fn registry(&self) -> Address {
        let manifest = std::fs::read_to_string(self.path("stylus-upgrades.toml")).expect("it");
        let manifest: toml::Table = manifest.parse().expect("a manifest");
        let registry = manifest["registry"].as_str().expect("saved");
        registry.parse().expect("an address")
    }

    pub(super) fn current(&self) -> String {
        let status = self.done("status A");
        text(&status["definitions"][0], "current").to_owned()
    }
}

impl Runs for Fixture {
    /// Runs a command with the key of Admin.
    fn run(&self, words: &(impl Words + ?Sized)) -> Answer {
        self.run_with(words, &["--private-key-path", "admin"])
    }
}
