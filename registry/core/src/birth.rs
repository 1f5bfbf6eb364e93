//! Where a proxy is born, and from what.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolValue;
use stylus_upgrades_interface::registry::Step;

use crate::{
    build,
    chain::{keccak, this},
};

/// The salt that the registry gives to CREATE2: `keccak256(abi.encode(name, kind, salt))`.
pub fn salt(name: &str, kind: u8, salt: B256) -> B256 {
    keccak(&(name, kind_word(kind), salt).abi_encode_params())
}

/// The address of a proxy, born or not (EIP-1014).
pub fn address(name: &str, kind: u8, salt: B256) -> Address {
    let mut preimage = [0; 85];
    preimage[0] = 0xff;
    preimage[1..21].copy_from_slice(this().as_slice());
    preimage[21..53].copy_from_slice(self::salt(name, kind, salt).as_slice());
    preimage[53..].copy_from_slice(keccak(build::PROXY_INIT_CODE).as_slice());
    Address::from_word(keccak(&preimage))
}

/// The step of a version that can only be born: nothing runs.
pub fn step() -> Step {
    Step {
        from: String::new(),
        kind: 0,
        script: Address::ZERO,
        scriptCodehash: B256::ZERO,
        data: Vec::new().into(),
    }
}

/// A `uint8` as ABI encodes it; a bare `u8` is a byte of an array to the encoder.
fn kind_word(kind: u8) -> B256 {
    B256::with_last_byte(kind)
}
