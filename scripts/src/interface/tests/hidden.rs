//! Functions that stand in the sources and not in the code: none of them counts as there.

mod macros;

use super::{Interface, compare, signatures};
use std::path::Path;

/// A contract with two functions.
const BOTH: &str = "#![cfg_attr(not(any(test, feature = \"export-abi\")), no_main)]
extern crate alloc;
use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};
#[cfg_attr(test, derive(Debug))]
#[storage]
#[entrypoint]
pub struct Note { value: StorageU256 }
#[public]
impl Note {
    pub fn deposit(&mut self) {}
    pub fn withdraw(&mut self, of: U256) {}
}
";
const WITHDRAW: &str = "    pub fn withdraw(&mut self, of: U256) {}\n";
/// A block that has the function that the contract lost.
const DEAD: &str = "use stylus_sdk::{alloy_primitives::U256, prelude::*};
use super::Note;
#[public]
impl Note {
    pub fn withdraw(&mut self, of: U256) {}
}
";
const LEGACY: &str = "src/legacy.rs";

fn read(source: &str, others: &[(&str, &str)]) -> Interface {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        let above = path.parent().expect("a folder");
        std::fs::create_dir_all(above).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("src/lib.rs", source);
    for (path, text) in others {
        write(path, text);
    }
    Interface::read(folder.path(), &[])
}

/// What is lost when the rest of the contract, with `more` and other files, takes the place of the whole.
fn lost(more: &str, others: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let old = read(BOTH, &[]);
    assert_eq!((old.functions.len(), &old.unseen[..]), (2, &[][..]));
    let new = read(&format!("{}{more}", BOTH.replace(WITHDRAW, "")), others);
    let changes = compare(&old.callable(), &new.callable());
    let ids = changes.iter().map(|one| one.id().to_string()).collect();
    (ids, new.unseen)
}

const GONE: &str = "function-removed:withdraw(uint256)";

#[test]
fn a_function_that_is_not_compiled_is_lost() {
    let file = [(LEGACY, DEAD)];
    let inside = format!("#![cfg(any())]\n{DEAD}");
    let decided = format!("#![cfg(feature = \"x\")]\n{DEAD}");
    let block = "#[public]\nimpl Note { pub fn withdraw(&mut self, of: U256) {} }\n";
    let bank = "pub trait Bank {}\n#[public]\nimpl Bank for Note { fn withdraw(&mut self, of: U256) {} }\n";
    let path = format!(
        "{}\n#[cfg(windows)]\n#[path = \"legacy.rs\"]\nmod other;\n",
        "#[cfg(unix)]\nmod legacy;"
    );
    let other_bank = format!("mod old {{ use super::*; {bank} }}\npub trait Bank {{}}\n");
    let nested = format!(
        "mod a {{ mod legacy {{ use crate::Note; use stylus_sdk::{{prelude::*, alloy_primitives::U256}}; pub struct Note; {block} }} }}"
    );
    // The form, its sources, the other files, and whether it says that something was not read.
    type Form<'a> = (&'a str, String, &'a [(&'a str, &'a str)], bool);
    let forms: [Form<'_>; 21] = [
        ("no mod", String::new(), &file, false),
        (
            "mod in no build",
            "#[cfg(any())]\nmod legacy;\n".into(),
            &file,
            false,
        ),
        (
            "mod in tests",
            "#[cfg(all(test, unix))]\nmod legacy;\n".into(),
            &file,
            false,
        ),
        (
            "mod by a feature",
            "#[cfg(feature = \"x\")]\nmod legacy;\n".into(),
            &file,
            true,
        ),
        ("mod twice", path, &file, true),
        (
            "file in no build",
            "mod legacy;\n".into(),
            &[(LEGACY, inside.as_str())],
            false,
        ),
        (
            "file by a feature",
            "mod legacy;\n".into(),
            &[(LEGACY, decided.as_str())],
            true,
        ),
        (
            "cfg_attr",
            format!("#[cfg_attr(all(), cfg(any()))]\n{block}"),
            &[],
            true,
        ),
        (
            "another attribute",
            format!("#[evil::gone]\n{block}"),
            &[],
            true,
        ),
        (
            "a function nobody calls",
            format!("#[cfg(any())]\nfn dead() {{ {block} }}"),
            &[],
            false,
        ),
        (
            "a body",
            format!("fn dead() {{ struct Note; {block} }}"),
            &[],
            true,
        ),
        (
            "a constant",
            format!("const _: () = {{ struct Note; {block} }};"),
            &[],
            true,
        ),
        ("a trait without #[implements]", bank.into(), &[], false),
        (
            "another struct of that name",
            format!("mod legacy {{ use stylus_sdk::prelude::*; pub struct Note; {block} }}"),
            &[],
            false,
        ),
        ("two structs of that name", nested, &[], true),
        (
            "include!",
            "include!(concat!(env!(\"OUT_DIR\"), \"/legacy.rs\"));\n".into(),
            &file,
            true,
        ),
        (
            "a macro",
            format!("macro_rules! drop_it {{ ($($all:tt)*) => {{}} }}\ndrop_it! {{ {block} }}"),
            &[],
            true,
        ),
        (
            "a file that is missing",
            "mod elsewhere;\n".into(),
            &file,
            true,
        ),
        (
            "a path outside",
            "#[path = \"../../nowhere/legacy.rs\"]\nmod legacy;\n".into(),
            &file,
            true,
        ),
        (
            "a circle",
            "mod legacy;\n".into(),
            &[(LEGACY, "#[path = \"legacy.rs\"]\nmod legacy;\n")],
            true,
        ),
        (
            "a parameter of that name",
            format!(
                "trait Bank {{}}\n{}",
                block.replace("impl Note", "impl<Note> Bank for Note")
            ),
            &[],
            false,
        ),
    ];
    for (form, more, others, is_said) in forms {
        let (ids, unseen) = lost(&more, others);
        assert_eq!(ids, [GONE], "{form}: {unseen:?}");
        assert_eq!(!unseen.is_empty(), is_said, "{form}: {unseen:?}");
    }
    let main = "#[public]\nimpl Note {";
    let of_trait = |named: &str, more: &str| {
        let source = BOTH.replace(WITHDRAW, "").replace(
            main,
            &format!("#[public]\n#[implements({named})]\nimpl Note {{"),
        );
        read(&format!("{source}{more}"), &[])
    };
    let found = of_trait("Bank", bank);
    assert_eq!((found.functions.len(), &found.unseen[..]), (2, &[][..]));
    // A trait of that name in another module, and one whose implementation nobody sees.
    for more in [&other_bank[..], "pub trait Bank {}\nmake_bank!();\n"] {
        let found = of_trait("Bank", more);
        assert_eq!(found.functions.len(), 1, "{found:?}");
        assert!(!found.unseen.is_empty(), "{found:?}");
    }
    let found = of_trait(
        "Bank<u8>",
        &bank.replace("impl Bank for", "impl Bank<u16> for"),
    );
    assert_eq!(found.functions.len(), 1, "{found:?}");
}

#[test]
fn what_has_another_meaning_than_its_name_does_not_count() {
    let old = read(BOTH, &[]).callable();
    let prelude = "prelude::*";
    let changes: [(&str, &str); 12] = [
        (
            "extern crate alloc;",
            "extern crate alloc;\nuse evil::public;",
        ),
        ("extern crate alloc;", "extern crate evil as stylus_sdk;"),
        ("#[public]", "#[evil::public]"),
        (
            "storage::StorageU256}",
            "storage::StorageU256};\nuse evil::U256}",
        ),
        ("alloy_primitives::U256", "alloy_primitives::U64 as U256"),
        ("extern crate alloc;", "type U256 = u64;"),
        (
            "extern crate alloc;",
            "mod a { pub type Of = u64; }\nmod b { pub type Of = super::U256; }\nuse a::Of;",
        ),
        ("impl Note {", "impl Note {\n    #[cfg(feature = \"x\")]"),
        (
            "    pub fn withdraw",
            "    #[cfg_attr(all(), evil::gone)]\n    pub fn withdraw",
        ),
        (
            "    pub fn withdraw(&mut self",
            "    pub fn withdraw<U256>(&mut self",
        ),
        (
            "    pub fn withdraw(&mut self",
            "    pub fn withdraw(&mut self, proof: Proof",
        ),
        ("#[entrypoint]", "#[cfg_attr(any(), entrypoint)]"),
    ];
    for (before, after) in changes {
        let after = after.replace(
            "};\nuse evil::U256}",
            "};\nuse evil::U256;\nuse alloc::{string::String}",
        );
        let mut source = BOTH.replace(before, &after);
        if after.contains("type Of") {
            source = source.replace("of: U256", "of: Of");
        }
        if after.contains("evil::U256") {
            source = source.replace("alloy_primitives::U256, ", "");
        }
        assert!(source != BOTH && source.contains(prelude), "{before}");
        let found = read(&source, &[]);
        let changes = compare(&old, &found.callable());
        assert!(!changes.is_empty(), "{after}: {found:?}");
        assert!(
            !found.unseen.is_empty() || after.contains("type U256"),
            "{after}: {found:?}"
        );
    }
    let by_hand = format!(
        "{BOTH}#[no_mangle]\npub extern \"C\" fn user_entrypoint(len: usize) -> usize {{ 0 }}\n"
    );
    assert_eq!(signatures(&read(&by_hand, &[])), [""; 0]);
    for manifest in [
        "[features]\ndefault = [\"contract-client-gen\"]\ncontract-client-gen = []\n",
        "[dependencies]\nstylus-sdk = { package = \"evil\", version = \"1\" }\n",
        "[lib]\npath = \"src/other.rs\"\n",
        "[lib\n",
    ] {
        let found = read(BOTH, &[("Cargo.toml", manifest)]);
        assert_eq!(signatures(&found), [""; 0], "{manifest}");
        assert!(!found.unseen.is_empty(), "{manifest}");
    }
}

#[test]
fn what_is_compiled_is_found_where_the_compiler_finds_it() {
    let module = |path: &str, of: &str| {
        (
            BOTH.replace(WITHDRAW, "").replace(
                "\n#[public]\nimpl Note {\n    pub fn deposit(&mut self) {}\n}\n",
                &format!("\n{of}\n"),
            ),
            path.to_owned(),
        )
    };
    let text = DEAD.replace(
        "{\n    pub fn withdraw",
        "{\n    pub fn deposit(&mut self) {}\n    pub fn withdraw",
    );
    for (source, path) in [
        module("src/legacy.rs", "mod legacy;"),
        module("src/legacy/mod.rs", "pub mod legacy;"),
        module("src/deep/er.rs", "#[path = \"deep/er.rs\"]\nmod legacy;"),
        module(
            "src/a/legacy.rs",
            "mod a { pub use super::Note; mod legacy; }",
        ),
    ] {
        let found = read(&source, &[(&path, &text)]);
        assert_eq!(signatures(&found), signatures(&read(BOTH, &[])), "{path}");
        assert_eq!(found.unseen, [""; 0], "{path}");
        assert!(
            found
                .function_at("withdraw")
                .is_some_and(|(file, _)| file.ends_with(&path))
        );
    }
    let manifest = "[lib]\npath = \"code/root.rs\"\n";
    let found = read(
        "mod nothing;",
        &[("Cargo.toml", manifest), ("code/root.rs", BOTH)],
    );
    assert_eq!((found.functions.len(), &found.unseen[..]), (2, &[][..]));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_package_is_not_followed() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    std::fs::write(elsewhere.path().join("legacy.rs"), DEAD).expect("written");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("src")).expect("made");
    let source = format!("{}mod legacy;\n", BOTH.replace(WITHDRAW, ""));
    std::fs::write(folder.path().join("src/lib.rs"), source).expect("written");
    let link = folder.path().join(LEGACY);
    std::os::unix::fs::symlink(elsewhere.path().join("legacy.rs"), link).expect("a link");
    let found = Interface::read(folder.path(), &[]);
    assert_eq!(found.functions.len(), 1, "{found:?}");
    assert!(found.unseen[0].contains("a link"), "{:?}", found.unseen);
}

/// The contracts of this repository, and what a new project begins with: everything is read.
#[test]
fn what_ordinary_contracts_have_is_read_completely() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let place = |name: &str| home.join("contracts").join(name);
    for (name, parents, functions) in [
        ("counter_v1", &["shared"][..], 3),
        ("counter_v2", &["shared"], 5),
        ("erc20_v1", &["shared"], 10),
        ("erc20_v2", &["shared"], 14),
        ("erc721_basic", &["shared"], 10),
        ("erc721_full", &["shared"], 10),
        ("ledger_v2", &[], 7),
        ("points_v2", &["shared"], 3),
    ] {
        let parents: Vec<_> = parents.iter().map(|name| place(name)).collect();
        let found = Interface::read(&place(name), &parents);
        assert_eq!(found.unseen, [""; 0], "{name}");
        assert!(
            found.functions.len() >= functions,
            "{name}: {:#?}",
            signatures(&found)
        );
    }
    let template = include_str!("../../project/template/contract.rs.txt");
    let found = read(&template.replace("{{Name}}", "Note"), &[]);
    assert_eq!((found.functions.len(), &found.unseen[..]), (3, &[][..]));
}
