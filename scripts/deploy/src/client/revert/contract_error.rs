//! The errors that contracts of the framework, the chain, and the language itself declare.

use crate::client::advice::{Advice, Advise};
use alloy::sol_types::{Panic, Revert, SolError, SolInterface};
use std::fmt;
use stylus_upgrades_interface::chain::IArbWasm::IArbWasmErrors;
use stylus_upgrades_interface::complex::IComplexMigration::IComplexMigrationErrors;
use stylus_upgrades_interface::full::IInclusion::IInclusionErrors;
use stylus_upgrades_interface::lazy::ILazy::ILazyErrors;
use stylus_upgrades_interface::migratable::IMigratable::IMigratableErrors;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::IUpgradeabilityProxyErrors;
use stylus_upgrades_interface::registry::IRegistry::IRegistryErrors;

/// Declares [`ContractError`] from the error enums of the interfaces.
macro_rules! contract_errors {
    ($($(#[$doc:meta])* $variant:ident($errors:ty),)+) => {
        /// An error that an interface of the framework, ArbWasm, or Solidity declares.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum ContractError {
            $($(#[$doc])* $variant($errors),)+
            /// Solidity's `Error(string)`.
            Reason(Revert),
            /// Solidity's `Panic(uint256)`.
            Panic(Panic),
        }

        impl ContractError {
            /// The error that revert data is, if it is one of these.
            pub fn decode(data: &[u8]) -> Option<Self> {
                $(if let Ok(error) = <$errors>::abi_decode(data) {
                    return Some(Self::$variant(error));
                })+
                None
                    .or_else(|| Revert::abi_decode(data).ok().map(Self::Reason))
                    .or_else(|| Panic::abi_decode(data).ok().map(Self::Panic))
            }

            /// Its signature: name and types.
            pub fn signature(&self) -> &'static str {
                match self {
                    $(Self::$variant(error) => {
                        <$errors>::signature_by_selector(error.selector()).unwrap_or_default()
                    })+
                    Self::Reason(_) => Revert::SIGNATURE,
                    Self::Panic(_) => Panic::SIGNATURE,
                }
            }

            /// The variant of its interface's enum, with its fields.
            pub fn variant(&self) -> &dyn fmt::Debug {
                match self {
                    $(Self::$variant(error) => error,)+
                    Self::Reason(error) => error,
                    Self::Panic(error) => error,
                }
            }

            /// What was expected, what was found, what to do next.
            pub(in crate::client) fn advice(&self) -> Advice {
                match self {
                    $(Self::$variant(error) => error.advice(),)+
                    Self::Reason(error) => error.advice(),
                    Self::Panic(error) => error.advice(),
                }
            }

            /// The selectors of every interface's errors.
            #[cfg(test)]
            pub(in crate::client) fn selectors() -> Vec<[u8; 4]> {
                let mut all = vec![Revert::SELECTOR, Panic::SELECTOR];
                $(all.extend(<$errors>::selectors());)+
                all
            }
        }
    };
}

impl ContractError {
    /// Its name, without its types.
    pub fn name(&self) -> &'static str {
        let signature = self.signature();
        signature
            .split_once('(')
            .map_or(signature, |(name, _)| name)
    }
}

contract_errors! {
    /// A proxy's.
    Proxy(IUpgradeabilityProxyErrors),
    /// The registry's.
    Registry(IRegistryErrors),
    /// An initializer's or a migration's.
    Migratable(IMigratableErrors),
    /// The program's of a complex migration.
    ComplexMigration(IComplexMigrationErrors),
    /// An enumerable collection's.
    Inclusion(IInclusionErrors),
    /// A contract's with lazily migrated maps.
    Lazy(ILazyErrors),
    /// The precompile's that activates programs.
    ArbWasm(IArbWasmErrors),
}
