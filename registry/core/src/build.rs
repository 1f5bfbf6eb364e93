//! Values that the build compiles in (see [`stylus_upgrades_interface::build`]).

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::{
    build,
    evm_proxy::{self, Shape},
    ids::CodeHash,
};

/// The init code in a file that the build names.
#[cfg(target_arch = "wasm32")]
macro_rules! init_code {
    ($name:literal) => {
        include_bytes!(env!($name))
    };
}
/// On the host, where nothing is created, zeros in place of the code.
#[cfg(not(target_arch = "wasm32"))]
macro_rules! init_code {
    ($name:literal) => {
        &[0; evm_proxy::SIZE_MAX]
    };
}

/// UpgradeabilityStorage, the admin path of every proxy.
pub const STORAGE: Address = Address::new(build::address(option_env!("STYLUS_UPGRADES_STORAGE")));
/// keccak256 of its code.
pub const STORAGE_CODEHASH: CodeHash = hash(option_env!("STYLUS_UPGRADES_STORAGE_CODEHASH"));
/// The pause stub, a few bytes of EVM code.
pub const STUB: Address = Address::new(build::address(option_env!("STYLUS_UPGRADES_STUB")));
/// keccak256 of its code.
pub const STUB_CODEHASH: CodeHash = hash(option_env!("STYLUS_UPGRADES_STUB_CODEHASH"));
/// The orders contract.
pub const ORDERS: Address = Address::new(build::address(option_env!("STYLUS_UPGRADES_ORDERS")));
/// keccak256 of its code.
pub const ORDERS_CODEHASH: CodeHash = hash(option_env!("STYLUS_UPGRADES_ORDERS_CODEHASH"));
/// The contract that keeps layout documents.
pub const LAYOUTS: Address = Address::new(build::address(option_env!("STYLUS_UPGRADES_LAYOUTS")));
/// keccak256 of the code that all EVM proxies share.
pub const EVM_PROXY_CODEHASH: CodeHash = hash(option_env!("STYLUS_UPGRADES_EVM_PROXY_CODEHASH"));
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
/// The init code of an EVM proxy up to its last word, the registry.
pub const EVM_PROXY_INIT_CODE: &[u8] = init_code!("STYLUS_UPGRADES_EVM_PROXY_INITCODE");
/// The pause stub of UUPS proxies.
pub const UUPS_STUB: EvmProgram = program(
    init_code!("STYLUS_UPGRADES_UUPS_STUB_INITCODE"),
    evm_proxy::UUPS_STUB,
);
/// The admin of a definition's adopted proxies.
pub const ADMIN: EvmProgram = program(
    init_code!("STYLUS_UPGRADES_ADMIN_INITCODE"),
    evm_proxy::ADMIN,
);

// What follows names no init code, so that only the part that creates carries that.

/// Every EVM program that a registry creates, with keccak256 of its code without a registry: never an
/// implementation, nor a proxy to adopt.
pub const EVM_PROGRAMS: [(Shape, B256); 2] =
    [(UUPS_STUB.shape, UUPS_STUB.hash), (ADMIN.shape, ADMIN.hash)];
/// keccak256 of the init code of the pause stub of UUPS proxies.
pub const UUPS_STUB_INIT_CODE_HASH: B256 = UUPS_STUB.init_code_hash;
/// keccak256 of the init code of an admin.
pub const ADMIN_INIT_CODE_HASH: B256 = ADMIN.init_code_hash;

/// EVM code that holds the address of the registry which created it.
#[derive(Clone, Copy, Debug)]
pub struct EvmProgram {
    /// Its init code, constant. It ends in the code, with zeros where the registry's address goes.
    pub init_code: &'static [u8],
    /// keccak256 of the init code.
    pub init_code_hash: B256,
    /// keccak256 of the code with those zeros.
    pub hash: B256,
    /// Size of the code, and where the address goes.
    pub shape: Shape,
}

const fn program(init_code: &'static [u8], shape: Shape) -> EvmProgram {
    let (_, code) = init_code.split_at(init_code.len() - shape.size);
    EvmProgram {
        init_code,
        init_code_hash: keccak(init_code),
        hash: keccak(code),
        shape,
    }
}

const fn keccak(bytes: &[u8]) -> B256 {
    B256::new(keccak_const::Keccak256::new().update(bytes).finalize())
}

const fn hash(value: Option<&str>) -> CodeHash {
    CodeHash(B256::new(build::word(value)))
}
