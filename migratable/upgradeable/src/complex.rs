//! ComplexMigration: the program that stands between two versions. While it runs it is the
//! proxy's code; it answers [`IComplexMigration`] and reverts `ContractPaused` to all else.
//!
//! An author writes what happens to an item, and the program is complete:
//!
//! ```text
//! #[storage]
//! #[entrypoint]
//! #[derive(StorageLayout)]
//! pub struct Rescale { /* the storage of the version that it leaves, then the new one's */ }
//!
//! impl ComplexMigration for Rescale {
//!     const FROM: &'static str = "1.0";
//!     const TO: &'static str = "2.0";
//!     const ITEM_GAS: u64 = 12_000;                                   // most that one item costs
//!     fn start(&mut self) -> Outcome<u64> { Ok(self.members.len() as u64) }      // how many items
//!     fn next(&mut self, position: u64) -> Outcome<()> { … }                     // migrate one
//! }
//!
//! complex_program!(Rescale);
//! ```
//!
//! | form | author writes | handler calls | who finds the items |
//! |---|---|---|---|
//! | cursor | `next`, `ITEM_GAS` | `migrateNext(gasBudget)` | the contract |
//! | batches | `batch` | `migrateBatch(position, items)` | the handler; the program checks them |
//!
//! The state of a running migration is one word, [`slots::COMPLEX`], so a batch costs one load
//! and one store beside its items. It is zero again when the migration ends.
//!
//! | module | holds |
//! |---|---|
//! | [`migration`] | [`ComplexMigration`]: what authors write |
//! | [`program`] | the calls, each from top to bottom |
//! | [`link`] | [`Program`]: the constants that the builder passes to it |
//! | [`state`] | the word |
//!
//! [`IComplexMigration`]: stylus_upgrades_interface::complex::IComplexMigration
//! [`slots::COMPLEX`]: stylus_upgrades_interface::slots::COMPLEX

#[cfg(feature = "export-abi")]
pub mod export;
pub mod link;
pub mod migration;
pub mod program;
pub mod state;

pub use crate::complex_program;
pub use link::Program;
pub use migration::{Batch, ComplexMigration, Outcome};
pub use stylus_upgrades_host::abi::{Word, arrays};

/// Items that [`complex_program!`] emits; no promise to anybody else.
#[doc(hidden)]
pub mod __private {
    pub use alloc::vec::Vec;

    pub use crate::migratable::declare;
    pub use stylus_upgrades_interface::build::address_or_placeholder;

    pub use crate::complex::program::run;
}

/// Makes a storage struct with `#[entrypoint]` that implements [`ComplexMigration`] a program.
#[macro_export]
macro_rules! complex_program {
    ($program:ty) => {
        impl $crate::complex::Program for $program {
            const UPGRADEABILITY_STORAGE: [u8; 20] = $crate::upgradeability_storage!();
        }

        $crate::declare_placeholders!();
        $crate::__known_layout_section!($program);

        #[cfg(not(feature = "contract-client-gen"))]
        #[doc(hidden)]
        impl<S> ::stylus_sdk::abi::Router<S> for $program
        where
            S: ::stylus_sdk::stylus_core::storage::TopLevelStorage
                + ::core::borrow::BorrowMut<Self>
                + ::stylus_sdk::stylus_core::ValueDenier,
        {
            type Storage = Self;

            #[inline(always)]
            fn route(_: &mut S, _: u32, _: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                None
            }

            #[inline(always)]
            fn receive(_: &mut S) -> Option<Result<(), $crate::complex::__private::Vec<u8>>> {
                None
            }

            #[inline(always)]
            fn fallback(storage: &mut S, calldata: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                Some($crate::complex::__private::run::<Self>(
                    storage.borrow_mut(),
                    calldata,
                ))
            }

            #[inline(always)]
            fn constructor(_: &mut S, _: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                None
            }
        }

        // What it migrates, in a custom section of the module; no code refers to it.
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const STEPS: &[$crate::complex::__private::declare::Declared] =
                &[$crate::complex::__private::declare::Declared {
                    kind: $crate::complex::__private::declare::Kind::Complex,
                    from: <$program as $crate::complex::ComplexMigration>::FROM,
                    to: <$program as $crate::complex::ComplexMigration>::TO,
                    function: "startMigration",
                    arguments: &["address"],
                    conditions: &[],
                }];
            const LENGTH: usize =
                $crate::complex::__private::declare::encoded_length(::core::module_path!(), STEPS);

            #[allow(dead_code)]
            #[unsafe(link_section = "stylus-steps")]
            static DECLARED: [u8; LENGTH] = {
                let mut bytes = [0; LENGTH];
                $crate::complex::__private::declare::encode(
                    ::core::module_path!(),
                    STEPS,
                    &mut bytes,
                );
                bytes
            };
        };

        /// Prints the Solidity interface.
        #[cfg(feature = "export-abi")]
        pub fn print_from_args() {
            $crate::complex::export::print();
        }
    };
}
