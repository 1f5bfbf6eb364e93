//! Which program of the registry handles which call. The front routes by this table, the builder
//! builds and deploys the programs in its order, and `docs/design.md` shows it.

use alloy_sol_types::SolCall;

use crate::{
    chain::CONSTRUCTOR_SELECTOR, instance::IInstanceRegistry as Instance,
    registry::IRegistry as Registry,
};

/// A program that the registry's front forwards calls to, by delegatecall.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The package that it is built from.
    pub package: &'static str,
    /// What it is responsible for.
    pub task: &'static str,
    /// The calls that it answers.
    pub answers: &'static [Answer],
}

/// A call that a part answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its selector.
    pub selector: [u8; 4],
    /// Its name with the types of its parameters.
    pub signature: &'static str,
}

/// How many parts there are.
pub const COUNT: usize = 3;
/// Position of the factory in [`PARTS`]: governance has it execute what concerns instances.
pub const FACTORY: usize = 1;

/// The construction of the registry, `abi.encode(string definePolicy)` behind the SDK's selector.
const CONSTRUCTION: Answer = Answer {
    selector: CONSTRUCTOR_SELECTOR,
    signature: "constructor(string)",
};

/// The answer to a call.
const fn to<C: SolCall>() -> Answer {
    Answer {
        selector: C::SELECTOR,
        signature: C::SIGNATURE,
    }
}

/// The parts, in the order in which they are built and deployed.
pub const PARTS: [Part; COUNT] = [
    Part {
        package: "registry-governance",
        task: "governed calls: what approvers decide together about definitions, versions and policies",
        answers: &[
            CONSTRUCTION,
            to::<Registry::createDefinitionCall>(),
            to::<Registry::addVersionCall>(),
            to::<Registry::addStepCall>(),
            to::<Registry::migrateCall>(),
            to::<Registry::setHandlerCall>(),
            to::<Registry::abortMigrationCall>(),
            to::<Registry::adoptCall>(),
            to::<Registry::handOverCall>(),
            to::<Registry::setPolicyCall>(),
            to::<Registry::createProxyCall>(),
            to::<Registry::pauseCall>(),
            to::<Registry::resumeCall>(),
            to::<Registry::submitSignedCall>(),
            to::<Registry::actionOfCall>(),
        ],
    },
    Part {
        package: "registry-factory",
        task: "instances: their creation, upgrades and rollout",
        answers: &[
            to::<Instance::beginUpgradeCall>(),
            to::<Instance::endUpgradeCall>(),
            to::<Instance::suspendUpgradeCall>(),
            to::<Instance::resumeUpgradeCall>(),
            to::<Registry::rolloutCall>(),
        ],
    },
    Part {
        package: "registry-records",
        task: "records: every view, layout documents, and what an approver takes back alone",
        answers: &[
            to::<Registry::definitionCall>(),
            to::<Registry::getVersionCall>(),
            to::<Registry::versionsCall>(),
            to::<Registry::instancesCall>(),
            to::<Registry::instanceOfCall>(),
            to::<Registry::proxyAddressCall>(),
            to::<Registry::planCall>(),
            to::<Registry::policyCall>(),
            to::<Registry::satisfiesCall>(),
            to::<Registry::pendingCall>(),
            to::<Registry::readinessCall>(),
            to::<Registry::layoutAtCall>(),
            to::<Registry::publishLayoutCall>(),
            to::<Registry::revokeCall>(),
            to::<Registry::cancelCall>(),
        ],
    },
];

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use alloy_sol_types::SolInterface;

    use super::*;
    use crate::{instance::IInstanceRegistry, registry::IRegistry};

    #[test]
    fn every_call_of_the_registry_is_answered_by_exactly_one_part() {
        let mut answered: Vec<_> = PARTS
            .iter()
            .flat_map(|part| part.answers)
            .map(|answer| answer.selector)
            .collect();
        let mut promised: Vec<_> = IRegistry::IRegistryCalls::selectors()
            .chain(IInstanceRegistry::IInstanceRegistryCalls::selectors())
            .chain([CONSTRUCTOR_SELECTOR])
            .collect();
        answered.sort_unstable();
        promised.sort_unstable();
        assert_eq!(answered, promised);
    }

    #[test]
    fn the_factory_is_where_its_position_says() {
        assert_eq!(PARTS[FACTORY].package, "registry-factory");
    }
}
