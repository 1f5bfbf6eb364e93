//! The values of a version as a list of words, in the order of the fields. The contracts read and
//! write them in this form.

use std::collections::BTreeMap;

use alloy::primitives::U256;

use super::pairs::Version;
use super::random::{Model, Rng, Ty};
use super::rust::GAP;
use super::values::Value;

/// Elements of every dynamic array.
const ELEMENTS: usize = 3;

/// Values by their paths.
pub(super) type Values = BTreeMap<String, Value>;

/// Random values for every field, as words.
pub(super) fn random(version: &Version, rng: &mut Rng) -> Vec<u8> {
    let mut words = vec![];
    walk(version, &mut |_, ty| match ty {
        Ty::List(_) => {
            words.extend(U256::from(ELEMENTS).to_be_bytes::<32>());
            ELEMENTS
        }
        Ty::Str | Ty::Bytes => {
            let length = *rng.pick(&[0, 1, 31, 32, 33, 64, 100]);
            words.extend(U256::from(length).to_be_bytes::<32>());
            let ascii = *ty == Ty::Str;
            words.extend((0..length).map(|_| match ascii {
                true => b' ' + rng.roll(95) as u8,
                false => rng.roll(256) as u8,
            }));
            words.resize(words.len().next_multiple_of(32), 0);
            0
        }
        _ => {
            let bytes = bytes(ty);
            words.resize(words.len() + 32 - bytes, 0);
            words.extend((0..bytes).map(|_| match ty {
                Ty::Bool => rng.roll(2) as u8,
                _ => rng.roll(256) as u8,
            }));
            0
        }
    });
    words
}

/// The values in a row of words.
///
/// # Panics
/// If it is longer or shorter than the fields say.
pub(super) fn decode(version: &Version, mut words: &[u8]) -> Values {
    let mut values = Values::new();
    walk(version, &mut |path, ty| {
        let (word, rest) = words.split_at(32);
        words = rest;
        let number = U256::from_be_slice(word);
        let value = match ty {
            Ty::Str | Ty::Bytes => {
                let length: usize = number.to();
                let (padded, rest) = words.split_at(length.next_multiple_of(32));
                words = rest;
                Value::Text(padded[..length].to_vec())
            }
            Ty::Fixed(bytes) => Value::Fixed(word[32 - bytes..].to_vec()),
            Ty::Int(bits) if number.bit(bits - 1) => {
                let magnitude = (!number).wrapping_add(U256::ONE) & (U256::MAX >> (256 - bits));
                Value::Number(true, magnitude)
            }
            _ => Value::Number(false, number),
        };
        values.insert(path.to_owned(), value);
        number.saturating_to()
    });
    assert!(
        words.is_empty(),
        "{} bytes more than the fields",
        words.len()
    );
    values
}

/// What is called for each value and for the length of each list, which it gives.
type Visitor<'v> = dyn FnMut(&str, &Ty) -> usize + 'v;

fn walk(version: &Version, with: &mut Visitor<'_>) {
    for (name, ty) in version.vars(false).iter().chain(&version.vars(true)) {
        if name != GAP {
            visit(&version.model, ty, name, with);
        }
    }
}

fn visit(model: &Model, ty: &Ty, path: &str, with: &mut Visitor<'_>) {
    match ty {
        Ty::Struct(at) => {
            for (name, ty) in &model.structs[*at] {
                visit(model, ty, &format!("{path}.{name}"), with);
            }
        }
        Ty::Map(_, base) => elements(model, base, 2, path, with),
        Ty::Array(base, n) => elements(model, base, *n, path, with),
        Ty::List(base) => {
            let length = with(path, ty);
            elements(model, base, length, path, with);
        }
        _ => {
            with(path, ty);
        }
    }
}

/// Elements of an array, or what a map's keys find.
fn elements(model: &Model, base: &Ty, n: usize, path: &str, with: &mut Visitor<'_>) {
    for at in 0..n {
        visit(model, base, &format!("{path}[{at}]"), with);
    }
}

fn bytes(ty: &Ty) -> usize {
    match ty {
        Ty::Uint(bits) | Ty::Int(bits) => bits / 8,
        Ty::Fixed(bytes) => *bytes,
        Ty::Bool => 1,
        _ => 20,
    }
}
