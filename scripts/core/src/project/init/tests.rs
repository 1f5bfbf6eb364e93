use super::super::framework::Framework;
use super::Init;
use super::manifest::{channel, with_our_crate};
use super::source::{Source, parsed};
use crate::app_error::Error;
use crate::error::Report;
use std::path::Path;
use tempfile::TempDir;

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

const MANIFEST: &str = "[package]\nname = \"a\"\n[dependencies]\nstylus-sdk = \"=0.10.10\"\n";

/// What would change in a folder.
fn init(folder: &TempDir) -> Init {
    init_in(folder.path()).expect("a contract")
}

fn init_in(folder: &Path) -> Result<Init, Error> {
    Init::of(folder, &Framework::Version("0.1.0".into()))
}

/// A crate with that source.
fn crate_of(source: &str) -> TempDir {
    folder(&[("Cargo.toml", MANIFEST), ("src/lib.rs", source)])
}

/// The source with the framework's attributes.
fn contract(source: &str) -> Result<String, Error> {
    let file = parsed("src/lib.rs", source)?;
    let contracts = ["Counter".to_owned()];
    Ok(Source::of("src/lib.rs", (source, &file), &contracts)?.changed())
}

/// A folder with these files, and a manifest that says nothing.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("stylus-upgrades.toml"), "").expect("written");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    folder
}

fn refused(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    init_in(folder.path()).expect_err("refused").to_string()
}

/// Writes the files without asking cargo.
fn write(init: &Init) {
    for one in &init.files {
        one.put(Some(&one.after)).expect("written");
    }
}

/// What would stand in a file.
fn after(init: &Init, name: &str) -> String {
    write(init);
    std::fs::read_to_string(init.folder.join(name)).expect("it")
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
fn modules_and_other_files_are_changed_where_they_stand() {
    let inner = SOL_STORAGE.replace("\n", "\n    ");
    let nested = format!("extern crate alloc;\npub mod contract {{\n    {inner}\n}}\n");
    let nested = nested.replace(
        "    #![cfg_attr(not(any(test, feature = \"export-abi\")), no_main)]\n",
        "",
    );
    let part = "#[storage]\npub struct Part {\n    total: StorageU256,\n}\n\n\
                #[public]\nimpl Part {}\n";
    let files = [
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", &*nested),
        ("src/parts/mod.rs", part),
        ("src/main.rs", "#[public] impl Other {}"),
    ];
    let folder = folder(&files);
    let init = init(&folder);
    let changed = ["Cargo.toml", "src/lib.rs", "src/parts/mod.rs"];
    assert_eq!(init.files(), changed);
    assert_eq!(init.skipped(), Vec::<String>::new());
    let lib = after(&init, "src/lib.rs");
    let prelude = "prelude::*};\n    use stylus_upgradeable::prelude::*;\n";
    let preludes = lib.matches("stylus_upgradeable::prelude").count();
    assert_eq!(preludes, 1, "{lib}");
    for line in [
        prelude,
        "        #[derive(StorageLayout)]\n",
        "    #[upgradeable]\n    #[public]",
    ] {
        assert!(lib.contains(line), "{lib}");
    }
    let part = after(&self::init(&folder), "src/parts/mod.rs");
    let start = "use stylus_upgradeable::prelude::*;\n#[storage]\n#[derive";
    assert!(part.starts_with(start), "{part}");
    assert!(part.contains("\n\n#[public]\nimpl Part {}"), "{part}");
}

#[test]
fn crates_of_the_workspace_that_hold_storage_are_changed_too() {
    let depends =
        format!("{MANIFEST}parts = {{ path = \"../parts\" }}\nplain = {{ path = \"../plain\" }}\n");
    let parts = MANIFEST.replace("\"a\"", "\"parts\"");
    let workspace = "[workspace]\nmembers = [\"a\", \"parts\", \"plain\"]\n";
    let files = [
        ("Cargo.toml", workspace),
        ("a/Cargo.toml", &*depends),
        ("a/src/lib.rs", SOL_STORAGE),
        ("parts/Cargo.toml", &parts),
        ("parts/src/lib.rs", "#[storage]\npub struct Part {}\n"),
        ("plain/Cargo.toml", "[package]\nname = \"plain\"\n"),
        ("plain/src/lib.rs", ""),
    ];
    let folder = folder(&files);
    let init = init_in(&folder.path().join("a")).expect("a difference");
    let expected = [
        "a/Cargo.toml",
        "a/src/lib.rs",
        "parts/Cargo.toml",
        "parts/src/lib.rs",
    ];
    assert_eq!(init.files(), expected);
    let error = init_in(folder.path()).expect_err("a workspace");
    let error = Report::of(&error);
    assert_eq!(error.name, "NotAContract");
    let next = error.next().expect("what to do");
    assert!(next.contains("the folder of a crate"), "{next}");
}

#[test]
fn a_toolchain_that_is_missing_is_named() {
    // No release has this number.
    let toolchain = "[toolchain]\nchannel = \"1.0.99\"\n";
    let folder = folder(&[
        ("Cargo.toml", MANIFEST),
        ("rust-toolchain.toml", toolchain),
        ("src/lib.rs", SOL_STORAGE),
    ]);
    let error = init_in(folder.path()).expect_err("no such toolchain");
    let (says, error) = (error.to_string(), Report::of(&error));
    assert_eq!(error.name, "Toolchain", "{says}");
    assert!(says.contains("1.0.99"), "{says}");
    let next = error.next().expect("what to do");
    assert!(next.contains("rustup toolchain install"), "{next}");
}

/// Features choose which one is compiled.
#[test]
fn each_of_several_contracts_in_a_crate_is_made_upgradeable() {
    let one = |name: &str, block: &str| {
        format!(
            "#[cfg(feature = \"{name}\")]\nmod {name} {{\n    #[storage]\n    #[entrypoint]\n    pub struct {name}{block}\n    \
             #[public]\n    impl {name} {{\n        pub fn a(&self) {{}}\n    }}\n}}\n"
        )
    };
    let source = format!(
        "{}{}",
        one("First", " { a: StorageBool }"),
        one("Second", ";")
    );
    let folder = crate_of(&source);
    let after = after(&init(&folder), "src/lib.rs");
    for text in [
        "#[derive(StorageLayout)]\n    pub struct First",
        "#[derive(StorageLayout)]\n    pub struct Second;",
    ] {
        assert!(after.contains(text), "{after}");
    }
    let upgradeable = after.matches("    #[upgradeable]\n    #[public]\n").count();
    assert_eq!(upgradeable, 2, "{after}");
}

#[test]
fn what_has_to_be_done_by_hand_is_refused_with_its_reason() {
    let with = SOL_STORAGE.replace("    pub fn number", "    #[constructor]\n    pub fn number");
    let older = MANIFEST.replace("=0.10.10", "0.9");
    let without = "use a::b;\n#[storage]\n#[entrypoint]\nstruct A {}";
    let public = "use a::b;\n#[public]\nimpl A {}";
    let bare = "[package]\nname = \"a\"\n";
    for (manifest, source, reason) in [
        (MANIFEST, with.as_str(), "src/lib.rs line 17: a constructor"),
        (MANIFEST, public, "storage struct with #[entrypoint]"),
        (MANIFEST, without, "no source file has a #[public] impl"),
        (MANIFEST, "#[storage]\nstruct {", "src/lib.rs line 2"),
        (&older, SOL_STORAGE, "Cargo.toml depends on stylus-sdk ^0.9"),
        (bare, SOL_STORAGE, "does not depend on stylus-sdk"),
        ("[", SOL_STORAGE, "Cargo.toml: "),
    ] {
        let error = refused(&[("Cargo.toml", manifest), ("src/lib.rs", source)]);
        assert!(error.contains(reason), "{error}");
    }
    let text = "[dependencies]\nstylus-sdk = 1\n[features]\nexport-abi = 1\n";
    with_our_crate(text, "\"0.1.0\"").expect_err(text);
}

#[test]
fn the_manifest_has_our_crate_and_forwards_the_feature() {
    let text = "[package]\nname = \"a\" # mine\n\n[dependencies]\nstylus-sdk = \"=0.10.10\"\n\n[features]\nexport-abi = [\"stylus-sdk/export-abi\"]\n";
    let changed = with_our_crate(text, "\"0.1.0\"").expect("changed");
    for line in [
        "name = \"a\" # mine\n",
        "stylus-upgradeable = \"0.1.0\"\n",
        "[\"stylus-sdk/export-abi\", \"stylus-upgradeable/export-abi\"]",
    ] {
        assert!(changed.contains(line), "{changed}");
    }
    let again = with_our_crate(&changed, "\"0.1.0\"").expect("again");
    assert_eq!(again, changed);
    let old = channel("[toolchain]\nchannel = \"1.91.0\"\n").expect("changed");
    assert!(!old.contains("1.91"), "{old}");
    let newer = "[toolchain]\nchannel = \"1.999.0\"\n";
    assert_eq!(channel(newer).expect("kept"), newer);
}

#[test]
fn a_difference_is_shown_and_written() {
    let folder = crate_of(SOL_STORAGE);
    let path = folder.path().join("src/lib.rs");
    let init = init(&folder);
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
    write(&init);
    let after = self::init(&folder);
    assert_eq!(after.files(), Vec::<&str>::new());
}

#[test]
fn a_source_that_is_a_link_is_refused_before_anything_is_written() {
    let folder = folder(&[("Cargo.toml", MANIFEST), ("elsewhere.rs", SOL_STORAGE)]);
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("src")).expect("made");
    std::os::unix::fs::symlink(path("elsewhere.rs"), path("src/lib.rs")).expect("a link");
    let Err(refused) = init_in(folder.path()) else {
        panic!("a link is no source");
    };
    assert!(
        refused.to_string().contains("is a symbolic link"),
        "{refused}"
    );
    let now = |name: &str| std::fs::read_to_string(path(name)).expect("it");
    assert_eq!(now("Cargo.toml"), MANIFEST);
    assert_eq!(now("elsewhere.rs"), SOL_STORAGE);
}

/// An editor that is open, another program: what it wrote since the files were read stays.
#[test]
fn a_file_that_changed_since_it_was_read_is_neither_written_over_nor_put_back() {
    let folder = crate_of(SOL_STORAGE);
    let path = |name: &str| folder.path().join(name);
    let now = |name: &str| std::fs::read_to_string(path(name)).expect("it");
    let init = init(&folder);
    std::fs::write(path("src/lib.rs"), "// mine").expect("written");
    init.write().expect_err("it changed");
    assert_eq!(now("Cargo.toml"), MANIFEST, "nothing is written");
    assert_eq!(now("src/lib.rs"), "// mine");
    init.undo().expect_err("it changed");
    assert_eq!(now("src/lib.rs"), "// mine");

    std::fs::write(path("src/lib.rs"), SOL_STORAGE).expect("written");
    write(&init);
    std::fs::write(path("Cargo.toml"), "# mine").expect("written");
    init.undo().expect_err("it changed");
    assert_eq!(now("Cargo.toml"), "# mine");
    assert_eq!(now("src/lib.rs"), SOL_STORAGE, "the others are put back");
}

#[test]
fn a_manifest_is_written_with_the_local_chain_and_the_kind_of_proxies_where_there_is_none() {
    let folder = crate_of(SOL_STORAGE);
    let path = folder.path().join("stylus-upgrades.toml");
    std::fs::remove_file(&path).expect("removed");
    let init = init(&folder);
    let head = "--- /dev/null\n+++ b/stylus-upgrades.toml\n";
    assert!(init.difference().contains(head));
    write(&init);
    let written = std::fs::read_to_string(&path).expect("a manifest");
    for line in [
        "proxy = \"evm\"",
        "[networks.local]",
        "rpc_url = \"http://127.0.0.1:8547\"",
    ] {
        assert!(written.lines().any(|one| one == line), "{line}: {written}");
    }
    init.undo().expect("undone");
    assert!(!path.exists());
    std::fs::write(&path, "").expect("written");
    let init = self::init(&folder);
    assert!(!init.files().contains(&"stylus-upgrades.toml"));
}

#[test]
fn the_lock_file_is_put_back() {
    let folder = crate_of(SOL_STORAGE);
    let path = folder.path().join("Cargo.lock");
    for before in [Some("version = 4\n"), None] {
        match before {
            Some(text) => std::fs::write(&path, text).expect("written"),
            None => std::fs::remove_file(&path).expect("removed"),
        }
        let init = init(&folder);
        std::fs::write(&path, "version = 4\n# raised\n").expect("written");
        init.undo().expect("undone");
        assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), before);
    }
}

#[test]
fn an_initializer_that_anybody_may_call_is_named() {
    let open = SOL_STORAGE.replace(
        "    pub fn number",
        "    pub fn initialize(&mut self) {}\n    fn init_inside(&self) {}\n    pub fn number",
    );
    let of = |text: &str| {
        let folder = crate_of(text);
        init(&folder).skipped().to_vec()
    };
    let skipped = of(&open);
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    let says = "src/lib.rs line 16: anybody can still call initialize";
    assert!(skipped[0].starts_with(says), "{skipped:?}");
    let closed = open.replace(
        "    pub fn init",
        "    #[initializer(\"1.0\")]\n    pub fn init",
    );
    assert_eq!(of(&closed), Vec::<String>::new());
}

#[test]
fn a_contract_without_a_clone_gets_the_crates_that_the_program_carries() {
    for workspace in ["", "[workspace]\nexclude = [\"other\"]\n"] {
        let manifest = format!("{MANIFEST}{workspace}");
        let folder = folder(&[("Cargo.toml", &manifest), ("src/lib.rs", SOL_STORAGE)]);
        let init = Init::of(folder.path(), &Framework::Carried).expect("a contract");
        let difference = init.difference();
        let crates = "vendor/stylus-upgrades/migratable/upgradeable";
        for line in [
            format!("+stylus-upgradeable = {{ path = \"{crates}\" }}"),
            "new folder vendor/stylus-upgrades: ".to_owned(),
        ] {
            assert!(difference.contains(&line), "{line}: {difference}");
        }
        let excludes = r#"exclude = ["other", "vendor/stylus-upgrades"]"#;
        assert_eq!(
            difference.contains(excludes),
            !workspace.is_empty(),
            "{difference}"
        );
        let vendored = folder.path().join(crates).join("Cargo.toml");
        assert!(!vendored.exists(), "nothing is written unasked");
        let carried = init.carried.as_ref().expect("files");
        super::carried::write(&carried.root, &carried.files).expect("written");
        assert!(vendored.is_file());
        let again = Init::of(folder.path(), &Framework::Carried).expect("a contract");
        assert!(again.carried.is_none(), "what is there stays");
        init.undo().expect("undone");
        assert!(!vendored.exists());
    }
}
