//! The layout of an upgradeable contract's own struct, in a custom section of its module. Nothing refers to
//! it, so it changes no code.

/// Writes the section of `#[upgradeable]` for the struct below it; only that of the entrypoint is the module's.
#[cfg(feature = "layout")]
#[doc(hidden)]
#[macro_export]
macro_rules! __layout_section {
    ($contract:ty) => {
        const _: () = {
            const fn has_layout<T: $crate::layout::StorageLayout>() {}
            has_layout::<$contract>();
            $crate::layout::derived::require_room(
                &<$contract as $crate::layout::StorageLayout>::KIND.sized::<$contract>(),
            )
        };

        $crate::__known_layout_section!($contract);
    };
}

/// Writes the layout of a struct that is the entrypoint and derives one; `complex_program!` calls this directly.
#[cfg(feature = "layout")]
#[doc(hidden)]
#[macro_export]
macro_rules! __known_layout_section {
    ($contract:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[allow(unused_imports)]
            use derived::{NoLayout as _, NotTheEntrypoint as _};
            use $crate::layout::{Link, derived};

            const LAYOUT_OF: Option<Link> = if derived::Probe::<$contract>::IS_ENTRYPOINT {
                derived::Probe::<$contract>::LAYOUT
            } else {
                None
            };
            #[allow(long_running_const_eval)]
            const LENGTH: usize = match &LAYOUT_OF {
                Some(layout) => derived::encoded_length(layout.get()),
                None => 0,
            };

            // Without `#[used]`: with it the bytes would stand among the contract's data as well.
            #[allow(dead_code)]
            #[unsafe(link_section = "stylus-layout")]
            #[allow(long_running_const_eval)]
            static LAYOUT: [u8; LENGTH] = {
                let mut bytes = [0; LENGTH];
                if let Some(layout) = &LAYOUT_OF {
                    derived::encode(layout.get(), &mut bytes);
                }
                bytes
            };
        };
    };
}

/// Nothing: the layout is not to be compared.
#[cfg(not(feature = "layout"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __layout_section {
    ($contract:ty) => {};
}

/// Nothing: the layout is not to be compared.
#[cfg(not(feature = "layout"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __known_layout_section {
    ($contract:ty) => {};
}
