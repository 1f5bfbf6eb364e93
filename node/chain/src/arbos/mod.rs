//! ArbOS state: where it lies in storage, how it is read, how versions change it.
//!
//! Everything is kept in the storage of one account with Nitro's own key mapping, so reverts,
//! snapshots and saved states cover it without further work.

pub(crate) mod address_set;
pub(crate) mod data_price;
pub(crate) mod history;
pub(crate) mod l1_blocks;
pub(crate) mod l2_pricing;
pub(crate) mod messages;
pub(crate) mod params;
pub(crate) mod precompile_addresses;
pub(crate) mod program;
pub(crate) mod store;
pub(crate) mod versions;

pub(crate) use address_set::AddressSet;
pub(crate) use params::Params;
pub(crate) use program::Program;
pub(crate) use store::{Store, fine};

use alloy_primitives::{Address, B256, U256, address, keccak256};
use std::sync::LazyLock;

/// The account whose storage is ArbOS' state.
pub(crate) const STATE: Address = address!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
/// The account whose storage is the list of filtered transactions, from ArbOS 60.
pub(crate) const FILTERED_TRANSACTIONS: Address =
    address!("A4B0500000000000000000000000000000000001");
/// The code of an account that holds a precompile: an opcode that is none.
pub(crate) const PRECOMPILE_CODE: &[u8] = &[0xfe];
/// The account that holds what transactions paid for L1.
pub(crate) const L1_FUNDS: Address = address!("A4B00000000000000000000000000000000000f6");
/// The coinbase of sequenced blocks. It receives nothing by itself.
pub(crate) const SEQUENCER: Address = address!("A4B000000000000000000073657175656e636572");
/// 2015-01-16, the zero of program ages (unix seconds).
pub(crate) const EPOCH: u64 = 1_421_388_000;

/// A part of ArbOS' state with its own key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Space(Option<B256>);

impl Space {
    const ROOT: Self = Self(None);

    fn key(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |key| key.as_slice())
    }

    /// The part with this id inside this one.
    pub(crate) fn child(&self, id: u8) -> Self {
        self.child_of(&[id])
    }

    /// The part with this name inside this one.
    fn child_of(&self, name: &[u8]) -> Self {
        Self(Some(keccak256([self.key(), name].concat())))
    }

    /// Storage slot of a 32-byte key: the last byte is kept, the rest is hashed.
    pub(crate) fn slot(&self, key: B256) -> U256 {
        let mut slot = keccak256([self.key(), &key[..31]].concat());
        slot[31] = key[31];
        slot.into()
    }

    /// Storage slot of a small number.
    pub(crate) fn at(&self, offset: u64) -> U256 {
        self.slot(B256::from(U256::from(offset)))
    }
}

/// Slots and spaces that are used all the time.
pub(crate) struct Layout {
    /// ArbOS version.
    pub(crate) version: U256,
    pub(crate) upgrade_version: U256,
    pub(crate) upgrade_timestamp: U256,
    pub(crate) network_fee_account: U256,
    pub(crate) chain_id: U256,
    pub(crate) infra_fee_account: U256,
    pub(crate) brotli_level: U256,
    /// The number that NUMBER gives: the newest L1 block number that is known, plus one.
    pub(crate) l1_block_number: U256,
    /// The number above, and hashes of L1 blocks.
    pub(crate) l1_blocks: Space,
    /// From ArbOS 60: 0 when no transactions are filtered.
    pub(crate) filtering_from: U256,
    /// From ArbOS 60: the network fee account when 0.
    pub(crate) filtered_funds_recipient: U256,
    /// From ArbOS 60.
    pub(crate) collect_tips: U256,
    pub(crate) l1_reward_recipient: U256,
    pub(crate) l1_equilibration_units: U256,
    pub(crate) l1_inertia: U256,
    pub(crate) l1_reward_rate: U256,
    pub(crate) l1_price_per_unit: U256,
    pub(crate) l1_units_since_update: U256,
    pub(crate) l1_fees_available: U256,
    pub(crate) l1_per_batch_gas: U256,
    pub(crate) l1_amortized_cap: U256,
    pub(crate) l1_gas_floor: U256,
    pub(crate) l2_speed_limit: U256,
    pub(crate) l2_block_gas_limit: U256,
    pub(crate) l2_base_fee: U256,
    pub(crate) l2_min_base_fee: U256,
    pub(crate) l2_gas_backlog: U256,
    pub(crate) l2_pricing_inertia: U256,
    pub(crate) l2_backlog_tolerance: U256,
    pub(crate) l2_tx_gas_limit: U256,
    pub(crate) calldata_price_increase: U256,
    pub(crate) address_table: Space,
    pub(crate) address_table_by_address: Space,
    pub(crate) owners: AddressSet,
    pub(crate) transaction_filterers: AddressSet,
    /// From ArbOS 41: who may mint and burn ether. None here.
    pub(crate) native_token_owners: AddressSet,
    pub(crate) native_token_from: U256,
    pub(crate) batch_posters: AddressSet,
    batch_poster_values: Space,
    /// Messages to L1: how many, and the complete subtrees of their Merkle tree.
    pub(crate) messages: Space,
    pub(crate) params: U256,
    pub(crate) programs: Space,
    pub(crate) module_hashes: Space,
    pub(crate) data_price: Space,
    pub(crate) cache_managers: AddressSet,
    pub(crate) activation_gas: U256,
}

impl Layout {
    /// Returns the space of a batch poster: the amount that it is owed, and the account that collects it.
    pub(crate) fn batch_poster(&self, poster: Address) -> Space {
        self.batch_poster_values.child_of(poster.as_slice())
    }
}

/// Nitro's layout.
pub(crate) static LAYOUT: LazyLock<Layout> = LazyLock::new(|| {
    let root = Space::ROOT;
    let (l1, l2, programs) = (root.child(0), root.child(1), root.child(8));
    let address_table = root.child(3);
    Layout {
        version: root.at(0),
        upgrade_version: root.at(1),
        upgrade_timestamp: root.at(2),
        network_fee_account: root.at(3),
        chain_id: root.at(4),
        infra_fee_account: root.at(6),
        brotli_level: root.at(7),
        l1_block_number: root.child(6).at(0),
        l1_blocks: root.child(6),
        native_token_from: root.at(8),
        filtering_from: root.at(9),
        filtered_funds_recipient: root.at(10),
        collect_tips: root.at(11),
        l1_reward_recipient: l1.at(0),
        l1_equilibration_units: l1.at(1),
        l1_inertia: l1.at(2),
        l1_reward_rate: l1.at(3),
        l1_price_per_unit: l1.at(7),
        l1_units_since_update: l1.at(6),
        l1_fees_available: l1.at(11),
        l1_per_batch_gas: l1.at(9),
        l1_amortized_cap: l1.at(10),
        l1_gas_floor: l1.at(12),
        l2_speed_limit: l2.at(0),
        l2_block_gas_limit: l2.at(1),
        l2_base_fee: l2.at(2),
        l2_min_base_fee: l2.at(3),
        l2_gas_backlog: l2.at(4),
        l2_pricing_inertia: l2.at(5),
        l2_backlog_tolerance: l2.at(6),
        l2_tx_gas_limit: l2.at(7),
        calldata_price_increase: root.child(9).at(0),
        address_table,
        address_table_by_address: address_table.child(0),
        owners: AddressSet::new(root.child(4)),
        transaction_filterers: AddressSet::new(root.child(11)),
        native_token_owners: AddressSet::new(root.child(10)),
        batch_posters: AddressSet::new(l1.child(0).child(0)),
        batch_poster_values: l1.child(0).child(1),
        messages: root.child(5),
        params: programs.child(0).at(0),
        programs: programs.child(1),
        module_hashes: programs.child(2),
        data_price: programs.child(3),
        cache_managers: AddressSet::new(programs.child(4)),
        activation_gas: programs.child(5).at(0),
    }
});

/// An address as a storage word.
pub(crate) fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

/// A storage word as an address.
pub(crate) fn address_of(word: U256) -> Address {
    Address::from_word(word.into())
}
