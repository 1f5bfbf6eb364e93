//! What can be wrong with a layout.

use thiserror::Error;

/// A layout that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// The text is no layout.
    #[error(
        "not a storage layout: {reason}; expected the compiler's JSON with `storage` (label, slot, offset, type) and `types`; \
         for Solidity compile with outputSelection `storageLayout`"
    )]
    Json {
        /// The place and the reason, in the parser's words.
        reason: String,
    },
    /// A section of a module does not hold what it should.
    #[error(
        "the module's section `{section}` holds {reason}; expected what one contract says of itself; \
         build the contract and this program from the same version"
    )]
    Section {
        /// The section.
        section: &'static str,
        /// The reason of the error.
        reason: String,
    },
    /// Storage that no layout lists as it is.
    #[error("the contract's storage holds {found}; expected {expected}; {next}")]
    Unlisted {
        /// The storage that cannot be listed.
        found: String,
        /// The storage that could be listed.
        expected: &'static str,
        /// The remedy.
        next: &'static str,
    },
    /// The interface of a document is none.
    #[error(
        "not an interface: {reason}; expected errors, events and functions in Solidity's words, each once"
    )]
    Interface {
        /// The reason of the error.
        reason: String,
    },
    /// The bytes are no layout document.
    #[error("not a layout document: {reason}; expected canonical JSON with `storage` and `types`")]
    Document {
        /// The reason of the error.
        reason: String,
    },
    /// A compressed layout document holds too much.
    #[error("not a layout document: it unpacks to more than {most} bytes; expected {most} at most")]
    Unpacked {
        /// The limit, in bytes.
        most: usize,
    },
    /// A slot or a size that is no number.
    #[error(
        "{what} of {field}: expected a decimal number of at most 256 bits as text, found {found:?}"
    )]
    Number {
        /// `slot` or `numberOfBytes`.
        what: &'static str,
        /// The field or type.
        field: String,
        /// The text.
        found: String,
    },
    /// An offset beyond its word.
    #[error("offset of {field}: expected 0 to 31 bytes, found {found}")]
    Offset {
        /// The field.
        field: String,
        /// The number.
        found: u64,
    },
    /// A field that does not fit where it begins.
    #[error(
        "place of {field}: expected bytes within storage, and within one slot where it begins after byte 0, \
         found {size} bytes from byte {offset} of slot {slot}"
    )]
    Beyond {
        /// The field.
        field: String,
        /// Its first slot, a number.
        slot: String,
        /// The byte within the slot at which it begins.
        offset: u64,
        /// Its bytes, a number.
        size: String,
    },
}
