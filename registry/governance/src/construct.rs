//! The construction of the registry: calldata is the SDK's constructor selector and
//! `abi.encode(string definePolicy)`. The front lets it through once and has noted the parts.

use alloc::vec::Vec;

use stylus_registry_core::{
    abi::Reader,
    authority::{self, role},
    chain::Reverts,
    definition::Definition,
    lock,
};

/// Creates the definition with the empty name, the registry itself.
pub(crate) fn registry(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let expression = arguments.bytes(0)?;
    let policy = authority::check(expression)?;
    let mut itself = Definition::new(b"");
    for role in [role::DEFINE, role::POLICY] {
        authority::set(&mut itself, role, expression, &policy);
    }
    itself.create();
    lock::set(lock::Phase::Free);
    Ok(Vec::new())
}
