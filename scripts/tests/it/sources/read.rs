//! Whatever a build reads decides about code and source hash.

use super::project::{Project, build, build_anew};

#[test]
fn an_edit_of_whatever_a_build_reads_is_built_and_has_another_source_hash() {
    let project = Project::new();
    let mut last = build(&project.contract()).expect("it builds");
    assert!(last.info.source_hash.is_some());
    for (name, text) in [
        (
            "work/contract/src/tests/mod.rs",
            "pub const VALUE: &str = \"tests: 2\";\n",
        ),
        (
            "work/contract/src/target/mod.rs",
            "pub const VALUE: &str = \"target: 2\";\n",
        ),
        ("work/contract/tests/value.txt", "text: 2"),
        (
            "work/contract/.cargo/config.toml",
            "[target.wasm32-unknown-unknown]\nrustflags = [\"-Aunused\"]\n",
        ),
        (
            "work/.cargo/config.toml",
            "[target.wasm32-unknown-unknown]\nrustflags = [\"--cfg\", \"flag\"]\n",
        ),
        (
            "work/contract/data/.three",
            "no build script says that it reads this",
        ),
        (
            "library/src/lib.rs",
            "#![no_std]\npub const FILE: &str = concat!(file!(), \"2\");\n",
        ),
    ] {
        project.write(name, text);
        let now = build(&project.contract()).expect(name);
        assert_ne!(now.codehash(), last.codehash(), "{name}: stale code");
        assert_ne!(
            now.source_hash(),
            last.source_hash(),
            "{name}: the same source hash"
        );
        last = now;
    }
    std::fs::remove_file(project.path("work/contract/data/.two")).expect("removed");
    let now = build(&project.contract()).expect("it builds");
    assert_ne!(
        now.codehash(),
        last.codehash(),
        "a file that is gone is still there"
    );
    assert_ne!(now.source_hash(), last.source_hash());

    // Built whole from nothing, it is the same: what was built in steps is no other code.
    let anew = build_anew(&project.contract()).expect("it builds");
    assert_eq!(anew, now);
}

#[test]
fn the_same_sources_in_other_folders_have_the_same_hash_and_the_same_code() {
    let (one, other) = (Project::new(), Project::new());
    let manifest = std::fs::read_to_string(other.path("work/contract/Cargo.toml")).expect("it");
    let library = other.path("library").display().to_string();
    let absolute = manifest.replace("../../library", &library);
    other.write("work/contract/Cargo.toml", &absolute);
    let (one, other) = (build_anew(&one.contract()), build_anew(&other.contract()));
    assert_eq!(one.expect("it builds"), other.expect("it builds"));
}
