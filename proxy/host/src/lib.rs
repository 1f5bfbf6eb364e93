//! The host functions of the Stylus VM, wrapped in safe functions: all `unsafe` code of the proxies and the registry.
//!
//! | module | holds |
//! |---|---|
//! | `raw` | the imports themselves (module `vm_hooks`), as Nitro names them |
//! | [`storage`] | persistent storage with its cache, transient storage |
//! | [`call`] | calls, delegatecalls, return data, results, logs |
//! | [`context`] | who calls, with what, how deep; accounts and their code |
//! | [`mod@program`] | the entry point of a program written on this crate alone |
//! | [`forward`] | forwarding by delegatecall: what a proxy and the registry's front do with a call |
//! | [`abi`] | the Contract ABI: one bounds-checked reader, one encoder |
//!
//! Off chain (any target but wasm32) every function panics: nothing here is ever simulated.
#![no_std]

extern crate alloc;

pub mod abi;
pub mod call;
pub mod context;
pub mod forward;
pub mod program;
mod raw;
pub mod storage;

/// A 20-byte account address.
pub type Address = [u8; 20];
/// A 32-byte big-endian word.
pub type Word = [u8; 32];

/// Traps: the frame fails with empty revert data, unspent gas is returned.
#[inline(always)]
pub fn trap() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    panic!("a trap of the Stylus VM")
}
