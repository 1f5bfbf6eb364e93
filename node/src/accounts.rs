//! The dev accounts: the mnemonic's, as anvil lists them, and the one of a nitro devnode.

use std::sync::OnceLock;

use alloy::primitives::{Address, B256, U256, b256};
use alloy::signers::local::PrivateKeySigner;
use coins_bip32::path::DerivationPath;
use coins_bip32::prelude::Parent;
use coins_bip39::{English, Mnemonic};

use crate::error::NodeError;

/// The phrase that anvil, hardhat and half of the world's test suites start with.
pub const DEFAULT_MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Parent of the account keys; the account's index is appended (BIP-44, Ethereum).
pub const DEFAULT_DERIVATION_PATH: &str = "m/44'/60'/0'/0/";

/// Private key of the account that a nitro devnode funds, hard-coded in many scripts. It
/// belongs to [`NITRO_DEV_ACCOUNT`](crate::accounts::nitro_dev_signer).
pub const NITRO_DEV_KEY: B256 =
    b256!("b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659");

/// The dev accounts that a node offers.
#[derive(Clone, Debug)]
pub struct AccountsConfig {
    /// The number of accounts that are derived from the phrase (default 10).
    pub count: u32,
    /// The BIP-39 phrase (English).
    pub mnemonic: String,
    /// Parent derivation path; the index is appended.
    pub derivation_path: String,
    /// Balance of each dev account, in wei (default 10,000 ETH).
    pub balance: U256,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self {
            count: 10,
            mnemonic: DEFAULT_MNEMONIC.to_owned(),
            derivation_path: DEFAULT_DERIVATION_PATH.to_owned(),
            balance: ether(10_000),
        }
    }
}

/// `amount` ETH in wei.
pub fn ether(amount: u64) -> U256 {
    U256::from(amount) * U256::from(1_000_000_000_000_000_000u64)
}

/// The accounts whose keys the node knows.
#[derive(Clone, Debug)]
pub struct DevAccounts {
    mnemonic: Vec<PrivateKeySigner>,
    nitro: PrivateKeySigner,
}

impl DevAccounts {
    /// Derives the keys.
    ///
    /// # Errors
    /// [`NodeError::Mnemonic`] for a phrase or path that BIP-39 or BIP-32 refuses.
    pub fn derive(config: &AccountsConfig) -> Result<Self, NodeError> {
        Ok(Self {
            mnemonic: derive_keys(config)?,
            nitro: nitro_dev_signer()?,
        })
    }

    /// The account of a nitro devnode, and no others.
    pub(crate) fn nitro_alone() -> Result<Self, NodeError> {
        Ok(Self {
            mnemonic: Vec::new(),
            nitro: nitro_dev_signer()?,
        })
    }

    /// The accounts of the phrase, in order of their index.
    pub fn mnemonic(&self) -> &[PrivateKeySigner] {
        &self.mnemonic
    }

    /// The account of a nitro devnode.
    pub fn nitro(&self) -> &PrivateKeySigner {
        &self.nitro
    }

    /// Every account: the phrase's, then the nitro dev account.
    pub fn all(&self) -> impl Iterator<Item = &PrivateKeySigner> {
        self.mnemonic.iter().chain(std::iter::once(&self.nitro))
    }

    /// The key of `address`, if this node has it.
    pub fn signer(&self, address: Address) -> Option<&PrivateKeySigner> {
        self.all().find(|signer| signer.address() == address)
    }
}

/// The nitro dev account's key as a signer.
///
/// # Errors
/// [`NodeError::Mnemonic`] never in practice: the key is a constant and tested.
pub fn nitro_dev_signer() -> Result<PrivateKeySigner, NodeError> {
    PrivateKeySigner::from_bytes(&NITRO_DEV_KEY)
        .map_err(|error| NodeError::Mnemonic(error.to_string()))
}

/// A fresh phrase of `words` words (12, 15, 18, 21 or 24); equal seeds give equal phrases.
///
/// # Errors
/// [`NodeError::Mnemonic`] for another number of words.
pub fn random_phrase(words: usize, seed: Option<u64>) -> Result<String, NodeError> {
    let entropy_bytes = match words {
        12 | 15 | 18 | 21 | 24 => words / 3 * 4,
        other => {
            return Err(NodeError::Mnemonic(format!(
                "a phrase has 12, 15, 18, 21 or 24 words, not {other}"
            )));
        }
    };
    let entropy = match seed {
        Some(seed) => alloy::primitives::keccak256(seed.to_be_bytes()),
        None => B256::random(),
    };
    let entropy = coins_bip39::Entropy::from_slice(&entropy[..entropy_bytes])
        .map_err(|error| NodeError::Mnemonic(error.to_string()))?;
    Ok(Mnemonic::<English>::new_from_entropy(entropy).to_phrase())
}

/// Keys of the phrase. The default ten are kept for the process: key stretching costs more
/// than starting the rest of the node.
fn derive_keys(config: &AccountsConfig) -> Result<Vec<PrivateKeySigner>, NodeError> {
    static DEFAULT: OnceLock<Vec<PrivateKeySigner>> = OnceLock::new();
    let plain = AccountsConfig::default();
    let is_default = config.mnemonic == plain.mnemonic
        && config.derivation_path == plain.derivation_path
        && config.count == plain.count;
    if !is_default {
        return derive_range(config);
    }
    match DEFAULT.get() {
        Some(keys) => Ok(keys.clone()),
        None => derive_range(config).map(|keys| DEFAULT.get_or_init(|| keys).clone()),
    }
}

fn derive_range(config: &AccountsConfig) -> Result<Vec<PrivateKeySigner>, NodeError> {
    let refuse = |error: String| NodeError::Mnemonic(error);
    let phrase = Mnemonic::<English>::new_from_phrase(&config.mnemonic)
        .map_err(|e| refuse(e.to_string()))?;
    let parent_path = config.derivation_path.trim_end_matches('/');
    let path: DerivationPath = parent_path
        .parse()
        .map_err(|e: coins_bip32::Bip32Error| refuse(e.to_string()))?;
    let parent = phrase
        .derive_key(path, None)
        .map_err(|e| refuse(e.to_string()))?;
    (0..config.count)
        .map(|index| {
            let child = parent
                .derive_child(index)
                .map_err(|e| refuse(e.to_string()))?;
            let key: &coins_bip32::ecdsa::SigningKey = child.as_ref();
            Ok(PrivateKeySigner::from_signing_key(key.clone()))
        })
        .collect()
}
