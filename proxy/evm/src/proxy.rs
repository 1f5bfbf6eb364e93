//! The EVM proxy, and the creation of every kind.

use crate::assembly::{Assembly, op};
use crate::forward::delegated;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolEvent;
use stylus_upgrades_interface::evm_proxy::{self, Shape};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::AdminChanged;
use stylus_upgrades_interface::slots;

/// The code of an EVM proxy. What the orders contract calls runs on UpgradeabilityStorage, which answers
/// the five selectors and forwards the rest; what everybody else calls runs on the code in the
/// ERC-1967 implementation slot. Either way the frame ends with exactly what came back.
pub fn evm_proxy_code(orders: Address, storage: Address) -> Bytes {
    use op::{CALLDATACOPY, CALLDATASIZE, CALLER, EQ, PUSH0, SLOAD};
    let code = Assembly::default()
        .ops(&[CALLDATASIZE, PUSH0, PUSH0, CALLDATACOPY])
        // what the delegatecall returns to memory, and where its calldata lie
        .ops(&[PUSH0, PUSH0, CALLDATASIZE, PUSH0])
        .ops(&[CALLER])
        .push(orders.as_slice())
        .ops(&[EQ])
        .jump_if("orders")
        .push(slots::IMPLEMENTATION.as_slice())
        .ops(&[SLOAD])
        .label("delegate");
    delegated(code)
        .label("orders")
        .push(storage.as_slice())
        .jump("delegate")
        .code()
        .into()
}

/// The account that the code of an EVM proxy of the framework takes orders from, if it is one, of any release: the orders
/// contract, or in earlier releases the registry that created it.
pub fn caller_in_proxy(code: &[u8]) -> Option<Address> {
    let address = |at: usize| Some(Address::from_slice(code.get(at..at + 20)?));
    let caller = address(evm_proxy::EVM.caller_at)?;
    // the other address in it is that of UpgradeabilityStorage, which differs between releases
    let pattern = evm_proxy_code(caller, Address::repeat_byte(0xff));
    let at = pattern.windows(20).rposition(|word| word == [0xff; 20])?;
    (*evm_proxy_code(caller, address(at)?) == *code).then_some(caller)
}

/// Init code of an EVM proxy without its last word, its creator, which decides about the proxy and stands in its admin
/// slot. In the returned code stands the account that runs this, the orders contract. It ends in that code with zeros
/// in its place.
pub fn evm_proxy_creation_code(stub: Address, storage: Address) -> Bytes {
    use op::{CODECOPY, CODESIZE, DUP1, DUP2, MLOAD, SUB};
    let code = evm_proxy_code(Address::ZERO, storage);
    let creator = Assembly::default()
        .push(&[32])
        .ops(&[DUP1, CODESIZE, SUB, DUP2, CODECOPY])
        .push(&[32])
        .ops(&[MLOAD]);
    returning(created(creator, stub), Some(evm_proxy::EVM), &code)
}

/// Creation code of a WASM proxy: admin slot := creator, implementation slot := `stub`,
/// `AdminChanged(0, creator)`, then `code` is returned. Constant per kind of proxy, so that an
/// address depends on salt and registry alone.
pub fn proxy_creation_code(stub: Address, code: &[u8]) -> Bytes {
    let creator = Assembly::default().ops(&[op::CALLER]);
    returning(created(creator, stub), None, code)
}

/// The start of every proxy: its creator, on top of the stack, in the admin slot, the stub in the implementation slot.
fn created(creator: Assembly, stub: Address) -> Assembly {
    use op::{DUP1, LOG1, MSTORE, PUSH0, SSTORE};
    creator
        .ops(&[DUP1])
        .push(slots::ADMIN.as_slice())
        .ops(&[SSTORE])
        .push(&[32])
        .ops(&[MSTORE])
        .push(stub.as_slice())
        .push(slots::IMPLEMENTATION.as_slice())
        .ops(&[SSTORE])
        .push(AdminChanged::SIGNATURE_HASH.as_slice())
        .push(&[64])
        .ops(&[PUSH0, LOG1])
}

/// `front`, then the code is returned; of one with a shape, with the account that runs this in it.
pub(super) fn returning(front: Assembly, shape: Option<Shape>, code: &[u8]) -> Bytes {
    use op::{CALLER, CODECOPY, DUP1, MLOAD, MSTORE, OR, PUSH0, RETURN, SHL};
    let front = front
        .push(&(code.len() as u16).to_be_bytes())
        .ops(&[DUP1])
        .code();
    let mut tail = Assembly::default().ops(&[PUSH0, CODECOPY]);
    if let Some(shape) = shape {
        let at = [shape.caller_at as u8];
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
