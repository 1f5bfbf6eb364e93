//! The storage layout that a contract gives itself: `#[derive(StorageLayout)]` works its layout out of the
//! types while the contract is compiled, and puts it into a custom section of the module. No code is
//! added. Tools read, compare and plan with `stylus-upgrades-layout`.
//!
//! | module | holds |
//! |---|---|
//! | [`kind`] | [`StorageLayout`]: what storage consists of, as constants |
//! | [`erc7201`] | [`Erc7201`]: a struct, or another type, at the root of a namespace |

pub mod erc7201;
pub mod kind;

pub use erc7201::{Erc7201, Namespace};
pub use kind::{KeyLayout, Kind, Link, StorageLayout};
pub use stylus_upgrades_macros::StorageLayout;

/// Items that derived code names; not for other use.
#[doc(hidden)]
pub mod derived {
    pub use crate::layout::kind::{
        Field, NoLayout, NotInANamespace, NotLazy, NotTheEntrypoint, Probe, Struct, encode,
        encoded_length, lazily, named, own_bytes, require_room,
    };
    pub use alloy_primitives::B256;
    pub use stylus_sdk::storage::StorageType;
    pub use stylus_upgrades_interface::slots::erc7201;
}
