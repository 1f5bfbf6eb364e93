//! What writer and reader of the section agree on.

/// The custom section of a contract's module that holds its layout.
pub const SECTION: &str = "stylus-layout";

/// The custom section of a contract's module that holds the steps which its code declares.
pub const STEPS_SECTION: &str = "stylus-steps";

/// The version of that section's format.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) const STEPS_FORMAT: u8 = 1;

/// The version of the format, in the first byte of an entry.
#[cfg_attr(all(not(feature = "sdk"), target_arch = "wasm32"), allow(dead_code))]
pub(crate) const FORMAT: u8 = 1;

/// The first byte of a kind.
#[cfg_attr(all(not(feature = "sdk"), target_arch = "wasm32"), allow(dead_code))]
pub(crate) mod tag {
    pub(crate) const VALUE: u8 = 0;
    pub(crate) const TEXT: u8 = 1;
    pub(crate) const TEXT_KEY: u8 = 2;
    pub(crate) const MAP: u8 = 3;
    pub(crate) const VEC: u8 = 4;
    pub(crate) const ARRAY: u8 = 5;
    pub(crate) const OPAQUE: u8 = 6;
    pub(crate) const STRUCT: u8 = 7;
    pub(crate) const BACK: u8 = 8;
    pub(crate) const NAMESPACED: u8 = 9;
}
