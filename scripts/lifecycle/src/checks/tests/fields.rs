//! `fields`.

use super::{best, ids};
use crate::assess::{Fact, Origin};
use crate::checks::Runs;
use crate::layout::Side;
use serde_json::{Value, json};
use stylus_layout::{Document, Layout};

/// A layout of these fields, one in each slot: name, type.
fn layout(fields: &[(&str, &str)]) -> Layout {
    let items = fields.iter().enumerate();
    let items = items.map(|(slot, (label, kind))| {
        json!({"label": label, "slot": slot.to_string(), "offset": 0, "type": format!("t_{kind}")})
    });
    let items: Vec<Value> = items.collect();
    let kind = |label: &str, bytes: &str| json!({"label": label, "encoding": "inplace", "numberOfBytes": bytes});
    let types = json!({"t_address": kind("address", "20"), "t_uint256": kind("uint256", "32")});
    let text = json!({"storage": items, "types": types, "unlisted": []}).to_string();
    Layout::from_json(&text).expect("a layout")
}

#[test]
fn a_field_of_a_script_lies_where_a_version_has_it_or_where_neither_has_any() {
    let old: &[_] = &[
        ("owner", "address"),
        ("count", "uint256"),
        ("limit", "uint256"),
    ];
    let new: &[_] = &[("owner", "address"), ("limit", "uint256")];
    for (own, expected) in [
        (old, &[][..]),
        (new, &[]),
        (&[("_owner", "address"), ("limit", "uint256")], &[]),
        (
            &[
                ("owner", "address"),
                ("count", "uint256"),
                ("limit", "uint256"),
                ("more", "uint256"),
            ],
            &[],
        ),
        (&[], &[]),
        (&[("limit", "uint256")], &["insert:script:limit"]),
        (&[("other", "uint256")], &["insert:script:other"]),
        (&[("owner", "uint256")], &["insert:script:owner"]),
        (
            &[("owner", "address"), ("other", "uint256")],
            &["insert:script:other"],
        ),
    ] {
        let mut transition = best();
        let side = |fields: &[(&str, &str)]| {
            let mut document = Document::of_layout(layout(fields));
            document.steps = Some(Vec::new());
            Side {
                hash: document.hash().into(),
                known: Fact::of(document, Origin::Chain),
            }
        };
        (transition.old, transition.new) = (Some(side(old)), side(new));
        if let Runs::Step { fields, .. } = &mut transition.runs {
            *fields = Some(Fact::of(layout(own), Origin::Build).into());
        }
        let mut found = ids(&transition);
        found.retain(|id| id.contains(":script:"));
        assert_eq!(found, expected, "{own:?}");
    }
}
