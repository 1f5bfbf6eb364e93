//! A field that is converted when it is first written.

use core::marker::PhantomData;

use alloy_primitives::U256;
use stylus_sdk::{
    host::VM,
    storage::{StorageGuard, StorageGuardMut, StorageType},
};
use stylus_upgrades_host::abi::Word;
use stylus_upgrades_interface::lazy::KeptLazily;

use crate::lazy::{location::Location, past::Past, record::Record, router::Sweep};

/// Stands in a contract's storage where the version before had a field of the form `Old`, a
/// struct or a single value that fills its words, and takes the same slots. It has the form `New`.
/// Where the version before had a lazy cell itself, `Old` is the [`LazyValue`](crate::lazy::LazyValue) of
/// its two forms.
#[derive(Debug)]
pub struct LazyCell<Old, New> {
    slot: U256,
    types: PhantomData<(Old, New)>,
}

impl<Old, New> KeptLazily for LazyCell<Old, New> {}

impl<Old: Past, New: Record + From<Old::Youngest>> LazyCell<Old, New> {
    /// The value, in the new form. Writes nothing.
    pub fn get(&self) -> New {
        self.location().get::<Old, New>()
    }

    /// Returns true if nothing is left of the old form.
    pub fn is_converted(&self) -> bool {
        self.location().is_converted::<Old>()
    }

    /// Sets the value.
    pub fn set(&mut self, value: &New) {
        self.location().set::<Old>(value);
    }

    /// Converts the value if that did not happen yet.
    pub fn convert(&mut self) {
        self.location().convert::<Old, New>();
    }

    fn location(&self) -> Location {
        Location {
            slot: self.slot,
            key: None,
        }
    }
}

/// A field has one entry and no keys: whatever is named, it is converted.
impl<Old: Past, New: Record + From<Old::Youngest>> Sweep for LazyCell<Old, New> {
    fn sweep(&mut self, _: &[Word]) -> u64 {
        self.location().convert::<Old, New>().into()
    }

    fn remaining(&self) -> U256 {
        U256::from(!self.is_converted())
    }
}

impl<Old: Past, New> StorageType for LazyCell<Old, New> {
    type Wraps<'a>
        = StorageGuard<'a, Self>
    where
        Self: 'a;
    type WrapsMut<'a>
        = StorageGuardMut<'a, Self>
    where
        Self: 'a;

    const REQUIRED_SLOTS: usize = Old::WORDS as usize;

    // SAFETY: nothing here is unsafe; that two of them at one slot would alias is the callers'
    // affair, as with every type of the SDK.
    unsafe fn new(slot: U256, _: u8, _: VM) -> Self {
        Self {
            slot,
            types: PhantomData,
        }
    }

    fn load<'s>(self) -> Self::Wraps<'s>
    where
        Self: 's,
    {
        StorageGuard::new(self)
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s>
    where
        Self: 's,
    {
        StorageGuardMut::new(self)
    }
}
