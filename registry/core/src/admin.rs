//! The admin of a definition's adopted proxies: an account of its own, to which their owners give them.
//! It does what the registry says, and the registry says so for this definition alone. So no other one
//! adopts what was given to it.

use alloc::vec::Vec;

use alloy_primitives::Address;
use stylus_upgrades_host::call::create2;
use stylus_upgrades_interface::ids::DefinitionId;

use crate::{
    build,
    chain::{self, Reverts, code_hash, has_code},
    create2, errors, events,
};

/// Its address, created or not.
pub fn address(definition: DefinitionId) -> Address {
    create2::created(definition.0, build::ADMIN_INIT_CODE_HASH)
}

/// Creates it, with an event, before the first approval of an adoption: a transparent proxy 4.x answers it alone.
pub fn ensure(definition: DefinitionId) -> Reverts<()> {
    let admin = address(definition);
    if has_code(code_hash(admin)) {
        return Ok(());
    }
    match create2(build::ADMIN.init_code, &[0; 32], &definition.0.0) {
        Ok(created) if admin == created => {
            events::admin_created(definition, admin).emit();
            Ok(())
        }
        _ => Err(errors::nothing()),
    }
}

/// Has it call an account.
pub fn call(definition: DefinitionId, to: Address, data: &[u8]) -> Reverts<Vec<u8>> {
    chain::call(address(definition), &order(to, data), &[0; 32])
}

/// Has it ask an account, without permitting any change.
pub fn ask(definition: DefinitionId, to: Address, data: &[u8]) -> Reverts<Vec<u8>> {
    chain::ask(address(definition), &order(to, data))
}

/// Encodes the calldata of that order.
fn order(to: Address, data: &[u8]) -> Vec<u8> {
    [to.into_word().as_slice(), data].concat()
}
