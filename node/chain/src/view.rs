//! The state as an execution reads it: the state at some version, with overrides on top.

use crate::{
    arbos::{STATE, history, l1_blocks},
    ledger::Ledger,
    state_db::{StateDb, bytecode},
    types::Overrides,
};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, map::HashMap};
use revm::{
    Database,
    state::{AccountInfo, Bytecode},
};
use std::convert::Infallible;

/// Overridden values of one call.
#[derive(Default)]
pub(crate) struct Overlay {
    accounts: HashMap<Address, OverlayAccount>,
    codes: HashMap<B256, Bytecode>,
}

#[derive(Default)]
struct OverlayAccount {
    balance: Option<U256>,
    nonce: Option<u64>,
    code_hash: Option<B256>,
    /// True when slots that are not listed read as zero.
    whole: bool,
    slots: HashMap<U256, U256>,
}

impl Overlay {
    /// `None` when there is nothing to override.
    pub(crate) fn new(overrides: &Overrides) -> Option<Self> {
        if overrides.accounts.is_empty() {
            return None;
        }
        let mut overlay = Self::default();
        for (address, change) in &overrides.accounts {
            let slots = [&change.state, &change.state_diff]
                .into_iter()
                .flatten()
                .flatten();
            let code_hash = change.code.as_ref().map(|code| {
                if code.is_empty() {
                    return KECCAK256_EMPTY;
                }
                let code = bytecode(code.clone());
                let hash = code.hash_slow();
                overlay.codes.insert(hash, code);
                hash
            });
            overlay.accounts.insert(
                *address,
                OverlayAccount {
                    balance: change.balance,
                    nonce: change.nonce,
                    code_hash,
                    whole: change.state.is_some(),
                    slots: slots
                        .map(|(slot, value)| ((*slot).into(), (*value).into()))
                        .collect(),
                },
            );
        }
        Some(overlay)
    }
}

/// A reader of the state for revm.
#[derive(Clone, Copy)]
pub(crate) struct StateView<'a> {
    pub(crate) state_db: &'a StateDb,
    pub(crate) ledger: &'a Ledger,
    /// Version of the state to read.
    pub(crate) at: u64,
    /// The newest block whose hash EIP-2935's contract keeps.
    pub(crate) parent: u64,
    pub(crate) overlay: Option<&'a Overlay>,
}

impl StateView<'_> {
    pub(crate) fn slot(&self, address: Address, slot: U256) -> U256 {
        if let Some(changed) = self
            .overlay
            .and_then(|overlay| overlay.accounts.get(&address))
        {
            if let Some(value) = changed.slots.get(&slot) {
                return *value;
            }
            if changed.whole {
                return U256::ZERO;
            }
        }
        let history = || {
            let slot = u64::try_from(slot).ok()?;
            Some(self.ledger.history(slot, self.parent)?.into())
        };
        if address == history::ADDRESS && self.state_db.is_forked() {
            // The source has the hashes of blocks before the first one here.
            return history().unwrap_or_else(|| self.state_db.slot(address, slot, self.at));
        }
        let written = self.state_db.slot(address, slot, self.at);
        if address == history::ADDRESS && written.is_zero() {
            return history().unwrap_or_default();
        }
        written
    }

    pub(crate) fn info(&self, address: Address) -> Option<AccountInfo> {
        let account = self.state_db.account(address, self.at);
        let changed = self
            .overlay
            .and_then(|overlay| overlay.accounts.get(&address));
        if account.is_none() && changed.is_none() {
            return None;
        }
        let account = account.unwrap_or_default();
        let pick = changed
            .map(|c| (c.balance, c.nonce, c.code_hash))
            .unwrap_or_default();
        Some(AccountInfo {
            balance: pick.0.unwrap_or(account.balance),
            nonce: pick.1.unwrap_or(account.nonce),
            code_hash: pick.2.unwrap_or(account.code_hash),
            account_id: None,
            code: None,
        })
    }

    pub(crate) fn code(&self, hash: B256) -> Bytecode {
        let overridden = self.overlay.and_then(|overlay| overlay.codes.get(&hash));
        overridden
            .cloned()
            .unwrap_or_else(|| self.state_db.code(hash))
    }
}

impl Database for StateView<'_> {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.info(address))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.code(code_hash))
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.slot(address, slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        // BLOCKHASH asks for blocks of L1. Those out of reach it has answered itself.
        Ok(self.slot(STATE, l1_blocks::slot(number)).into())
    }
}
