//! The ways to the other pieces of a list.

use super::lists::{PIECE, Piece};
use super::page::{PageContext, link};
use crate::text::grouped;
use maud::{Markup, html};

/// Which piece is shown of how many entries, and links to the first, the previous, the next and the last
/// one; nothing where the piece is the whole list. `name` is that of the list in the query.
pub fn pieces(
    place: &PageContext,
    (path, query): (&str, &[(&str, &str)]),
    name: &str,
    piece: &Piece,
) -> Markup {
    let Piece { from, count, total } = *piece;
    let length = PIECE.max(count);
    let last = total.saturating_sub(1) / length * length;
    let to = |label: &str, from: usize| {
        let from = from.to_string();
        let query = [query, &[(name, from.as_str())]].concat();
        link(place, path, &query, label)
    };
    html! {
        @if count < total {
            nav.pieces aria-label=(format!("pieces of the list of {name}")) {
                @if count == 0 { "none" }
                @else { (grouped(from + 1)) "–" (grouped(from + count)) }
                " of " (grouped(total))
                @if from > 0 {
                    " " (to("first", 0)) " " (to("previous", from.saturating_sub(length)))
                }
                @if from + count < total {
                    " " (to("next", from + count)) " " (to("last", last))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_leads_to_those_around_it() {
        let place = PageContext::default();
        let shown = |from, count, total| {
            let piece = Piece { from, count, total };
            let way = ("/definition", &[("name", "A&B")][..]);
            pieces(&place, way, "instances", &piece).into_string()
        };
        assert_eq!(shown(0, 50, 50), "");
        assert_eq!(shown(0, 0, 0), "");
        let middle = shown(100, 50, 5_001);
        assert!(middle.contains("101–150 of 5,001"), "{middle}");
        for (label, from) in [
            ("first", 0),
            ("previous", 50),
            ("next", 150),
            ("last", 5_000),
        ] {
            let link = format!("name=A%26B&amp;instances={from}\">{label}</a>");
            assert!(middle.contains(&link), "{link}: {middle}");
        }
        let beyond = shown(5_001, 0, 5_001);
        assert!(beyond.contains("none of 5,001"), "{beyond}");
        let last = shown(5_000, 1, 5_001);
        assert!(
            !last.contains("next") && last.contains("5,001–5,001"),
            "{last}"
        );
    }
}
