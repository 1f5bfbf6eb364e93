//! Values that the build compiles in (see [`stylus_upgrades_interface::build`]).

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::{build, evm_proxy, ids::CodeHash};

/// UpgradeabilityStorage, the admin path of every proxy.
pub const STORAGE: Address = Address::new(build::address(option_env!("STYLUS_UPGRADES_STORAGE")));
/// keccak256 of its code.
pub const STORAGE_CODEHASH: CodeHash = hash(option_env!("STYLUS_UPGRADES_STORAGE_CODEHASH"));
/// The pause stub, a few bytes of EVM code.
pub const STUB: Address = Address::new(build::address(option_env!("STYLUS_UPGRADES_STUB")));
/// keccak256 of its code.
pub const STUB_CODEHASH: CodeHash = hash(option_env!("STYLUS_UPGRADES_STUB_CODEHASH"));
/// keccak256 of the code that all WASM proxies share.
pub const PROXY_CODEHASH: CodeHash = hash(option_env!("STYLUS_UPGRADES_PROXY_CODEHASH"));
/// keccak256 of the code of a bare Proxy, which forwards to its ERC-1967 slot as well.
pub const BARE_CODEHASH: CodeHash = hash(option_env!("STYLUS_UPGRADES_BARE_CODEHASH"));
/// The init code of a WASM proxy, the same for all of them.
#[cfg(target_arch = "wasm32")]
pub const PROXY_INIT_CODE: &[u8] = include_bytes!(env!("STYLUS_UPGRADES_PROXY_INITCODE"));
/// The init code of a WASM proxy: none on the host, where nothing is created.
#[cfg(not(target_arch = "wasm32"))]
pub const PROXY_INIT_CODE: &[u8] = &[];
/// keccak256 of [`PROXY_INIT_CODE`], so that only the part that creates proxies carries it.
pub const PROXY_INIT_CODE_HASH: B256 = keccak(PROXY_INIT_CODE);
/// The init code of an EVM proxy, the same for all of them. It ends in the code of the proxy, with
/// zeros where the registry's address goes.
#[cfg(target_arch = "wasm32")]
pub const EVM_PROXY_INIT_CODE: &[u8] = include_bytes!(env!("STYLUS_UPGRADES_EVM_PROXY_INITCODE"));
/// The init code of an EVM proxy: on the host, where nothing is created, zeros in place of the code.
#[cfg(not(target_arch = "wasm32"))]
pub const EVM_PROXY_INIT_CODE: &[u8] = &[0; evm_proxy::SIZE];
/// keccak256 of [`EVM_PROXY_INIT_CODE`].
pub const EVM_PROXY_INIT_CODE_HASH: B256 = keccak(EVM_PROXY_INIT_CODE);
/// The code of an EVM proxy, with zeros where the registry's address goes.
pub const EVM_PROXY: &[u8] = EVM_PROXY_INIT_CODE
    .split_at(EVM_PROXY_INIT_CODE.len() - evm_proxy::SIZE)
    .1;
/// keccak256 of [`EVM_PROXY`].
pub const EVM_PROXY_HASH: B256 = keccak(EVM_PROXY);

const fn keccak(bytes: &[u8]) -> B256 {
    B256::new(keccak_const::Keccak256::new().update(bytes).finalize())
}

const fn hash(value: Option<&str>) -> CodeHash {
    CodeHash(B256::new(build::word(value)))
}
