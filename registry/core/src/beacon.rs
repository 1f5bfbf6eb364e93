//! The beacon of a definition: an account of its own, which its beacon proxies ask what they run.

use alloy_primitives::Address;
use stylus_upgrades_host::call::create2;
use stylus_upgrades_interface::ids::DefinitionId;

use crate::{
    build,
    chain::{Reverts, call},
    create2, errors,
    state::{Definition, Version},
};

/// Its address, created or not.
pub fn address(definition: DefinitionId) -> Address {
    create2::created(definition.0, build::BEACON_INIT_CODE_HASH)
}

/// Creates it with the first proxy that asks it. Does not save the definition.
pub fn ensure(definition: &mut Definition) -> Reverts<()> {
    if definition.beacon {
        return Ok(());
    }
    let beacon = create2(build::BEACON.init_code, &[0; 32], &definition.id.0.0);
    if beacon.ok() != Some(address(definition.id).into_array()) {
        return Err(errors::nothing());
    }
    definition.beacon = true;
    point(definition)
}

/// Has it answer the code of what is current, or the pause stub while the definition is paused.
pub fn point(definition: &Definition) -> Reverts<()> {
    if !definition.beacon {
        return Ok(());
    }
    let account = if definition.is_paused() {
        build::STUB
    } else {
        Version::load(definition.id, definition.current)
            .code
            .implementation
    };
    let word = account.into_word();
    call(address(definition.id), &word.0, &[0; 32]).map(drop)
}
