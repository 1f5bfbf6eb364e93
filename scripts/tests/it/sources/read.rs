//! Whatever a build reads decides about code and source hash.

use super::project::{Project, build, rebuild};

#[test]
fn an_edit_of_whatever_a_build_reads_is_built_and_has_another_source_hash() {
    let project = Project::new();
    let mut last = build(&project.contract()).expect("it builds");
    assert!(last.info.source_hash.is_some());
    let target = "[target.wasm32-unknown-unknown]\nrustflags = ";
    let [own, above] =
        [r#"["-Aunused"]"#, r#"["--cfg", "flag"]"#].map(|flags| format!("{target}{flags}\n"));
    let value = |of: &str| format!("pub const VALUE: &str = \"{of}: 2\";\n");
    let library = "#![no_std]\npub const FILE: &str = concat!(file!(), \"2\");\n";
    // No build script says that it reads `.three`.
    for (name, text) in [
        ("work/contract/src/tests/mod.rs", &value("tests")[..]),
        ("work/contract/src/target/mod.rs", &value("target")),
        ("work/contract/tests/value.txt", "text: 2"),
        ("work/contract/.cargo/config.toml", &own),
        ("work/.cargo/config.toml", &above),
        ("work/contract/data/.three", "3"),
        ("library/src/lib.rs", library),
    ] {
        project.write(name, text);
        let now = build(&project.contract()).expect(name);
        assert_ne!(now.codehash(), last.codehash(), "{name}: stale code");
        assert_ne!(now.source_hash(), last.source_hash(), "{name}");
        last = now;
    }
    std::fs::remove_file(project.path("work/contract/data/.two")).expect("removed");
    let now = build(&project.contract()).expect("it builds");
    assert_ne!(now.codehash(), last.codehash(), "the file is still there");
    assert_ne!(now.source_hash(), last.source_hash());

    // Built whole from nothing, it is the same: what was built in steps is no other code.
    let rebuilt = rebuild(&project.contract()).expect("it builds");
    assert_eq!(rebuilt, now);
}

#[test]
fn the_same_sources_in_other_folders_have_the_same_hash_and_the_same_code() {
    let (one, other) = (Project::new(), Project::new());
    let manifest = other.read("work/contract/Cargo.toml");
    let library = other.path("library").display().to_string();
    let absolute = manifest.replace("../../library", &library);
    other.write("work/contract/Cargo.toml", &absolute);
    let (one, other) = (rebuild(&one.contract()), rebuild(&other.contract()));
    assert_eq!(one.expect("it builds"), other.expect("it builds"));
}
