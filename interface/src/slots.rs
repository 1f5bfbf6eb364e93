//! Storage and transient slots, each derived from its definition. `tests.rs` compares the
//! ERC-1967 ones to the values printed in the ERC.

use alloy_primitives::{B256, U256, b256, keccak256};
use keccak_const::Keccak256;

/// The slot of an ERC-1967 name: `keccak256(name) - 1`.
pub const fn erc1967(name: &[u8]) -> B256 {
    B256::new(minus_one(Keccak256::new().update(name).finalize()))
}

/// The root of an ERC-7201 namespace:
/// `keccak256(abi.encode(uint256(keccak256(id)) - 1)) & ~0xff`.
pub const fn erc7201(id: &[u8]) -> B256 {
    let inner = minus_one(Keccak256::new().update(id).finalize());
    let mut root = Keccak256::new().update(&inner).finalize();
    root[31] = 0;
    B256::new(root)
}

/// Subtracts one from a big-endian word.
const fn minus_one(mut word: [u8; 32]) -> [u8; 32] {
    let mut i = 31;
    loop {
        if word[i] > 0 {
            word[i] -= 1;
            return word;
        }
        word[i] = 0xff;
        if i == 0 {
            return word;
        }
        i -= 1;
    }
}

/// ERC-1967 implementation slot.
pub const IMPLEMENTATION: B256 = erc1967(b"eip1967.proxy.implementation");
/// ERC-1967 admin slot: the registry's address.
pub const ADMIN: B256 = erc1967(b"eip1967.proxy.admin");
/// ERC-1967 beacon slot: empty in every proxy of the framework.
pub const BEACON: B256 = erc1967(b"eip1967.proxy.beacon");

/// `@custom:storage-location erc7201:stylus-upgrades.upgradeability`: slot 0 of the namespace
/// is the `initialized` marker, 1 once any version has initialized the instance.
pub const INITIALIZED: B256 = erc7201(b"stylus-upgrades.upgradeability");
/// `@custom:storage-location erc7201:stylus-upgrades.migratable`: slot 0 of the namespace is
/// `mapping(string => bool) migrated`, so a flag lies at `keccak256(label ++ MIGRATED)`.
pub const MIGRATED: B256 = erc7201(b"stylus-upgrades.migratable");
/// `@custom:storage-location erc7201:stylus-upgrades.complex`: slot 0 of the namespace is the
/// state of the running complex migration, from the most significant byte on: flags (1 running,
/// 2 turning back), 5 bytes of `done`, 5 of `total`, one unused, 20 of the handler. Zero where
/// none runs.
pub const COMPLEX: B256 = erc7201(b"stylus-upgrades.complex");
/// `erc7201:stylus-upgrades.lazy`: the new form of a lazily migrated map at slot `s` lies at
/// `keccak256(s ++ LAZY)` and after it: its count of entries left, then the mapping.
pub const LAZY: B256 = erc7201(b"stylus-upgrades.lazy");
/// Root of the registry's own state.
pub const REGISTRY: B256 = erc7201(b"stylus-upgrades.registry");

/// Transient slot of the one-shot token that permits an initializer or migration:
/// `keccak256(abi.encode(uint8 kind, string from, string to))`, see [`crate::reasons::token`].
pub const TOKEN: B256 = erc7201(b"stylus-upgrades.transient.token");
/// Transient slot of a proxy that was upgraded in this transaction: [`SET`], and it is not upgraded
/// again, so that `Upgraded` is emitted at most once.
pub const UPGRADED: B256 = erc7201(b"stylus-upgrades.transient.upgraded");
/// Transient slot of the registry's lock.
pub const LOCK: B256 = erc7201(b"stylus-upgrades.transient.lock");

/// The guard of the SDK's `#[constructor]`, `keccak256("stylus_constructor")`.
pub const CONSTRUCTED: B256 = B256::new(Keccak256::new().update(b"stylus_constructor").finalize());

/// The value of the guard of the SDK's `#[constructor]` when set. The SDK reads it as a
/// `StorageBool` at offset 0, and offsets count from the word's most significant byte:
/// [`SET`] would read as `false`.
pub const CONSTRUCTED_SET: B256 =
    b256!("0100000000000000000000000000000000000000000000000000000000000000");

/// The value of a set marker, except [`CONSTRUCTED`].
pub const SET: B256 = b256!("0000000000000000000000000000000000000000000000000000000000000001");

/// The slot of `migrated[label]`.
pub fn migrated(label: &str) -> B256 {
    keccak256([label.as_bytes(), MIGRATED.as_slice()].concat())
}

/// The next slot, for structs that start at `root`.
pub const fn offset(root: B256, slots: u64) -> U256 {
    U256::from_be_bytes(root.0).wrapping_add(U256::from_limbs([slots, 0, 0, 0]))
}

#[cfg(test)]
mod tests;
