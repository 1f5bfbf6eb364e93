//! Proxies: the EVM one in full, and the creation of every kind.

use super::assembly::{Assembly, op};
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::evm_proxy::REGISTRY_AT;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::AdminChanged;
use stylus_upgrades_interface::slots;

/// The code of an EVM proxy. What its registry calls runs on UpgradeabilityStorage, which answers
/// the five selectors and forwards the rest; what everybody else calls runs on the code in the
/// ERC-1967 implementation slot. Either way the frame ends with exactly what came back.
pub fn evm_proxy_code(registry: Address, storage: Address) -> Bytes {
    use op::{
        CALLDATACOPY, CALLDATASIZE, CALLER, DELEGATECALL, EQ, GAS, PUSH0, RETURN, RETURNDATACOPY,
        RETURNDATASIZE, REVERT, SLOAD,
    };
    let code = Assembly::default()
        .ops(&[CALLDATASIZE, PUSH0, PUSH0, CALLDATACOPY])
        // what the delegatecall returns to memory, and where its calldata lie
        .ops(&[PUSH0, PUSH0, CALLDATASIZE, PUSH0])
        .ops(&[CALLER])
        .push(registry.as_slice())
        .ops(&[EQ])
        .jump_if("registry")
        .push(slots::IMPLEMENTATION.as_slice())
        .ops(&[SLOAD])
        .label("delegate")
        .ops(&[GAS, DELEGATECALL])
        .ops(&[RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY])
        .jump_if("succeeded")
        .ops(&[RETURNDATASIZE, PUSH0, REVERT])
        .label("succeeded")
        .ops(&[RETURNDATASIZE, PUSH0, RETURN])
        .label("registry")
        .push(storage.as_slice())
        .jump("delegate");
    code.code().into()
}

/// Creation code of an EVM proxy: as [`proxy_creation_code`], with the creator's address in the
/// returned code. Constant as well, and it ends in that code with zeros in its place.
pub fn evm_proxy_creation_code(stub: Address, storage: Address) -> Bytes {
    use op::{CALLER, MLOAD, MSTORE, OR, SHL};
    let at = [REGISTRY_AT as u8];
    let with_creator = Assembly::default()
        .ops(&[CALLER])
        .push(&[96])
        .ops(&[SHL])
        .push(&at)
        .ops(&[MLOAD, OR])
        .push(&at)
        .ops(&[MSTORE]);
    let code = evm_proxy_code(Address::ZERO, storage);
    creation_code(stub, &with_creator.code(), &code)
}

/// Creation code of a WASM proxy: admin slot := creator, implementation slot := `stub`,
/// `AdminChanged(0, creator)`, then `code` is returned. Constant per kind of proxy, so that an
/// address depends on salt and registry alone.
pub fn proxy_creation_code(stub: Address, code: &[u8]) -> Bytes {
    creation_code(stub, &[], code)
}

/// The same, where `change` runs on the code in memory before it is returned.
fn creation_code(stub: Address, change: &[u8], code: &[u8]) -> Bytes {
    use op::{CALLER, CODECOPY, DUP1, LOG1, MSTORE, PUSH0, RETURN, SSTORE};
    let slots = Assembly::default()
        .ops(&[CALLER])
        .push(slots::ADMIN.as_slice())
        .ops(&[SSTORE])
        .push(stub.as_slice())
        .push(slots::IMPLEMENTATION.as_slice())
        .ops(&[SSTORE, CALLER])
        .push(&[32])
        .ops(&[MSTORE])
        .push(AdminChanged::SIGNATURE_HASH.as_slice())
        .push(&[64])
        .ops(&[PUSH0, LOG1])
        .push(&(code.len() as u16).to_be_bytes())
        .ops(&[DUP1]);
    let mut out = slots.code();
    let behind = [&[PUSH0, CODECOPY], change, &[PUSH0, RETURN]].concat();
    let offset = (out.len() + 3 + behind.len()) as u16;
    out = Assembly::default()
        .ops(&out)
        .push(&offset.to_be_bytes())
        .ops(&behind)
        .code();
    out.extend_from_slice(code);
    out.into()
}
