use super::super::framework::Framework;
use super::{Init, channel, contract, manifest};

/// As `cargo stylus new` of 0.10.10 makes it, in short.
const SOL_STORAGE: &str = r#"#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*};

sol_storage! {
    #[entrypoint]
    pub struct Counter {
        uint256 number;
    }
}

/// Methods.
#[public]
impl Counter {
    pub fn number(&self) -> U256 {
        self.number.get()
    }
}
"#;

fn ours() -> Framework {
    Framework::Version("0.1.0".into())
}

#[test]
fn attributes_are_added_at_their_places_and_nothing_else_changes() {
    let changed = contract(SOL_STORAGE).expect("changed");
    let added: Vec<(usize, &str)> = changed
        .lines()
        .enumerate()
        .filter(|(_, line)| !SOL_STORAGE.contains(line))
        .collect();
    assert_eq!(
        added,
        [
            (4, "use stylus_upgradeable::prelude::*;"),
            (8, "    #[derive(StorageLayout)]"),
            (15, "#[upgradeable]"),
        ]
    );
    assert_eq!(changed.lines().count(), SOL_STORAGE.lines().count() + 3);
    // Once more it changes nothing.
    assert_eq!(contract(&changed).expect("again"), changed);
}

#[test]
fn error_enums_get_the_variant_that_our_attributes_need() {
    let with = |errors: &str| SOL_STORAGE.replace("/// Methods.", errors);
    let lines = "#[derive(Debug, SolidityError)]\npub enum E {\n    /// Too much.\n    TooMuch(TooMuch),\n}\n";
    let changed = contract(&with(lines)).expect("changed");
    assert!(
        changed.contains("pub enum E {\n    Migratable(MigratableError),\n    /// Too much.\n"),
        "{changed}"
    );
    assert_eq!(contract(&changed).expect("again"), changed);

    let line = "#[derive(stylus_sdk::prelude::SolidityError)]\nenum É { TooMuch(TooMuch) }";
    let changed = contract(&with(line)).expect("changed");
    assert!(
        changed.contains("enum É { Migratable(MigratableError), TooMuch(TooMuch) }"),
        "{changed}"
    );
    assert_eq!(contract(&changed).expect("again"), changed);

    // An enum that is no error of the contract stays as it is.
    let other = "#[derive(Debug)]\nenum Side { Left, Right }\n";
    assert!(contract(&with(other)).expect("changed").contains(other));
    let own = "#[derive(SolidityError)]\nenum E { Migratable(Other) }\n";
    let error = contract(&with(own)).expect_err("another variant");
    assert!(error.to_string().contains("rename it"), "{error}");
}

#[test]
fn what_is_added_stands_in_no_comment() {
    let with = |errors: &str| SOL_STORAGE.replace("/// Methods.", errors);
    for errors in [
        "#[derive(SolidityError)]\npub enum E { /* of two\n lines */\n    A(A),\n}\n",
        "#[derive(SolidityError)]\npub enum E { /* of two\n lines */ A(A), }\n",
        "#[derive(SolidityError)]\npub enum E { /* of two\n lines */ }\n",
        "#[derive(SolidityError)]\npub enum E { // {\n    /** of two\n lines */ #[cfg(a)] A(A),\n}\n",
    ] {
        let changed = contract(&with(errors)).expect(errors);
        let file = syn::parse_file(&changed).expect("a source file");
        let variants = file.items.iter().find_map(|item| match item {
            syn::Item::Enum(one) => Some(&one.variants),
            _ => None,
        });
        let first = variants.and_then(|all| all.first()).expect("a variant");
        assert_eq!(first.ident, "Migratable", "{changed}");
    }
    // Lines before or behind which a comment begins are not guessed.
    let uses = "use stylus_sdk::{alloy_primitives::U256, prelude::*}; /* of two\n lines */";
    let shared = SOL_STORAGE.replace(
        "use stylus_sdk::{alloy_primitives::U256, prelude::*};",
        uses,
    );
    let error = contract(&shared).expect_err("a comment");
    assert!(error.to_string().contains("in a comment"), "{error}");
}

#[test]
fn error_enums_that_are_left_as_they_are_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = format!(
        "{SOL_STORAGE}\nmod inner {{\n    #[derive(SolidityError)]\n    pub enum Hidden {{ A(A) }}\n}}\n\
         macro_rules! errors {{ () => {{ #[derive(SolidityError)] enum M {{ A(A) }} }} }}\n\
         #[derive(SolidityError)]\nenum Top {{ A(A) }}\n"
    );
    let other = "#[derive(SolidityError)]\npub enum Other { A(A) }\n";
    std::fs::create_dir(folder.path().join("src")).expect("made");
    std::fs::write(folder.path().join("src/lib.rs"), source).expect("written");
    std::fs::write(folder.path().join("src/errors.rs"), other).expect("written");
    let text = "[package]\nname = \"a\"\n[dependencies]\nstylus-sdk = \"=0.10.10\"\n";
    std::fs::write(folder.path().join("Cargo.toml"), text).expect("written");
    let init = Init::of(folder.path(), &ours()).expect("a difference");
    let skipped = init.skipped();
    assert_eq!(skipped.len(), 3, "{skipped:?}");
    for (one, what) in skipped.iter().zip(["Hidden", "a macro", "src/errors.rs"]) {
        assert!(one.contains(what), "{one}");
    }
}

#[test]
fn what_has_to_be_done_by_hand_is_refused_with_its_reason() {
    let with = SOL_STORAGE.replace("    pub fn number", "    #[constructor]\n    pub fn number");
    let cases = [
        (with.as_str(), "line 17: a constructor"),
        (
            "use a::b;\n#[public]\nimpl A {}",
            "no storage struct with #[entrypoint]",
        ),
        (
            "use a::b;\n#[storage]\n#[entrypoint]\nstruct A {}",
            "no #[public] impl",
        ),
        ("struct {", "src/lib.rs line 1"),
    ];
    for (source, reason) in cases {
        let error = contract(source).expect_err(reason).to_string();
        assert!(error.contains(reason), "{error}");
    }
    for text in [
        "[package]\nname = \"a\"\n",
        "[dependencies]\nstylus-sdk = 1\n[features]\nexport-abi = 1\n",
        "[",
    ] {
        manifest(text, &ours()).expect_err(text);
    }
}

#[test]
fn the_manifest_has_our_crate_and_forwards_the_feature() {
    let text = "[package]\nname = \"a\" # mine\n\n[dependencies]\nstylus-sdk = \"=0.10.10\"\n\n[features]\nexport-abi = [\"stylus-sdk/export-abi\"]\n";
    let changed = manifest(text, &ours()).expect("changed");
    assert!(changed.contains("name = \"a\" # mine\n"), "{changed}");
    assert!(
        changed.contains("stylus-upgradeable = \"0.1.0\"\n"),
        "{changed}"
    );
    assert!(
        changed.contains("[\"stylus-sdk/export-abi\", \"stylus-upgradeable/export-abi\"]"),
        "{changed}"
    );
    assert_eq!(manifest(&changed, &ours()).expect("again"), changed);
    let old = channel("[toolchain]\nchannel = \"1.91.0\"\n").expect("changed");
    assert!(!old.contains("1.91"), "{old}");
    let newer = "[toolchain]\nchannel = \"1.999.0\"\n";
    assert_eq!(channel(newer).expect("kept"), newer);
}

#[test]
fn a_difference_is_shown_and_written_only_over_what_it_was_made_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("src/lib.rs");
    std::fs::create_dir(folder.path().join("src")).expect("made");
    std::fs::write(&path, SOL_STORAGE).expect("written");
    let text = "[package]\nname = \"a\"\n[dependencies]\nstylus-sdk = \"=0.10.10\"\n";
    std::fs::write(folder.path().join("Cargo.toml"), text).expect("written");
    let init = Init::of(folder.path(), &ours()).expect("a difference");
    assert_eq!(init.files(), ["Cargo.toml", "src/lib.rs"]);
    let shown = init.difference();
    for line in [
        "--- a/src/lib.rs\n",
        "+++ b/src/lib.rs\n",
        "+    #[derive(StorageLayout)]\n",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("it"), SOL_STORAGE);
    std::fs::write(&path, format!("{SOL_STORAGE}\n")).expect("written");
    init.write().expect_err("changed meanwhile");
    std::fs::write(&path, SOL_STORAGE).expect("written");
    init.write().expect("written");
    let after = Init::of(folder.path(), &ours()).expect("none");
    assert_eq!(after.files(), Vec::<&str>::new());
}

#[test]
fn a_source_that_is_a_link_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let before = "[package]\nname = \"a\"\n\n[dependencies]\nstylus-sdk = \"0.10\"\n";
    std::fs::write(path("Cargo.toml"), before).expect("written");
    std::fs::create_dir(path("src")).expect("made");
    std::fs::write(path("elsewhere.rs"), SOL_STORAGE).expect("written");
    std::os::unix::fs::symlink(path("elsewhere.rs"), path("src/lib.rs")).expect("a link");
    let init = Init::of(folder.path(), &ours()).expect("what would change");
    assert_eq!(init.files(), ["Cargo.toml", "src/lib.rs"]);
    init.write().expect_err("a link");
    let now = std::fs::read_to_string(path("Cargo.toml")).expect("it");
    assert_eq!(now, before);
}
