//! Sources that are built in an unusual way: a macro that runs while the contract is compiled, and
//! files whose names hold line breaks.

use super::project::{Project, build, build_anew};
use std::fs;

const MACRO_MANIFEST: &str = r#"[package]
name = "tiny-macro"
version = "0.0.0"
edition = "2024"

[lib]
proc-macro = true
test = false
"#;
/// The name of a file that the contract includes and its build script counts.
const BROKEN: &str = "work/contract/data/one\ntwo";

/// Writes a macro that expands to that text, as a literal.
fn expands_to(project: &Project, value: &str) {
    let literal = format!("{value:?}");
    let source = format!(
        "use proc_macro::TokenStream;\n#[proc_macro]\npub fn value(_: TokenStream) -> TokenStream {{\n\
         {literal:?}.parse().expect(\"a literal\")\n}}\n"
    );
    project.write("macro/src/lib.rs", &source);
}

#[test]
fn an_edit_of_a_macro_in_another_folder_is_built_and_has_another_source_hash() {
    let project = Project::new();
    project.write("macro/Cargo.toml", MACRO_MANIFEST);
    expands_to(&project, "macro: 1");
    let edited = |name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(project.path(name)).expect(name);
        assert!(text.contains(from), "{name}: {text}");
        project.write(name, &text.replace(from, to));
    };
    edited(
        "work/contract/Cargo.toml",
        "tiny-library = ",
        "tiny-macro = { path = \"../../macro\" }\ntiny-library = ",
    );
    edited(
        "work/Cargo.lock",
        " \"tiny-library\",\n",
        " \"tiny-library\",\n \"tiny-macro\",\n",
    );
    edited(
        "work/Cargo.lock",
        "name = \"tiny-library\"\nversion = \"0.0.0\"\n",
        "name = \"tiny-library\"\nversion = \"0.0.0\"\n\n[[package]]\nname = \"tiny-macro\"\nversion = \"0.0.0\"\n",
    );
    edited(
        "work/contract/src/lib.rs",
        "    file!(),",
        "    tiny_macro::value!(),",
    );
    let first = build(&project.contract()).expect("it builds");
    expands_to(&project, "macro: 2");
    let other = build(&project.contract()).expect("it builds");
    assert_ne!(other.codehash(), first.codehash(), "stale code");
    assert_ne!(other.source_hash(), first.source_hash());
    assert_eq!(build_anew(&project.contract()).expect("it builds"), other);
    assert!(first.wasm.windows(8).any(|part| part == b"macro: 1"));
    assert!(other.wasm.windows(8).any(|part| part == b"macro: 2"));
}

#[test]
fn a_file_with_a_line_break_in_its_name_is_part_of_the_sources() {
    let project = Project::new();
    project.write(BROKEN, "broken: 1");
    project.append(
        "\n#[unsafe(no_mangle)]\nstatic BROKEN: &str = include_str!(\"../data/one\\ntwo\");\n",
    );
    let text = fs::read_to_string(project.path("work/contract/src/lib.rs")).expect("a source");
    project.write(
        "work/contract/src/lib.rs",
        &text.replace("unwrap_or(&OPTIONAL)", "unwrap_or(&BROKEN)"),
    );
    let first = build(&project.contract()).expect("it builds");
    project.write(BROKEN, "broken: 2");
    let other = build(&project.contract()).expect("it builds");
    assert_ne!(other.codehash(), first.codehash(), "stale code");
    assert_ne!(other.source_hash(), first.source_hash());

    // It is not there once it is removed.
    fs::remove_file(project.path(BROKEN)).expect("removed");
    let whole = build(&project.contract());
    assert!(whole.is_err(), "what is not there was read");
    project.write(BROKEN, "broken: 2");
    assert_eq!(build_anew(&project.contract()).expect("it builds"), other);
}
