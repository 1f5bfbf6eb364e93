//! The address of a proxy before it is created, and what it is derived from.

use alloy_primitives::{Address, B256};

use crate::{
    abi::encode,
    build,
    chain::{keccak, this},
};

/// The salt that the registry gives to CREATE2: `keccak256(abi.encode(name, kind, salt))`.
pub fn salt(name: &[u8], kind: u8, salt: B256) -> B256 {
    keccak(&encode(&[], &[name.into(), kind.into(), salt.into()]))
}

/// The address of a proxy, created or not (EIP-1014).
pub fn address(name: &[u8], kind: u8, salt: B256) -> Address {
    let mut preimage = [0; 85];
    preimage[0] = 0xff;
    preimage[1..21].copy_from_slice(this().as_slice());
    preimage[21..53].copy_from_slice(self::salt(name, kind, salt).as_slice());
    preimage[53..].copy_from_slice(build::PROXY_INIT_CODE_HASH.as_slice());
    Address::from_word(keccak(&preimage))
}
