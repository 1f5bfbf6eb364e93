//! What is measured.

use std::thread;
use std::time::{Duration, Instant};

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, Bytes, TxKind, U256, hex, keccak256};
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
/// Longest time of sending in one measurement; what was sent until then counts.
const SENDING: Duration = Duration::from_secs(60);
/// Longest wait for progress.
const LIMIT: Duration = Duration::from_secs(10);
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
    /// Transactions to a program, and calls of one.
    of_programs: usize,
    /// Signed transfers to one recipient.
    to_one: Transfers,
    /// The same to a new one each.
    to_many: Transfers,
}

/// Signed transfers by chain and connection, in order of nonces.
type Transfers = Vec<(u64, Vec<Vec<String>>)>;

/// Whom transfers go to.
#[derive(Clone, Copy)]
pub(crate) enum Recipients {
    One,
    /// A new account each: the trie grows.
    Many,
}

/// What a measurement came to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Speed {
    pub(crate) per_second: f64,
    /// CPU seconds of the node per 10,000; `None` where the system does not tell.
    pub(crate) cpu: Option<f64>,
}

impl Speed {
    /// The better one of both, each figure by itself.
    pub(crate) fn best(self, other: Self) -> Self {
        let least = self.cpu.into_iter().chain(other.cpu).reduce(f64::min);
        Self {
            per_second: self.per_second.max(other.per_second),
            cpu: least,
        }
    }
}

impl Work {
    /// `transactions` to one recipient, in measurements of these lengths, and to so many new ones.
    pub(crate) fn new(transactions: &[usize], recipients: usize) -> Fallible<Self> {
        let (most, least) = (transactions.iter().max(), transactions.iter().min());
        let most = *most.ok_or("--transactions names no number")?;
        let accounts = DevAccounts::derive(&AccountsConfig::default())?
            .mnemonic()
            .to_vec();
        let mut work = Self {
            accounts,
            of_programs: least.copied().unwrap_or(most),
            to_one: Vec::new(),
            to_many: Vec::new(),
        };
        let transfers = |count: usize, to: &(dyn Fn(usize, u64) -> Address + Sync)| {
            let signed = CHAINS.map(|(_, chain_id)| {
                let transfer = TxEip1559 {
                    chain_id,
                    gas_limit: 21_000,
                    value: U256::from(1),
                    ..TxEip1559::default()
                };
                Ok((chain_id, work.signed(count, &transfer, to)?))
            });
            signed.into_iter().collect::<Fallible<Transfers>>()
        };
        let to_one = transfers(most, &|_, _| Address::repeat_byte(0xb0))?;
        let to_many = transfers(recipients, &|sender, nonce| {
            let number = [(sender as u64 + 1).to_be_bytes(), nonce.to_be_bytes()].concat();
            Address::from_slice(&keccak256(number)[12..])
        })?;
        (work.to_one, work.to_many) = (to_one, to_many);
        Ok(work)
    }

    /// So many transactions, signed, for each connection, and to whom by connection and nonce.
    fn signed(
        &self,
        count: usize,
        like: &TxEip1559,
        to: &(dyn Fn(usize, u64) -> Address + Sync),
    ) -> Fallible<Vec<Vec<String>>> {
        let each = count.div_ceil(CONNECTIONS) as u64;
        let sign = |index: usize, signer: &PrivateKeySigner, nonce: u64| -> Fallible<String> {
            let mut tx = TxEip1559 {
                nonce,
                max_fee_per_gas: GAS_PRICE,
                to: TxKind::Call(to(index, nonce)),
                ..like.clone()
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
                .enumerate()
                .map(|(index, signer)| {
                    scope.spawn(move || (0..each).map(|nonce| sign(index, signer, nonce)).collect())
                })
                .collect();
            let join = |list: thread::ScopedJoinHandle<'_, Fallible<Vec<String>>>| {
                list.join().map_err(|_| "signing panicked")?
            };
            lists.into_iter().map(join).collect()
        })
    }

    /// Transfers, until the last one is mined.
    pub(crate) fn transfers(
        &self,
        node: &Node,
        recipients: Recipients,
        (count, batch): (usize, usize),
    ) -> Fallible<Speed> {
        let id = Client::connect(&node.host)?.ask("eth_chainId", json!([]))?;
        let chain = CHAINS.iter().find(|(hex, _)| id == *hex).map(|(_, id)| *id);
        let transfers = match recipients {
            Recipients::One => &self.to_one,
            Recipients::Many => &self.to_many,
        };
        let lists = transfers.iter().find(|(id, _)| Some(*id) == chain);
        let (_, lists) = lists.ok_or_else(|| format!("an unknown chain id: {id}"))?;
        let each = count.div_ceil(CONNECTIONS);
        let lists = lists.iter().map(|list| &list[..each.min(list.len())]);
        self.send(node, &lists.collect::<Vec<_>>(), batch)
    }

    fn send(&self, node: &Node, lists: &[&[String]], batch: usize) -> Fallible<Speed> {
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
        let cpu = node.cpu_seconds();
        let begin = Instant::now();
        let bodies_sent = thread::scope(|scope| -> Fallible<Vec<usize>> {
            let senders: Vec<_> = bodies
                .iter()
                .map(|bodies| scope.spawn(|| send_all(&node.host, bodies)))
                .collect();
            let join = |sender: thread::ScopedJoinHandle<'_, Fallible<usize>>| {
                sender.join().map_err(|_| "a sender panicked")?
            };
            senders.into_iter().map(join).collect()
        })?;
        let sent = lists.iter().zip(bodies_sent);
        let sent: usize = sent
            .map(|(list, bodies)| list.len().min(bodies * batch))
            .sum();
        let before: u64 = before.iter().sum();
        let (mut mined, mut last, mut cpu_then) = (0, begin.elapsed(), node.cpu_seconds());
        while mined < sent as u64 {
            let now = nonces(&mut watch)?.iter().sum::<u64>() - before;
            if now > mined {
                (mined, last, cpu_then) = (now, begin.elapsed(), node.cpu_seconds());
            } else if begin.elapsed() - last > LIMIT {
                // Anvil leaves some unmined when it is busy: what it did counts.
                if node.is_anvil && mined > sent as u64 / 2 {
                    break;
                }
                return Err(format!("only {mined} of {sent} transactions were mined").into());
            } else if begin.elapsed() - last > STALL {
                watch.ask("evm_mine", json!([]))?;
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(Speed {
            per_second: mined as f64 / last.as_secs_f64(),
            cpu: cpu_between(cpu, cpu_then, mined as usize),
        })
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
    pub(crate) fn stylus_transactions(&self, node: &Node, proxy: Address) -> Fallible<Speed> {
        let call = TxEip1559 {
            chain_id: CHAINS[0].1,
            gas_limit: 200_000,
            ..TxEip1559::default()
        };
        let lists = self.signed(self.of_programs, &call, &|_, _| proxy)?;
        let slices: Vec<_> = lists.iter().map(Vec::as_slice).collect();
        let speed = self.send(node, &slices, 100)?;
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
    pub(crate) fn stylus_calls(&self, node: &Node, proxy: Address) -> Fallible<Speed> {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call",
            "params": [{ "to": proxy }, "latest"] });
        let batch = Value::Array(vec![call; 100]).to_string();
        let bodies = vec![batch; self.of_programs.div_ceil(100 * CONNECTIONS)];
        let cpu = node.cpu_seconds();
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
        Ok(Speed {
            per_second: calls as f64 / begin.elapsed().as_secs_f64(),
            cpu: cpu_between(cpu, node.cpu_seconds(), calls),
        })
    }
}

/// CPU seconds per 10,000 of what was done between two readings.
fn cpu_between(before: Option<f64>, after: Option<f64>, done: usize) -> Option<f64> {
    Some((after? - before?) * 10_000.0 / done as f64)
}

/// One request, or a batch of several.
fn body(signed: &[String]) -> String {
    let request = |raw: &String| json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw] });
    match signed {
        [one] => request(one).to_string(),
        many => Value::Array(many.iter().map(request).collect()).to_string(),
    }
}

/// How many of the bodies were sent.
fn send_all(host: &str, bodies: &[String]) -> Fallible<usize> {
    let mut client = Client::connect(host)?;
    let begin = Instant::now();
    for (sent, body) in bodies.iter().enumerate() {
        if begin.elapsed() > SENDING {
            return Ok(sent);
        }
        let answer = client.post(body)?;
        // Searched, not parsed: the client must not be what is measured.
        if answer.windows(8).any(|part| part == b"\"error\":") {
            return Err(String::from_utf8_lossy(&answer).into_owned().into());
        }
    }
    Ok(bodies.len())
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
