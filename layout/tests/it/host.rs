//! What stylus-sdk keeps storage in, over words of this thread: its own code runs here as in a program on chain.

use std::cell::RefCell;
use std::collections::BTreeMap;

use stylus_sdk::alloy_primitives::{B256, U256, keccak256};
use stylus_sdk::host::{VM, WasmVM};
use stylus_sdk::stylus_core::StorageAccess;

thread_local! {
    static WORDS: RefCell<BTreeMap<U256, B256>> = const { RefCell::new(BTreeMap::new()) };
}

/// The words of this thread.
pub struct Words;

impl Words {
    /// Storage in which every word is zero.
    pub fn empty() -> Self {
        WORDS.take();
        Self
    }

    pub fn load(&self, slot: U256) -> B256 {
        WORDS.with_borrow(|words| words.get(&slot).copied().unwrap_or_default())
    }

    pub fn store(&self, slot: U256, word: B256) {
        WORDS.with_borrow_mut(|words| words.insert(slot, word));
    }

    /// What fields of stylus-sdk are made with; they write to these words.
    pub fn vm(&self) -> VM {
        VM { host: WasmVM {} }
    }
}

impl StorageAccess for Words {
    unsafe fn storage_cache_bytes32(&self, key: U256, value: B256) {
        self.store(key, value);
    }

    fn storage_load_bytes32(&self, key: U256) -> B256 {
        self.load(key)
    }

    fn flush_cache(&self, _: bool) {}
}

/// # Safety
/// 32 bytes can be read at `key` and written at `dest`.
#[unsafe(no_mangle)]
unsafe extern "C" fn storage_load_bytes32(key: *const u8, dest: *mut u8) {
    // SAFETY: the caller's promise.
    let key = U256::from_be_bytes(unsafe { key.cast::<[u8; 32]>().read_unaligned() });
    let word = Words.load(key);
    // SAFETY: the caller's promise.
    unsafe { dest.cast::<[u8; 32]>().write_unaligned(word.0) };
}

/// # Safety
/// 32 bytes can be read at `key` and at `value`.
#[unsafe(no_mangle)]
unsafe extern "C" fn storage_cache_bytes32(key: *const u8, value: *const u8) {
    // SAFETY: the caller's promise.
    let [key, word] = [key, value].map(|at| unsafe { at.cast::<[u8; 32]>().read_unaligned() });
    Words.store(U256::from_be_bytes(key), B256::from(word));
}

/// # Safety
/// `len` bytes can be read at `bytes`, and 32 written at `output`.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, len: usize, output: *mut u8) {
    // SAFETY: the caller's promise.
    let hash = keccak256(unsafe { std::slice::from_raw_parts(bytes, len) });
    // SAFETY: the caller's promise.
    unsafe { output.cast::<[u8; 32]>().write_unaligned(hash.0) };
}
