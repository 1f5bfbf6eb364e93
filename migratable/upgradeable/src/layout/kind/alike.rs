//! Comparison of two structs of one path: a path is what the author's package says of itself, and
//! two packages may say the same.

use super::encode::is_same;
use super::{Kind, Struct};

/// Returns true if two structs of one path have the same fields. Structs within count by their paths.
pub(super) const fn is_alike(one: &Struct, other: &Struct) -> bool {
    if one.words != other.words || one.fields.len() != other.fields.len() {
        return false;
    }
    let mut at = 0;
    while at < one.fields.len() {
        let (a, b) = (&one.fields[at], &other.fields[at]);
        let are_same = is_same(a.label.as_bytes(), b.label.as_bytes())
            && a.bytes == b.bytes
            && a.words == b.words
            && is_same_maybe(a.namespace, b.namespace)
            && is_same_kind(a.kind.get(), b.kind.get());
        if !are_same {
            return false;
        }
        at += 1;
    }
    true
}

const fn is_same_kind(one: &Kind, other: &Kind) -> bool {
    match (one, other) {
        (
            Kind::Value {
                label,
                number,
                bytes,
            },
            Kind::Value {
                label: l,
                number: n,
                bytes: b,
            },
        ) => is_same(label.as_bytes(), l.as_bytes()) && *number == *n && *bytes == *b,
        (Kind::Text(a), Kind::Text(b)) | (Kind::TextKey(a), Kind::TextKey(b)) => {
            is_same(a.as_bytes(), b.as_bytes())
        }
        (
            Kind::Map {
                key,
                zero_extended,
                value,
            },
            Kind::Map {
                key: k,
                zero_extended: z,
                value: v,
            },
        ) => {
            *zero_extended == *z
                && is_same_kind(key.get(), k.get())
                && is_same_kind(value.get(), v.get())
        }
        (Kind::Vec(a), Kind::Vec(b)) => is_same_kind(a.get(), b.get()),
        (
            Kind::Array {
                base,
                length,
                words,
            },
            Kind::Array {
                base: b,
                length: l,
                words: w,
            },
        ) => *length == *l && *words == *w && is_same_kind(base.get(), b.get()),
        (Kind::Opaque { name, bytes }, Kind::Opaque { name: n, bytes: b }) => {
            is_same(name.as_bytes(), n.as_bytes()) && *bytes == *b
        }
        (Kind::Struct(a), Kind::Struct(b)) => {
            is_same(a.path.as_bytes(), b.path.as_bytes())
                && a.is_generic == b.is_generic
                && (!a.is_generic || is_alike(a, b))
        }
        (Kind::Namespaced { id, inside }, Kind::Namespaced { id: i, inside: n }) => {
            is_same(id.as_bytes(), i.as_bytes()) && is_same_kind(inside.get(), n.get())
        }
        _ => false,
    }
}

const fn is_same_maybe(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(a), Some(b)) => is_same(a.as_bytes(), b.as_bytes()),
        _ => false,
    }
}
