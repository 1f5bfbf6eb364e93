//! Layouts: compared, planned and generated from.
#![allow(dead_code, missing_docs, unexpected_cfgs, unreachable_pub)]

extern crate alloc;

mod carried;
mod cases;
mod declared;
mod derive;
mod example;
mod exchanged;
mod exhaustive;
mod generated;
mod histories;
mod host;
mod migration;
mod namespaces;
mod pairs;
mod paths;
mod peers;
mod places;
mod random;
mod report;
mod solidity;
mod values;

use stylus_layout::Layout;
use stylus_upgradeable::layout::{StorageLayout, kind::section};

/// The layout of a storage struct that is linked in, as its derive writes it.
fn layout_of<T: StorageLayout>() -> Layout {
    match Layout::from_section(&section::<T>()) {
        Ok(Some(layout)) => layout,
        Ok(None) => panic!("{} has no layout", core::any::type_name::<T>()),
        Err(error) => panic!("{error}"),
    }
}
