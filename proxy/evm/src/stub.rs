//! The pause stubs: what an instance runs while it is paused or an upgrade runs. EVM code, so that they
//! cannot expire.

use crate::assembly::{Assembly, op};
use crate::proxy::returning;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use stylus_upgrades_interface::adopted::IProxiable::proxiableUUIDCall;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{UpgradeInProgress, Upgraded};
use stylus_upgrades_interface::{evm_proxy, slots};

/// The pause stub (rule 4): reverts `UpgradeInProgress()` to every call.
pub fn stub_code() -> Bytes {
    in_progress(Assembly::default()).code().into()
}

/// The pause stub of UUPS proxies, whose upgrades are their own code's: its registry calls it with the
/// next implementation, one word, which it writes into the ERC-1967 slot and reports. Calldata of any other
/// length, as of every function, are no such order. Everybody else meets what [`stub_code`] says, but for
/// ERC-1822, which such proxies ask before they take code.
pub fn uups_stub_code(registry: Address) -> Bytes {
    use op::{
        AND, CALLDATALOAD, CALLDATASIZE, CALLER, DUP1, EQ, LOG2, MSTORE, PUSH0, RETURN, SHR,
        SSTORE, STOP,
    };
    let code = Assembly::default()
        .ops(&[PUSH0, CALLDATALOAD])
        .push(&[0xe0])
        .ops(&[SHR])
        .push(&proxiableUUIDCall::SELECTOR)
        .ops(&[EQ])
        .jump_if("proxiable")
        .ops(&[CALLER])
        .push(registry.as_slice())
        .ops(&[EQ, CALLDATASIZE])
        .push(&[32])
        .ops(&[EQ, AND])
        .jump_if("registry");
    in_progress(code)
        .label("proxiable")
        .push(slots::IMPLEMENTATION.as_slice())
        .ops(&[PUSH0, MSTORE])
        .push(&[32])
        .ops(&[PUSH0, RETURN])
        .label("registry")
        .ops(&[PUSH0, CALLDATALOAD, DUP1])
        .push(slots::IMPLEMENTATION.as_slice())
        .ops(&[SSTORE])
        .push(Upgraded::SIGNATURE_HASH.as_slice())
        .ops(&[PUSH0, PUSH0, LOG2, STOP])
        .code()
        .into()
}

/// Creation code of that stub, which ends in its code with zeros in place of its creator.
pub fn uups_stub_creation_code() -> Bytes {
    let code = uups_stub_code(Address::ZERO);
    returning(Assembly::default(), Some(evm_proxy::UUPS_STUB), &code)
}

/// Reverts `UpgradeInProgress()`.
fn in_progress(code: Assembly) -> Assembly {
    use op::{MSTORE, PUSH0, REVERT, SHL};
    code.push(&UpgradeInProgress::SELECTOR)
        .push(&[0xe0])
        .ops(&[SHL, PUSH0, MSTORE])
        .push(&[4])
        .ops(&[PUSH0, REVERT])
}
