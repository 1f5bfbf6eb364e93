//! The address of a proxy before it is created, and what it is derived from.

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::reasons::proxy_kind;

use crate::{
    abi::encode,
    build,
    chain::{Reverts, keccak, this},
    errors,
};

/// The salt that the registry gives to CREATE2: `keccak256(abi.encode(name, kind, salt))`.
pub fn salt(name: &[u8], kind: u8, salt: B256) -> B256 {
    keccak(&encode(&[], &[name.into(), kind.into(), salt.into()]))
}

/// The address of a proxy, created or not. A WASM proxy is created by the registry, an EVM proxy by the orders contract.
pub fn address(name: &[u8], kind: u8, salt: B256) -> Reverts<Address> {
    let salt = self::salt(name, kind, salt);
    match kind {
        proxy_kind::WASM => Ok(created(salt, build::PROXY_INIT_CODE_HASH)),
        proxy_kind::EVM => Ok(created_by(build::ORDERS, salt, evm_init_code_hash())),
        _ => Err(errors::not_supported(b"proxy kind")),
    }
}

/// keccak256 of the init code of this registry's EVM proxies, which ends in the word of their creator.
fn evm_init_code_hash() -> B256 {
    keccak(&[build::EVM_PROXY_INIT_CODE, this().into_word().as_slice()].concat())
}

/// Returns the address at which CREATE2 of the registry puts an init code.
pub fn created(salt: B256, init_code_hash: B256) -> Address {
    created_by(this(), salt, init_code_hash)
}

/// Returns the address at which CREATE2 of that account puts an init code (EIP-1014).
fn created_by(creator: Address, salt: B256, init_code_hash: B256) -> Address {
    let mut preimage = [0; 85];
    preimage[0] = 0xff;
    preimage[1..21].copy_from_slice(creator.as_slice());
    preimage[21..53].copy_from_slice(salt.as_slice());
    preimage[53..].copy_from_slice(init_code_hash.as_slice());
    Address::from_word(keccak(&preimage))
}
