//! The node that is asked what a Nitro node was asked: one of this process, which is set as the recorded one was, or one at a
//! URL, where a key pays for what can be sent.

use std::time::Duration;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, Bytes, TxKind, U256, address, hex};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{SolCall, sol};
use alloy::transports::http::reqwest::{Client, Url};
use serde_json::{Value, json};
use stylus_devnode::NodeHandle;
use tokio::runtime::Runtime;

/// A chain owner of a dev chain.
pub(crate) const OWNER: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");
/// Its owners are asked here.
const OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// Owners set parameters here.
const OWNERS: Address = address!("0000000000000000000000000000000000000070");
/// The precompile for debugging.
const DEBUG: Address = address!("00000000000000000000000000000000000000ff");
/// Looks for a receipt, and the pause between two of them.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// The two opcodes of a contract that gives its ether away.
const PUSH20: u8 = 0x73;
const SELFDESTRUCT: u8 = 0xff;
/// Gas of what the key sends.
const GAS: u64 = 10_000_000;

sol! {
    #![sol(alloy_sol_types = alloy::sol_types)]
    function isChainOwner(address addr) external view returns (bool);
    function becomeChainOwner() external;
    function setL1PricePerUnit(uint256 price) external;
}

/// How accounts are set.
enum Control {
    /// By methods of anvil.
    Anvil,
    /// By transactions of a rich account, which is a chain owner where owners are needed.
    Key(Box<PrivateKeySigner>),
    /// Not at all.
    None,
}

/// A node that answers.
pub(crate) struct RecordedNode {
    url: Url,
    client: Client,
    runtime: Runtime,
    control: Control,
    /// Ends with this value.
    _embedded: Option<NodeHandle>,
}

impl RecordedNode {
    /// One of this process.
    pub(crate) fn embedded(node: NodeHandle) -> Self {
        let url = node.endpoint();
        Self::at(&url, Control::Anvil, Some(node))
    }

    /// The one at a URL; the file has a private key in hexadecimal.
    pub(crate) fn remote(url: &str, key_file: Option<&str>) -> Self {
        let control = match key_file {
            None => Control::None,
            Some(file) => {
                let key = std::fs::read_to_string(file)
                    .unwrap_or_else(|error| panic!("the key of RPC_KEY_FILE, {file}: {error}"));
                let key = key.trim().parse();
                Control::Key(Box::new(key.expect("a private key in hexadecimal")))
            }
        };
        Self::at(url, control, None)
    }

    fn at(url: &str, control: Control, embedded: Option<NodeHandle>) -> Self {
        let url = url.parse().expect("a URL, such as http://127.0.0.1:8547");
        let client = alloy::transports::http_client(&url).build();
        Self {
            client: client.expect("a client"),
            url,
            runtime: Runtime::new().expect("threads"),
            control,
            _embedded: embedded,
        }
    }

    /// Whether transactions can be sent, and accounts set.
    pub(crate) fn can_send(&self) -> bool {
        !matches!(self.control, Control::None)
    }

    /// Whether the key is that of a chain owner, which it becomes where the chain has the precompile for debugging.
    pub(crate) fn become_owner(&self) -> bool {
        let becomes = || {
            self.send(
                TxKind::Call(DEBUG),
                U256::ZERO,
                becomeChainOwnerCall {}.abi_encode(),
            )
        };
        self.is_owned() || (self.can_send() && becomes().is_ok() && self.is_owned())
    }

    /// Data costs nothing from now on, as on the recorded chains.
    pub(crate) fn set_l1_price_to_zero(&self) {
        let call = setL1PricePerUnitCall { price: U256::ZERO };
        let sent = self.send(TxKind::Call(OWNERS), U256::ZERO, call.abi_encode());
        sent.expect("an owner sets the price");
    }

    /// Whether the key is that of a chain owner.
    fn is_owned(&self) -> bool {
        let Control::Key(key) = &self.control else {
            return false;
        };
        let call = isChainOwnerCall {
            addr: key.address(),
        };
        let call = json!({ "to": OWNER_PUBLIC, "data": Bytes::from(call.abi_encode()) });
        self.number("eth_call", json!([call, "latest"])) == U256::ONE
    }

    /// Whether its blocks have the time and the base fee that are asked for.
    pub(crate) fn has_a_clock(&self) -> bool {
        matches!(self.control, Control::Anvil)
    }

    /// The text that a body is answered with.
    pub(crate) fn post(&self, body: &str) -> String {
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .body(body.to_owned());
        let text = self
            .runtime
            .block_on(async { request.send().await?.text().await });
        text.unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// The answers of several requests, sent as one batch.
    pub(crate) fn batch(&self, requests: &[(&str, Value)]) -> Vec<Value> {
        let requests = requests.iter().enumerate();
        let body: Vec<Value> = requests
            .map(|(id, (method, params))| {
                json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
            })
            .collect();
        let text = self.post(&Value::from(body).to_string());
        let answers = serde_json::from_str(&text);
        let mut answers: Vec<Value> =
            answers.unwrap_or_else(|error| panic!("expected a list, found {text}: {error}"));
        answers.sort_by_key(|answer| answer["id"].as_u64());
        answers
    }

    /// The answer of one request.
    pub(crate) fn ask(&self, method: &str, params: Value) -> Value {
        let mut answers = self.batch(&[(method, params)]);
        answers.pop().unwrap_or_default()
    }

    /// The result of a request that must succeed.
    pub(crate) fn rpc(&self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn number(&self, method: &str, params: Value) -> U256 {
        let found = self.rpc(method, params);
        serde_json::from_value(found).expect("a number")
    }

    /// Gives an account a balance, at least. Ether comes from a contract that destroys itself, which no code can refuse.
    pub(crate) fn set_balance(&self, account: &Value, balance: &Value) -> Result<(), String> {
        if let Control::Anvil = self.control {
            self.rpc("anvil_setBalance", json!([account, balance]));
            return Ok(());
        }
        let has = self.number("eth_getBalance", json!([account, "latest"]));
        let wanted: U256 = serde_json::from_value(balance.clone()).expect("wei");
        if wanted <= has {
            return Ok(());
        }
        let to: Address = serde_json::from_value(account.clone()).expect("an address");
        let code = [&[PUSH20], to.as_slice(), &[SELFDESTRUCT]].concat();
        self.send(TxKind::Create, wanted - has, code)
    }

    /// Gives an account a nonce, where that can be done.
    pub(crate) fn set_nonce(&self, account: &Value, nonce: &Value) {
        if let Control::Anvil = self.control {
            self.rpc("anvil_setNonce", json!([account, nonce]));
        }
    }

    /// A call of a chain owner.
    pub(crate) fn own(&self, call: &Value) -> Result<(), String> {
        if let Control::Anvil = self.control {
            self.rpc("anvil_impersonateAccount", json!([OWNER]));
            let (to, data) = (&call["to"], &call["data"]);
            let call = json!({ "from": OWNER, "to": to, "data": data, "gas": "0x989680" });
            self.rpc("eth_sendTransaction", json!([call]));
            return Ok(());
        }
        let to = serde_json::from_value(call["to"].clone()).expect("an address");
        let data = hex::decode(call["data"].as_str().unwrap_or_default());
        self.send(TxKind::Call(to), U256::ZERO, data.expect("hexadecimal"))
    }

    /// Sends a transaction of the key.
    fn send(&self, to: TxKind, value: U256, input: Vec<u8>) -> Result<(), String> {
        let Control::Key(key) = &self.control else {
            panic!("RPC_KEY_FILE: expected the file of a private key that pays");
        };
        let from = key.address();
        let nonce = self.number("eth_getTransactionCount", json!([from, "latest"]));
        let mut transaction = TxEip1559 {
            chain_id: self.number("eth_chainId", json!([])).saturating_to(),
            nonce: nonce.saturating_to(),
            gas_limit: GAS,
            max_fee_per_gas: self
                .number("eth_gasPrice", json!([]))
                .saturating_to::<u128>()
                * 2,
            to,
            value,
            input: input.into(),
            ..TxEip1559::default()
        };
        let signature = key.sign_transaction_sync(&mut transaction);
        let signed = transaction.into_signed(signature.expect("a signature"));
        let raw = hex::encode_prefixed(TxEnvelope::from(signed).encoded_2718());
        let answer = self.ask("eth_sendRawTransaction", json!([raw]));
        let receipt = match answer.get("result") {
            Some(hash) => self.receipt(hash),
            None => return Err(format!("a transaction of the key to {to:?}: {answer}")),
        };
        match receipt["status"] == "0x1" {
            true => Ok(()),
            false => Err(format!("a transaction of the key to {to:?} failed")),
        }
    }

    /// The receipt of a transaction, once there is one; null if none comes.
    pub(crate) fn receipt(&self, hash: &Value) -> Value {
        for _ in 0..LOOKS {
            let receipt = self.rpc("eth_getTransactionReceipt", json!([hash]));
            if !receipt.is_null() {
                return receipt;
            }
            std::thread::sleep(PAUSE);
        }
        Value::Null
    }
}
