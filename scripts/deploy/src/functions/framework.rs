//! The interfaces of the framework's programs, of the chain's precompiles, and of what stands on
//! every chain.

use super::Functions;
use alloy::primitives::Address;
use std::sync::LazyLock;
use stylus_upgrades_interface::adopted;
use stylus_upgrades_interface::chain::{
    ARB_SYS, ARB_WASM, ARB_WASM_CACHE, CREATE2_DEPLOYER, IArbSys, IArbWasm, IArbWasmCache,
    IStylusDeployer, STYLUS_DEPLOYER,
};
use stylus_upgrades_interface::complex::{IComplexMigration, IComplexStep};
use stylus_upgrades_interface::full::IInclusion;
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::lazy::ILazy;
use stylus_upgrades_interface::migratable::IMigratable;
use stylus_upgrades_interface::parts::IParts;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy;
use stylus_upgrades_interface::registry::IRegistry;

/// The interfaces of the framework's programs.
#[derive(Debug)]
pub struct Interfaces {
    /// The registry and its parts.
    pub registry: Functions,
    /// Proxies, with what they answer during a complex migration.
    pub proxy: Functions,
    /// The functions that the mixins add to an implementation.
    pub implementation: Functions,
    /// Proxies of OpenZeppelin and their ProxyAdmin.
    pub adopted: Functions,
}

static INTERFACES: LazyLock<Interfaces> = LazyLock::new(|| {
    let signatures = |all: &[&'static [&'static str]]| Functions::of_signatures(all.concat());
    let proxy = signatures(&[
        IUpgradeabilityProxy::IUpgradeabilityProxyCalls::SIGNATURES,
        IComplexMigration::IComplexMigrationCalls::SIGNATURES,
        IComplexStep::IComplexStepCalls::SIGNATURES,
    ]);
    Interfaces {
        registry: signatures(&[
            IRegistry::IRegistryCalls::SIGNATURES,
            IInstanceRegistry::IInstanceRegistryCalls::SIGNATURES,
            IParts::IPartsCalls::SIGNATURES,
        ]),
        implementation: signatures(&[
            IMigratable::IMigratableCalls::SIGNATURES,
            ILazy::ILazyCalls::SIGNATURES,
            IInclusion::IInclusionCalls::SIGNATURES,
        ])
        .with(&proxy),
        proxy,
        adopted: signatures(&[
            adopted::ITransparentProxy::ITransparentProxyCalls::SIGNATURES,
            adopted::IUpgradeableProxy::IUpgradeableProxyCalls::SIGNATURES,
            adopted::IProxyAdmin::IProxyAdminCalls::SIGNATURES,
            adopted::IOwnable::IOwnableCalls::SIGNATURES,
            adopted::IProxiable::IProxiableCalls::SIGNATURES,
        ]),
    }
});

/// The interfaces of the framework's programs.
pub fn interfaces() -> &'static Interfaces {
    &INTERFACES
}

/// ArbOS' precompiles by the last byte of their address.
const ARBOS: [(u8, &str); 14] = [
    (0x64, "ArbSys"),
    (0x65, "ArbInfo"),
    (0x66, "ArbAddressTable"),
    (0x67, "ArbBLS"),
    (0x68, "ArbFunctionTable"),
    (0x6b, "ArbOwnerPublic"),
    (0x6c, "ArbGasInfo"),
    (0x6d, "ArbAggregator"),
    (0x6e, "ArbRetryableTx"),
    (0x6f, "ArbStatistics"),
    (0x70, "ArbOwner"),
    (0x71, "ArbWasm"),
    (0x72, "ArbWasmCache"),
    (0xff, "ArbDebug"),
];

/// Ethereum's precompiles by the last byte of their address.
const ETHEREUM: [&str; 10] = [
    "ecrecover",
    "sha256",
    "ripemd160",
    "identity",
    "modexp",
    "bn254Add",
    "bn254Mul",
    "bn254Pairing",
    "blake2f",
    "pointEvaluation",
];

/// The name of an account that is the same on every chain, and its functions.
pub fn of_the_chain(account: Address) -> Option<(&'static str, Functions)> {
    match account {
        CREATE2_DEPLOYER => return Some(("CREATE2 deployer", Functions::default())),
        STYLUS_DEPLOYER => {
            let signatures = IStylusDeployer::IStylusDeployerCalls::SIGNATURES;
            let functions = Functions::of_signatures(signatures.iter().copied());
            return Some(("Stylus deployer", functions));
        }
        _ => {}
    }
    let last = account[19];
    if !account.starts_with(&[0; 19]) {
        return None;
    }
    let arbos = ARBOS.iter().find(|(number, _)| *number == last);
    let name = match arbos {
        Some((_, name)) => name,
        None => ETHEREUM.get(usize::from(last).checked_sub(1)?)?,
    };
    let signatures: &[&str] = match account {
        ARB_SYS => IArbSys::IArbSysCalls::SIGNATURES,
        ARB_WASM => IArbWasm::IArbWasmCalls::SIGNATURES,
        ARB_WASM_CACHE => IArbWasmCache::IArbWasmCacheCalls::SIGNATURES,
        _ => &[],
    };
    Some((name, Functions::of_signatures(signatures.iter().copied())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::address;

    #[test]
    fn every_signature_of_the_interfaces_is_one() {
        let all = interfaces();
        let call = [0x84, 0xb0, 0x19, 0x6e];
        assert_eq!(
            all.registry.signature(&call).as_deref(),
            Some("eip712Domain()")
        );
        for (functions, fewest) in [
            (&all.registry, 30),
            (&all.proxy, 13),
            (&all.implementation, 15),
            (&all.adopted, 6),
        ] {
            assert!(functions.functions.len() >= fewest, "{functions:?}");
        }
    }

    #[test]
    fn precompiles_have_their_names_and_other_low_accounts_have_none() {
        let name = |account| of_the_chain(account).map(|(name, _)| name);
        assert_eq!(name(ARB_WASM), Some("ArbWasm"));
        assert_eq!(name(Address::with_last_byte(1)), Some("ecrecover"));
        assert_eq!(name(Address::with_last_byte(10)), Some("pointEvaluation"));
        assert_eq!(name(Address::with_last_byte(0)), None);
        assert_eq!(name(Address::with_last_byte(0x60)), None);
        let other = address!("0x0000000000000000000000000000000100000071");
        assert_eq!(name(other), None);
    }
}
