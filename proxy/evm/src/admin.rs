//! The admin of a definition's adopted proxies.

use crate::assembly::{Assembly, op};
use crate::forward::{ordered, refused};
use crate::proxy::returning;
use alloy_primitives::{Address, Bytes};
use stylus_upgrades_interface::evm_proxy;

/// The code of a definition's admin. Its registry calls it with an account, one word, and the calldata that this account
/// is called with; the frame ends with exactly what came back. It refuses everybody else, and words that are no account:
/// those are the selector of something else, as of a signature that an approver is asked for.
pub fn admin_code(registry: Address) -> Bytes {
    use op::{CALLDATALOAD, CALLER, DUP1, PUSH0, SHR, SUB};
    let code = Assembly::default()
        .push(registry.as_slice())
        .ops(&[CALLER, SUB])
        .jump_if("refused")
        .ops(&[PUSH0, CALLDATALOAD, DUP1])
        .push(&[160])
        .ops(&[SHR])
        .jump_if("refused");
    refused(ordered(code)).code().into()
}

/// Creation code of an admin, which ends in its code with zeros in place of its creator.
pub fn admin_creation_code() -> Bytes {
    let code = admin_code(Address::ZERO);
    returning(Assembly::default(), Some(evm_proxy::ADMIN), &code)
}

/// The registry whose admin that code is, if it is one.
pub fn registry_of_admin(code: &[u8]) -> Option<Address> {
    let at = evm_proxy::ADMIN.caller_at;
    let registry = Address::from_slice(code.get(at..at + 20)?);
    (*admin_code(registry) == *code).then_some(registry)
}
