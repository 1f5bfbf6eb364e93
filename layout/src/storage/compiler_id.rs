//! The id that a compiler gives a type.

use alloy_primitives::U256;

/// The length of an array.
pub(super) enum ArrayLength {
    Fixed(U256),
    Dynamic,
}

/// A type id taken apart: `t_array(t_uint256)3_storage` is head, args and tail.
pub(super) struct IdParts<'l> {
    pub(super) head: &'l str,
    pub(super) args: Vec<&'l str>,
    tail: &'l str,
}

impl<'l> IdParts<'l> {
    pub(super) fn parse(id: &'l str) -> Self {
        let Some((head, rest)) = id.split_once('(') else {
            return Self {
                head: id,
                args: vec![],
                tail: "",
            };
        };
        let (mut depth, mut from, mut args) = (0usize, 0usize, vec![]);
        for (at, character) in rest.char_indices() {
            match character {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                ')' => {
                    args.extend(rest.get(from..at));
                    return Self {
                        head,
                        args,
                        tail: rest.get(at + 1..).unwrap_or(""),
                    };
                }
                ',' if depth == 0 => {
                    args.extend(rest.get(from..at));
                    from = at + 1;
                }
                _ => {}
            }
        }
        Self {
            head,
            args: vec![],
            tail: "",
        }
    }

    /// The length that an array's id ends with.
    pub(super) fn length(&self) -> Option<ArrayLength> {
        if self.tail.starts_with("dyn") {
            return Some(ArrayLength::Dynamic);
        }
        let digits = self.tail.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok().map(ArrayLength::Fixed)
    }
}

/// Parses the number after a prefix (16 in `uint16`); none unless it is a multiple of `step`, from `step` to `32 * step`.
pub(super) fn number_after(text: &str, prefix: &str, step: usize) -> Option<usize> {
    let number: usize = text.strip_prefix(prefix)?.parse().ok()?;
    (number > 0 && number <= 32 * step && number.is_multiple_of(step)).then_some(number)
}
