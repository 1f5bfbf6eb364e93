//! The EVM proxy, and the creation of every kind.

use crate::assembly::{Assembly, op};
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolEvent;
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

/// The registry in the code of an EVM proxy of the framework, if it is one.
pub fn registry_in_code(code: &[u8]) -> Option<Address> {
    let address = |at: usize| Some(Address::from_slice(code.get(at..at + 20)?));
    let registry = address(evm_proxy::EVM.registry_at)?;
    // the other address in it is that of UpgradeabilityStorage, which differs between releases
    let pattern = evm_proxy_code(registry, Address::repeat_byte(0xff));
    let at = pattern.windows(20).rposition(|word| word == [0xff; 20])?;
    (*evm_proxy_code(registry, address(at)?) == *code).then_some(registry)
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

/// Creation code of an EVM proxy: as [`proxy_creation_code`], with the creator's address in the
/// returned code. Constant as well, and it ends in that code with zeros in its place.
pub fn evm_proxy_creation_code(stub: Address, storage: Address) -> Bytes {
    let code = evm_proxy_code(Address::ZERO, storage);
    returning(created(stub), Some(evm_proxy::EVM), &code)
}

/// Creation code of a WASM proxy: admin slot := creator, implementation slot := `stub`,
/// `AdminChanged(0, creator)`, then `code` is returned. Constant per kind of proxy, so that an
/// address depends on salt and registry alone.
pub fn proxy_creation_code(stub: Address, code: &[u8]) -> Bytes {
    returning(created(stub), None, code)
}

/// What every proxy begins with: its creator in the admin slot, the stub in the implementation slot.
fn created(stub: Address) -> Assembly {
    use op::{CALLER, LOG1, MSTORE, PUSH0, SSTORE};
    Assembly::default()
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
}

/// `front`, then the code is returned; of one with a shape, with the creator's address in it.
pub(super) fn returning(front: Assembly, shape: Option<Shape>, code: &[u8]) -> Bytes {
    use op::{CALLER, CODECOPY, DUP1, MLOAD, MSTORE, OR, PUSH0, RETURN, SHL};
    let front = front
        .push(&(code.len() as u16).to_be_bytes())
        .ops(&[DUP1])
        .code();
    let mut tail = Assembly::default().ops(&[PUSH0, CODECOPY]);
    if let Some(shape) = shape {
        let at = [shape.registry_at as u8];
        tail = tail
            .ops(&[CALLER])
            .push(&[96])
            .ops(&[SHL])
            .push(&at)
            .ops(&[MLOAD, OR])
            .push(&at)
            .ops(&[MSTORE]);
    }
    let tail = tail.ops(&[PUSH0, RETURN]).code();
    let offset = (front.len() + 3 + tail.len()) as u16;
    let place = Assembly::default().push(&offset.to_be_bytes()).code();
    [&front, &place, &tail, code].concat().into()
}
