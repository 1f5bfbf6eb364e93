//! The layout of an upgradeable contract's own struct, in a custom section of its module. Nothing refers to
//! it, so it changes no code.

/// What `#[upgradeable]` writes for the struct below it; only that of the entrypoint is the module's.
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

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[allow(unused_imports)]
            use $crate::layout::derived::NotTheEntrypoint as _;
            use $crate::layout::{StorageLayout, derived};

            #[allow(long_running_const_eval)]
            const LENGTH: usize = match derived::Probe::<$contract>::IS_ENTRYPOINT {
                true => derived::encoded_length(<$contract as StorageLayout>::KIND.get()),
                false => 0,
            };

            // Without `#[used]`: with it the bytes would stand among the contract's data as well.
            #[allow(dead_code)]
            #[unsafe(link_section = "stylus-layout")]
            #[allow(long_running_const_eval)]
            static LAYOUT: [u8; LENGTH] = {
                let mut bytes = [0; LENGTH];
                derived::encode(<$contract as StorageLayout>::KIND.get(), &mut bytes);
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
