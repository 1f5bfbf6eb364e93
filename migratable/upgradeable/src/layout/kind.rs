//! Parts of storage, known when a contract is compiled: constants that the compiler itself
//! works out from the types, so that what they say is what the contract does.
//!
//! On WASM `#[upgradeable]` writes them into a custom section of the module ([`LAYOUT`]), for its own
//! struct where that is the entrypoint. No code reads them, so the deployed code is the same
//! with and without them.
//!
//! [`LAYOUT`]: stylus_upgrades_interface::sections::LAYOUT

mod alike;
mod encode;
mod keys;
mod types;

use alloc::{vec, vec::Vec};
use core::marker::PhantomData;

use stylus_sdk::storage::StorageType;
use stylus_sdk::stylus_core::storage::TopLevelStorage;

use crate::layout::erc7201::{Erc7201, Namespace};
pub use encode::{encode, encoded_length, require_room};
pub use keys::KeyLayout;
use stylus_upgrades_interface::lazy::KeptLazily;
use stylus_upgrades_interface::slots;

/// Storage whose layout is known. Derived for structs. `#[upgradeable]` asks its own struct for it.
#[diagnostic::on_unimplemented(
    message = "the storage layout of `{Self}` is not known",
    label = "put `#[derive(StorageLayout)]` above `{Self}`",
    note = "a field of a type whose layout nobody knows has `#[layout(opaque = \"...\")]`; a contract whose \
            layout is not to be compared depends on stylus-upgradeable without its feature `layout`"
)]
pub trait StorageLayout: StorageType {
    /// The parts that it consists of.
    const KIND: Link;
}

/// The entry of the custom section for a storage struct, as tools read it.
pub fn section<T: StorageLayout>() -> Vec<u8> {
    require_room(&T::KIND.sized::<T>());
    let mut bytes = vec![0; encoded_length(T::KIND.get())];
    encode(T::KIND.get(), &mut bytes);
    bytes
}

/// Leads to a kind. The compiler does not look through it while it works a constant out, so a
/// struct may lead back to itself (through a mapping).
#[derive(Clone, Copy, Debug)]
pub struct Link {
    kind: *const Kind,
    /// Bytes within a slot and whole slots that stylus-sdk gives the type, where something keeps one.
    room: Option<(usize, usize)>,
}

// SAFETY: it leads to what never changes and always lives (`Link::to` takes nothing else).
unsafe impl Sync for Link {}
// SAFETY: as above.
unsafe impl Send for Link {}

impl Link {
    /// To a kind.
    pub const fn to(kind: &'static Kind) -> Self {
        Self { kind, room: None }
    }

    /// The same, of a place where stylus-sdk keeps a `T`. What is written of the place fits it, or does not compile.
    #[must_use]
    pub const fn sized<T: StorageType>(self) -> Self {
        Self {
            room: Some((T::SLOT_BYTES, T::REQUIRED_SLOTS)),
            ..self
        }
    }

    /// The kind.
    pub const fn get(&self) -> &'static Kind {
        // SAFETY: `to` is the only way to make one, and takes a reference that lives for ever.
        unsafe { &*self.kind }
    }
}

/// The parts of a storage type or a key.
#[derive(Debug)]
pub enum Kind {
    /// A value type: `uint` and 64, or `bool` and 0.
    Value {
        /// The label, or its beginning.
        label: &'static str,
        /// The number that follows in the label; nothing if 0.
        number: usize,
        /// The size, in bytes.
        bytes: usize,
    },
    /// `bytes` or `string`, in storage.
    Text(&'static str),
    /// `bytes` or `string` as a key.
    TextKey(&'static str),
    /// A mapping.
    Map {
        /// Of its keys.
        key: Link,
        /// True if stylus-sdk fills keys up with zeros where Solidity extends their sign.
        zero_extended: bool,
        /// Of its values.
        value: Link,
    },
    /// An array that grows.
    Vec(Link),
    /// An array of a fixed length.
    Array {
        /// Of its elements.
        base: Link,
        /// The number of elements.
        length: usize,
        /// The size, in slots.
        words: usize,
    },
    /// A type that only its author knows.
    Opaque {
        /// The name that its author gives it.
        name: &'static str,
        /// The size, in bytes.
        bytes: usize,
    },
    /// A struct.
    Struct(Struct),
    /// Takes no room among its neighbors and keeps something at the root of a namespace.
    Namespaced {
        /// The text after `erc7201:`.
        id: &'static str,
        /// The parts that it keeps there.
        inside: Link,
    },
}

/// A storage struct.
#[derive(Debug)]
pub struct Struct {
    /// Its name.
    pub name: &'static str,
    /// Its package with the version, its module, and where it is declared: no other struct has the
    /// same, unless two packages say the same of themselves.
    pub path: &'static str,
    /// The place where it is declared, for messages.
    pub src: &'static str,
    /// True if it has parameters, so that one declaration makes several structs.
    pub is_generic: bool,
    /// Slots that stylus-sdk gives it.
    pub words: usize,
    /// In the order of their declaration.
    pub fields: &'static [Field],
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub label: &'static str,
    /// The parts that it consists of.
    pub kind: Link,
    /// Bytes that it takes within a slot.
    pub bytes: usize,
    /// Whole slots that it takes.
    pub words: usize,
    /// The name that it had in the version before.
    pub renamed_from: Option<&'static str>,
    /// The type that it had in the version before.
    pub retyped_from: Option<&'static str>,
    /// The namespace that its kind, which does not say so itself, lies at the root of.
    pub namespace: Option<&'static str>,
}

impl Field {
    /// A field of type `T`.
    pub const fn of<T: StorageType>(
        label: &'static str,
        kind: Link,
        renamed_from: Option<&'static str>,
        retyped_from: Option<&'static str>,
    ) -> Self {
        Self {
            label,
            kind,
            bytes: T::SLOT_BYTES,
            words: T::REQUIRED_SLOTS,
            renamed_from,
            retyped_from,
            namespace: None,
        }
    }

    /// The same at the root of a namespace, where there is one.
    #[must_use]
    pub const fn at(self, namespace: Option<&'static str>) -> Self {
        Self { namespace, ..self }
    }
}

/// Bytes that a type takes on its own.
pub const fn own_bytes<T: StorageType>() -> usize {
    if T::REQUIRED_SLOTS > 0 {
        T::REQUIRED_SLOTS * 32
    } else {
        T::SLOT_BYTES
    }
}

/// Asks the compiler whether a struct is the entrypoint: `#[entrypoint]` makes it the top-level
/// storage.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

impl<T: StorageType, N: Namespace> Probe<Erc7201<T, N>> {
    /// The namespace that the type itself names.
    pub const NAMESPACE: Option<&'static str> = Some(id::<N>());
    /// The size of the data that it keeps there, in bytes.
    pub const OWN_BYTES: usize = own_bytes::<T>();
}

/// The id of a namespace.
///
/// # Panics
/// Where its root is not the one that follows from the id: an implementation by hand says another one.
pub(super) const fn id<N: Namespace>() -> &'static str {
    let root = slots::erc7201(N::ID.as_bytes());
    assert!(
        encode::is_same(&root.0, &N::ROOT.0),
        "the root of the namespace does not follow from its id: derive it, with #[layout(erc7201 = \"...\")]"
    );
    N::ID
}

/// The answer for every other type.
pub trait NotInANamespace {
    /// It names none.
    const NAMESPACE: Option<&'static str> = None;
    /// The size, in bytes.
    const OWN_BYTES: usize;
}

impl<T: StorageType> NotInANamespace for Probe<T> {
    const OWN_BYTES: usize = own_bytes::<T>();
}

impl<T: ?Sized + KeptLazily> Probe<T> {
    /// It converts what it holds.
    pub const IS_LAZY: bool = true;
}

/// The answer for every other type.
pub trait NotLazy {
    /// It does not.
    const IS_LAZY: bool = false;
}

impl<T: ?Sized> NotLazy for Probe<T> {}

/// The name that an attribute gives a type.
///
/// # Panics
/// Where the type is a lazy one and the name does not say so: it would not be compared as one.
pub const fn lazily(name: &'static str, is_lazy: bool) -> &'static str {
    assert!(
        !is_lazy || encode::begins(name.as_bytes(), b"lazy "),
        "the field's type is LazyMap or LazyCell, and its name in the layout does not say so: \
         opaque = \"lazy ...\", which ends with the form that it writes"
    );
    name
}

/// The id that a field's attribute names, of a type that has `bytes` there.
///
/// # Panics
/// Where the field's type names another one, which is where it keeps its data. Where the type is no
/// [`Erc7201`] and has less than a word there: nobody knows at which end of the word.
pub const fn named(id: &'static str, of_type: Option<&'static str>, bytes: usize) -> &'static str {
    match of_type {
        Some(of_type) => assert!(
            encode::is_same(id.as_bytes(), of_type.as_bytes()),
            "erc7201 names another namespace than the field's type, which says where the data is: \
             leave erc7201 out"
        ),
        None => assert!(
            bytes >= 32,
            "less than a word at the root of a namespace, and nobody knows at which end of the \
             word: use Erc7201<T, N>, which has it at the high-order end, or Erc7201 of a struct \
             whose only field it is, which has it at the low-order end"
        ),
    }
    id
}

/// The answer for every other struct.
pub trait NotTheEntrypoint {
    /// It is not.
    const IS_ENTRYPOINT: bool = false;
}

impl<T: ?Sized> NotTheEntrypoint for Probe<T> {}

impl<T: ?Sized + TopLevelStorage> Probe<T> {
    /// It is.
    pub const IS_ENTRYPOINT: bool = true;
}

impl<T: StorageLayout> Probe<T> {
    /// Its layout.
    pub const LAYOUT: Option<Link> = Some(T::KIND);
}

/// The answer for a type that does not derive [`StorageLayout`].
pub trait NoLayout {
    /// Its layout is not known.
    const LAYOUT: Option<Link> = None;
}

impl<T: ?Sized> NoLayout for Probe<T> {}
