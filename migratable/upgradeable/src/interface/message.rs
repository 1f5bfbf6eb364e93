//! Messages that are put together at compile time.

/// Bytes of the longest message.
const LONGEST: usize = 512;

/// Does not compile, and says why: the parts, joined.
#[track_caller]
pub(super) const fn refuse(parts: &[&str]) -> ! {
    let mut text = [0; LONGEST];
    let mut len = 0;
    let mut i = 0;
    while i < parts.len() {
        let part = parts[i].as_bytes();
        let mut j = 0;
        while j < part.len() && len < LONGEST {
            text[len] = part[j];
            len += 1;
            j += 1;
        }
        i += 1;
    }
    match core::str::from_utf8(text.split_at(len).0) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("a name is too long for this message"),
    }
}

/// Returns true if two texts are the same.
pub(super) const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut i = 0;
    while i < one.len() {
        if one[i] != other[i] {
            return false;
        }
        i += 1;
    }
    true
}
