use super::super::wasm::is_same_program;
use super::command;
use std::path::Path;

/// A module whose only function answers `answer`, with what cargo-stylus says of its sources.
fn module(answer: i32, custom: &[(&str, u8)]) -> Vec<u8> {
    let sections = custom.iter().map(|(name, byte)| {
        let data = format!("\\{byte:02x}").repeat(32);
        format!("(@custom \"{name}\" \"{data}\")")
    });
    let sections: String = sections.collect();
    let text = format!("(module (func (result i32) (i32.const {answer})) {sections})");
    wat::parse_str(text).expect("a module")
}

#[test]
fn init_code_of_another_source_is_not_the_same_program() {
    let hash = [("project_hash", 1)];
    let ours = module(1, &hash);
    assert!(is_same_program(&ours, &module(1, &hash)));
    assert!(is_same_program(&ours, &module(1, &[("project_hash", 7)])));
    assert!(!is_same_program(&ours, &module(2, &hash)), "other code");
    let more = [("project_hash", 1), ("other", 1)];
    assert!(!is_same_program(&ours, &module(1, &more)), "a section more");
    assert!(!is_same_program(&ours, b"no module"));
    assert!(!is_same_program(b"no module", b"no module"));
}

#[test]
fn cargo_stylus_has_no_variable_that_a_build_does_not_need() {
    let folder = tempfile::tempdir().expect("a folder");
    // The shell reads its first argument as a script: `stylus`, the subcommand.
    std::fs::write(folder.path().join("stylus"), "env\n").expect("written");
    let output = command(Path::new("sh"), folder.path(), folder.path()).output();
    let said = String::from_utf8(output.expect("it runs").stdout).expect("text");
    // Cargo gives this one to every test: what is not needed is not passed on.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let names: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once('=').map(|(name, _)| name))
        .collect();
    assert!(names.contains(&"PATH") && names.contains(&"CARGO_TARGET_DIR"));
    assert!(!names.contains(&"CARGO_MANIFEST_DIR"), "{names:?}");
}
