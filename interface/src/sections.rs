//! Custom sections of a contract's module: their names, and the numbers in them. Compiled code does
//! not refer to them and they are not deployed. Tools read them from the compiler's output.

/// Holds the storage layout of the entrypoint.
pub const LAYOUT: &str = "stylus-layout";

/// Holds the initializers and migrations that the code declares.
pub const STEPS: &str = "stylus-steps";

/// Holds the functions of the entrypoint, as lines of text: see `interface::section` of
/// `stylus-upgradeable`.
pub const INTERFACE: &str = "stylus-interface";

/// Holds the names of the build's values that the module was compiled without. A module with such a
/// section is good for checking and must not be deployed.
pub const PLACEHOLDERS: &str = "stylus-placeholders";

/// The version of the format of [`LAYOUT`], in the first byte of an entry.
pub const LAYOUT_FORMAT: u8 = 1;

/// The version of the format of [`STEPS`], in the first byte of an entry.
pub const STEPS_FORMAT: u8 = 1;

/// The first byte of a type in [`LAYOUT`].
pub mod tag {
    /// A value type.
    pub const VALUE: u8 = 0;
    /// `bytes` or `string`.
    pub const TEXT: u8 = 1;
    /// `bytes` or `string` as a key.
    pub const TEXT_KEY: u8 = 2;
    /// A mapping.
    pub const MAP: u8 = 3;
    /// An array that grows.
    pub const VEC: u8 = 4;
    /// An array of a fixed length.
    pub const ARRAY: u8 = 5;
    /// A type that only its author knows.
    pub const OPAQUE: u8 = 6;
    /// A struct.
    pub const STRUCT: u8 = 7;
    /// A struct that this one is a part of.
    pub const BACK: u8 = 8;
    /// The content at the root of a namespace.
    pub const NAMESPACED: u8 = 9;
}
