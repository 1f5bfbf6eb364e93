//! Calls of the registry, of proxies and of the counter, each built in one place.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::adopted::IOwnable;
use stylus_upgrades_interface::complex::IComplexMigration;
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy;
use stylus_upgrades_interface::registry::{Code, IRegistry, Step};

use crate::abi::ICounter;
use crate::abi::points_v2::IPoints;

/// The calldata of a call.
pub fn data(call: &impl SolCall) -> Bytes {
    call.abi_encode().into()
}

/// A definition with one policy for all roles.
pub fn create_definition(
    name: impl Into<String>,
    policy: impl Into<String>,
) -> IRegistry::createDefinitionCall {
    let policy = policy.into();
    define(name, policy.clone(), policy.clone(), policy)
}

/// A definition with a policy for each of its roles: who migrates, who sets policies, who creates instances.
pub fn define(
    name: impl Into<String>,
    migrate: impl Into<String>,
    policy: impl Into<String>,
    create: impl Into<String>,
) -> IRegistry::createDefinitionCall {
    IRegistry::createDefinitionCall {
        name: name.into(),
        migratePolicy: migrate.into(),
        policyPolicy: policy.into(),
        createPolicy: create.into(),
    }
}

/// A version that does not become current.
pub fn add_version(
    name: impl Into<String>,
    version: impl Into<String>,
    code: &Code,
    step: Step,
) -> IRegistry::addVersionCall {
    IRegistry::addVersionCall {
        name: name.into(),
        version: version.into(),
        code: code.clone(),
        step,
    }
}

/// Another step into a version.
pub fn add_step(
    name: impl Into<String>,
    version: impl Into<String>,
    step: Step,
) -> IRegistry::addStepCall {
    IRegistry::addStepCall {
        name: name.into(),
        version: version.into(),
        step,
    }
}

/// A version that becomes current.
pub fn migrate(
    name: impl Into<String>,
    version: impl Into<String>,
    code: &Code,
    step: Step,
) -> IRegistry::migrateCall {
    IRegistry::migrateCall {
        name: name.into(),
        version: version.into(),
        code: code.clone(),
        step,
    }
}

/// The policy of a role.
pub fn set_policy(
    name: impl Into<String>,
    role: impl Into<String>,
    expression: impl Into<String>,
) -> IRegistry::setPolicyCall {
    IRegistry::setPolicyCall {
        name: name.into(),
        role: role.into(),
        expression: expression.into(),
    }
}

/// An instance, created with `init` as its first call.
pub fn create_proxy(
    name: impl Into<String>,
    version: impl Into<String>,
    kind: u8,
    salt: B256,
    init: impl Into<Bytes>,
) -> IRegistry::createProxyCall {
    IRegistry::createProxyCall {
        name: name.into(),
        version: version.into(),
        kind,
        salt,
        initData: init.into(),
    }
}

/// Where [`create_proxy`] creates it.
pub fn proxy_address(name: impl Into<String>, kind: u8, salt: B256) -> IRegistry::proxyAddressCall {
    IRegistry::proxyAddressCall {
        name: name.into(),
        kind,
        salt,
    }
}

/// A proxy that somebody else created becomes an instance.
pub fn adopt(
    name: impl Into<String>,
    proxy: Address,
    kind: u8,
    version: impl Into<String>,
) -> IRegistry::adoptCall {
    IRegistry::adoptCall {
        name: name.into(),
        proxy,
        kind,
        version: version.into(),
    }
}

/// An instance goes to another registry, to the definition of that name there. Without a name it goes to the account.
/// `nonce` is the instance's.
pub fn transfer_proxy(
    name: impl Into<String>,
    proxy: Address,
    to: Address,
    definition: impl Into<String>,
    nonce: u64,
) -> IRegistry::transferProxyCall {
    IRegistry::transferProxyCall {
        name: name.into(),
        proxy,
        to,
        definition: definition.into(),
        nonce,
    }
}

/// An instance of another registry, where it has that nonce, is received.
pub fn accept_transfer(
    name: impl Into<String>,
    proxy: Address,
    version: impl Into<String>,
    registry: Address,
    nonce: u64,
) -> IRegistry::acceptTransferCall {
    IRegistry::acceptTransferCall {
        name: name.into(),
        proxy,
        version: version.into(),
        registry,
        nonce,
    }
}

/// These instances follow their definition.
pub fn rollout(
    name: impl Into<String>,
    proxies: impl Into<Vec<Address>>,
) -> IRegistry::rolloutCall {
    IRegistry::rolloutCall {
        name: name.into(),
        proxies: proxies.into(),
    }
}

/// One instance goes to a version.
pub fn upgrade_instance(
    proxy: Address,
    version: impl Into<String>,
    data: impl Into<Bytes>,
) -> IRegistry::upgradeInstanceCall {
    IRegistry::upgradeInstanceCall {
        proxy,
        version: version.into(),
        data: data.into(),
    }
}

/// The handler of a complex step is replaced. `nonce` is the instance's.
pub fn set_handler(
    name: impl Into<String>,
    proxy: Address,
    handler: Address,
    nonce: u64,
) -> IRegistry::setHandlerCall {
    IRegistry::setHandlerCall {
        name: name.into(),
        proxy,
        handler,
        nonce,
    }
}

/// A complex step is rolled back. `nonce` is the instance's.
pub fn abort_migration(
    name: impl Into<String>,
    proxy: Address,
    nonce: u64,
) -> IRegistry::abortMigrationCall {
    IRegistry::abortMigrationCall {
        name: name.into(),
        proxy,
        nonce,
    }
}

/// An instance is no longer one. `nonce` is the instance's.
pub fn remove_instance(
    name: impl Into<String>,
    proxy: Address,
    nonce: u64,
) -> IRegistry::removeInstanceCall {
    IRegistry::removeInstanceCall {
        name: name.into(),
        proxy,
        nonce,
    }
}

/// A definition is paused; its instances follow by [`rollout`].
pub fn pause(name: impl Into<String>) -> IRegistry::pauseCall {
    pause_first(name, [])
}

/// The same, where these instances stop at once.
pub fn pause_first(
    name: impl Into<String>,
    first: impl Into<Vec<Address>>,
) -> IRegistry::pauseCall {
    IRegistry::pauseCall {
        name: name.into(),
        first: first.into(),
    }
}

/// It continues at that version, which is current.
pub fn resume(name: impl Into<String>, version: impl Into<String>) -> IRegistry::resumeCall {
    IRegistry::resumeCall {
        name: name.into(),
        version: version.into(),
    }
}

/// What approvals about a proxy are bound to, and where it comes from.
pub fn instance_details(proxy: Address) -> IRegistry::instanceDetailsCall {
    IRegistry::instanceDetailsCall { proxy }
}

/// The call by which an account that may upgrade a proxy alone does so.
pub fn upgrade_to(version: impl Into<String>) -> IUpgradeabilityProxy::upgradeToCall {
    let version = version.into();
    IUpgradeabilityProxy::upgradeToCall { version }
}

/// The same with a call of the new version.
pub fn upgrade_to_and_call(
    version: impl Into<String>,
    data: impl Into<Bytes>,
) -> IUpgradeabilityProxy::upgradeToAndCallCall {
    let (version, data) = (version.into(), data.into());
    IUpgradeabilityProxy::upgradeToAndCallCall { version, data }
}

/// The first call of a counter.
pub fn initialize_counter(value: u64) -> ICounter::initializeCall {
    let value = U256::from(value);
    ICounter::initializeCall { value }
}

/// Its migration to version 2, which counts in steps.
pub fn migrate_counter(step: u64) -> ICounter::migrateCall {
    let step = U256::from(step);
    ICounter::migrateCall { step }
}

/// What a role's policy is.
pub fn policy(name: impl Into<String>, role: impl Into<String>) -> IRegistry::policyCall {
    IRegistry::policyCall {
        name: name.into(),
        role: role.into(),
    }
}

/// What a version is.
pub fn get_version(
    name: impl Into<String>,
    version: impl Into<String>,
) -> IRegistry::getVersionCall {
    IRegistry::getVersionCall {
        name: name.into(),
        version: version.into(),
    }
}

/// The open actions of a definition, the first hundred.
pub fn pending(name: impl Into<String>) -> IRegistry::pendingCall {
    IRegistry::pendingCall {
        name: name.into(),
        start: 0,
        count: 100,
    }
}

/// Some of the instances of a definition, in the order of their creation.
pub fn instances(name: impl Into<String>, start: u32, count: u32) -> IRegistry::instancesCall {
    IRegistry::instancesCall {
        name: name.into(),
        start,
        count,
    }
}

/// Some of its versions, in the order of their registration.
pub fn versions(name: impl Into<String>, start: u32, count: u32) -> IRegistry::versionsCall {
    IRegistry::versionsCall {
        name: name.into(),
        start,
        count,
    }
}

/// Whether these accounts satisfy a role's policy.
pub fn satisfies(
    name: impl Into<String>,
    role: impl Into<String>,
    approvers: Vec<Address>,
) -> IRegistry::satisfiesCall {
    IRegistry::satisfiesCall {
        name: name.into(),
        role: role.into(),
        approvers,
    }
}

/// What a proxy asks its registry for before an upgrade.
pub fn begin_upgrade(
    caller: Address,
    version: impl Into<String>,
) -> IInstanceRegistry::beginUpgradeCall {
    let version = version.into();
    IInstanceRegistry::beginUpgradeCall { caller, version }
}

/// What it tells the registry after one.
pub fn end_upgrade(version: impl Into<String>) -> IInstanceRegistry::endUpgradeCall {
    let version = version.into();
    IInstanceRegistry::endUpgradeCall { version }
}

/// As many items of a complex migration as so much gas is enough for.
#[allow(non_snake_case, reason = "as the interface names it")]
pub fn migrate_next(gasBudget: u64) -> IComplexMigration::migrateNextCall {
    IComplexMigration::migrateNextCall { gasBudget }
}

/// Points for some members.
pub fn award(to: impl Into<Vec<Address>>, points: u64) -> IPoints::awardCall {
    let (to, points) = (to.into(), U256::from(points));
    IPoints::awardCall { to, points }
}

/// An owner gives away what is owned.
#[allow(non_snake_case, reason = "as the interface names it")]
pub fn give_to(newOwner: Address) -> IOwnable::transferOwnershipCall {
    IOwnable::transferOwnershipCall { newOwner }
}

/// What another registry tells the one that a proxy goes to.
pub fn receive_transfer(
    proxy: Address,
    definition: &str,
    nonce: u64,
) -> IInstanceRegistry::receiveTransferCall {
    let definition = keccak256(definition);
    IInstanceRegistry::receiveTransferCall {
        proxy,
        definition,
        nonce,
    }
}
