//! cast: its commands that ask a chain or send to it, on a contract in EVM code and on one in WASM.

use crate::prelude::*;
use stylus_upgrades_harness::{Report, builder, home};

use super::{Kept, table};

/// An account without a key.
const OTHER: &str = "0x00000000000000000000000000000000000a11ce";
const ARB_WASM: &str = "0x0000000000000000000000000000000000000071";

/// What cast answered, or what it said where it failed.
type Said = Result<String, String>;

struct Foundry {
    program: std::path::PathBuf,
    url: String,
    key: String,
    sender: Address,
}

impl Foundry {
    fn ask(&self, words: &[&str]) -> Said {
        let mut command = Command::new(&self.program);
        command.args(words).env("ETH_RPC_URL", &self.url);
        said(&mut command)
    }

    /// The JSON that a command prints.
    fn json(&self, words: &[&str]) -> Result<Value, String> {
        let (command, words) = words.split_at(1);
        let text = self.ask(&[command, &["--json"], words].concat())?;
        serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
    }

    /// A transaction with the key of the suite; its receipt.
    fn send(&self, words: &[&str]) -> Result<Value, String> {
        let receipt = self.json(&[&["send", "--private-key", &self.key], words].concat())?;
        same(&receipt["status"], &"0x1".into())?;
        Ok(receipt)
    }
}

fn said(command: &mut Command) -> Said {
    let output = command.env("NO_COLOR", "1").env("FOUNDRY_OFFLINE", "true");
    let output = output.output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("expected {expected:?}, found {found:?}")),
    }
}

fn holds(what: bool, found: &str) -> Result<(), String> {
    match what {
        true => Ok(()),
        false => Err(format!("found {found}")),
    }
}

fn number(text: &str) -> Result<U256, String> {
    // cast appends an exponent to large numbers.
    let number = text.split_whitespace().next().unwrap_or_default();
    number.parse().map_err(|error| format!("{error}: {text}"))
}

/// The checks that ran so far.
#[derive(Default)]
struct Checks {
    passed: Vec<String>,
    failed: BTreeMap<String, String>,
}

impl Checks {
    fn check(&mut self, name: impl Into<String>, check: impl FnOnce() -> Result<(), String>) {
        match check() {
            Ok(()) => self.passed.push(name.into()),
            Err(reason) => {
                self.failed.insert(name.into(), reason);
            }
        }
    }
}

/// A contract of the suite.
struct Contract {
    kind: &'static str,
    address: String,
    code: Bytes,
}

fn of_the_chain(cast: &Foundry, chain_id: u64, checks: &mut Checks) {
    let sender = cast.sender.to_string();
    let query = |words: &[&str]| cast.ask(words);
    checks.check("chain-id", || {
        same(&query(&["chain-id"])?, &chain_id.to_string())
    });
    checks.check("client", || {
        let client = query(&["client"])?;
        holds(!client.is_empty(), &client)
    });
    checks.check("block-number", || {
        number(&query(&["block-number"])?).map(|_| ())
    });
    checks.check("block", || {
        let block = cast.json(&["block", "latest"])?;
        let hash = query(&["block", "latest", "--field", "hash"])?;
        holds(block["hash"].is_string() && hash.len() == 66, &hash)
    });
    checks.check("age", || query(&["age"]).map(|_| ()));
    for price in ["gas-price", "basefee"] {
        checks.check(price, || {
            let price = query(&[price])?;
            holds(number(&price)? > U256::ZERO, &price)
        });
    }
    checks.check("balance", || {
        let balance = query(&["balance", &sender])?;
        holds(
            number(&balance)? > U256::from(10).pow(U256::from(18)),
            &balance,
        )
    });
    checks.check("nonce", || number(&query(&["nonce", &sender])?).map(|_| ()));
    checks.check("rpc", || {
        same(
            &query(&["rpc", "eth_chainId"])?,
            &format!("\"{chain_id:#x}\""),
        )
    });
    checks.check("send, mktx and publish", || {
        let sent = cast.send(&[OTHER, "--value", "1"])?;
        same(&sent["to"], &OTHER.into())?;
        let raw = query(&["mktx", OTHER, "--value", "1", "--private-key", &cast.key])?;
        let sent: Value =
            serde_json::from_str(&query(&["publish", &raw])?).map_err(|e| e.to_string())?;
        same(&sent["status"], &"0x1".into())
    });
    checks.check("send, legacy and with an access list", || {
        let legacy = cast.send(&[OTHER, "--value", "1", "--legacy"])?;
        same(&legacy["type"], &"0x0".into())?;
        let listed = cast.send(&[OTHER, "--value", "1", "--access-list"])?;
        holds(listed["type"] != "0x0", &listed.to_string())
    });
    checks.check("find-block", || {
        let time = query(&["block", "latest", "--field", "timestamp"])?;
        number(&query(&["find-block", &time])?).map(|_| ())
    });
    checks.check("a nonce too low is reported", || {
        let words = ["send", OTHER, "--nonce", "0", "--private-key", &cast.key];
        let reported = query(&words).err().unwrap_or_default();
        holds(reported.contains("nonce too low"), &reported)
    });
}

fn of_a_contract(cast: &Foundry, it: &Contract, checks: &mut Checks) {
    let (kind, address) = (it.kind, it.address.as_str());
    let query = |words: &[&str]| cast.ask(words);
    let stored = |slot: &str, value: &str| {
        let words = [address, "store(uint256,uint256)", slot, value];
        cast.send(&words)
    };
    let mut check = |name: &str, check: &dyn Fn() -> Result<(), String>| {
        checks.check(format!("{name}, {kind}"), check);
    };
    check("code, codesize and codehash", &|| {
        same(&query(&["code", address])?, &it.code.to_string())?;
        same(&query(&["codesize", address])?, &it.code.len().to_string())?;
        let hash = keccak256(&it.code).to_string();
        same(&query(&["codehash", address])?, &hash)
    });
    check("call", &|| {
        let context = "context() returns (address,address,uint256)";
        let from = cast.sender.to_string();
        let lines = query(&["call", address, context, "--from", &from])?;
        same(&lines, &format!("{address}\n{from}\n0"))
    });
    check("send and storage", &|| {
        stored("7", "42")?;
        same(
            &number(&query(&[
                "call",
                address,
                "load(uint256) returns (uint256)",
                "7",
            ])?)?,
            &U256::from(42),
        )?;
        let word = query(&["storage", address, "7"])?;
        same(&word, &B256::with_last_byte(42).to_string())
    });
    check("estimate", &|| {
        let words = ["estimate", address, "store(uint256,uint256)", "8", "1"];
        let gas = query(&words)?;
        holds(number(&gas)? > U256::from(21_000), &gas)
    });
    check("access-list", &|| {
        // Its sender must afford twice the base fee.
        let from = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        let words = ["access-list", address, "load(uint256)", "7", "--from", from];
        let list = cast.json(&words)?;
        holds(list["accessList"].is_array(), &list.to_string())
    });
    check("a revert with its reason", &|| {
        let data = "0x08c379a0\
             0000000000000000000000000000000000000000000000000000000000000020\
             0000000000000000000000000000000000000000000000000000000000000003\
             6e6f740000000000000000000000000000000000000000000000000000000000";
        let reported = query(&["call", address, "failWith(bytes)", data]);
        let reported = reported.err().unwrap_or_default();
        holds(
            reported.contains("revert") && reported.contains("not"),
            &reported,
        )
    });
    check("tx, receipt and logs", &|| {
        let sent = cast.send(&[address, "--value", "5"])?;
        let hash = sent["transactionHash"].as_str().unwrap_or_default();
        same(
            &cast.json(&["receipt", hash])?["blockHash"],
            &sent["blockHash"],
        )?;
        let value = query(&["tx", hash, "value"])?;
        same(&number(&value)?, &U256::from(5))?;
        let block = sent["blockNumber"].as_str().unwrap_or_default();
        let block = number(block)?.to_string();
        let event = "Received(address indexed,uint256)";
        let words = [
            "logs",
            event,
            "--address",
            address,
            "--from-block",
            &block,
            "--to-block",
            &block,
        ];
        let logs = cast.json(&words)?;
        same(&logs.as_array().map(Vec::len), &Some(1))
    });
    check("proof and storage-root", &|| {
        let proof = cast.json(&["proof", address, "7"])?;
        same(&proof["storageProof"][0]["value"], &"0x2a".into())?;
        same(
            &Value::from(query(&["storage-root", address])?),
            &proof["storageHash"],
        )
    });
    check("rpc debug_traceTransaction", &|| {
        let sent = stored("9", "1")?;
        let hash = sent["transactionHash"].as_str().unwrap_or_default();
        let tracer = r#"{"tracer":"callTracer"}"#;
        let trace = query(&["rpc", "debug_traceTransaction", hash, tracer])?;
        let trace: Value = serde_json::from_str(&trace).map_err(|error| error.to_string())?;
        same(&trace["to"], &address.to_lowercase().into())
    });
}

#[tokio::test]
async fn foundrys_commands_do_with_both_kinds_of_contracts_what_people_do()
-> Result<(), HarnessError> {
    let chain = Chain::start().await?;
    let kept = Kept::of(&chain).await?;
    let cast = Foundry {
        program: Npm::install(&Lines)?.cast(),
        url: chain.url().to_owned(),
        key: chain.signer().to_bytes().to_string(),
        sender: chain.signer().address(),
    };
    let chain_id: u64 = chain
        .request::<_, alloy::primitives::U64>("eth_chainId", ())
        .await?
        .to();
    let probe = Solidity::compile(&Lines)?.contract("Probe")?.clone();
    let program = builder()?.path(&home().join("tests/fixtures/probes/probe"))?;
    let mut checks = Checks::default();
    of_the_chain(&cast, chain_id, &mut checks);
    let mut contracts = Vec::new();
    for (kind, creation, code) in [
        ("EVM", &probe.creation, Some(probe.runtime.clone())),
        ("Stylus", &program.creation_code(), None),
    ] {
        checks.check(format!("send --create, {kind}"), || {
            let receipt = cast.send(&["--create", &creation.to_string()])?;
            let address = receipt["contractAddress"].as_str().unwrap_or_default();
            let address: Address = address.parse().map_err(|_| receipt.to_string())?;
            let address = address.to_string();
            let code = match &code {
                Some(code) => code.clone(),
                None => {
                    let code = cast.ask(&["code", &address])?;
                    code.parse::<Bytes>().map_err(|error| error.to_string())?
                }
            };
            contracts.push(Contract {
                kind,
                address,
                code,
            });
            Ok(())
        });
    }
    if let Some(stylus) = contracts.get(1) {
        checks.check("send, an activation", || {
            let version = ["programVersion(address) returns (uint16)", &stylus.address];
            if cast
                .ask(&[&["call", ARB_WASM], &version[..]].concat())
                .is_err()
            {
                let activate = ["activateProgram(address)", &stylus.address];
                cast.send(&[&[ARB_WASM], &activate[..], &["--value", "0.1ether"]].concat())?;
            }
            let version = cast.ask(&[&["call", ARB_WASM], &version[..]].concat())?;
            holds(number(&version)? > U256::ZERO, &version)
        });
    }
    for contract in &contracts {
        of_a_contract(&cast, contract, &mut checks);
    }
    let report = Report {
        passed: checks.passed,
        failed: checks.failed,
        left_out: BTreeMap::new(),
        errors: String::new(),
    };
    report.say("cast");
    kept.end().await?;
    table::assert_passed("cast", &report);
    Ok(())
}
