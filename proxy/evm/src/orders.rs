//! The orders contract: it creates the EVM proxies, and passes on what is ordered of each.

use crate::assembly::{Assembly, op};
use crate::forward::{answered, arguments, at_least, ordered, refused};
use crate::proxy::evm_proxy_creation_code;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolCall;
use stylus_upgrades_interface::orders::IOrders::{createCall, giveCall, ordersOfCall};

/// The code of the orders contract of the proxies that begin on that pause stub and have that UpgradeabilityStorage; see
/// [`stylus_upgrades_interface::orders`]. Its slot that is the address of a proxy holds who orders it.
pub fn orders_code(stub: Address, storage: Address) -> Bytes {
    use op::{CALLDATALOAD, CALLVALUE, DUP1, EQ, PUSH0, SHR};
    let init_code = evm_proxy_creation_code(stub, storage);
    // What begins with the word of an account has no selector.
    let code = Assembly::long()
        .ops(&[PUSH0, CALLDATALOAD, DUP1])
        .push(&[160])
        .ops(&[SHR])
        .jump_if("function");
    let code = ordered(by_who_orders(at_least(code, 32)))
        .label("function")
        .ops(&[CALLVALUE])
        .jump_if("refused")
        .push(&[0xe0])
        .ops(&[SHR, DUP1])
        .push(&createCall::SELECTOR)
        .ops(&[EQ])
        .jump_if("create")
        .ops(&[DUP1])
        .push(&giveCall::SELECTOR)
        .ops(&[EQ])
        .jump_if("give")
        .push(&ordersOfCall::SELECTOR)
        .ops(&[EQ])
        .jump_if("ordersOf");
    let code = create(refused(code).label("create"), init_code.len());
    let code = give(code.label("give"));
    orders_of(code.label("ordersOf"))
        .mark("init code")
        .ops(&init_code)
        .code()
        .into()
}

/// `create(bytes32)`: CREATE2 of the init code and the caller. Who is ordered by somebody already was created before.
fn create(code: Assembly, init_code: usize) -> Assembly {
    use op::{
        CALLDATALOAD, CALLER, CODECOPY, CREATE2, DUP1, DUP2, ISZERO, MSTORE, PUSH0, SLOAD, SSTORE,
    };
    let size = |size: usize| (size as u16).to_be_bytes();
    let code = arguments(code, 1)
        .push(&size(init_code))
        .push_label("init code")
        .ops(&[PUSH0, CODECOPY, CALLER])
        .push(&size(init_code))
        .ops(&[MSTORE])
        .push(&[4])
        .ops(&[CALLDATALOAD])
        .push(&size(init_code + 32))
        .ops(&[PUSH0, PUSH0, CREATE2])
        .ops(&[DUP1, ISZERO])
        .jump_if("refused")
        .ops(&[DUP1, SLOAD])
        .jump_if("refused")
        .ops(&[CALLER, DUP2, SSTORE]);
    answered(code)
}

/// `give(address,address)`.
fn give(code: Assembly) -> Assembly {
    use op::{CALLDATALOAD, DUP1, ISZERO, SHR, SSTORE, STOP, SWAP1};
    let code = arguments(code, 2).push(&[4]).ops(&[CALLDATALOAD]);
    by_who_orders(code)
        .push(&[36])
        .ops(&[CALLDATALOAD, DUP1, ISZERO])
        .jump_if("refused")
        .ops(&[DUP1])
        .push(&[160])
        .ops(&[SHR])
        .jump_if("refused")
        .ops(&[SWAP1, SSTORE, STOP])
}

/// `ordersOf(address)`.
fn orders_of(code: Assembly) -> Assembly {
    use op::{CALLDATALOAD, SLOAD};
    let code = arguments(code, 1).push(&[4]).ops(&[CALLDATALOAD, SLOAD]);
    answered(code)
}

/// Refuses callers that do not order the account on top of the stack.
fn by_who_orders(code: Assembly) -> Assembly {
    use op::{CALLER, DUP1, SLOAD, SUB};
    code.ops(&[DUP1, SLOAD, CALLER, SUB]).jump_if("refused")
}
