//! What calls say, by the interfaces of the code.

use super::page::text;
use crate::functions::DecodedCall;
use maud::{Markup, html};

/// Calls that an action carries, in words.
pub(super) fn calls(decoded: &[DecodedCall]) -> Markup {
    html! {
        @for call in decoded {
            @match (&call.function, &call.undecoded) {
                (Some(function), _) => {
                    p { (text(&call.what)) " calls " code { (text(function)) } }
                    dl.fields {
                        @for (number, one) in (1_usize..).zip(&call.arguments) {
                            dt {
                                @if one.name.is_empty() { "argument " (number) }
                                @else { (text(&one.name)) }
                            }
                            dd { (text(&one.value)) " (" (text(&one.kind)) ")" }
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
