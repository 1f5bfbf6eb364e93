//! The few EVM programs of the framework, assembled here so that their bytes are derived and
//! not pasted: creation code, the creation of a WASM proxy, the pause stub.

use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::sol_types::{SolError, SolEvent};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{AdminChanged, UpgradeInProgress};
use stylus_upgrades_interface::{chain, slots};

const MSTORE: u8 = 0x52;
const SSTORE: u8 = 0x55;
const SHL: u8 = 0x1b;
const CALLER: u8 = 0x33;
const CODECOPY: u8 = 0x39;
const PUSH0: u8 = 0x5f;
const PUSH1: u8 = 0x60;
const PUSH2: u8 = 0x61;
const PUSH4: u8 = 0x63;
const PUSH20: u8 = 0x73;
const PUSH32: u8 = 0x7f;
const DUP1: u8 = 0x80;
const LOG1: u8 = 0xa1;
const RETURN: u8 = 0xf3;
const REVERT: u8 = 0xfd;

/// Bytes of [`creation_code`] in front of the code: 42 and a version byte 00.
pub const PRELUDE: usize = 43;

/// Creation code that returns `code` and nothing else, byte for byte as cargo-stylus makes it:
/// `PUSH32 len, DUP1, PUSH1 43, PUSH1 0, CODECOPY, PUSH1 0, RETURN, 00`.
pub fn creation_code(code: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(PRELUDE + code.len());
    out.push(PUSH32);
    out.extend_from_slice(&[0; 24]);
    out.extend_from_slice(&(code.len() as u64).to_be_bytes());
    out.extend_from_slice(&[
        DUP1,
        PUSH1,
        PRELUDE as u8,
        PUSH1,
        0,
        CODECOPY,
        PUSH1,
        0,
        RETURN,
        0,
    ]);
    out.extend_from_slice(code);
    out.into()
}

/// The pause stub (rule 4): reverts `UpgradeInProgress()` to every call. EVM code, so that it
/// cannot expire.
pub fn stub_code() -> Bytes {
    let mut out = vec![PUSH4];
    out.extend_from_slice(&UpgradeInProgress::SELECTOR);
    out.extend_from_slice(&[PUSH1, 0xe0, SHL, PUSH0, MSTORE, PUSH1, 4, PUSH0, REVERT]);
    out.into()
}

/// Creation code of a WASM proxy: admin slot := creator, implementation slot := `stub`,
/// `AdminChanged(0, creator)`, then `code` is returned. Constant per kind of proxy, so that an
/// address depends on salt and registry alone.
pub fn proxy_creation_code(stub: Address, code: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(176 + code.len());
    out.extend_from_slice(&[CALLER, PUSH32]);
    out.extend_from_slice(slots::ADMIN.as_slice());
    out.extend_from_slice(&[SSTORE, PUSH20]);
    out.extend_from_slice(stub.as_slice());
    out.push(PUSH32);
    out.extend_from_slice(slots::IMPLEMENTATION.as_slice());
    out.extend_from_slice(&[SSTORE, CALLER, PUSH1, 32, MSTORE, PUSH32]);
    out.extend_from_slice(AdminChanged::SIGNATURE_HASH.as_slice());
    out.extend_from_slice(&[PUSH1, 64, PUSH0, LOG1]);
    let tail = 11;
    let offset = (out.len() + tail) as u16;
    out.push(PUSH2);
    out.extend_from_slice(&(code.len() as u16).to_be_bytes());
    out.extend_from_slice(&[DUP1, PUSH2]);
    out.extend_from_slice(&offset.to_be_bytes());
    out.extend_from_slice(&[PUSH0, CODECOPY, PUSH0, RETURN]);
    debug_assert_eq!(out.len(), usize::from(offset));
    out.extend_from_slice(code);
    out.into()
}

/// Where the CREATE2 deployer puts `creation_code` with salt 0.
pub fn create2_address(creation_code: &[u8]) -> Address {
    chain::CREATE2_DEPLOYER.create2(B256::ZERO, keccak256(creation_code))
}
