//! What an older SDK counts otherwise.

use super::*;

/// stylus-sdk before 0.10 leaves out the slot of `total` when it counts `Tally`.
#[test]
fn what_follows_a_struct_that_an_older_sdk_counts_shorter_is_told() {
    let tally = |first: &'static str, second: &'static str, bytes: u64| {
        let members = [var("one", first, 0).json(), var("two", second, 1).json()];
        json!({"label": "struct Tally", "encoding": "inplace", "numberOfBytes": bytes.to_string(), "members": members})
    };
    let point = json!({"label": "struct Point", "encoding": "inplace", "numberOfBytes": "32",
        "members": [var("x", "t_uint128", 0).json()]});
    let held = json!({"label": "struct Held", "encoding": "inplace", "numberOfBytes": "64",
        "members": [var("tally", "t_tally", 0).json()]});
    let of = |storage: &[Var], tally: &Value| {
        let types = json!({"t_struct(Tally)1_storage": tally, "t_struct(Point)2_storage": point,
            "t_struct(Held)3_storage": held, "t_array(t_struct(Tally)1_storage)dyn_storage":
            {"label": "struct Tally[]", "encoding": "dynamic_array", "numberOfBytes": "32"}});
        let text = types
            .to_string()
            .replace("t_tally", "t_struct(Tally)1_storage");
        let layout = with_types(storage, &[], serde_json::from_str(&text).expect("JSON"));
        let found = layout.counted_shorter_before_sdk_0_10().expect("numbers");
        found.into_iter().collect::<Vec<_>>()
    };
    let (number, structure) = ("t_uint256", "t_struct(Point)2_storage");
    let whole = tally(number, structure, 64);
    let one = || var("tally", "t_struct(Tally)1_storage", 1);
    let after = || var("last", number, 3);
    let list = || var("list", "t_array(t_struct(Tally)1_storage)dyn_storage", 4);
    // Each element of the list follows another.
    let listed = |first: Var| of(&[first, after(), list()], &whole);
    assert_eq!(listed(one()), ["Tally"]);
    assert_eq!(
        listed(var("held", "t_struct(Held)3_storage", 1)),
        ["Held", "Tally"]
    );
    // It is counted as it is there, or has nothing before the struct.
    assert!(of(&[one(), after()], &tally(number, structure, 32)).is_empty());
    assert!(of(&[one(), after()], &tally(structure, number, 64)).is_empty());
    assert!(of(&[one(), after()], &tally(number, number, 64)).is_empty());
}
