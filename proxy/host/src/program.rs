//! The entry point of a program that is written on this crate alone, without an allocator.
//!
//! ```text
//! #![cfg_attr(target_arch = "wasm32", no_std, no_main)]
//! stylus_upgrades_host::program!(forward);
//! fn forward(calldata: Calldata, scratch: &mut Scratch) -> Status { … }
//! ```

use core::alloc::{GlobalAlloc, Layout};

use crate::raw;

/// Bytes of a WASM page.
const PAGE: usize = 65_536;

/// The value that a program's entry point returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The frame succeeds with the last result that was written.
    Return = 0,
    /// The frame reverts with the last result that was written.
    Revert = 1,
}

impl From<bool> for Status {
    /// `true` is success.
    fn from(ok: bool) -> Self {
        if ok { Self::Return } else { Self::Revert }
    }
}

/// The calldata of this frame, not read yet.
#[derive(Debug)]
pub struct Calldata {
    len: usize,
}

impl Calldata {
    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns true if there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads all of it into the beginning of `dest`; traps if that is too short.
    pub fn read(&self, dest: &mut [u8]) {
        if dest.len() < self.len {
            crate::trap();
        }
        // SAFETY: the host writes exactly `self.len` bytes, and `dest` has at least as many.
        unsafe { raw::read_args(dest.as_mut_ptr()) };
    }
}

/// The memory after the program's data, as one buffer. There is one per program, so two
/// slices of it never live at the same time.
#[derive(Debug)]
pub struct Scratch(());

impl Scratch {
    /// The first `len` bytes of it, whatever they hold; memory grows where needed.
    #[cfg(target_arch = "wasm32")]
    #[inline(never)]
    pub fn bytes(&mut self, len: usize) -> &mut [u8] {
        unsafe extern "C" {
            static __heap_base: u8;
        }
        let start = &raw const __heap_base as usize;
        let have = core::arch::wasm32::memory_size(0) * PAGE;
        let Some(end) = start.checked_add(len) else {
            crate::trap()
        };
        if end > have {
            let pages = (end - have).div_ceil(PAGE);
            if core::arch::wasm32::memory_grow(0, pages) == usize::MAX {
                crate::trap();
            }
        }
        // SAFETY: the linker puts stack and data below `__heap_base`, memory reaches beyond
        // `end`, and nothing else uses what lies between: a program of this module has an
        // allocator that never gives any of it out (`NoAllocator`, and a second global
        // allocator would not link). The only `Scratch` is borrowed for as long as the slice.
        unsafe { core::slice::from_raw_parts_mut(start as *mut u8, len) }
    }

    /// Off chain there is no linear memory.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn bytes(&mut self, _len: usize) -> &mut [u8] {
        let _ = PAGE;
        panic!("linear memory exists on chain only")
    }
}

/// An allocator without memory: it proves that the program does not allocate.
#[derive(Debug)]
pub struct NoAllocator;

// SAFETY: it never returns memory, so no invariant of an allocation can be broken.
unsafe impl GlobalAlloc for NoAllocator {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

/// Runs a program's entry point; [`program!`](crate::program!) calls it, nobody else should.
#[doc(hidden)]
#[inline(always)]
pub fn run(len: usize, entry: fn(Calldata, &mut Scratch) -> Status) -> usize {
    entry(Calldata { len }, &mut Scratch(())) as usize
}

/// Runs the entry point of a program with an allocator, given all its calldata;
/// [`allocating_program!`](crate::allocating_program!) calls it, nobody else should.
#[doc(hidden)]
#[inline(always)]
pub fn run_allocating(len: usize, buffer: &mut [u8], entry: fn(&[u8]) -> Status) -> usize {
    Calldata { len }.read(buffer);
    entry(buffer) as usize
}

/// Pays for no memory at all. It keeps the import alive, without which the chain refuses a
/// program whose memory can grow.
#[doc(hidden)]
#[inline(always)]
pub fn keep_memory_import() {
    // SAFETY: the host function takes no pointer.
    unsafe { raw::pay_for_memory_grow(0) };
}

/// Declares `fn(Calldata, &mut Scratch) -> Status` as the program's entry point, with a panic
/// handler that traps and no allocator.
#[macro_export]
macro_rules! program {
    ($entry:path) => {
        #[cfg(target_arch = "wasm32")]
        #[global_allocator]
        static NO_ALLOCATOR: $crate::program::NoAllocator = $crate::program::NoAllocator;

        #[cfg(target_arch = "wasm32")]
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::trap()
        }

        /// Called by the chain with the length of the calldata in bytes.
        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            $crate::program::run(len, $entry)
        }

        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        extern "C" fn mark_used() {
            $crate::program::keep_memory_import();
            $crate::trap()
        }

        /// Off chain there is no entry point; this keeps the code checked.
        #[cfg(not(target_arch = "wasm32"))]
        pub const ENTRY: fn(
            $crate::program::Calldata,
            &mut $crate::program::Scratch,
        ) -> $crate::program::Status = $entry;
    };
}

/// Declares `fn(&[u8]) -> Status`, given all the calldata, as the entry point of a program that
/// allocates through `mini_alloc`.
#[macro_export]
macro_rules! allocating_program {
    ($entry:path) => {
        #[cfg(target_arch = "wasm32")]
        #[global_allocator]
        static ALLOCATOR: mini_alloc::MiniAlloc = mini_alloc::MiniAlloc::INIT;

        #[cfg(target_arch = "wasm32")]
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::trap()
        }

        /// Called by the chain with the length of the calldata in bytes.
        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            let mut calldata = alloc::vec![0; len];
            $crate::program::run_allocating(len, &mut calldata, $entry)
        }

        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        extern "C" fn mark_used() {
            $crate::program::keep_memory_import();
            $crate::trap()
        }

        /// Off chain there is no entry point; this keeps the code checked.
        #[cfg(not(target_arch = "wasm32"))]
        pub const ENTRY: fn(&[u8]) -> $crate::program::Status = $entry;
    };
}
