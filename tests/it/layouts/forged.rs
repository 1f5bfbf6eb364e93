//! Layouts that an author's own crate forges: by hand, by a library below a macro, by a file.

use super::outsider::{A, Author};
use crate::prelude::*;
use std::fs;

/// A note with a component whose layout is not derived: `{kind}` is the name of the constant, and `{words}` what it
/// claims.
const NOTE: &str = r#"extern crate alloc;

use stylus_sdk::alloy_primitives::U256;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageU256;
use stylus_upgradeable::layout::{Kind, Link};
use stylus_upgradeable::prelude::*;

#[storage]
pub struct Inner {
    first: StorageU256,
    second: StorageU256,
}

impl StorageLayout for Inner {
    const {kind}: Link = Link::to(&Kind::Array {
        base: <StorageU256 as StorageLayout>::{kind},
        length: {words},
        words: {words},
    });
}

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Note {
    inner: Inner,
    value: StorageU256,
}

#[upgradeable]
#[public]
impl Note {
    pub fn value(&self) -> U256 {
        self.value.get()
    }
}
"#;

fn note(kind: &str, words: &str) -> String {
    NOTE.replace("{kind}", kind).replace("{words}", words)
}

#[test]
#[ignore = "nightly: compiles crates, about 60 s"]
fn a_layout_that_is_written_by_hand_is_named_or_does_not_compile() {
    let author = Author::new();
    // The compiler reads the sign for kelvin as a K.
    for (name, kind) in [("plain", "KIND"), ("kelvin", "\u{212a}IND")] {
        let folder = author.source(name, &note(kind, "2"), "");
        let shown = author.project.done(&format!("layout show {folder}"));
        let unlisted = shown["layout"]["unlisted"].to_string();
        assert!(
            unlisted.contains("src/lib.rs: impl StorageLayout"),
            "{shown:#}"
        );
    }
    let folder = author.source("less", &note("\u{212a}IND", "1"), "");
    let refused = author.project.run(&format!("layout show {folder}"));
    assert_eq!(refused.error("name"), "Compile", "{refused:?}");
    assert!(refused.stderr.contains("another size"), "{refused:?}");
}

/// A contract with one field, by a derived layout or by another one.
const FIELDS: &str = r#"extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};
{uses}use stylus_upgradeable::prelude::*;

#[derive(SolidityError, Debug)]
pub enum NoteError {
    Migratable(MigratableError),
}

{storage}

#[upgradeable]
#[public]
impl Note {
    #[initializer("1.0")]
    pub fn initialize(&mut self, value: U256) -> Result<(), NoteError> {
        self.value.set(value);
        Ok(())
    }

    pub fn value(&self) -> U256 {
        self.value.get()
    }
}
"#;
const DERIVED: &str = "#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Note {
    value: StorageU256,
}";
/// The value lies behind a new field, and the layout says that it lies before it.
const FORGED: &str = "#[storage]
#[entrypoint]
pub struct Note {
    owner: StorageU256,
    value: StorageU256,
}

impl StorageLayout for Note {
    const \u{212a}IND: Link = Link::to({
        static T: Kind = Kind::Struct(Struct { name: \"Note\", path: \"note\", src: \"src/lib.rs\", is_generic: false, words: 2,
            fields: &[
                Field::of::<StorageU256>(\"value\", <StorageU256 as StorageLayout>::\u{212a}IND, None, None),
                Field::of::<StorageU256>(\"owner\", <StorageU256 as StorageLayout>::\u{212a}IND, None, None),
            ] });
        &T
    });
}";
const USES: &str = "use stylus_upgradeable::layout::{Kind, Link, derived::{Field, Struct}};\n";

#[test]
#[ignore = "nightly: compiles crates, about 90 s"]
fn a_version_with_a_forged_layout_is_refused_until_it_is_accepted_by_name() {
    let author = Author::new();
    let source = |uses: &str, storage: &str| {
        let source = FIELDS.replace("{uses}", uses);
        source.replace("{storage}", storage)
    };
    author.begin(&author.source("honest", &source("", DERIVED), ""));
    let forged = author.source("forged", &source(USES, FORGED), "");
    for command in ["plan", "migrate"] {
        let refused = author.project.run(&format!("{command} Note 2.0 {forged}"));
        let told = refused.document.to_string();
        assert!(told.contains("slots-by-hand"), "{command}: {refused:?}");
        if command == "plan" {
            assert!(told.contains("answer-changed:value()"), "{refused:?}");
        }
        assert_ne!(refused.document["executed"], true, "{refused:?}");
    }
    // A first version is asked about as well.
    author.project.done("define Other --migrate Admin");
    let first = author.project.run(&format!("register Other 1.0 {forged}"));
    assert_eq!(first.error("name"), "SlotsByHand", "{first:?}");
}

#[test]
#[ignore = "nightly: compiles crates, about 90 s"]
fn a_library_below_the_macros_that_comes_from_a_folder_is_named() {
    let author = Author::new();
    let honest = NOTE.replace("impl StorageLayout for Inner {", "impl Inner {");
    let derived = honest.split("impl Inner {").next().expect("the head");
    let rest = NOTE
        .split("#[storage]\n#[entrypoint]")
        .nth(1)
        .expect("the rest");
    let source = format!("{derived}#[storage]\n#[entrypoint]{rest}")
        .replace(
            "#[storage]\npub struct Inner",
            "#[storage]\n#[derive(StorageLayout)]\npub struct Inner",
        )
        .replace("use stylus_upgradeable::layout::{Kind, Link};\n", "");
    let folder = author.source("honest", &source, "");
    let shown = author.project.done(&format!("layout show {folder}"));
    assert!(shown["layout"]["unlisted"].is_null(), "{shown:#}");

    // The same, with a copy of quote in its place.
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")))
        .expect("a home");
    let lock = author.read("Cargo.lock");
    let entry = lock
        .split("name = \"quote\"\nversion = \"")
        .nth(1)
        .expect("quote");
    let version = entry.split('"').next().expect("a version");
    let registries = fs::read_dir(home.join("registry/src")).expect("unpacked");
    let mut copies = registries
        .flatten()
        .map(|one| one.path().join(format!("quote-{version}")));
    let quote = copies.find(|one| one.is_dir()).expect("quote");
    for file in [
        "Cargo.toml",
        "build.rs",
        "src/lib.rs",
        "src/ext.rs",
        "src/format.rs",
        "src/ident_fragment.rs",
        "src/runtime.rs",
        "src/spanned.rs",
        "src/to_tokens.rs",
    ] {
        let text = fs::read_to_string(quote.join(file)).expect(file);
        author.write(&format!("quote/{file}"), &text);
    }
    let manifest = author.read("Cargo.toml");
    author.write(
        "Cargo.toml",
        &format!("{manifest}\n[patch.crates-io]\nquote = {{ path = \"quote\" }}\n"),
    );
    let shown = author.project.done(&format!("layout show {folder}"));
    let unlisted = shown["layout"]["unlisted"].to_string();
    assert!(unlisted.contains("\"quote"), "{shown:#}");
}

/// What its build script finds, it tells by failing.
const SCRIPT: &str = r#"fn main() {
    assert!(std::fs::read("{secret}").is_err(), "it reads a file of the user");
    assert!(std::fs::write("{secret}", "").is_err(), "it writes one");
    assert!(std::fs::read_dir("/proc").is_err(), "it sees processes");
    let mut variables = std::env::vars();
    assert!(variables.all(|(name, _)| !name.contains("PRIVATE_KEY")), "it has a key");
}
"#;

#[test]
#[ignore = "nightly: compiles a crate, about 30 s; needs a kernel with Landlock"]
fn a_build_script_reads_nothing_of_the_user_and_is_named() {
    let author = Author::new();
    let secret = tempfile::NamedTempFile::new().expect("a file");
    fs::write(secret.path(), "secret").expect("written");
    let script = SCRIPT.replace("{secret}", &secret.path().display().to_string());
    let source = note("KIND", "2");
    let folder = author.source("scripted", &source, "");
    author.write("scripted/build.rs", &script);
    let shown = author.project.done(&format!("layout show {folder}"));
    let unlisted = shown["layout"]["unlisted"].to_string();
    assert!(unlisted.contains("\"scripted\""), "{shown:#}");
    assert_eq!(fs::read_to_string(secret.path()).expect("it"), "secret");
}

/// It writes into what was compiled for other contracts: cargo takes that as it is.
const POISON: &str = r#"fn main() {
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    let mut above = out.ancestors();
    let compiled = above.find(|one| one.join("deps").is_dir()).unwrap().join("deps");
    for entry in std::fs::read_dir(compiled).unwrap() {
        let path = entry.unwrap().path();
        let is_library = path.extension().is_some_and(|ending| ending == "rlib");
        if is_library && path.to_string_lossy().contains("stylus_sdk") {
            std::fs::write(path, "another SDK").unwrap();
        }
    }
}
"#;

#[test]
#[ignore = "nightly: compiles crates, about 120 s"]
fn what_runs_in_one_build_changes_nothing_of_another() {
    let author = Author::new();
    let honest = author.contract("first", A, "", "");
    author.project.done(&format!("layout show {honest}"));
    let scripted = author.source("scripted", &note("KIND", "2"), "");
    author.write("scripted/build.rs", POISON);
    author.project.run(&format!("layout show {scripted}"));
    let other = author.contract("second", &format!("{A} b: StorageU256,"), "", "");
    let shown = author.project.done(&format!("layout show {other}"));
    assert!(shown["layout"]["unlisted"].is_null(), "{shown:#}");
}
