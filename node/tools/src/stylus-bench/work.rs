//! What is measured.

use std::thread;
use std::time::{Duration, Instant};

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, Bytes, TxKind, U256, hex};
use alloy::signers::local::PrivateKeySigner;
use serde_json::{Value, json};
use stylus_devnode::{AccountsConfig, DevAccounts};

use crate::Fallible;
use crate::client::Client;
use crate::peer::Node;

/// Connections that send at the same time; each sends for accounts of its own.
pub(crate) const CONNECTIONS: usize = 4;
const CHAINS: [(&str, u64); 2] = [("0x64aba", 412_346), ("0x7a69", 31_337)];
/// Anvil sometimes leaves transactions of a full pool unmined until something else happens; after
/// this long without progress it is sent a request to mine.
const STALL: Duration = Duration::from_millis(50);
/// Longest wait for progress.
const LIMIT: Duration = Duration::from_secs(30);
const GAS_PRICE: u128 = 10_000_000_000;
/// What the proxy delegates to: adds one to slot 0.
const COUNTER: &str = r#"(module
    (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32)
        (call $load (i32.const 0) (i32.const 32))
        (i32.store (i32.const 60) (i32.add (i32.load (i32.const 60)) (i32.const 1)))
        (call $store (i32.const 0) (i32.const 32))
        (call $flush (i32.const 0))
        (i32.const 0)))"#;
/// Delegates everything to the address at byte 12 of its data segment, and passes the end on.
const PROXY: &str = r#"(module
    (import "vm_hooks" "read_args" (func $read_args (param i32)))
    (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
    (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
    (import "vm_hooks" "read_return_data" (func $read (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1 1)
    (data (i32.const 0) "IMPLEMENTATION")
    (func (export "user_entrypoint") (param $len i32) (result i32) (local $status i32)
        (call $read_args (i32.const 64))
        (local.set $status (call $delegate
            (i32.const 0) (i32.const 64) (local.get $len) (i64.const -1) (i32.const 32)))
        (call $write_result (i32.const 64)
            (call $read (i32.const 64) (i32.const 0) (i32.load (i32.const 32))))
        (local.get $status)))"#;
const ARB_WASM: Address = Address::with_last_byte(0x71);

/// The same work for every node.
pub(crate) struct Work {
    accounts: Vec<PrivateKeySigner>,
    transactions: usize,
    /// Signed transfers by chain and connection, in order of nonces.
    transfers: Vec<(u64, Vec<Vec<String>>)>,
}

impl Work {
    pub(crate) fn new(transactions: usize) -> Fallible<Self> {
        let accounts = DevAccounts::derive(&AccountsConfig::default())?
            .mnemonic()
            .to_vec();
        let mut work = Self {
            accounts,
            transactions,
            transfers: Vec::new(),
        };
        for (_, chain) in CHAINS {
            let to = TxKind::Call(Address::repeat_byte(0xb0));
            let signed = work.signed(chain, to, U256::from(1), Bytes::new(), 21_000, 0)?;
            work.transfers.push((chain, signed));
        }
        Ok(work)
    }

    /// As many transactions as requested, signed, for each connection.
    fn signed(
        &self,
        chain_id: u64,
        to: TxKind,
        value: U256,
        input: Bytes,
        gas_limit: u64,
        first_nonce: u64,
    ) -> Fallible<Vec<Vec<String>>> {
        let each = self.transactions.div_ceil(CONNECTIONS) as u64;
        let sign = |signer: &PrivateKeySigner, nonce: u64| -> Fallible<String> {
            let mut tx = TxEip1559 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: GAS_PRICE,
                max_priority_fee_per_gas: 0,
                to,
                value,
                input: input.clone(),
                ..TxEip1559::default()
            };
            let signature = signer.sign_transaction_sync(&mut tx)?;
            let envelope: TxEnvelope = tx.into_signed(signature).into();
            Ok(hex::encode_prefixed(envelope.encoded_2718()))
        };
        thread::scope(|scope| {
            let lists: Vec<_> = self
                .accounts
                .iter()
                .take(CONNECTIONS)
                .map(|signer| {
                    scope.spawn(move || {
                        let nonces = first_nonce..first_nonce + each;
                        nonces.map(|nonce| sign(signer, nonce)).collect()
                    })
                })
                .collect();
            let join = |list: thread::ScopedJoinHandle<'_, Fallible<Vec<String>>>| {
                list.join().map_err(|_| "signing panicked")?
            };
            lists.into_iter().map(join).collect()
        })
    }

    /// Transfers per second, until the last one is mined.
    pub(crate) fn transfers(&self, node: &Node, batch: usize) -> Fallible<f64> {
        let id = Client::connect(&node.host)?.ask("eth_chainId", json!([]))?;
        let chain = CHAINS.iter().find(|(hex, _)| id == *hex).map(|(_, id)| *id);
        let lists = self.transfers.iter().find(|(id, _)| Some(*id) == chain);
        let (_, lists) = lists.ok_or_else(|| format!("an unknown chain id: {id}"))?;
        self.send(node, lists, batch)
    }

    fn send(&self, node: &Node, lists: &[Vec<String>], batch: usize) -> Fallible<f64> {
        let bodies: Vec<Vec<String>> = lists
            .iter()
            .map(|list| list.chunks(batch).map(body).collect())
            .collect();
        let mut watch = Client::connect(&node.host)?;
        let nonces = |watch: &mut Client| -> Fallible<Vec<u64>> {
            let senders = self.accounts.iter().take(CONNECTIONS);
            senders
                .map(|sender| nonce(watch, sender.address()))
                .collect()
        };
        let before = nonces(&mut watch)?;
        let begin = Instant::now();
        thread::scope(|scope| -> Fallible<()> {
            let senders: Vec<_> = bodies
                .iter()
                .map(|bodies| scope.spawn(|| send_all(&node.host, bodies)))
                .collect();
            for sender in senders {
                sender.join().map_err(|_| "a sender panicked")??;
            }
            Ok(())
        })?;
        let sent: usize = lists.iter().map(Vec::len).sum();
        let before: u64 = before.iter().sum();
        let (mut mined, mut last) = (0, begin.elapsed());
        while mined < sent as u64 {
            let now = nonces(&mut watch)?.iter().sum::<u64>() - before;
            if now > mined {
                (mined, last) = (now, begin.elapsed());
            } else if begin.elapsed() - last > LIMIT {
                return Err(format!("only {mined} of {sent} transactions were mined").into());
            } else if begin.elapsed() - last > STALL {
                watch.ask("evm_mine", json!([]))?;
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(mined as f64 / last.as_secs_f64())
    }

    /// Deploys and activates the counter and a proxy of it.
    pub(crate) fn install_proxy(&self, node: &Node) -> Fallible<Address> {
        let mut client = Client::connect(&node.host)?;
        let counter = install(&mut client, self.accounts[9].address(), COUNTER)?;
        let bytes: String = counter.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let proxy = PROXY.replace("IMPLEMENTATION", &bytes);
        install(&mut client, self.accounts[9].address(), &proxy)
    }

    /// Transactions to the proxy per second.
    pub(crate) fn stylus_transactions(&self, node: &Node, proxy: Address) -> Fallible<f64> {
        let to = TxKind::Call(proxy);
        let lists = self.signed(CHAINS[0].1, to, U256::ZERO, Bytes::new(), 200_000, 0)?;
        let speed = self.send(node, &lists, 100)?;
        let count = Client::connect(&node.host)?
            .ask("eth_getStorageAt", json!([proxy, "0x0", "latest"]))?;
        let sent: usize = lists.iter().map(Vec::len).sum();
        let found = serde_json::from_value::<alloy::primitives::B256>(count)?;
        // The program counts in WebAssembly's byte order.
        let found = u32::from_le_bytes([found[28], found[29], found[30], found[31]]) as usize;
        if found != sent {
            return Err(format!("the counter shows {found} after {sent} calls").into());
        }
        Ok(speed)
    }

    /// `eth_call`s of the proxy per second.
    pub(crate) fn stylus_calls(&self, node: &Node, proxy: Address) -> Fallible<f64> {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call",
            "params": [{ "to": proxy }, "latest"] });
        let batch = Value::Array(vec![call; 100]).to_string();
        let bodies = vec![batch; self.transactions.div_ceil(100 * CONNECTIONS)];
        let begin = Instant::now();
        thread::scope(|scope| -> Fallible<()> {
            let threads: Vec<_> = (0..CONNECTIONS)
                .map(|_| scope.spawn(|| send_all(&node.host, &bodies)))
                .collect();
            for thread in threads {
                thread.join().map_err(|_| "a caller panicked")??;
            }
            Ok(())
        })?;
        let calls = bodies.len() * 100 * CONNECTIONS;
        Ok(calls as f64 / begin.elapsed().as_secs_f64())
    }
}

/// One request, or a batch of several.
fn body(signed: &[String]) -> String {
    let request = |raw: &String| json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw] });
    match signed {
        [one] => request(one).to_string(),
        many => Value::Array(many.iter().map(request).collect()).to_string(),
    }
}

fn send_all(host: &str, bodies: &[String]) -> Fallible<()> {
    let mut client = Client::connect(host)?;
    for body in bodies {
        let answer = client.post(body)?;
        // Searched, not parsed: the client must not be what is measured.
        if answer.windows(8).any(|part| part == b"\"error\":") {
            return Err(String::from_utf8_lossy(&answer).into_owned().into());
        }
    }
    Ok(())
}

fn nonce(client: &mut Client, account: Address) -> Fallible<u64> {
    let nonce = client.ask("eth_getTransactionCount", json!([account, "latest"]))?;
    let text = nonce.as_str().unwrap_or_default();
    Ok(u64::from_str_radix(text.trim_start_matches("0x"), 16)?)
}

fn install(client: &mut Client, from: Address, wat: &str) -> Fallible<Address> {
    let code = stylus_vm::compress(&wat::parse_str(wat)?)?;
    let len = u8::try_from(code.len()).map_err(|_| "a program of more than 255 bytes")?;
    // PUSH1 len, DUP1, PUSH1 9, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN
    let mut init = vec![0x60, len, 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3];
    init.extend_from_slice(&code);
    let deployed = transact(client, json!({ "from": from, "data": Bytes::from(init) }))?;
    let program: Address = serde_json::from_value(deployed["contractAddress"].clone())?;
    // activateProgram(address)
    let input = [&hex!("58c780c2")[..], program.into_word().as_slice()].concat();
    let activation = json!({ "from": from, "to": ARB_WASM, "data": Bytes::from(input),
        "value": "0xde0b6b3a7640000", "gas": "0x989680" });
    transact(client, activation)?;
    Ok(program)
}

fn transact(client: &mut Client, transaction: Value) -> Fallible<Value> {
    let hash = client.ask("eth_sendTransaction", json!([transaction]))?;
    let receipt = client.ask("eth_getTransactionReceipt", json!([hash]))?;
    match receipt["status"].as_str() {
        Some("0x1") => Ok(receipt),
        _ => Err(format!("a transaction failed: {receipt}").into()),
    }
}
