//! `sweep(string,bytes32[])` and `remaining(string)`: routed past the SDK, whose decoder costs a contract
//! 3 KB of code with the first dynamic argument.

use alloc::{string::String, vec::Vec};

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolError};
use stylus_sdk::ArbResult;
use stylus_upgrades_host::abi::{Reader, Word};
use stylus_upgrades_interface::lazy::ILazy;

/// A map or a field that anybody may pay to convert.
pub trait Sweep {
    /// Converts the entries of these keys that are not converted yet; how many these were.
    fn sweep(&mut self, keys: &[Word]) -> u64;

    /// Returns the number of entries that are left: of a map, counted from the number that the migration was given.
    fn remaining(&self) -> U256;
}

/// The lazily migrated maps and fields of a contract, by name. [`lazy_maps!`](crate::lazy_maps) implements it.
pub trait Lazy {
    /// The map or field of that name.
    fn lazy_map(&mut self, name: &[u8]) -> Option<&mut dyn Sweep>;
}

/// The selector of `sweep(string,bytes32[])`.
pub const SWEEP: u32 = u32::from_be_bytes(ILazy::sweepCall::SELECTOR);
/// The selector of `remaining(string)`.
pub const REMAINING: u32 = u32::from_be_bytes(ILazy::remainingCall::SELECTOR);

/// Answers `selector` if it is one of this module's; `input` is the calldata after it.
///
/// # Errors
/// `UnknownMap`; empty revert data on calldata that does not decode.
#[inline(never)]
pub fn route(contract: &mut dyn Lazy, selector: u32, input: &[u8]) -> Option<ArbResult> {
    match selector {
        SWEEP => Some(sweep(contract, input)),
        REMAINING => Some(map(contract, input).map(|map| word(map.remaining()))),
        _ => None,
    }
}

fn sweep(contract: &mut dyn Lazy, input: &[u8]) -> ArbResult {
    let keys = Reader::new(input).words(1)?;
    let converted = map(contract, input)?.sweep(keys);
    Ok(word(U256::from(converted)))
}

/// The map that the first argument names.
fn map<'a>(contract: &'a mut dyn Lazy, input: &[u8]) -> Result<&'a mut dyn Sweep, Vec<u8>> {
    let name = Reader::new(input).bytes(0)?;
    contract.lazy_map(name).ok_or_else(|| {
        let map = String::from_utf8_lossy(name).into_owned();
        ILazy::UnknownMap { map }.abi_encode()
    })
}

fn word(number: U256) -> Vec<u8> {
    number.to_be_bytes_vec()
}

/// Gives a contract `sweep` and `remaining` over some of its fields, which are [`LazyMap`]s and
/// [`LazyCell`]s named as in Rust. The contract also says `#[implements(Lazy)]` below its
/// `#[upgradeable]`.
///
/// [`LazyMap`]: crate::lazy::LazyMap
/// [`LazyCell`]: crate::lazy::LazyCell
#[macro_export]
macro_rules! lazy_maps {
    ($contract:ty { $($map:ident),+ $(,)? }) => {
        #[cfg(not(feature = "contract-client-gen"))]
        impl $crate::lazy::Lazy for $contract {
            fn lazy_map(&mut self, name: &[u8]) -> Option<&mut dyn $crate::lazy::Sweep> {
                $(if name == stringify!($map).as_bytes() {
                    return Some(&mut self.$map);
                })+
                None
            }
        }

        #[doc(hidden)]
        impl ::stylus_upgradeable::__private::PublicInterface<dyn $crate::lazy::Lazy> for $contract {
            const FUNCTIONS: &'static [::stylus_upgradeable::__private::Function] = &[
                ::stylus_upgradeable::__private::Function {
                    selector: $crate::lazy::router::SWEEP,
                    name: "sweep",
                    sol_name: "sweep",
                    arguments: &[("string", "map"), ("bytes32[]", "keys")],
                    mutability: "",
                    returns: ::stylus_upgradeable::__private::Types::one("uint256"),
                },
                ::stylus_upgradeable::__private::Function {
                    selector: $crate::lazy::router::REMAINING,
                    name: "remaining",
                    sol_name: "remaining",
                    arguments: &[("string", "map")],
                    mutability: "view",
                    returns: ::stylus_upgradeable::__private::Types::one("uint256"),
                },
            ];
            const STEPS: &'static [::stylus_upgradeable::__private::declare::Declared] = &[];
        }

        #[cfg(not(feature = "contract-client-gen"))]
        #[doc(hidden)]
        impl<S> ::stylus_sdk::abi::Router<S, dyn $crate::lazy::Lazy> for $contract
        where
            S: ::stylus_sdk::stylus_core::storage::TopLevelStorage
                + ::core::borrow::BorrowMut<Self>
                + ::stylus_sdk::stylus_core::ValueDenier,
        {
            type Storage = Self;

            #[inline(always)]
            fn route(storage: &mut S, selector: u32, input: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                let answer = $crate::lazy::router::route(storage.borrow_mut(), selector, input)?;
                Some(storage.deny_value("sweep").and(answer))
            }

            #[inline(always)]
            fn receive(_: &mut S) -> Option<Result<(), ::stylus_upgradeable::__private::Vec<u8>>> {
                None
            }

            #[inline(always)]
            fn fallback(_: &mut S, _: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                None
            }

            #[inline(always)]
            fn constructor(_: &mut S, _: &[u8]) -> Option<::stylus_sdk::ArbResult> {
                None
            }
        }

        #[cfg(feature = "export-abi")]
        #[doc(hidden)]
        pub use $crate::lazy::router::export::LazyStylusAbiStruct;
    };
}

#[cfg(feature = "export-abi")]
pub mod export;
