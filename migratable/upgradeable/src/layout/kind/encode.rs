//! A kind as bytes, written while a contract is compiled. `Layout::from_section` of
//! `stylus-upgrades-layout` reads them.
//!
//! ```text
//! entry  := number of the bytes that follow, FORMAT, kind
//! kind   := tag, then the parts in the order of their declaration
//! number := LEB128        text := number of bytes, UTF-8        absent text := 0, text + 1
//! ```

use super::alike::is_alike;
use super::{Field, Kind, Link, Struct};
use stylus_upgrades_interface::sections::{LAYOUT_FORMAT as FORMAT, tag};

/// The structs that are being written, from the inside out: one that leads back to itself ends
/// there.
struct Above<'a> {
    structure: &'a Struct,
    above: Option<&'a Above<'a>>,
}

/// The place for the bytes. Bytes that do not fit are only counted.
struct Out<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

/// Bytes that [`encode`] writes.
pub const fn encoded_length(kind: &Kind) -> usize {
    let body = body_length(kind);
    let mut out = Out {
        bytes: &mut [],
        length: 0,
    };
    out.number(body);
    out.length + body
}

/// Writes an entry of the section.
pub const fn encode(kind: &Kind, bytes: &mut [u8]) {
    let mut out = Out { bytes, length: 0 };
    out.number(body_length(kind));
    out.byte(FORMAT);
    out.kind(kind, None);
}

const fn body_length(kind: &Kind) -> usize {
    let mut out = Out {
        bytes: &mut [],
        length: 0,
    };
    out.byte(FORMAT);
    out.kind(kind, None);
    out.length
}

impl Out<'_> {
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

    const fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.number(bytes.len());
        self.raw(bytes);
    }

    const fn raw(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            self.byte(bytes[at]);
            at += 1;
        }
    }

    const fn maybe(&mut self, text: Option<&str>) {
        match text {
            None => self.number(0),
            Some(text) => {
                let bytes = text.as_bytes();
                self.number(bytes.len() + 1);
                self.raw(bytes);
            }
        }
    }

    const fn link(&mut self, link: &Link, above: Option<&Above<'_>>) {
        require_room(link);
        self.kind(link.get(), above);
    }

    const fn kind(&mut self, kind: &Kind, above: Option<&Above<'_>>) {
        match kind {
            Kind::Value {
                label,
                number,
                bytes,
            } => {
                self.byte(tag::VALUE);
                self.text(label);
                self.number(*number);
                self.number(*bytes);
            }
            Kind::Text(label) => {
                self.byte(tag::TEXT);
                self.text(label);
            }
            Kind::TextKey(label) => {
                self.byte(tag::TEXT_KEY);
                self.text(label);
            }
            Kind::Map {
                key,
                zero_extended,
                value,
            } => {
                self.byte(tag::MAP);
                self.kind(key.get(), above);
                self.byte(*zero_extended as u8);
                self.link(value, above);
            }
            Kind::Vec(base) => {
                self.byte(tag::VEC);
                self.link(base, above);
            }
            Kind::Array {
                base,
                length,
                words,
            } => {
                self.byte(tag::ARRAY);
                self.link(base, above);
                self.number(*length);
                self.number(*words);
            }
            Kind::Opaque { name, bytes } => {
                self.byte(tag::OPAQUE);
                self.text(name);
                self.number(*bytes);
            }
            Kind::Struct(inner) => self.structure(inner, above),
            Kind::Namespaced { id, inside } => {
                self.byte(tag::NAMESPACED);
                self.text(id);
                self.link(inside, above);
            }
        }
    }

    const fn structure(&mut self, structure: &Struct, above: Option<&Above<'_>>) {
        if !structure.is_generic && is_above(structure, above) {
            self.byte(tag::BACK);
            self.text(structure.path);
            return;
        }
        self.byte(tag::STRUCT);
        self.text(structure.name);
        self.text(structure.path);
        self.text(structure.src);
        self.byte(structure.is_generic as u8);
        self.number(structure.words);
        self.number(structure.fields.len());
        let inside = Above { structure, above };
        let mut at = 0;
        while at < structure.fields.len() {
            self.field(&structure.fields[at], &inside);
            at += 1;
        }
    }

    const fn field(&mut self, field: &Field, above: &Above<'_>) {
        self.text(field.label);
        self.number(field.bytes);
        self.number(field.words);
        self.maybe(field.renamed_from);
        self.maybe(field.retyped_from);
        if let Some(id) = field.namespace {
            self.byte(tag::NAMESPACED);
            self.text(id);
        }
        self.link(&field.kind, Some(above));
    }
}

/// Errors where a layout claims another size than stylus-sdk gives the type: everything after it would lie elsewhere.
/// An implementation by hand can claim anything.
pub const fn require_room(link: &Link) {
    let Some((bytes, words)) = link.room else {
        return;
    };
    let fits = match link.get() {
        Kind::Value { bytes: claimed, .. } => bytes == *claimed && words == 0,
        Kind::Text(_) | Kind::TextKey(_) | Kind::Map { .. } | Kind::Vec(_) => {
            bytes == 32 && words == 0
        }
        Kind::Array { words: claimed, .. } => bytes == 32 && words == *claimed,
        Kind::Struct(structure) => {
            bytes == 32 && words == structure.words && words == slots(structure.fields)
        }
        Kind::Opaque { bytes: claimed, .. } if words > 0 => words * 32 == *claimed,
        Kind::Opaque { bytes: claimed, .. } => bytes == *claimed,
        Kind::Namespaced { .. } => bytes == 0 && words == 0,
    };
    assert!(
        fits,
        "a storage layout claims another size than stylus-sdk gives its type: derive StorageLayout, and do not \
         implement it by hand"
    );
}

/// Slots of a struct by the rule of `#[storage]`: a field that does not fit begins a new slot, one of whole slots ends
/// its last.
const fn slots(fields: &[Field]) -> usize {
    let (mut total, mut space) = (0, 32);
    let mut at = 0;
    while at < fields.len() {
        let (bytes, words) = (fields[at].bytes, fields[at].words);
        if space < bytes {
            space = 32;
            total += 1;
        }
        space -= bytes;
        if words > 0 {
            total += words;
            space = 32;
        }
        at += 1;
    }
    if space != 32 || total == 0 {
        total += 1;
    }
    total
}

/// A different struct of the same path is written out, so that the reader sees both.
const fn is_above(structure: &Struct, mut above: Option<&Above<'_>>) -> bool {
    while let Some(one) = above {
        if is_same(structure.path.as_bytes(), one.structure.path.as_bytes())
            && is_alike(structure, one.structure)
        {
            return true;
        }
        above = one.above;
    }
    false
}

pub(super) const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    begins(one, other)
}

pub(super) const fn begins(text: &[u8], with: &[u8]) -> bool {
    if text.len() < with.len() {
        return false;
    }
    let mut at = 0;
    while at < with.len() {
        if text[at] != with[at] {
            return false;
        }
        at += 1;
    }
    true
}
