//! Storage in an ERC-7201 namespace, as a field of an ordinary storage struct.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use alloy_primitives::{B256, U256};
use stylus_sdk::host::VM;
use stylus_sdk::storage::{StorageGuard, StorageGuardMut, StorageType};
use stylus_upgrades_interface::lazy::KeptLazily;

use super::kind;

/// A namespace; `#[derive(StorageLayout)] #[layout(erc7201 = "…")]` implements it.
pub trait Namespace {
    /// The text after `erc7201:` in `@custom:storage-location`.
    const ID: &'static str;
    /// The namespace's root.
    const ROOT: B256;
}

/// A struct, or another storage type, that lives at its namespace's root instead of the slot of the
/// field that holds it. The field takes no room among its neighbors.
///
/// A value that is smaller than a word lies at the word's high-order end. As the first field of a struct
/// it would lie at the low-order end, as in Solidity: the one is no way to the other.
pub struct Erc7201<T, N = T> {
    inner: T,
    namespace: PhantomData<N>,
}

impl<T: StorageType, N: Namespace> StorageType for Erc7201<T, N> {
    type Wraps<'a>
        = StorageGuard<'a, Self>
    where
        Self: 'a;
    type WrapsMut<'a>
        = StorageGuardMut<'a, Self>
    where
        Self: 'a;

    const SLOT_BYTES: usize = 0;
    const REQUIRED_SLOTS: usize = 0;

    unsafe fn new(_slot: U256, _offset: u8, host: VM) -> Self {
        // A root that does not follow from the id does not compile, in whatever struct the field stands.
        const { kind::id::<N>() };
        // SAFETY: the root is a hash that no field counted from slot 0 reaches (ERC-7201); that
        // nothing else aliases it is what the caller promises for the field.
        let inner = unsafe { T::new(U256::from_be_bytes(N::ROOT.0), 0, host) };
        Self {
            inner,
            namespace: PhantomData,
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

impl<T: KeptLazily, N> KeptLazily for Erc7201<T, N> {}

impl<T, N> Deref for Erc7201<T, N> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T, N> DerefMut for Erc7201<T, N> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}
