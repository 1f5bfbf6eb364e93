//! Definitions and their policies: the construction of the registry, `createDefinition` and `setPolicy`.

use alloc::vec::Vec;

use stylus_registry_core::{
    abi::Reader,
    authority::{self, role},
    chain::Reverts,
    definition::Definition,
    errors, events, label, lock,
};

/// The constructor, whose calldata are the SDK's selector and `abi.encode(string definePolicy)`: creates the
/// definition with the empty name, the registry itself. The front lets it through once and has noted the parts.
pub(crate) fn construct(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let expression = arguments.bytes(0)?;
    let policy = authority::check(expression)?;
    let mut itself = Definition::fresh(b"");
    for role in [role::DEFINE, role::POLICY] {
        authority::set(&mut itself, role, expression, &policy);
    }
    itself.create();
    lock::set(lock::LockPhase::Free);
    Ok(Vec::new())
}

/// Refuses a definition that exists, or a policy that is none.
pub(crate) fn check_definition(arguments: Reader<'_>) -> Reverts<()> {
    let name = arguments.bytes(0)?;
    label::check(name)?;
    if Definition::exists(name) {
        return Err(errors::definition_exists(name));
    }
    for n in 1..=3 {
        authority::check(arguments.bytes(n)?)?;
    }
    Ok(())
}

/// Creates a definition with the policies of the roles `migrate`, `policy` and `create`.
pub(crate) fn create_definition(arguments: Reader<'_>) -> Reverts<()> {
    let name = arguments.bytes(0)?;
    let mut definition = Definition::fresh(name);
    events::definition_created(definition.id, name).emit();
    for (n, role) in (1..).zip([role::MIGRATE, role::POLICY, role::CREATE]) {
        let expression = arguments.bytes(n)?;
        let policy = authority::check(expression)?;
        authority::set(&mut definition, role, expression, &policy);
    }
    definition.create();
    Definition::count();
    Ok(())
}

/// Refuses a policy that a role cannot have now.
pub(crate) fn check_change(arguments: Reader<'_>) -> Reverts<()> {
    let role = arguments.bytes(1)?;
    label::check(role)?;
    let definition = Definition::of(arguments.bytes(0)?)?;
    authority::check_change(&definition, role, arguments.bytes(2)?).map(drop)
}

/// Sets the policy of a role.
pub(crate) fn set(arguments: Reader<'_>) -> Reverts<()> {
    let mut definition = Definition::of(arguments.bytes(0)?)?;
    let expression = arguments.bytes(2)?;
    let policy = authority::check(expression)?;
    definition.sequence += 1;
    authority::set(&mut definition, arguments.bytes(1)?, expression, &policy);
    definition.save();
    Ok(())
}
