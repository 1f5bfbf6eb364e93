//! Lazy migrations: each datum is converted when it is first written, or when anybody pays for
//! it by `sweep`.
//!
//! ```ignore
//! #[storage]
//! #[entrypoint]
//! pub struct Ledger {
//!     accounts: LazyMap<Address, Cents, Account>,     // where version 1 had its StorageMap
//!     fee: LazyCell<Cents, Account>,                  // where it had a field
//! }
//!
//! lazy_maps!(Ledger { accounts, fee });
//!
//! #[upgradeable]
//! #[public]
//! #[implements(Lazy)]
//! impl Ledger {
//!     #[migration(from = "1.0", to = "2.0")]
//!     pub fn migrate(&mut self, proof: Proof, entries: u64) -> Result<(), LedgerError> {
//!         self.accounts.begin(proof, entries);
//!         Ok(())
//!     }
//! }
//! ```
//!
//! The next version names both forms of the one before, whose entries may be in either:
//!
//! ```ignore
//!     accounts: LazyMap<Address, LazyValue<Cents, Account>, Balance>,
//!     fee: LazyCell<LazyValue<Cents, Account>, Balance>,
//! ```
//!
//! An old word that is zero cannot be distinguished from one that was never written. So `New::from` is
//! to take the old form's zero to the new form's zero words; a default that is something else would
//! be read of what was not zero only.
//!
//! | module | holds |
//! |---|---|
//! | [`record`] | [`Record`]: a value and its words; [`Key`]: what finds it |
//! | `location` | one datum in its forms: the rules |
//! | [`past`] | the forms that it may still be in: lazy over lazy |
//! | [`map`] | [`LazyMap`] in place of a `StorageMap` |
//! | [`cell`] | [`LazyCell`] in place of a field |
//! | [`router`] | [`Lazy`]: `sweep` and `remaining`, routed without an ABI decoder |

pub mod cell;
mod location;
pub mod map;
pub mod past;
pub mod record;
pub mod router;

pub use crate::lazy_maps;
pub use cell::LazyCell;
pub use map::LazyMap;
pub use past::{LazyValue, Past};
pub use record::{Key, Record};
pub use router::{Lazy, Sweep};
