//! A chain with a registry, a definition with as many instances and versions as wanted, and a migration
//! that waits for its second approval.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use serde_json::{Value, json};
use stylus_upgrades::client::Client;
use stylus_upgrades_harness::{HarnessError, command_line, home};
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_tests::calls;
use stylus_upgrades_tests::scale::Watched;

use super::failed;

/// The key of account 0, as every development chain has it.
const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/// Its account, which decides alone.
const ADMIN: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
/// Account 1, whose approval is waited for.
const SECOND: Address = address!("70997970C51812dc3A010C7d01b50e0d17dc79C8");
/// Gas of a transaction.
const GAS: u64 = 3_000_000;
/// Transactions of a block.
const BLOCK: usize = 500;

/// The chain, and a folder with a manifest.
pub(super) struct Subject {
    /// Ended with it.
    _node: Watched,
    folder: tempfile::TempDir,
    proxy: String,
    action: String,
}

impl Subject {
    /// Makes all of it.
    pub(super) async fn begin(
        program: &Path,
        instances: u32,
        versions: u32,
    ) -> Result<Self, HarnessError> {
        let node = Watched::node(program, &["cli"])?;
        let folder = tempfile::tempdir().map_err(failed)?;
        let key = folder.path().join("key");
        std::fs::write(&key, KEY).map_err(failed)?;
        std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).map_err(failed)?;
        let manifest = format!(
            "rpc = {:?}\n\n[aliases]\nAdmin = \"{ADMIN}\"\n",
            node.endpoint()
        );
        let file = folder.path().join("stylus-upgrades.toml");
        std::fs::write(&file, manifest).map_err(failed)?;
        let run = async |words: &[&str]| -> Result<Value, HarnessError> {
            let mut command = command_line(program)?;
            command.arg("cli").args(words).arg("--json");
            command.arg("--private-key-path").arg(&key);
            command.current_dir(folder.path());
            let ended = Watched::run(command).await?;
            // What waits for another approval has ended well, and not with code 0.
            match ended.is_good || ended.document["action"].is_string() {
                true => Ok(ended.document),
                false => Err(failed(format!(
                    "{words:?}: {} {}",
                    ended.document, ended.errors
                ))),
            }
        };
        let [first, second] = ["v1", "v2"].map(|name| {
            let crates = home().join("tests/fixtures/outside");
            crates.join(name).display().to_string()
        });
        run(&["registry", "deploy", "--save"]).await?;
        run(&["define", "Note", "--migrate", "Admin"]).await?;
        run(&["register", "Note", "1.0", &first]).await?;
        let create = ["create-proxy", "Note", "1.0", "--save", "note"];
        run(&[&create[..], &["--init", "initialize(uint256)", "7"]].concat()).await?;

        let saved = std::fs::read_to_string(&file).map_err(failed)?;
        let registry = saved
            .lines()
            .find_map(|line| line.strip_prefix("registry = "));
        let registry = registry.unwrap_or_default().trim_matches('"');
        let registry: Address = registry.parse().map_err(failed)?;
        let client = Client::connect(node.endpoint()).await.map_err(failed)?;
        send(&client, registry, added(&client, registry, versions).await?).await?;
        send(&client, registry, created(instances)).await?;

        let policy = format!("AND(Admin,{SECOND})");
        run(&["policy", "update", "Note", &policy]).await?;
        let count = ["--call", "countFrom(uint256)", "40"];
        let proposed = run(&[&["migrate", "Note", "2.0", &second][..], &count].concat()).await?;
        let status = run(&["status", "note"]).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Self {
            proxy: text(&status["instance"]["proxy"]),
            action: text(&proposed["action"]),
            _node: node,
            folder,
        })
    }

    /// Where the console is started.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Every page, by what it is.
    pub(super) fn pages(&self) -> [(&'static str, String); 9] {
        let Self { proxy, action, .. } = self;
        [
            ("Overview", "/".into()),
            ("Definition", "/definition?name=Note".into()),
            (
                "Definition, last instances",
                "/definition?name=Note&instances=9950".into(),
            ),
            ("The registry itself", "/definition?name=".into()),
            ("Instance", format!("/instance?proxy={proxy}")),
            ("Action", format!("/action?id={action}&account={SECOND}")),
            (
                "Before the wallet is asked",
                format!("/before?id={action}&do=approve&account={SECOND}"),
            ),
            ("Submit", "/submit".into()),
            ("Doctor", "/doctor".into()),
        ]
    }
}

/// Calls that register versions beside the one that is there.
async fn added(
    client: &Client,
    registry: Address,
    versions: u32,
) -> Result<Vec<Bytes>, HarnessError> {
    let call = calls::get_version("Note", "1.0");
    let code = client.call(registry, &call).await.map_err(failed)?.code;
    let call = |at: u32| {
        calls::add_version(
            "Note",
            format!("1.{at}"),
            &code,
            stylus_upgrades::registry::nothing(&format!("1.{}", at - 1)),
        )
    };
    Ok((1..versions)
        .map(|at| call(at).abi_encode().into())
        .collect())
}

/// Calls that create instances of version 1.0 beside the one that is there.
fn created(instances: u32) -> Vec<Bytes> {
    let call = |at: u32| {
        let selector = &keccak256("initialize(uint256)")[..4];
        let word = U256::from(at).to_be_bytes::<32>();
        calls::create_proxy(
            "Note",
            "1.0",
            proxy_kind::EVM,
            B256::from(U256::from(1_000 + at)),
            [selector, &word].concat(),
        )
    };
    (1..instances)
        .map(|at| call(at).abi_encode().into())
        .collect()
}

/// Sends calls of the registry, many in a block.
async fn send(client: &Client, registry: Address, calls: Vec<Bytes>) -> Result<(), HarnessError> {
    let ask = async |method: &'static str, params: Value| -> Result<Value, HarnessError> {
        let answer = client.provider().raw_request(method.into(), params).await;
        answer.map_err(failed)
    };
    let hex = |number: u64| format!("{number:#x}");
    ask(
        "evm_setBlockGasLimit",
        json!([hex(GAS * (BLOCK as u64 + 1))]),
    )
    .await?;
    ask("evm_setAutomine", json!([false])).await?;
    let mut nonce = client
        .provider()
        .get_transaction_count(ADMIN)
        .await
        .map_err(failed)?;
    let mut last = Value::Null;
    for calls in calls.chunks(BLOCK) {
        for call in calls {
            let transaction = json!({
                "from": ADMIN, "to": registry, "data": call, "gas": hex(GAS), "nonce": hex(nonce),
            });
            last = ask("eth_sendTransaction", json!([transaction])).await?;
            nonce += 1;
        }
        ask("evm_mine", json!([])).await?;
    }
    ask("evm_setAutomine", json!([true])).await?;
    if last.is_null() {
        return Ok(());
    }
    let receipt = ask("eth_getTransactionReceipt", json!([last])).await?;
    match receipt["status"] == "0x1" {
        true => Ok(()),
        false => Err(failed(format!(
            "expected a transaction that succeeds, found {receipt}"
        ))),
    }
}
