//! What a node prints while it runs: console lines, and what became of each transaction.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use alloy::primitives::{Address, Bytes, U256, address};
use alloy::sol_types::{SolCall, SolError, sol};
use serde_json::{Value, json};

use crate::evm::{counter, reverting};
use crate::stylus::activation_of;
use crate::support::{LONGEST_WAIT, binary, created, request, rpc, set_code, transact};

sol! {
    #![sol(alloy_sol_types = alloy::sol_types)]
    function log(string text, uint256 number) external pure;
    error Error(string reason);
    error Custom(uint256 number);
}

/// `CALLDATACOPY(0, 0, size); STATICCALL(gas, console.log, 0, size, 0, 0)`
const FORWARDING: &str = "0x365f5f375f5f365f6a636f6e736f6c652e6c6f675afa00";

/// Writes its text to the console.
const TALKING: &str = r#"(module
    (import "console" "log_txt" (func $log (param i32 i32)))
    (memory (export "memory") 1 1)
    (data (i32.const 0) "hello from a program")
    (func (export "user_entrypoint") (param i32) (result i32)
        (call $log (i32.const 0) (i32.const 20))
        (i32.const 0)))"#;

/// A process whose lines after the ready line are read.
struct Terminal {
    child: Child,
    port: u16,
    lines: Receiver<String>,
}

impl Terminal {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(binary())
            .args(["-p", "0"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut printed = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let port = printed.by_ref().find_map(|line| {
            let line = line.expect("text");
            let address = line.strip_prefix("Listening on ")?.to_owned();
            address.rsplit_once(':')?.1.parse().ok()
        });
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in printed.map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self {
            child,
            port: port.expect("a ready line"),
            lines,
        }
    }

    /// The next line that has this, and those before it.
    fn until(&self, wanted: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let line = self.lines.recv_timeout(LONGEST_WAIT);
            seen.push(line.unwrap_or_else(|_| panic!("no {wanted:?} after {seen:#?}")));
            if seen.last().is_some_and(|line| line.contains(wanted)) {
                return seen;
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

#[test]
fn each_transaction_is_printed_with_gas_contract_and_the_reason_of_a_failure() {
    let terminal = Terminal::start(&[]);
    let port = terminal.port;
    let accounts = rpc(port, "eth_accounts", json!([]));
    let from = &accounts[0];
    let receipt = transact(port, json!({ "from": from, "data": counter() }));
    let seen = terminal.until("Gas used").join("\n");
    assert!(seen.contains(text(&receipt["transactionHash"])), "{seen}");
    let contract: Address = serde_json::from_value(receipt["contractAddress"].clone()).unwrap();
    assert!(
        seen.contains(&format!("Contract created: {contract}")),
        "{seen}"
    );
    let gas = u64::from_str_radix(&text(&receipt["gasUsed"])[2..], 16).expect("gas");
    assert!(seen.contains(&format!("Gas used: {gas}")), "{seen}");
    terminal.until("Block Number: 1");

    let failing = |data: String| {
        let create = json!({ "from": from, "data": data, "gas": "0x7a120" });
        assert_eq!(transact(port, create)["status"], "0x0");
        terminal.until("Error:").join("\n")
    };
    let named = Error {
        reason: "no such item\u{1b}[2J\u{202e}".into(),
    };
    let seen = failing(reverting(&named.abi_encode()));
    assert!(seen.contains("no such item"), "{seen}");
    assert!(
        !seen.contains('\u{1b}') && !seen.contains('\u{202e}'),
        "{seen}"
    );
    let custom = Custom {
        number: U256::from(7),
    };
    let seen = failing(reverting(&custom.abi_encode()));
    let selector = alloy::primitives::hex::encode_prefixed(Custom::SELECTOR);
    assert!(seen.contains(&selector), "{seen}");
    let seen = failing("0xfe".into());
    assert!(seen.contains("invalid opcode"), "{seen}");
}

#[test]
fn console_lines_of_programs_and_of_solidity_are_printed() {
    let terminal = Terminal::start(&[]);
    let port = terminal.port;
    let accounts = rpc(port, "eth_accounts", json!([]));
    let from: Address = serde_json::from_value(accounts[0].clone()).unwrap();
    let code = stylus_vm::compress(&wat::parse_str(TALKING).unwrap()).unwrap();
    let length = u8::try_from(code.len()).unwrap();
    let init = format!("0x60{length:02x}80600a5f395ff3fe{}", hex::encode(&code));
    let program = created(port, from, &init);
    let to = address!("0000000000000000000000000000000000000071");
    let activation = json!({
        "from": from, "to": to, "value": "0xde0b6b3a7640000", "data": activation_of(&program),
    });
    assert_eq!(transact(port, activation)["status"], "0x1");
    transact(
        port,
        json!({ "from": from, "to": program, "gas": "0x7a120" }),
    );
    terminal.until("hello from a program");

    let caller = Address::repeat_byte(0xca);
    set_code(port, &caller, FORWARDING);
    let data = Bytes::from(
        logCall {
            text: "the answer is".into(),
            number: U256::from(42),
        }
        .abi_encode(),
    );
    let call = json!({ "from": from, "to": caller, "data": data, "gas": "0x7a120" });
    transact(port, call.clone());
    terminal.until("the answer is 42");
    // Calls, too; and what does not decode is no harm.
    request(port, "eth_call", json!([call, "latest"]));
    terminal.until("the answer is 42");
    let odd = json!({ "from": from, "to": caller, "data": "0x41304fac00", "gas": "0x7a120" });
    assert_eq!(transact(port, odd)["status"], "0x1");
    terminal.until("Gas used");
}

#[test]
fn quiet_silences_all_of_it() {
    let mut child = Command::new(binary())
        .args(["-p", "0", "--quiet", "--config-out", "/dev/null"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // It does not say its port: the system does.
    let port = crate::support::eventually("a port", || listening(child.id()));
    let accounts = rpc(port, "eth_accounts", json!([]));
    transact(port, json!({ "from": accounts[0], "to": accounts[1] }));
    child.kill().expect("our own child");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// The port that a process listens on, as Linux tells it.
fn listening(pid: u32) -> Option<u16> {
    let sockets: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .ok()?
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| {
            let link = link.to_str()?.to_owned();
            Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(3) == Some(&"0A");
        let owned = sockets
            .iter()
            .any(|inode| Some(&inode.as_str()) == fields.get(9));
        let (_, port) = fields.get(1)?.split_once(':')?;
        (listens && owned).then(|| u16::from_str_radix(port, 16).ok())?
    })
}
