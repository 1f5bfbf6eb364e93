//! `init` on a contract as stylus-sdk's users write it: it is shown, written, built and registered.

use super::Empty;
use std::fs;
use std::process::Command;
use stylus_upgrades_harness::home;

const MANIFEST: &str = r#"[package]
name = "tally"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["lib", "cdylib"]

[features]
default = ["mini-alloc"]
export-abi = ["stylus-sdk/export-abi"]
mini-alloc = ["stylus-sdk/mini-alloc"]
contract-client-gen = []

[dependencies]
alloy-primitives = "1"
alloy-sol-types = "1"
stylus-sdk = { version = "=0.10.10", default-features = false }
"#;

const SOURCE: &str = r#"#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, alloy_sol_types::sol, prelude::*};

sol! {
    #[derive(Debug)]
    error TooMuch(uint256 total);
}

#[derive(SolidityError, Debug)]
pub enum TallyError {
    TooMuch(TooMuch),
}

sol_storage! {
    #[entrypoint]
    pub struct Tally {
        uint256 total;
        mapping(address => uint256) shares;
    }
}

#[public]
impl Tally {
    pub fn begin(&mut self, total: U256) -> Result<(), TallyError> {
        if total > U256::from(1_000) {
            return Err(TooMuch { total }.into());
        }
        self.total.set(total);
        Ok(())
    }

    pub fn total(&self) -> U256 {
        self.total.get()
    }

    #[payable]
    pub fn pay(&mut self) {
        let (payer, value) = (self.vm().msg_sender(), self.vm().msg_value());
        let share = self.shares.get(payer) + value;
        self.shares.setter(payer).set(share);
        self.total.set(self.total.get() + value);
    }
}
"#;

/// A contract as `cargo stylus new` of 0.10.10 makes it: the files of its own package, and what it
/// adds to the manifest of `cargo new`.
fn cargo_stylus_new(empty: &Empty) {
    let tools = "stylus-tools";
    let cargo = |folder: &str, words: &[&str]| {
        let output = Command::new("cargo")
            .args(words)
            .current_dir(empty.path(folder))
            .env("CARGO_HOME", empty.path("cargo"))
            .env_remove("RUSTUP_TOOLCHAIN")
            .output()
            .expect("cargo");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo {words:?}: {said}");
    };
    fs::create_dir(empty.path("cargo")).expect("made");
    // The package is downloaded, and none of what it depends on.
    cargo("", &["info", "--quiet", &format!("{tools}@0.10.10")]);
    let sources = empty.path("cargo/registry/src");
    let index = fs::read_dir(sources).expect("it").next().expect("one");
    let template = index.expect("a folder").path();
    let template = template.join(format!("{tools}-0.10.10/templates/contract"));
    cargo("", &["new", "--quiet", "--lib", "--vcs", "none", "note"]);
    for file in [
        "src/lib.rs",
        "src/main.rs",
        "rust-toolchain.toml",
        "Stylus.toml",
    ] {
        let text = fs::read_to_string(template.join(file)).expect("the template");
        fs::write(empty.path("note").join(file), text.replace("$lib", "note")).expect("written");
    }
    let path = empty.path("note/Cargo.toml");
    let manifest = fs::read_to_string(&path).expect("cargo's own");
    let manifest = manifest.replace("[dependencies]\n", "");
    fs::write(path, format!("{manifest}{STYLUS_MANIFEST}")).expect("written");
    let lock = home().join("Cargo.lock");
    fs::copy(lock, empty.path("note/Cargo.lock")).expect("our lock file");
}

/// What cargo-stylus adds.
const STYLUS_MANIFEST: &str = r#"
[dependencies]
alloy-primitives = "1"
alloy-sol-types = "1"
stylus-sdk = "0.10.10"

[lib]
crate-type = ["lib", "cdylib"]

[features]
default = ["mini-alloc"]
export-abi = ["stylus-sdk/export-abi"]
debug = ["stylus-sdk/debug"]
mini-alloc = ["stylus-sdk/mini-alloc"]
contract-client-gen = []

[profile.release]
codegen-units = 1
strip = true
lto = true
panic = "abort"
opt-level = 3
"#;

#[test]
#[ignore = "nightly: compiles a project of an author, about 13 s"]
fn what_cargo_stylus_makes_is_made_upgradeable_and_registered() {
    let empty = Empty::new();
    cargo_stylus_new(&empty);
    fs::write(empty.path("note/stylus-upgrades.toml"), "").expect("a manifest");
    let clone = home().display().to_string();
    let init = ["init", "--framework-path", &clone];
    let shown = empty.done(&init);
    let files = shown["files"].as_array().expect("files");
    assert!(files.len() >= 2, "{shown:#}");
    empty.done(&[&init[..], &["--yes"]].concat());

    let me = empty.node.addresses()[0].to_string();
    empty.done("registry deploy --save");
    empty.done(&format!("define Note --migrate {me}"));
    empty.done("register Note 1.0 .");
    let created = empty.done("create-proxy Note 1.0 --save note");
    assert_eq!(created["executed"], true, "{created:#}");
    let layout = empty.done("layout show Note@1.0");
    assert_eq!(
        layout["layout"]["storage"][0]["label"], "number",
        "{layout:#}"
    );
}

#[test]
fn where_cargo_finds_no_versions_nothing_is_written_and_its_words_are_said_line_by_line() {
    let empty = Empty::new();
    fs::create_dir_all(empty.path("note/src")).expect("made");
    let manifest = MANIFEST.replace("alloy-sol-types = \"1\"", "alloy-sol-types = \"=1.5.7\"");
    assert_ne!(manifest, MANIFEST);
    fs::write(empty.path("note/src/lib.rs"), SOURCE).expect("written");
    fs::write(empty.path("note/Cargo.toml"), &manifest).expect("written");
    let clone = home().display().to_string();
    let init = format!("init --framework-path {clone} --yes");
    let refused = empty.refused("Unsolved", &init);
    let found = refused["error"]["found"].as_str().expect("cargo's words");
    assert!(found.contains("alloy-sol-types"), "{found}");
    let output = empty.run("note", 0, &init);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !said.contains("\\n") && said.contains("alloy-sol-types"),
        "{said}"
    );
    let now = |name: &str| fs::read_to_string(empty.path(name)).expect("it");
    assert_eq!(now("note/src/lib.rs"), SOURCE);
    assert_eq!(now("note/Cargo.toml"), manifest);
    assert!(!empty.path("note/Cargo.lock").exists());
    let left = fs::read_dir(empty.path(".")).expect("it").flatten();
    let left: Vec<_> = left
        .filter(|one| one.file_name().to_string_lossy().ends_with(".solved"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_existing_contract_is_shown_changed_and_registered() {
    let empty = Empty::new();
    fs::create_dir_all(empty.path("note/src")).expect("made");
    let source = empty.path("note/src/lib.rs");
    fs::write(&source, SOURCE).expect("written");
    fs::write(empty.path("note/Cargo.toml"), MANIFEST).expect("written");
    let lock = home().join("Cargo.lock");
    fs::copy(lock, empty.path("note/Cargo.lock")).expect("our lock file");
    fs::write(empty.path("note/stylus-upgrades.toml"), "").expect("a manifest");

    let clone = home().display().to_string();
    let init = ["init", "--framework-path", &clone];
    let (exit, shown) = empty.json_in("note", 0, &init);
    assert_eq!(
        (exit, &shown["written"]),
        (Some(0), &false.into()),
        "{shown:#}"
    );
    let difference = shown["difference"].as_str().expect("a difference");
    for line in [
        "+#[upgradeable]",
        "+    #[derive(StorageLayout)]",
        "+stylus-upgradeable = ",
    ] {
        assert!(difference.contains(line), "{line}: {difference}");
    }
    assert_eq!(
        fs::read_to_string(&source).expect("it"),
        SOURCE,
        "nothing is written unasked"
    );

    empty.done(&[&init[..], &["--yes"]].concat());
    empty.lock_stays();
    // What is left to the author is one attribute, and our variant in the enum of errors.
    let written = fs::read_to_string(&source).expect("it");
    let begin = "    pub fn begin(";
    let marked = written.replace(begin, &format!("    #[initializer(\"1.0\")]\n{begin}"));
    assert_ne!(written, marked);
    let errors = "pub enum TallyError {\n";
    let marked = marked.replace(
        errors,
        &format!("{errors}    Migratable(MigratableError),\n"),
    );
    fs::write(&source, marked).expect("written");
    let layout = empty.done("layout show .");
    let labels: Vec<_> = layout["layout"]["storage"]
        .as_array()
        .expect("fields")
        .iter()
        .collect();
    assert_eq!((labels.len(), &labels[0]["label"]), (2, &"total".into()));
    let again = empty.done(&[&init[..], &["--yes"]].concat());
    assert_eq!(again["written"], false);

    let me = empty.node.addresses()[0].to_string();
    empty.done("registry deploy --save");
    empty.done(&format!("define Note --migrate {me}"));
    empty.done("register Note 1.0 .");
    let create = ["create-proxy", "Note", "1.0", "--save", "tally"];
    let over = [&create[..], &["--init", "begin(uint256)", "1001"]].concat();
    let (exit, over) = empty.json_in("note", 0, &over);
    assert_eq!(exit, Some(1), "its own error is returned: {over:#}");
    empty.done(&[&create[..], &["--init", "begin(uint256)", "7"]].concat());
    // Its manifest names no network, so the record lies under the chain's number.
    let abi = empty.path("note/stylus-upgrades-versions/412346/Note/1.0/layout.json");
    let abi = fs::read_to_string(abi).expect("the interface");
    assert!(abi.contains("function pay() payable"), "{abi}");

    // What would have to be thought about is left to its author.
    let with = SOURCE.replace("    #[payable]", "    #[constructor]");
    fs::write(&source, with).expect("written");
    empty.refused("NotInitialized", &init);
}

/// A workspace with a contract in a module, storage and errors in other files, and a part in another crate.
const WORKSPACE: [(&str, &str); 6] = [
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"note\", \"parts\"]\nresolver = \"2\"\n\n[profile.release]\nopt-level = 3\n",
    ),
    (
        "parts/Cargo.toml",
        "[package]\nname = \"parts\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n\
         alloy-primitives = \"1\"\nalloy-sol-types = \"1\"\n\
         stylus-sdk = { version = \"=0.10.10\", default-features = false }\n",
    ),
    (
        "parts/src/lib.rs",
        "extern crate alloc;\n\nuse stylus_sdk::prelude::*;\n\nsol_storage! {\n    pub struct Supply {\n        \
         uint256 total;\n    }\n}\n\nimpl Supply {\n    pub fn add(&mut self, value: alloy_primitives::U256) {\n        \
         self.total.set(self.total.get() + value);\n    }\n}\n",
    ),
    (
        "note/src/errors.rs",
        "use stylus_sdk::{alloy_sol_types::sol, prelude::*};\n\nsol! {\n    #[derive(Debug)]\n    \
         error TooMuch(uint256 value);\n}\n\n#[derive(SolidityError, Debug)]\npub enum TokenError {\n    \
         TooMuch(TooMuch),\n}\n",
    ),
    (
        "note/src/owned.rs",
        "use stylus_sdk::{alloy_primitives::Address, prelude::*, storage::StorageAddress};\n\n#[storage]\n\
         pub struct Owned {\n    pub(crate) owner: StorageAddress,\n}\n\n#[public]\npub trait IOwned {\n    \
         fn owner(&self) -> Address;\n}\n",
    ),
    (
        "note/src/lib.rs",
        r#"#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
extern crate alloc;

mod errors;
mod owned;

mod token {
    use crate::errors::{TokenError, TooMuch};
    use crate::owned::{IOwned, Owned};
    use parts::Supply;
    use stylus_sdk::{
        alloy_primitives::{Address, U256},
        prelude::*,
        storage::{StorageMap, StorageU256},
    };

    #[storage]
    #[entrypoint]
    pub struct Token {
        owned: Owned,
        supply: Supply,
        balances: StorageMap<Address, StorageU256>,
    }

    #[public]
    #[implements(IOwned)]
    impl Token {
        pub fn mint(&mut self, to: Address, value: U256) -> Result<(), TokenError> {
            if value > U256::from(1_000) {
                return Err(TooMuch { value }.into());
            }
            self.supply.add(value);
            let balance = self.balances.get(to) + value;
            self.balances.setter(to).set(balance);
            Ok(())
        }
    }

    #[public]
    impl IOwned for Token {
        fn owner(&self) -> Address {
            self.owned.owner.get()
        }
    }
}
"#,
    ),
];

#[test]
#[ignore = "nightly: compiles a project of an author, about 30 s"]
fn modules_other_files_and_other_crates_are_made_upgradeable() {
    let empty = Empty::new();
    for (name, text) in WORKSPACE {
        let path = empty.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    let manifest = format!("{MANIFEST}parts = {{ path = \"../parts\" }}\n");
    fs::write(empty.path("note/Cargo.toml"), &manifest).expect("written");
    let lock = home().join("Cargo.lock");
    fs::copy(lock, empty.path("Cargo.lock")).expect("our lock file");
    let clone = home().display().to_string();
    let init = format!("init --framework-path {clone} --yes");
    let changed = empty.done(&init);
    assert_eq!(changed["written"], true, "{changed:#}");
    assert_eq!(changed["skipped"], serde_json::json!([]), "{changed:#}");
    let layout = empty.done("layout show .");
    let fields = layout["layout"]["storage"].as_array().expect("fields");
    assert!(fields.len() >= 3, "{layout:#}");

    // Where it does not compile, the files are as they were.
    let source = empty.path("note/src/lib.rs");
    let (_, text) = WORKSPACE[5];
    let text = text.replace("Ok(())", "Ok(1)");
    fs::write(&source, &text).expect("written");
    empty.refused("Compile", &init);
    assert_eq!(fs::read_to_string(&source).expect("it"), text);
}
