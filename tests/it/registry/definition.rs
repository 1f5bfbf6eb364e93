//! The definition "A" of a registry on a chain in this process, and the calls that set it up.

use crate::prelude::*;
use stylus_upgrades::registry;

use super::fixture::{Done, Fixture, Reverted, account, is};

impl Fixture {
    /// A registry with the definition "A", about which account 0 decides alone.
    pub(crate) fn of_one() -> Self {
        let mut fixture = Self::new(&is(account(0)));
        fixture.define(&is(account(0))).expect("defined");
        fixture
    }

    /// The same with that code as version 1.0, which instances are created at.
    pub(crate) fn with_first_version(package: &str) -> (Self, Code) {
        let mut fixture = Self::of_one();
        let code = fixture.deploy(package);
        fixture.add("1.0", &code, initial_step());
        (fixture, code)
    }

    /// Account 0 adds a version to "A".
    pub(crate) fn add(&mut self, version: &str, code: &Code, step: Step) {
        let done = self.send(account(0), &add_version(code, version, step));
        assert!(done.expect("added").returned.executed);
    }

    /// Account 0 sets a policy of "A".
    pub(crate) fn set(&mut self, role: &str, expression: &str) {
        let done = self.send(account(0), &set_policy(role, expression));
        assert!(done.expect("set").returned.executed);
    }

    /// Creates the definition "A" with one policy for all roles.
    pub(crate) fn define(&mut self, policy: &str) -> Result<Done<Progress>, Reverted> {
        self.send(account(0), &calls::create_definition("A", policy))
    }
}

/// Adds a version to "A".
pub(crate) fn add_version(code: &Code, version: &str, step: Step) -> IRegistry::addVersionCall {
    calls::add_version("A", version, code, step)
}

/// Sets the policy of a role of "A".
pub(crate) fn set_policy(role: &str, expression: &str) -> IRegistry::setPolicyCall {
    calls::set_policy("A", role, expression)
}

/// The step of a version that can only be created.
pub(crate) fn initial_step() -> Step {
    step("", 0, Bytes::new())
}

/// A complex step whose program is that code.
pub(crate) fn complex(from: &str, program: &Code, handler: Address) -> Step {
    let program = (program.implementation, program.codehash.into());
    registry::complex(from, program, handler)
}

/// A step without a script.
pub(crate) fn step(from: &str, kind: u8, data: Bytes) -> Step {
    Step {
        from: from.into(),
        kind,
        script: Address::ZERO,
        scriptCodehash: B256::ZERO,
        data,
    }
}
