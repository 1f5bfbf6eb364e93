use super::*;
use crate::error::Exit;
use serde_json::json;

/// The arguments and the salts of a file of that name and text.
fn rows_of(name: &str, text: &str) -> Result<Vec<ArgumentRow>, Refusal> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("written");
    read(&path)
}

fn row(arguments: Value, salt: Option<u64>) -> ArgumentRow {
    ArgumentRow {
        arguments: arguments.as_array().expect("a list").clone(),
        salt: salt.map(U256::from),
    }
}

#[track_caller]
fn require_refused(name: &str, text: &str, found: &str) {
    let refused = rows_of(name, text).expect_err("it is refused");
    assert!(refused.is("ArgumentFileUnreadable"), "{refused}");
    assert_eq!(refused.exit(), Exit::Usage);
    let said = refused.found().expect("what was found");
    assert!(said.contains(found), "{said}");
    assert!(refused.expected().is_some() && refused.next().is_some());
}

#[test]
fn json_has_a_list_for_each_row_or_an_object_with_a_salt() {
    let text = r#"[["Admin", 7, [1, 2]], {"arguments": ["x", true, []], "salt": "0x10"}]"#;
    let rows = rows_of("rows.json", text).expect("rows");
    assert_eq!(
        rows,
        [
            row(json!(["Admin", 7, [1, 2]]), None),
            row(json!(["x", true, []]), Some(16)),
        ]
    );
    assert_eq!(rows_of("none.JSON", "[[],[]]").expect("rows").len(), 2);
}

#[test]
fn csv_has_a_line_of_names_and_quotes_as_spreadsheets_write_them() {
    let text = "\u{feff}owner,Salt,note\r\nAdmin,3,\"a, \"\"b\"\"\nc\"\r\n\r\nOther,,\"\"\n";
    let rows = rows_of("rows.csv", text).expect("rows");
    let expected = [
        row(json!(["Admin", "a, \"b\"\nc"]), Some(3)),
        row(json!(["Other", ""]), None),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn what_is_no_file_of_arguments_is_refused_with_what_was_found() {
    require_refused("rows.txt", "[[1]]", "neither .json nor .csv");
    require_refused("rows.json", "", "EOF");
    require_refused("rows.json", "[]", "no rows");
    require_refused("rows.json", "{\"a\":1}", "no list of rows");
    require_refused("rows.json", "[1]", "row 1: a row that is no list");
    require_refused(
        "rows.json",
        "[[1],[1,2]]",
        "row 1 has 1 argument, and row 2 has 2",
    );
    require_refused("rows.json", "[[1e30]]", "write it as a string");
    require_refused("rows.json", "[[null]]", "null");
    require_refused("rows.json", "[[[{\"a\":1}]]]", "a tuple is a list");
    require_refused("rows.json", "[{\"args\":[1]}]", "the field \"args\"");
    require_refused("rows.json", "[{\"salt\":1}]", "no field \"arguments\"");
    require_refused(
        "rows.json",
        "[{\"arguments\":[],\"salt\":-1}]",
        "the salt \"-1\"",
    );
    let twice = r#"[{"arguments":[],"salt":1},[],{"arguments":[],"salt":"0x1"}]"#;
    require_refused("rows.json", twice, "rows 1 and 3 with the same salt 1");
    let many = format!("[{}[1]]", "[1],".repeat(10_000));
    require_refused("rows.json", &many, "10,001 rows; at most 10,000");
    require_refused(
        "rows.json",
        &" ".repeat(16 << 20 | 1),
        "more than 16,777,216 bytes",
    );
    require_refused("rows.csv", "", "an empty file");
    require_refused("rows.csv", "value\n", "no rows");
    require_refused(
        "rows.csv",
        "7\n8\n",
        "\"7\" in place of the name of a column",
    );
    require_refused("rows.csv", "a,b\n1\n", "names 2 columns, and row 1 has 1");
    require_refused("rows.csv", "a\n\"1\n", "a quote that does not end");
    require_refused(
        "rows.csv",
        "a\n1\"2\n",
        "a quote in the middle of a cell of line 2",
    );
    require_refused(
        "rows.csv",
        "a\n\"1\"2\n",
        "text after a quoted cell in line 2",
    );
    require_refused("rows.csv", "a,salt\n1,x\n", "row 1: the salt \"x\"");
    require_refused("rows.csv", "salt,salt\n1,2\n", "two columns");
    let folder = tempfile::tempdir().expect("a folder");
    for path in [folder.path().join("absent.csv"), folder.path().into()] {
        assert!(
            read(&path)
                .expect_err("refused")
                .is("ArgumentFileUnreadable")
        );
    }
    let bytes = folder.path().join("bytes.csv");
    std::fs::write(&bytes, [b'a', b'\n', 0xff]).expect("written");
    assert!(read(&bytes).is_err());
}

#[test]
fn strings_are_exact_and_a_refused_argument_is_said_by_its_row() {
    let manifest = Manifest::default();
    let function = Function::parse("f(string,string[],(uint256,bool))").expect("a function");
    let whole = row(json!(["\"q\" \\n", ["a,b", "]"], [7, true]]), None);
    let encoded = whole.encode(1, &function, &manifest).expect("calldata");
    alloy::sol! {
        function f(string a, string[] b, (uint256, bool) c) external;
    }
    let call = fCall::abi_decode(&encoded).expect("a call");
    assert_eq!(call.a, "\"q\" \\n");
    assert_eq!(call.b, ["a,b", "]"]);
    assert_eq!(call.c, (U256::from(7), true));
    let function = Function::parse("f(uint8)").expect("a function");
    for wrong in [json!(["256"]), json!(["x"]), json!([]), json!([[1]])] {
        let refused = row(wrong, None).encode(3, &function, &manifest);
        let refused = refused.expect_err("it is refused").to_string();
        assert!(refused.starts_with("row 3: "), "{refused}");
    }
}
