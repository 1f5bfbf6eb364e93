//! For `export-abi` alone: `#[derive(SolidityError)]` prints `error {SIGNATURE};` for every
//! variant and requires `SolError` for it. One signature that holds five makes it print all of
//! them. Nothing of this is on chain.

use alloc::{format, vec, vec::Vec};
use core::any::TypeId;

use alloy_sol_types::{Error, Result, SolError};
use stylus_sdk::abi::export::internal::{InnerType, InnerTypes};

use super::MigratableError;

impl SolError for MigratableError {
    type Parameters<'a> = ();
    type Token<'a> = ();
    const SIGNATURE: &'static str = "NotInUpgrade();\n    error AlreadyInitialized(string);\n    error AlreadyMigrated(string,string);\n    error PredecessorMissing(string);\n    error PostConditionFailed(string)";
    const SELECTOR: [u8; 4] =
        stylus_upgrades_interface::migratable::IMigratable::NotInUpgrade::SELECTOR;

    fn new((): ()) -> Self {
        Self::NotInUpgrade
    }

    fn tokenize(&self) -> Self::Token<'_> {}

    fn abi_decode_raw_validate(_: &[u8]) -> Result<Self> {
        Err(Error::custom("MigratableError stands for five errors"))
    }

    fn abi_encode(&self) -> Vec<u8> {
        MigratableError::abi_encode(*self)
    }
}

/// For a step that returns `Result<(), MigratableError>` and has no enum of errors of its own.
impl InnerTypes for MigratableError {
    fn inner_types() -> Vec<InnerType> {
        vec![InnerType {
            name: format!("error {};", Self::SIGNATURE.replace(',', ", ")),
            id: TypeId::of::<Self>(),
        }]
    }
}
