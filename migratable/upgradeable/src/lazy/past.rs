//! Data that stood where a lazy map or field stands. Each form that was kept lazily lies in a namespace of
//! its own, so that no version reads as its own what another one wrote.
//!
//! ```text
//! version 1  StorageMap<K, _>                        the map at its slot
//! version 2  LazyMap<K, V1, V2>                      its new form: the map at root(slot)
//! version 3  LazyMap<K, LazyValue<V1, V2>, V3>       its new form: the map at root(root(slot))
//! ```
//!
//! where `root(slot) = keccak256(slot ++ LAZY) + 1`. A datum is in the oldest form of which a word is
//! left, and a write of it clears all of them.

use core::marker::PhantomData;

use alloy_primitives::U256;

use crate::lazy::{
    location::{Location, decode, load, root, store},
    record::Record,
};

/// The forms that a datum may still be in: one [`Record`], or a [`LazyValue`] of two and more.
pub trait Past {
    /// The youngest of them, which the new form is made from.
    type Youngest: Record;

    /// Words that the oldest of them takes at the map's or field's own slot.
    const WORDS: u64;

    /// The root of the youngest, of a map or field at `slot`.
    fn root(slot: U256) -> U256;

    /// Returns true if a word of any of them is left.
    fn is_left(location: &Location) -> bool;

    /// Reads the datum that is left, in the youngest form.
    fn read(location: &Location) -> Option<Self::Youngest>;

    /// Clears all of them; whether a word of any was left.
    fn clear(location: &Location) -> bool;
}

impl<R: Record> Past for R {
    type Youngest = R;

    const WORDS: u64 = R::WORDS;

    fn root(slot: U256) -> U256 {
        slot
    }

    fn is_left(location: &Location) -> bool {
        is_written::<R>(location.under(Self::root(location.slot)))
    }

    fn read(location: &Location) -> Option<R> {
        read(location.under(Self::root(location.slot)))
    }

    fn clear(location: &Location) -> bool {
        clear::<R>(location.under(Self::root(location.slot)))
    }
}

/// The values that the version before kept in a [`LazyMap`](crate::lazy::LazyMap) or
/// [`LazyCell`](crate::lazy::LazyCell): a value of the form `Earlier` that is not converted yet, or one of the form
/// `Form`. `Earlier` is a [`LazyValue`] itself where the version before that kept it lazily too.
#[derive(Debug)]
pub struct LazyValue<Earlier, Form>(PhantomData<(Earlier, Form)>);

impl<Earlier: Past, Form: Record + From<Earlier::Youngest>> Past for LazyValue<Earlier, Form> {
    type Youngest = Form;

    const WORDS: u64 = Earlier::WORDS;

    fn root(slot: U256) -> U256 {
        root(Earlier::root(slot))
    }

    fn is_left(location: &Location) -> bool {
        Earlier::is_left(location) || is_written::<Form>(location.under(Self::root(location.slot)))
    }

    fn read(location: &Location) -> Option<Form> {
        let earlier = Earlier::read(location).map(Form::from);
        earlier.or_else(|| read(location.under(Self::root(location.slot))))
    }

    fn clear(location: &Location) -> bool {
        let earlier = Earlier::clear(location);
        clear::<Form>(location.under(Self::root(location.slot))) || earlier
    }
}

fn is_written<R: Record>(at: U256) -> bool {
    (0..R::WORDS).any(|n| !load(at, n).is_zero())
}

fn read<R: Record>(at: U256) -> Option<R> {
    is_written::<R>(at).then(|| decode(at))
}

fn clear<R: Record>(at: U256) -> bool {
    let written = is_written::<R>(at);
    if written {
        for n in 0..R::WORDS {
            store(at, n, U256::ZERO);
        }
    }
    written
}
