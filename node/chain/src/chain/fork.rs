//! A chain that continues from a block of another one, and what it changed since.

use super::Chain;
use crate::{
    AccountView, BlockId, ChainConfig, ChainError, Source,
    arbos::{LAYOUT, STATE},
    state_db::{NOW, StateDb},
};
use alloy_primitives::{Address, B256, U256};

/// Words of the price of activations.
const DATA_PRICE_WORDS: u64 = 5;

/// A storage word that differs between two blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotChange {
    /// The account.
    pub address: Address,
    /// The slot.
    pub slot: U256,
    /// After the first block.
    pub before: B256,
    /// After the second one.
    pub after: B256,
}

/// An account that differs between two blocks, its storage aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// The account.
    pub address: Address,
    /// After the first block.
    pub before: AccountView,
    /// After the second one.
    pub after: AccountView,
}

impl Chain {
    /// Account and slot where a chain's state has its ArbOS version.
    pub fn arbos_version_word() -> (Address, U256) {
        (STATE, LAYOUT.version)
    }

    /// Account and slots of ArbOS' parameters that calls and transactions read, for a source that reads
    /// several words at once.
    pub fn arbos_words() -> (Address, Vec<U256>) {
        let mut words = vec![
            LAYOUT.version,
            LAYOUT.upgrade_version,
            LAYOUT.upgrade_timestamp,
            LAYOUT.network_fee_account,
            LAYOUT.infra_fee_account,
            LAYOUT.l1_block_number,
            LAYOUT.filtering_from,
            LAYOUT.collect_tips,
            LAYOUT.l1_price_per_unit,
            LAYOUT.l2_speed_limit,
            LAYOUT.l2_block_gas_limit,
            LAYOUT.l2_base_fee,
            LAYOUT.l2_min_base_fee,
            LAYOUT.l2_gas_backlog,
            LAYOUT.l2_tx_gas_limit,
            LAYOUT.calldata_price_increase,
            LAYOUT.params,
            LAYOUT.messages.at(0),
        ];
        words.extend((0..DATA_PRICE_WORDS).map(|word| LAYOUT.data_price.at(word)));
        (STATE, words)
    }

    /// Continues from the block that `source` reads. `config` gives its number, hash, time and chain id;
    /// accounts and ArbOS version in it are not used, because they are read. BLOCKHASH gives the
    /// hashes that ArbOS keeps there.
    ///
    /// # Errors
    /// [`ChainError::Source`] when it cannot be read, [`ChainError::NotArbitrum`] when it has no
    /// ArbOS, or one whose rules are not known.
    pub fn fork(config: ChainConfig, source: Box<dyn Source>) -> Result<Self, ChainError> {
        let state_db = StateDb::on(source);
        let version = state_db.slot(STATE, LAYOUT.version, NOW).saturating_to();
        if let Some(error) = state_db.source_error() {
            return Err(error);
        }
        if !Self::ARBOS_VERSIONS.contains(&version) {
            return Err(ChainError::NotArbitrum { version });
        }
        let config = ChainConfig {
            arbos_version: version,
            ..config
        };
        Ok(Self::begin(config, state_db))
    }

    /// Storage words that differ between the states after two blocks, in order of account and
    /// slot.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`].
    pub fn slot_changes(&self, from: BlockId, to: BlockId) -> Result<Vec<SlotChange>, ChainError> {
        let [before, after] = [from, to].map(|id| self.view(id, None));
        let (before, after) = (before?, after?);
        let mut changes: Vec<_> = self
            .state_db
            .slots_written_after(before.at)
            .into_iter()
            .map(|(address, slot)| SlotChange {
                address,
                slot,
                before: before.slot(address, slot).into(),
                after: after.slot(address, slot).into(),
            })
            .filter(|change| change.before != change.after)
            .collect();
        changes.sort_unstable_by_key(|change| (change.address, change.slot));
        self.check_source()?;
        Ok(changes)
    }

    /// Accounts whose balance, nonce or code differ between the states after two blocks, in order.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`].
    pub fn account_changes(
        &self,
        from: BlockId,
        to: BlockId,
    ) -> Result<Vec<AccountChange>, ChainError> {
        let at = self.view(from, None)?.at;
        let mut addresses = self.state_db.accounts_written_after(at);
        addresses.sort_unstable();
        let mut changes = Vec::new();
        for address in addresses {
            let (before, after) = (self.account(address, from)?, self.account(address, to)?);
            if before != after {
                changes.push(AccountChange {
                    address,
                    before,
                    after,
                });
            }
        }
        Ok(changes)
    }

    /// Errors when anything could not be read from the source: then the result is wrong. Without a budget
    /// ([`Chain::set_budget`]) the error is given once; with one the request has failed.
    ///
    /// # Errors
    /// [`ChainError::Source`]; [`ChainError::Interrupted`] where a reader may not wait for it.
    pub fn check_source(&self) -> Result<(), ChainError> {
        self.state_db.source_error().map_or(Ok(()), Err)
    }

    /// Does `work`, one or several executions. On a far source it is tried on guesses first, until it lacks nothing, and
    /// reads what all of them lack together; what is recorded or counted is carried out once.
    pub fn foresee<T>(&self, work: impl Fn() -> T) -> T {
        let is_recorded = self.state_db.is_forked() && self.is_recording();
        let foreseen = (!is_recorded).then(|| self.state_db.foresee(&work));
        foreseen.flatten().unwrap_or_else(work)
    }

    /// True where the chain continues from a block of one whose answers take long.
    pub fn is_far(&self) -> bool {
        self.state_db.is_far()
    }

    /// Returns true if the chain continues from a block of another one.
    pub fn is_forked(&self) -> bool {
        self.state_db.is_forked()
    }

    /// The chain as it is now, snapshots included, to come back to when a change fails in its middle.
    pub fn checkpoint(&self) -> Self {
        Self {
            snapshots: self.snapshots.clone(),
            ..self.branch()
        }
    }
}
