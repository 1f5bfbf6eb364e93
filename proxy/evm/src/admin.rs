//! The admin of a definition's adopted proxies.

use crate::assembly::{Assembly, op};
use crate::proxy::{ended, returning};
use alloy_primitives::{Address, Bytes};
use stylus_upgrades_interface::evm_proxy;

/// The code of a definition's admin. Its registry calls it with an account, one word, and the calldata
/// that this account is called with. The registry answers other calls, which
/// cannot change it: so tools that take it for a ProxyAdmin learn what to use instead. Either way the
/// frame ends with exactly what came back.
pub fn admin_code(registry: Address) -> Bytes {
    use op::{
        CALL, CALLDATACOPY, CALLDATALOAD, CALLDATASIZE, CALLER, DUP1, DUP3, DUP5, DUP7, EQ, GAS,
        PUSH0, REVERT, SHR, STATICCALL, SUB,
    };
    let code = Assembly::default()
        .push(registry.as_slice())
        .ops(&[DUP1, CALLER, EQ])
        .jump_if("registry")
        .ops(&[CALLDATASIZE, PUSH0, PUSH0, CALLDATACOPY])
        .ops(&[PUSH0, PUSH0, CALLDATASIZE, PUSH0, DUP5, GAS, STATICCALL])
        .jump("called")
        .label("registry")
        // a word that is no account is the selector of something else
        .ops(&[PUSH0, CALLDATALOAD, DUP1])
        .push(&[160])
        .ops(&[SHR])
        .jump_if("refused")
        .push(&[32])
        .ops(&[CALLDATASIZE, SUB, DUP1])
        .push(&[32])
        .ops(&[PUSH0, CALLDATACOPY])
        .ops(&[PUSH0, PUSH0, DUP3, PUSH0, PUSH0, DUP7, GAS, CALL])
        .label("called");
    ended(code)
        .label("refused")
        .ops(&[PUSH0, PUSH0, REVERT])
        .code()
        .into()
}

/// Creation code of an admin, which ends in its code with zeros in place of its creator.
pub fn admin_creation_code() -> Bytes {
    let code = admin_code(Address::ZERO);
    returning(Assembly::default(), Some(evm_proxy::ADMIN), &code)
}

/// The registry whose admin that code is, if it is one.
pub fn registry_of_admin(code: &[u8]) -> Option<Address> {
    let at = evm_proxy::ADMIN.registry_at;
    let registry = Address::from_slice(code.get(at..at + 20)?);
    (*admin_code(registry) == *code).then_some(registry)
}
