//! The proxies in EVM code, the beacon, and the creation of every kind.

use super::assembly::{Assembly, op};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::{SolCall, SolEvent};
use stylus_upgrades_interface::beacon::IBeacon::{Upgraded, implementationCall};
use stylus_upgrades_interface::evm_proxy::{self, Shape};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::AdminChanged;
use stylus_upgrades_interface::slots;

/// The code of an EVM proxy. What its registry calls runs on UpgradeabilityStorage, which answers
/// the five selectors and forwards the rest; what everybody else calls runs on the code in the
/// ERC-1967 implementation slot. Either way the frame ends with exactly what came back.
pub fn evm_proxy_code(registry: Address, storage: Address) -> Bytes {
    use op::{CALLDATACOPY, CALLDATASIZE, CALLER, EQ, PUSH0, SLOAD};
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
        .label("delegate");
    delegated(code)
        .label("registry")
        .push(storage.as_slice())
        .jump("delegate")
        .code()
        .into()
}

/// The code of a beacon proxy: as [`evm_proxy_code`], where the implementation is what the beacon in
/// the ERC-1967 beacon slot answers. One that reverts ends the call with its revert data.
pub fn beacon_proxy_code(registry: Address, storage: Address) -> Bytes {
    use op::{
        CALLDATACOPY, CALLDATASIZE, CALLER, DUP5, EQ, GAS, ISZERO, MLOAD, MSTORE, PUSH0,
        RETURNDATACOPY, RETURNDATASIZE, REVERT, SLOAD, STATICCALL,
    };
    let code = Assembly::default()
        .ops(&[CALLER])
        .push(registry.as_slice())
        .ops(&[EQ])
        .jump_if("registry")
        .push(&implementationCall::SELECTOR)
        .ops(&[PUSH0, MSTORE])
        // one word is returned to memory; the selector lies in its last four bytes
        .push(&[32])
        .ops(&[PUSH0])
        .push(&[4])
        .push(&[28])
        .push(slots::BEACON.as_slice())
        .ops(&[SLOAD, GAS, STATICCALL, ISZERO])
        .jump_if("refused")
        .ops(&[PUSH0, MLOAD])
        .label("delegate")
        .ops(&[CALLDATASIZE, PUSH0, PUSH0, CALLDATACOPY])
        .ops(&[PUSH0, PUSH0, CALLDATASIZE, PUSH0, DUP5]);
    delegated(code)
        .label("registry")
        .push(storage.as_slice())
        .jump("delegate")
        .label("refused")
        .ops(&[RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY])
        .ops(&[RETURNDATASIZE, PUSH0, REVERT])
        .code()
        .into()
}

/// Delegatecalls the account on top of the stack with all the gas, and ends with what came back.
fn delegated(code: Assembly) -> Assembly {
    ended(code.ops(&[op::GAS, op::DELEGATECALL]))
}

/// Ends with what came back from a call; whether it succeeded is on top of the stack.
pub(super) fn ended(code: Assembly) -> Assembly {
    use op::{PUSH0, RETURN, RETURNDATACOPY, RETURNDATASIZE, REVERT};
    code.ops(&[RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY])
        .jump_if("succeeded")
        .ops(&[RETURNDATASIZE, PUSH0, REVERT])
        .label("succeeded")
        .ops(&[RETURNDATASIZE, PUSH0, RETURN])
}

/// The code of a definition's beacon. Its registry calls it with the implementation, one word, which
/// it keeps in slot 0 and reports; to everybody else it answers that word.
pub fn beacon_code(registry: Address) -> Bytes {
    use op::{CALLDATALOAD, CALLER, DUP1, EQ, LOG2, MSTORE, PUSH0, RETURN, SLOAD, SSTORE, STOP};
    let code = Assembly::default()
        .ops(&[CALLER])
        .push(registry.as_slice())
        .ops(&[EQ])
        .jump_if("registry")
        .ops(&[PUSH0, SLOAD, PUSH0, MSTORE])
        .push(&[32])
        .ops(&[PUSH0, RETURN])
        .label("registry")
        .ops(&[PUSH0, CALLDATALOAD, DUP1, PUSH0, SSTORE])
        .push(Upgraded::SIGNATURE_HASH.as_slice())
        .ops(&[PUSH0, PUSH0, LOG2, STOP]);
    code.code().into()
}

/// Creation code of an EVM proxy: as [`proxy_creation_code`], with the creator's address in the
/// returned code. Constant as well, and it ends in that code with zeros in its place.
pub fn evm_proxy_creation_code(stub: Address, storage: Address) -> Bytes {
    let code = evm_proxy_code(Address::ZERO, storage);
    let front = created(stub, slots::IMPLEMENTATION);
    returning(front, Some(evm_proxy::EVM), &code)
}

/// Creation code of a beacon proxy: as [`evm_proxy_creation_code`], where `stub` is the beacon.
pub fn beacon_proxy_creation_code(stub: Address, storage: Address) -> Bytes {
    let code = beacon_proxy_code(Address::ZERO, storage);
    let front = created(stub, slots::BEACON);
    returning(front, Some(evm_proxy::BEACON_PROXY), &code)
}

/// Creation code of a beacon, which ends in its code with zeros in place of its creator.
pub fn beacon_creation_code() -> Bytes {
    let code = beacon_code(Address::ZERO);
    returning(Assembly::default(), Some(evm_proxy::BEACON), &code)
}

/// Creation code of a WASM proxy: admin slot := creator, implementation slot := `stub`,
/// `AdminChanged(0, creator)`, then `code` is returned. Constant per kind of proxy, so that an
/// address depends on salt and registry alone.
pub fn proxy_creation_code(stub: Address, code: &[u8]) -> Bytes {
    returning(created(stub, slots::IMPLEMENTATION), None, code)
}

/// What every proxy begins with: who created it, and the stub in the slot that says what it runs.
fn created(stub: Address, slot: B256) -> Assembly {
    use op::{CALLER, LOG1, MSTORE, PUSH0, SSTORE};
    Assembly::default()
        .ops(&[CALLER])
        .push(slots::ADMIN.as_slice())
        .ops(&[SSTORE])
        .push(stub.as_slice())
        .push(slot.as_slice())
        .ops(&[SSTORE, CALLER])
        .push(&[32])
        .ops(&[MSTORE])
        .push(AdminChanged::SIGNATURE_HASH.as_slice())
        .push(&[64])
        .ops(&[PUSH0, LOG1])
}

/// `front`, then the code is returned; of one with a shape, with the creator's address in it.
pub(super) fn returning(front: Assembly, shape: Option<Shape>, code: &[u8]) -> Bytes {
    use op::{CALLER, CODECOPY, DUP1, MLOAD, MSTORE, OR, PUSH0, RETURN, SHL};
    let front = front
        .push(&(code.len() as u16).to_be_bytes())
        .ops(&[DUP1])
        .code();
    let mut behind = Assembly::default().ops(&[PUSH0, CODECOPY]);
    if let Some(shape) = shape {
        let at = [shape.registry_at as u8];
        behind = behind
            .ops(&[CALLER])
            .push(&[96])
            .ops(&[SHL])
            .push(&at)
            .ops(&[MLOAD, OR])
            .push(&at)
            .ops(&[MSTORE]);
    }
    let behind = behind.ops(&[PUSH0, RETURN]).code();
    let offset = (front.len() + 3 + behind.len()) as u16;
    let place = Assembly::default().push(&offset.to_be_bytes()).code();
    [&front, &place, &behind, code].concat().into()
}
