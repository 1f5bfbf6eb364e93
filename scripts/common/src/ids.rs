//! Words of 32 bytes that are not interchangeable though they look alike: each names something else.
//! Where the ABI, a topic or a storage slot is met, they become plain words by `into()`, and plain words
//! become one of them.
//!
//! One does not stand where another one is expected:
//!
//! ```compile_fail,E0308
//! use stylus_upgrades_common::ids::{ActionId, CodeHash};
//!
//! fn approve(action: ActionId) {}
//! approve(CodeHash::of("the code of an account"));
//! ```

use alloy::primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The same type that the registry's storage is declared with.
pub use stylus_upgrades_interface::ids::DefinitionId;

/// The form of one of them.
pub const WORD: &str = "expected 0x and 64 hexadecimal digits";

/// Declares types that are one word, and print, parse and serialize as it.
macro_rules! words {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub B256);

        impl $name {
            /// None: no hash is zero.
            pub const ZERO: Self = Self(B256::ZERO);

            /// Returns true if there is none.
            pub fn is_zero(&self) -> bool {
                self.0.is_zero()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self).map_err(|_| WORD)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                self.0.as_slice()
            }
        }

        impl From<B256> for $name {
            fn from(word: B256) -> Self {
                Self(word)
            }
        }

        impl From<$name> for B256 {
            fn from(word: $name) -> Self {
                word.0
            }
        }
    )+};
}

words! {
    /// A governed call that gathers approvals:
    /// `keccak256(abi.encode(chain id, registry, call data, epoch, round))`.
    ActionId;
    /// keccak256 of an account's code.
    CodeHash;
    /// keccak256 of a layout document; zero where none was registered.
    LayoutHash;
    /// The hash that the builder makes of all files that a build reads; zero where none was registered.
    SourceHash;
    /// keccak256 of the calldata of a transaction.
    CalldataHash;
    /// A transaction, by its hash.
    TxHash;
}

/// The hashes that are keccak256 of bytes.
macro_rules! hashes {
    ($($name:ident)+) => {$(
        impl $name {
            /// Of these bytes.
            pub fn of(bytes: impl AsRef<[u8]>) -> Self {
                Self(keccak256(bytes))
            }
        }
    )+};
}

hashes!(CodeHash LayoutHash CalldataHash);
