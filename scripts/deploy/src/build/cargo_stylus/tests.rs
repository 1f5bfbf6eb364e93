use super::*;
use crate::build::Builder;
use crate::error::Explain;
use crate::progress::Silent;
use std::sync::Arc;

const TEXT: &str = r#"(module
    (memory (export "memory") 1)
    (global (export "__heap_base") i32 (i32.const 8))
    (func (export "user_entrypoint") (param i32) (result i32) i32.const 0)
    (@custom "name" "\00"))"#;

#[test]
fn a_module_keeps_its_exports_and_says_what_its_sources_are_at_the_end() {
    let raw = wat::parse_str(TEXT).expect("a module");
    let hash = B256::repeat_byte(7);
    let made = processed("test", &raw, hash).expect("a module");
    let section = [&[0, 45, 12][..], b"project_hash", hash.as_slice()].concat();
    let code = made
        .strip_suffix(&section[..])
        .expect("its own section comes last");
    let plain = wat::parse_str(TEXT.replace("(@custom \"name\" \"\\00\")", ""));
    assert_eq!(code, plain.expect("a module"));
}

#[test]
fn a_stream_holds_the_module_and_what_no_chain_takes_is_not_compressed() {
    let raw = wat::parse_str(TEXT).expect("a module");
    let stream = compressed("test", &raw).expect("a stream");
    let mut unpacked = Vec::new();
    brotli::BrotliDecompress(&mut &stream[..], &mut unpacked).expect("a whole stream");
    assert_eq!(unpacked, raw);
    let error = compressed("test", &vec![0; WASM_MAX + 1]).expect_err("too large");
    assert_eq!(error.name(), "TooLarge", "{error}");
}

const MANIFEST: &str = "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\n\
                        crate-type = [\"lib\", \"cdylib\"]\n\n[workspace]\n\n[profile.release]\npanic = \"abort\"\n\
                        strip = true\n";

/// `tiny/tiny.initcode` is what cargo-stylus 0.10.10 wrote of these files in `/source`.
#[test]
fn a_committed_crate_gets_the_init_code_of_cargo_stylus() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::create_dir(folder.join("src")).expect("made");
    for (name, text) in [
        (".gitignore", "target\n"),
        ("Cargo.toml", MANIFEST),
        (
            "Cargo.lock",
            "version = 4\n\n[[package]]\nname = \"tiny\"\nversion = \"0.1.0\"\n",
        ),
        (
            "Stylus.toml",
            "[workspace.networks]\n\n[contract.deployments]\n",
        ),
        (
            "rust-toolchain.toml",
            "[toolchain]\nchannel = \"1.95.0\"\ntargets = [\"wasm32-unknown-unknown\"]\n",
        ),
        ("src/lib.rs", include_str!("tiny/lib.rs.txt")),
    ] {
        std::fs::write(folder.join(name), text).expect("written");
    }
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    for words in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "-m", "x"],
    ] {
        let mut git = std::process::Command::new("git");
        let status = git.args(identity).args(words).current_dir(folder).status();
        assert!(status.expect("git").success(), "{words:?}");
    }
    let builder = Builder::at(folder, Arc::new(Silent)).expect("a workspace");
    let made = builder.path(folder).expect("it compiles");
    assert_eq!(made.info.unverifiable, None);
    assert_eq!(
        hex::encode(made.creation_code()),
        include_str!("tiny/tiny.initcode")
    );

    // What is not committed says nothing of its sources, and is else the same program.
    std::fs::write(
        folder.join("src/lib.rs"),
        format!("{}// edited\n", include_str!("tiny/lib.rs.txt")),
    )
    .expect("written");
    let edited = builder.path(folder).expect("it compiles");
    assert!(
        edited
            .info
            .unverifiable
            .is_some_and(|why| why.contains("differ"))
    );
    let length = made.wasm.len() - 32;
    assert_eq!(edited.wasm[..length], made.wasm[..length]);
    assert_eq!(edited.wasm[length..], [0; 32]);
}
