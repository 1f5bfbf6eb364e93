//! The walkthrough on a chain that others run, with keys in files, and what was asked and answered there.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use alloy::network::TransactionBuilder;
use alloy::primitives::{B256, U256};
use alloy::providers::{Provider, ProviderBuilder, WalletProvider};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::local::PrivateKeySigner;
use stylus_upgrades_harness::{HarnessError, home};

use super::{ACCOUNTS, execute_at, with_key_file};
use crate::command::key_file;

const PAGE: &str = "docs/walkthrough.md";
/// The chain that the page is about.
const CHAIN: &str = "412346";
/// Units of gas that each account of [`ACCOUNTS`] can pay for at twice the price of the beginning. The first one
/// deploys everything: about 330 million.
const GAS: [u64; 3] = [500_000_000, 100_000_000, 50_000_000];

/// A walk.
pub(super) struct Walk {
    /// The endpoint.
    pub(super) url: String,
    /// The file with the key of the account that pays; without it, the accounts have to own enough.
    pub(super) payer: Option<PathBuf>,
    /// Where the keys of the page's accounts are, in files of their names (those that are not there are made), and
    /// where a recording of each command is written.
    pub(super) folder: PathBuf,
}

impl Walk {
    /// Executes the page, and returns how many commands it recorded.
    pub(super) async fn run(&self) -> Result<usize, HarnessError> {
        let keys = ACCOUNTS.map(|(name, _)| self.key(name));
        let chain = self.pay_for(&keys).await;
        let text = fs::read_to_string(home().join(PAGE)).expect("the page");
        let mut text: String = text.lines().map(elsewhere).collect();
        text = text.replace(CHAIN, &chain.to_string());
        for ((_, of_the_page), key) in ACCOUNTS.iter().zip(&keys) {
            text = text.replace(&of_the_page.to_string(), &key.address().to_string());
        }
        let recorded = Cell::new(0);
        let typed = |command: &str| {
            let command = with_key_file(command, &self.folder);
            let number = recorded.replace(recorded.get() + 1);
            let record = self.folder.join(format!("{number:02}.jsonl"));
            format!("{command} --record {}", record.display())
        };
        execute_at((PAGE, &text), &self.url, typed)?;
        Ok(recorded.get())
    }

    /// The key of that account.
    fn key(&self, name: &str) -> PrivateKeySigner {
        let file = self.folder.join(name);
        if file.exists() {
            return read(&file);
        }
        let key = PrivateKeySigner::random();
        key_file(&file, &key);
        key
    }

    /// Gives the accounts what they need of what the payer has, and returns the chain's id.
    async fn pay_for(&self, keys: &[PrivateKeySigner]) -> u64 {
        let url = self.url.parse().expect("a URL");
        let client = alloy::transports::http_client(&url).build();
        let client = client.expect("a client");
        let payer = self
            .payer
            .as_deref()
            .map_or_else(PrivateKeySigner::random, read);
        let provider = ProviderBuilder::new()
            .wallet(payer)
            .connect_reqwest(client, url);
        let price = provider.get_gas_price().await.expect("a price of gas");
        for (key, gas) in keys.iter().zip(GAS) {
            let account = key.address();
            let owned = provider.get_balance(account).await.expect("a balance");
            let needed = U256::from(price).saturating_mul(U256::from(2 * gas));
            let lacks = needed.saturating_sub(owned);
            if lacks.is_zero() {
                continue;
            }
            assert!(
                self.payer.is_some(),
                "{account} has {owned} wei and needs {needed}: send it there, or give a key in RPC_KEY_FILE"
            );
            let from = provider.default_signer_address();
            let gift = TransactionRequest::default();
            let gift = gift.with_from(from).with_to(account).with_value(lacks);
            let sent = provider.send_transaction(gift).await.expect("a gift");
            let receipt = sent.get_receipt().await.expect("a receipt");
            assert!(receipt.status(), "{account} got nothing");
        }
        provider.get_chain_id().await.expect("an id")
    }
}

/// A line of the page on a chain where somebody has deployed and activated the same before, and that may not try things
/// on a copy.
fn elsewhere(line: &str) -> String {
    let is_sent_once = line.starts_with("all ") || line.contains(" deployed at 0x");
    let line = match is_sent_once {
        true => "[..]".to_owned(),
        false => line.replace("✓ pause, migration", "✓ [..]migration"),
    };
    format!("{line}\n")
}

fn read(file: &Path) -> PrivateKeySigner {
    let text = fs::read_to_string(file).expect("a key file");
    let key: B256 = text
        .trim()
        .parse()
        .expect("a key of 32 bytes, as hexadecimal digits");
    PrivateKeySigner::from_bytes(&key).expect("a key")
}
