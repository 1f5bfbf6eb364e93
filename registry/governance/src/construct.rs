//! The birth of the registry: calldata is the SDK's constructor selector and
//! `abi.encode(string definePolicy)`. The front lets it through once and has noted the parts.

use alloc::{string::String, vec::Vec};

use alloy_sol_types::SolValue;
use stylus_registry_core::{
    authority::{self, role},
    chain::{Fault, Reverts},
    lock,
    state::Definition,
};

/// Creates the definition with the empty name, the registry itself.
pub(crate) fn registry(calldata: &[u8]) -> Reverts<Vec<u8>> {
    lock::take()?;
    let arguments = calldata.get(4..).unwrap_or_default();
    let (expression,) = <(String,)>::abi_decode_params(arguments).map_err(|_| Fault(Vec::new()))?;
    let policy = authority::check(&expression)?;
    let mut itself = Definition::new("");
    for role in [role::DEFINE, role::POLICY] {
        authority::set(&mut itself, role, &expression, &policy);
    }
    itself.create();
    lock::set(lock::Phase::Free);
    Ok(Vec::new())
}
