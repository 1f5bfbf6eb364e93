//! The table of the registry's programs and the calls that each handles. The front routes by it, governance
//! hands on by it what it has approved, the builder builds and deploys the programs in its order,
//! and `docs/internals/design.md` shows it.

use alloy_sol_types::{SolCall, sol};

use crate::{
    chain::CONSTRUCTOR_SELECTOR, instance::IInstanceRegistry as Instance,
    registry::IRegistry as Registry,
};

/// A program that the registry's front forwards calls to, by delegatecall.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The package that it is built from.
    pub package: &'static str,
    /// The task that it is responsible for.
    pub task: &'static str,
    /// The calls that it answers.
    pub answers: &'static [Answer],
    /// The calls that governance has it execute, once they are approved.
    pub executes: &'static [Answer],
}

sol! {
    /// Requests of governance to another part besides governed calls. The front routes none of them.
    interface IParts {
        /// Takes the Stylus memory that pausing an instance takes, and gives it back.
        function reserveMemory() external;
        /// Refuses calldata of a governed call that the same part executes and that could not be executed now. Returns
        /// what the call returns after how far it is: for `createProxy` the address of the proxy.
        function checkCall(bytes call) external;
        /// Refuses calldata of `submitSigned` unless every approval in it is signed, for that epoch
        /// and round of its action.
        function verifySigned(bytes submitted, uint64 epoch, uint32 round) external;
    }
}

/// A call that a part answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its selector.
    pub selector: [u8; 4],
    /// Its name with the types of its parameters.
    pub signature: &'static str,
}

/// The number of parts.
pub const COUNT: usize = 4;

/// The construction of the registry, `abi.encode(string definePolicy)` after the SDK's selector.
const CONSTRUCTION: Answer = Answer {
    selector: CONSTRUCTOR_SELECTOR,
    signature: "constructor(string)",
};

impl Answer {
    /// The answer to a call.
    const fn to<C: SolCall>() -> Self {
        Self {
            selector: C::SELECTOR,
            signature: C::SIGNATURE,
        }
    }

    /// The name of the call.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or_default()
    }
}

/// The answer to a call.
const fn to<C: SolCall>() -> Answer {
    Answer::to::<C>()
}

/// The parts, in the order in which they are built and deployed.
pub const PARTS: [Part; COUNT] = [
    Part {
        package: "registry-governance",
        task: "governed calls: the approvals of all, and what they decide about versions",
        answers: &[
            to::<Registry::createDefinitionCall>(),
            to::<Registry::addVersionCall>(),
            to::<Registry::addStepCall>(),
            to::<Registry::migrateCall>(),
            to::<Registry::setHandlerCall>(),
            to::<Registry::abortMigrationCall>(),
            to::<Registry::adoptCall>(),
            to::<Registry::acceptTransferCall>(),
            to::<Registry::transferProxyCall>(),
            to::<Registry::removeInstanceCall>(),
            to::<Registry::setPolicyCall>(),
            to::<Registry::createProxyCall>(),
            to::<Registry::pauseCall>(),
            to::<Registry::resumeCall>(),
            to::<Registry::submitSignedCall>(),
            to::<Registry::actionOfCall>(),
        ],
        executes: &[],
    },
    Part {
        package: "registry-factory",
        task: "definitions and policies, and what is decided about one proxy: creation, adoption, transfer, removal, handlers",
        answers: &[CONSTRUCTION, to::<Instance::receiveTransferCall>()],
        executes: &[
            to::<IParts::checkCallCall>(),
            to::<Registry::createDefinitionCall>(),
            to::<Registry::setPolicyCall>(),
            to::<Registry::createProxyCall>(),
            to::<Registry::setHandlerCall>(),
            to::<Registry::abortMigrationCall>(),
            to::<Registry::adoptCall>(),
            to::<Registry::acceptTransferCall>(),
            to::<Registry::transferProxyCall>(),
            to::<Registry::removeInstanceCall>(),
        ],
    },
    Part {
        package: "registry-upgrades",
        task: "what instances run: upgrades, complex steps, pauses, rollout",
        answers: &[
            to::<Instance::beginUpgradeCall>(),
            to::<Instance::endUpgradeCall>(),
            to::<Instance::suspendUpgradeCall>(),
            to::<Instance::resumeUpgradeCall>(),
            to::<Instance::moveInstanceCall>(),
            to::<Registry::rolloutCall>(),
            to::<Registry::upgradeInstanceCall>(),
        ],
        executes: &[
            to::<Registry::pauseCall>(),
            to::<IParts::reserveMemoryCall>(),
        ],
    },
    Part {
        package: "registry-records",
        task: "records: every view, signatures, and what an approver takes back alone",
        answers: &[
            to::<Registry::definitionCall>(),
            to::<Registry::getVersionCall>(),
            to::<Registry::versionsCall>(),
            to::<Registry::instancesCall>(),
            to::<Registry::instancePageCall>(),
            to::<Registry::instanceOfCall>(),
            to::<Registry::proxyAddressCall>(),
            to::<Registry::acceptedTransferCall>(),
            to::<Registry::instanceDetailsCall>(),
            to::<Registry::planCall>(),
            to::<Registry::policyCall>(),
            to::<Registry::satisfiesCall>(),
            to::<Registry::pendingCall>(),
            to::<Registry::readinessCall>(),
            to::<Registry::openedAtCall>(),
            to::<Registry::eip712DomainCall>(),
            to::<Registry::revokeCall>(),
            to::<Registry::cancelCall>(),
        ],
        executes: &[to::<IParts::verifySignedCall>()],
    },
];

/// Position in [`PARTS`] of the part that executes a call once governance has approved it.
///
/// # Panics
/// If none does: at compile time, where it is asked in a constant.
pub const fn executing(selector: [u8; 4]) -> usize {
    let mut part = 0;
    while part < PARTS.len() {
        let mut n = 0;
        while n < PARTS[part].executes.len() {
            let executed = PARTS[part].executes[n].selector;
            if u32::from_be_bytes(executed) == u32::from_be_bytes(selector) {
                return part;
            }
            n += 1;
        }
        part += 1;
    }
    panic!("no part of the registry executes this call")
}

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
    fn what_governance_hands_on_is_executed_by_exactly_one_part() {
        let executed: Vec<_> = PARTS.iter().flat_map(|part| part.executes).collect();
        for (n, call) in executed.iter().enumerate() {
            assert!(!executed[..n].contains(call), "{}", call.signature);
            let part = &PARTS[executing(call.selector)];
            assert!(part.executes.contains(call), "{}", call.signature);
        }
    }
}
