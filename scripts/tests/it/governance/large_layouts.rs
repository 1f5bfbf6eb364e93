//! A layout of thousands of fields: its document is published compressed, and others read it from the chain.

use crate::prelude::*;
use stylus_upgrades_interface::limits::LAYOUT_MAX;

/// Fields of the layout.
const FIELDS: usize = 5_000;

/// The JSON of a layout whose fields have these names.
fn layout(names: impl Iterator<Item = String>) -> String {
    let fields = names.enumerate().map(|(place, name)| {
        json!({"label": name, "slot": place.to_string(), "offset": 0, "type": "t_uint256"})
    });
    let fields: Vec<Value> = fields.collect();
    let types =
        json!({"t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"}});
    json!({"storage": fields, "types": types, "namespaces": {}}).to_string()
}

/// Runs a command in another folder and with another home, at the same chain.
fn run_elsewhere(sandbox: &Sandbox, folder: &Path, words: &str) -> Answer {
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut command = crate::clone::command(folder, &words);
    command.env("STYLUS_UPGRADES_STATE", folder.join("home"));
    command.args(["--json", "--private-key-path"]);
    command.arg(sandbox.path("Admin"));
    Answer::of(command.output().expect("it starts"))
}

#[test]
fn a_layout_of_thousands_of_fields_is_published_and_compared_by_others() {
    let sandbox = Sandbox::new();
    let name = |place: usize| format!("field_{place}");
    sandbox.write("large.json", layout((0..FIELDS).map(name)));
    let codes = [1, 2].map(|version| {
        let account = Address::repeat_byte(0x50 + version);
        sandbox.set_code(account, vec![0x60, version, 0x50, 0x5f, 0x5f, 0xf3]);
        account
    });
    sandbox.done("Admin", "define A --migrate Admin");
    let register = format!("register A 1.0 {} --layout large.json {ABSENT}", codes[0]);
    let registered = sandbox.done("Admin", &register);
    let hash = text(&registered, "layout_hash").to_owned();
    let kept = sandbox.path(format!("stylus-upgrades-layouts/{hash}.json"));
    let bytes = std::fs::read(kept).expect("what is published");
    assert!(bytes.len() <= LAYOUT_MAX && bytes[0] == 1);
    assert_eq!(keccak256(&bytes).to_string(), hash);

    let other = tempfile::tempdir().expect("a folder");
    std::fs::copy(sandbox.path(MANIFEST), other.path().join(MANIFEST)).expect("copied");
    let written = |file: &str, text: String| {
        std::fs::write(other.path().join(file), text).expect("written");
    };
    let more = (0..FIELDS).map(name).chain(["last".into()]);
    written("more.json", layout(more));
    let exchanged = (0..FIELDS).map(|place| match place {
        7 => name(4_000),
        4_000 => name(7),
        place => name(place),
    });
    written("exchanged.json", layout(exchanged));
    let next = |file: &str| format!("register A 2.0 {} --layout {file} {ABSENT}", codes[1]);
    let refused = run_elsewhere(&sandbox, other.path(), &next("exchanged.json"));
    refused.is(1, "LayoutRefused");
    let done = run_elsewhere(&sandbox, other.path(), &next("more.json"));
    let storage = &done.ends(0)["storage"][0];
    assert_eq!(
        (&storage["from"], &storage["verdict"]),
        (&json!("1.0"), &json!("safe"))
    );
    let read = other
        .path()
        .join(format!("stylus-upgrades-layouts/{hash}.json"));
    assert_eq!(std::fs::read(read).expect("what was read"), bytes);
}
