//! The meaning of calls, by the interfaces of the code.

use super::page::text;
use crate::functions::{DecodedArgument, DecodedCall};
use maud::{Markup, html};

/// Calls that an action carries, in words.
pub(super) fn calls(decoded: &[DecodedCall]) -> Markup {
    html! {
        @for call in decoded {
            @match (&call.function, &call.undecoded) {
                (Some(function), _) => {
                    p { (text(&call.what)) " calls " code { (text(function)) } }
                    dl.fields {
                        @for (number, argument) in (1_usize..).zip(&call.arguments) {
                            dt {
                                @if argument.name.is_empty() { "argument " (number) }
                                @else { (text(&argument.name)) }
                            }
                            dd { (text(&grouped(argument))) " (" (text(&argument.kind)) ")" }
                        }
                    }
                },
                (None, why) => {
                    p.card.unknown {
                        span.weight { "? not decoded" } " " (text(&call.what)) ": "
                        (text(why.as_deref().unwrap_or_default()))
                    }
                },
            }
        }
    }
}

/// A value; of a whole number with its thousands apart.
fn grouped(argument: &DecodedArgument) -> String {
    let is_number = ["uint", "int"].iter().any(|kind| {
        let bits = argument.kind.strip_prefix(kind);
        bits.is_some_and(|bits| bits.bytes().all(|c| c.is_ascii_digit()))
    });
    let (sign, digits) = match argument.value.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", argument.value.as_str()),
    };
    if !is_number || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return argument.value.clone();
    }
    let mut shown = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_a_number_are_grouped_and_other_values_stay() {
        for (kind, value, expected) in [
            (
                "uint256",
                "1000000000000000000",
                "1,000,000,000,000,000,000",
            ),
            ("int64", "-1234", "-1,234"),
            ("uint8", "7", "7"),
            ("bytes4", "12345678", "12345678"),
            ("uint256[]", "[1000, 2000]", "[1000, 2000]"),
            ("string", "\"1000\"", "\"1000\""),
        ] {
            let argument = DecodedArgument {
                name: String::new(),
                kind: kind.into(),
                value: value.into(),
            };
            assert_eq!(grouped(&argument), expected, "{kind}");
        }
    }
}
