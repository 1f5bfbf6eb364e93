//! `emptied`.

use super::{best, found};
use crate::assess::{Fact, Origin, Severity};
use crate::layout::Side;
use alloy::primitives::B256;
use stylus_layout::{Document, FilledIn, Layout};

/// What is known of code with these fields in its storage and these immutables.
fn side(fields: &[&str], immutables: &[&str]) -> Side {
    let item = |(slot, label): (usize, &&str)| {
        format!(r#"{{"label":"{label}","offset":0,"slot":"{slot}","type":"t_uint256"}}"#)
    };
    let items: Vec<String> = fields.iter().enumerate().map(item).collect();
    let text = format!(
        r#"{{"storage":[{}],"types":{{"t_uint256":{{"encoding":"inplace","label":"uint256","numberOfBytes":"32"}}}},"unlisted":[]}}"#,
        items.join(",")
    );
    let mut document = Document::of_layout(Layout::from_json(&text).expect("a layout"));
    document.filled = immutables
        .iter()
        .map(|name| FilledIn {
            name: (*name).to_owned(),
            value: B256::repeat_byte(7),
            code: None,
        })
        .collect();
    Side {
        hash: crate::ids::LayoutHash(document.hash()),
        known: Fact::of(document, Origin::Chain),
    }
}

#[test]
fn an_immutable_that_becomes_a_field_begins_at_zero() {
    for (old, new, is_told) in [
        (side(&[], &["OWNER"]), side(&["_owner"], &[]), true),
        (
            side(&[], &["A.OWNER"]),
            side(&["owner"], &["A.OWNER"]),
            true,
        ),
        (side(&["owner"], &["OWNER"]), side(&["owner"], &[]), false),
        (side(&[], &["OWNER"]), side(&["total"], &[]), false),
    ] {
        let mut transition = best();
        (transition.old, transition.new) = (Some(old), new);
        let found = found(&transition).findings;
        let of_it = found
            .iter()
            .filter(|one| one.message.contains("begins at zero now"));
        let severities: Vec<Severity> = of_it.map(|one| one.severity).collect();
        let expected: &[Severity] = if is_told { &[Severity::Danger] } else { &[] };
        assert_eq!(severities, expected, "{found:#?}");
    }
}
