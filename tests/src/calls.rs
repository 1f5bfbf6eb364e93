//! Calls of the registry, each built in one place.

use alloy::primitives::{Address, B256, Bytes};
use stylus_upgrades_interface::registry::{Code, IRegistry, Step};

/// A definition with one policy for all roles.
pub fn create_definition(
    name: impl Into<String>,
    policy: impl Into<String>,
) -> IRegistry::createDefinitionCall {
    let policy = policy.into();
    IRegistry::createDefinitionCall {
        name: name.into(),
        migratePolicy: policy.clone(),
        policyPolicy: policy.clone(),
        createPolicy: policy,
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
pub fn transfer_proxy(
    name: impl Into<String>,
    proxy: Address,
    to: Address,
    definition: impl Into<String>,
) -> IRegistry::transferProxyCall {
    IRegistry::transferProxyCall {
        name: name.into(),
        proxy,
        to,
        definition: definition.into(),
    }
}

/// An instance of another registry is received.
pub fn accept_transfer(
    name: impl Into<String>,
    proxy: Address,
    kind: u8,
    version: impl Into<String>,
    registry: Address,
) -> IRegistry::acceptTransferCall {
    IRegistry::acceptTransferCall {
        name: name.into(),
        proxy,
        kind,
        version: version.into(),
        registry,
    }
}

/// Up to so many instances go to the current version.
pub fn rollout(name: impl Into<String>, max: u16) -> IRegistry::rolloutCall {
    IRegistry::rolloutCall {
        name: name.into(),
        max,
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

/// The handler of a complex step is replaced.
pub fn set_handler(
    name: impl Into<String>,
    proxy: Address,
    handler: Address,
) -> IRegistry::setHandlerCall {
    IRegistry::setHandlerCall {
        name: name.into(),
        proxy,
        handler,
    }
}

/// A complex step is called back.
pub fn abort_migration(name: impl Into<String>, proxy: Address) -> IRegistry::abortMigrationCall {
    IRegistry::abortMigrationCall {
        name: name.into(),
        proxy,
    }
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
