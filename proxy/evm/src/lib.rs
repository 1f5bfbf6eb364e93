//! The framework's programs in EVM code. They are assembled here, so their bytes are derived and not pasted.
//!
//! | module | holds |
//! |---|---|
//! | `proxy` | the EVM proxy, which new projects use, and the creation code of both kinds of proxies |
//! | `orders` | the orders contract, which creates the EVM proxies |
//! | `layouts` | the layouts contract, which keeps layout documents |
//! | `stub` | the pause stubs: what an instance runs while it is paused or being upgraded |
//! | `admin` | the admin of a definition's adopted proxies |
//! | `forward` | what their frames end with, and what they refuse |
//! | `assembly` | EVM code with names in place of offsets |
//!
//! The same proxy in WASM is `proxy/proxy` and `proxy/upgradeability_proxy`. The bytes of every program that is
//! deployed are pinned in `framework/`.
#![forbid(unsafe_code)]

mod admin;
mod assembly;
mod forward;
mod layouts;
mod orders;
mod proxy;
mod stub;

pub use admin::{admin_code, admin_creation_code, registry_of_admin};
pub use layouts::layouts_code;
pub use orders::orders_code;
pub use proxy::{caller_in_proxy, evm_proxy_code, evm_proxy_creation_code, proxy_creation_code};
pub use stub::{stub_code, uups_stub_code, uups_stub_creation_code};

pub use assembly::{Assembly, op};

use alloy_primitives::{Address, B256, Bytes, keccak256};
use stylus_upgrades_interface::chain;
use stylus_upgrades_interface::ids::DefinitionId;

/// Bytes of [`creation_code`] in front of the code: 42 and a version byte 00.
pub const PRELUDE: usize = 43;

/// Creation code that returns `code` and nothing else, byte for byte as cargo-stylus makes it:
/// `PUSH32 len, DUP1, PUSH1 43, PUSH1 0, CODECOPY, PUSH1 0, RETURN, 00`.
pub fn creation_code(code: &[u8]) -> Bytes {
    use op::{CODECOPY, DUP1, RETURN};
    let mut len = [0; 32];
    len[24..].copy_from_slice(&(code.len() as u64).to_be_bytes());
    let prelude = Assembly::default()
        .push(&len)
        .ops(&[DUP1])
        .push(&[PRELUDE as u8])
        .push(&[0])
        .ops(&[CODECOPY])
        .push(&[0])
        .ops(&[RETURN, 0]);
    let mut out = prelude.code();
    out.extend_from_slice(code);
    out.into()
}

/// The init codes of what is created in EVM code for a registry, by the names of their constants. Those that the registry
/// does not create itself lack what follows them.
pub fn creation_codes(stub: Address, storage: Address) -> [(&'static str, Bytes); 3] {
    [
        ("EVM_PROXY_INITCODE", evm_proxy_creation_code(stub, storage)),
        ("UUPS_STUB_INITCODE", uups_stub_creation_code()),
        ("ADMIN_INITCODE", admin_creation_code()),
    ]
}

/// The admin of a definition's adopted proxies, created or not: to it they are given.
pub fn admin_address(registry: Address, definition: DefinitionId) -> Address {
    registry.create2(definition.0, keccak256(admin_creation_code()))
}

/// The pause stub of a registry's UUPS proxies.
pub fn uups_stub_address(registry: Address) -> Address {
    registry.create2(B256::ZERO, keccak256(uups_stub_creation_code()))
}

/// Returns the address at which the CREATE2 deployer puts `creation_code` with salt 0.
pub fn create2_address(creation_code: &[u8]) -> Address {
    chain::CREATE2_DEPLOYER.create2(B256::ZERO, keccak256(creation_code))
}

/// Returns the input that makes the CREATE2 deployer put `code` there: salt 0, and creation code.
pub fn create2_input(code: &[u8]) -> Bytes {
    [B256::ZERO.as_slice(), &creation_code(code)]
        .concat()
        .into()
}

#[cfg(test)]
mod tests;
