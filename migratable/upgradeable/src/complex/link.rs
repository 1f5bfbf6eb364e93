//! The constants that the builder passes to a program: the address of the code that continues the
//! upgrade when all items are migrated.

use crate::complex::migration::ComplexMigration;

/// A complex migration with the values that its build was given.
#[diagnostic::on_unimplemented(
    message = "a complex migration becomes a program by `complex_program!`",
    label = "write `complex_program!({Self});` below it"
)]
pub trait Program: ComplexMigration {
    /// UpgradeabilityStorage: CREATE2 deployer, salt 0; or
    /// [`PLACEHOLDER`](stylus_upgrades_interface::build::PLACEHOLDER), which may be checked and never be deployed.
    const UPGRADEABILITY_STORAGE: [u8; 20];
}

/// The address that the build gives, read in the contract's own crate: cargo compiles it again
/// when the value changes.
#[doc(hidden)]
#[macro_export]
macro_rules! upgradeability_storage {
    () => {
        $crate::complex::__private::address_or_placeholder(option_env!("STYLUS_UPGRADES_STORAGE"))
    };
}

/// Puts the name of what the build did not give into a custom section of the module, so that tools
/// refuse to deploy it.
#[doc(hidden)]
#[macro_export]
macro_rules! declare_placeholders {
    () => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const MISSING: &[u8] = match option_env!("STYLUS_UPGRADES_STORAGE") {
                Some(_) => b"",
                None => b"STYLUS_UPGRADES_STORAGE",
            };

            #[allow(dead_code)]
            #[unsafe(link_section = "stylus-placeholders")]
            static PLACEHOLDERS: [u8; MISSING.len()] = {
                let mut bytes = [0; MISSING.len()];
                bytes.copy_from_slice(MISSING);
                bytes
            };
        };
    };
}
