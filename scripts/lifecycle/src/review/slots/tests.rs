//! What is drawn of two layouts.

use super::*;
use stylus_layout::compare;

const TYPES: &str = r#""types":{
    "t_uint256":{"encoding":"inplace","label":"uint256","numberOfBytes":"32"},
    "t_address":{"encoding":"inplace","label":"address","numberOfBytes":"20"},
    "t_bool":{"encoding":"inplace","label":"bool","numberOfBytes":"1"}}"#;

fn layout(fields: &[(&str, &str, u64, &str)]) -> Layout {
    let items = fields.iter().map(|(label, slot, offset, kind)| {
        format!(r#"{{"label":"{label}","slot":"{slot}","offset":{offset},"type":"{kind}"}}"#)
    });
    let items: Vec<_> = items.collect();
    let text = format!(r#"{{"storage":[{}],{TYPES}}}"#, items.join(","));
    Layout::from_json(&text).expect("a layout")
}

#[test]
fn each_field_is_drawn_with_what_happened_to_it() {
    let old = layout(&[
        ("total", "0", 0, "t_uint256"),
        ("owner", "1", 0, "t_address"),
        ("paused", "1", 20, "t_bool"),
        ("old", "2", 0, "t_uint256"),
    ]);
    let new = layout(&[
        ("total", "0", 0, "t_uint256"),
        ("owner", "1", 0, "t_uint256"),
        ("paused", "2", 0, "t_bool"),
        ("fresh", "3", 0, "t_uint256"),
    ]);
    let report = compare(&old, &new).expect("compared");
    let areas = draw(&old, &new, &report.findings);
    let [area] = areas.as_slice() else {
        panic!("one area: {areas:?}");
    };
    let words = [
        "0 total: kept",
        "1 owner: retyped",
        "1 → 2 paused: moved",
        "2 old: dropped",
        "3 fresh: new",
    ];
    assert_eq!(rows(area), words);
    let lines = [
        "storage",
        "  slot 0    byte 0   kept     total: uint256",
        "  slot 1    byte 0   retyped  owner: address → uint256 (was address, is uint256; a migration can carry the value over)",
        "  slot 1    byte 20 → slot 2    byte 0   moved    paused: bool",
        "  slot 2    byte 0   dropped  old: uint256",
        "  slot 3    byte 0   new      fresh: uint256",
    ];
    assert_eq!(area.lines(true), lines);
    let folded = [&lines[..1], &lines[2..], &["  1 field kept (--full shows)"]].concat();
    assert_eq!(area.lines(false), folded);
}

/// What is drawn of every field, in one row for each.
fn rows(area: &Area) -> Vec<String> {
    let rows = area.rows.iter().map(|row| {
        let slot = row.side_by_side(|one| one.slot.clone());
        let label = row.side_by_side(|one| one.label.clone());
        format!("{slot} {label}: {}", row.words())
    });
    rows.collect()
}

#[test]
fn a_moved_or_dropped_field_is_never_drawn_as_kept() {
    let types = TYPES.trim_end_matches('}');
    let types = format!(
        r#"{types}}},"t_bytes32":{{"encoding":"inplace","label":"bytes32","numberOfBytes":"32"}}}}"#
    );
    let of = |fields: &[(&str, u64, &str, &str)]| {
        let items = fields.iter().map(|(label, slot, kind, more)| {
            format!(r#"{{"label":"{label}","slot":"{slot}","offset":0,"type":"{kind}"{more}}}"#)
        });
        let items: Vec<_> = items.collect();
        let text = format!(r#"{{"storage":[{}],{types}}}"#, items.join(","));
        Layout::from_json(&text).expect("a layout")
    };
    let old = of(&[
        ("value", 0, "t_uint256", ""),
        ("limit", 1, "t_uint256", ""),
        ("x.owner", 2, "t_address", ""),
        ("owner", 3, "t_address", ""),
        ("gone.y", 4, "t_uint256", ""),
    ]);
    let renamed_and_retyped = r#","renamedFrom":"limit","retypedFrom":"uint256""#;
    let new = of(&[
        ("value", 0, "t_uint256", ""),
        ("cap", 1, "t_bytes32", renamed_and_retyped),
        ("boss", 2, "t_address", r#","renamedFrom":"owner""#),
        ("x.owner", 3, "t_address", ""),
        ("fresh[0]", 5, "t_uint256", ""),
    ]);
    let report = compare(&old, &new).expect("compared");
    let areas = draw(&old, &new, &report.findings);
    let [area] = areas.as_slice() else {
        panic!("one area: {areas:?}");
    };
    let words = [
        "0 value: kept",
        "1 limit → cap: retyped, renamed",
        "2 → 3 x.owner: moved",
        "3 → 2 owner → boss: moved, renamed",
        "4 gone.y: dropped",
        "5 fresh[0]: new",
    ];
    assert_eq!(rows(area), words, "{report:?}");
}

#[test]
fn of_all_small_layouts_only_what_both_have_alike_is_drawn_as_kept() {
    const FIRST: [(&str, &str, u64, &str); 3] = [
        ("a", "0", 0, "t_uint256"),
        ("a.b", "1", 0, "t_address"),
        ("a[0]", "2", 0, "t_uint256"),
    ];
    let labels = ["", "a", "a.b", "a[0]", "c"];
    let kinds = ["t_uint256", "t_address"];
    let old = layout(&FIRST);
    let mut count = 0;
    // Each slot holds nothing, or one of the names as one of the types.
    for number in 0..9_usize.pow(4) {
        let mut fields: Vec<(&str, &str, u64, &str)> = Vec::new();
        for (at, slot) in ["0", "1", "2", "3"].into_iter().enumerate() {
            let choice = number / 9_usize.pow(u32::try_from(at).expect("small")) % 9;
            let label = labels[choice.div_ceil(2)];
            if !label.is_empty() {
                fields.push((label, slot, 0, kinds[choice % 2]));
            }
        }
        let is_twice = |one: &(&str, &str, u64, &str)| {
            fields.iter().filter(|other| other.0 == one.0).count() > 1
        };
        if fields.iter().any(is_twice) {
            continue;
        }
        count += 1;
        let new = layout(&fields);
        let report = compare(&old, &new).expect("compared");
        let areas = draw(&old, &new, &report.findings);
        let area = areas.first().expect("an area");
        for row in &area.rows {
            let is_alike = row.before == row.after;
            let is_kept = row.changes == [Change::Kept];
            assert_eq!(is_kept, is_alike, "{row:?} of {fields:?}: {report:?}");
        }
    }
    assert_eq!(count, 1_473);
}

#[test]
fn a_member_that_is_added_to_the_value_of_a_mapping_extends_its_field_and_is_named() {
    let of = |members: &[&str]| {
        let members = members.iter().enumerate().map(|(slot, label)| {
            serde_json::json!({"label": label, "slot": slot.to_string(), "offset": 0, "type": "t_uint256"})
        });
        let members: Vec<_> = members.collect();
        let map = serde_json::json!({"encoding": "mapping", "label": "mapping(uint256 => struct Point)",
            "numberOfBytes": "32", "key": "t_uint256", "value": "t_struct(Point)"});
        let point = serde_json::json!({"encoding": "inplace", "label": "struct Point",
            "numberOfBytes": (32 * members.len()).to_string(), "members": members});
        let number =
            serde_json::json!({"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"});
        let layout = serde_json::json!({
            "storage": [{"label": "points", "slot": "0", "offset": 0, "type": "t_mapping(t_uint256,t_struct(Point))"}],
            "types": {"t_mapping(t_uint256,t_struct(Point))": map, "t_struct(Point)": point, "t_uint256": number},
        });
        Layout::from_json(&layout.to_string()).expect("a layout")
    };
    let (old, new) = (of(&["x"]), of(&["x", "y"]));
    let report = compare(&old, &new).expect("compared");
    assert!(report.is_safe(), "{report:?}");
    let areas = draw(&old, &new, &report.findings);
    let after = &areas[0].rows[0];
    assert_eq!(
        (after.change, after.words().as_str()),
        (Change::Extended, "extended")
    );
    let lines = areas[0].lines(true);
    assert!(
        lines[1].ends_with("(points[].y: on bytes that nothing used)"),
        "{lines:?}"
    );
}
