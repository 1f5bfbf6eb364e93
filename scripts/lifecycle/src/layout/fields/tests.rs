//! What is read of a layout, and how it is shown.

use super::*;
use std::collections::BTreeMap;

#[test]
fn members_of_structs_are_fields_and_a_part_of_a_slot_is_its_bytes() {
    let layout = Layout::from_json(
        r#"{"storage":[{"label":"pair","offset":0,"slot":"1","type":"t_pair"}],
        "types":{"t_pair":{"encoding":"inplace","label":"struct Pair","numberOfBytes":"32","members":[
        {"label":"small","offset":2,"slot":"0","type":"t_uint8"}]},
        "t_uint8":{"encoding":"inplace","label":"uint8","numberOfBytes":"1"}}}"#,
    );
    let layout = layout.expect("a layout");
    let Fields { list, left_out, .. } = Fields::of(&layout, 256);
    assert_eq!(left_out, BTreeSet::new());
    let one = list.first().expect("a field");
    assert_eq!(
        (one.name.as_str(), one.held.slot),
        ("pair.small", U256::ONE)
    );
    let mut word = [0; 32];
    word[29] = 9;
    let shown = one.held.words(&layout, word.into(), &BTreeMap::new());
    assert_eq!((list.len(), shown.as_str()), (1, "9"));
}

#[test]
fn what_a_layout_does_not_say_is_left_out_with_its_reason() {
    let layout: Layout = serde_json::from_str(
        r#"{"storage":[{"label":"a","offset":0,"slot":"one","type":"t_uint256"},
        {"label":"b","offset":0,"slot":"1","type":"t_struct(B)1_storage"},
        {"label":"c","offset":0,"slot":"2","type":"t_none"},
        {"label":"d","offset":0,"slot":"3","type":"t_empty"},
        {"label":"e","offset":0,"slot":"4","type":"t_uint256"}],
        "types":{"t_uint256":{"encoding":"inplace","label":"uint256","numberOfBytes":"32"},
        "t_empty":{"encoding":"inplace","label":"struct E","numberOfBytes":"32","members":[]},
        "t_struct(B)1_storage":{"encoding":"inplace","label":"struct B","numberOfBytes":"64"}},
        "namespaces":{"custom:foo":[{"label":"secret","offset":0,"slot":"0","type":"t_uint256"}]}}"#,
    )
    .expect("a layout");
    let Fields { list, left_out, .. } = Fields::of(&layout, 256);
    let names: Vec<&str> = list.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["b", "c", "d", "e"]);
    let left_out: Vec<&str> = left_out.iter().map(String::as_str).collect();
    assert_eq!(
        left_out,
        [
            "the members of b are not known",
            "the members of d are not known",
            "the namespace custom:foo is no ERC-7201 namespace: where it begins is not known",
            "the slot of a is no number",
            "the type of c is not known",
        ]
    );
}
