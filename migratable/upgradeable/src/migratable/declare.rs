//! Declarations of a contract's steps in its code, as bytes of a custom section of the module. They
//! are written while the contract is compiled, no code refers to them, and the section does not go
//! on chain. `stylus_layout` reads them.
//!
//! ```text
//! entry  := number of the bytes that follow, FORMAT, crate, count, step*
//! step   := kind, from, to, function, count, argument type*, count, condition*
//! number := LEB128        text := number of bytes, UTF-8        crate, from, … := text
//! ```

use core::marker::PhantomData;

use stylus_sdk::stylus_core::storage::TopLevelStorage;
use stylus_upgrades_interface::sections::STEPS_FORMAT;

/// The kind of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// `#[initializer]`.
    Initializer = 0,
    /// `#[migration]`.
    Migration = 1,
    /// The start of a complex migration.
    Complex = 2,
}

/// A step that the code declares.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// The kind of the step.
    pub kind: Kind,
    /// The version it leaves; empty for an initializer.
    pub from: &'static str,
    /// The version it reaches.
    pub to: &'static str,
    /// The function's name in the ABI.
    pub function: &'static str,
    /// The types of its arguments in the ABI.
    pub arguments: &'static [&'static str],
    /// Conditions that must hold after it, as its author wrote them.
    pub conditions: &'static [&'static str],
}

/// Bytes that [`encode`] writes.
pub const fn encoded_length(module: &str, steps: &[Declared]) -> usize {
    let body = body_length(module, steps);
    let mut out = Out {
        bytes: &mut [],
        length: 0,
    };
    out.number(body);
    out.length + body
}

/// Writes an entry of the section. `module` is a path within the contract's crate.
pub const fn encode(module: &str, steps: &[Declared], bytes: &mut [u8]) {
    let mut out = Out { bytes, length: 0 };
    out.number(body_length(module, steps));
    out.body(module, steps);
}

const fn body_length(module: &str, steps: &[Declared]) -> usize {
    let mut out = Out {
        bytes: &mut [],
        length: 0,
    };
    out.body(module, steps);
    out.length
}

/// The place for the bytes. Bytes that do not fit are only counted.
struct Out<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl Out<'_> {
    const fn body(&mut self, module: &str, steps: &[Declared]) {
        self.byte(STEPS_FORMAT);
        self.text(module, first_segment(module.as_bytes()));
        self.number(steps.len());
        let mut i = 0;
        while i < steps.len() {
            let step = &steps[i];
            self.byte(step.kind as u8);
            self.all(step.from);
            self.all(step.to);
            self.all(step.function);
            self.list(step.arguments);
            self.list(step.conditions);
            i += 1;
        }
    }

    const fn byte(&mut self, byte: u8) {
        if self.length < self.bytes.len() {
            self.bytes[self.length] = byte;
        }
        self.length += 1;
    }

    const fn number(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    /// The first `length` bytes of a text.
    const fn text(&mut self, text: &str, length: usize) {
        self.number(length);
        let mut i = 0;
        while i < length {
            self.byte(text.as_bytes()[i]);
            i += 1;
        }
    }

    const fn all(&mut self, text: &str) {
        self.text(text, text.len());
    }

    const fn list(&mut self, texts: &[&str]) {
        self.number(texts.len());
        let mut i = 0;
        while i < texts.len() {
            self.all(texts[i]);
            i += 1;
        }
    }
}

/// Bytes of a path before its first `::`.
const fn first_segment(path: &[u8]) -> usize {
    let mut length = 0;
    while length < path.len() && path[length] != b':' {
        length += 1;
    }
    length
}

/// Asks the compiler whether a struct is the entrypoint: `#[entrypoint]` makes it the top-level
/// storage. Only its steps are the module's.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

/// The answer for every other struct.
pub trait NotTheEntrypoint {
    /// It is not.
    const IS_ENTRYPOINT: bool = false;
}

impl<T: ?Sized> NotTheEntrypoint for Probe<T> {}

impl<T: ?Sized + TopLevelStorage> Probe<T> {
    /// It is.
    pub const IS_ENTRYPOINT: bool = true;
}

#[cfg(test)]
mod tests {
    use super::{Declared, Kind, encode, encoded_length};

    #[test]
    fn an_entry_is_what_its_description_says() {
        const STEP: Declared = Declared {
            kind: Kind::Migration,
            from: "1.0",
            to: "2.0",
            function: "migrate",
            arguments: &["uint256", "(bool,string)[]"],
            conditions: &["nonzero(step)"],
        };
        const LENGTH: usize = encoded_length("counter::inner", &[STEP]);
        let mut bytes = [0; LENGTH];
        encode("counter::inner", &[STEP], &mut bytes);
        let expected = b"\x43\x01\x07counter\x01\
            \x01\x031.0\x032.0\x07migrate\
            \x02\x07uint256\x0f(bool,string)[]\
            \x01\x0dnonzero(step)";
        assert_eq!(bytes.as_slice(), expected);
        assert_eq!(usize::from(bytes[0]) + 1, LENGTH);
    }

    #[test]
    fn a_contract_without_steps_says_so() {
        let mut bytes = [0xff; encoded_length("counter", &[])];
        encode("counter", &[], &mut bytes);
        assert_eq!(bytes.as_slice(), b"\x0a\x01\x07counter\x00");
    }
}
