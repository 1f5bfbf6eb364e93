//! What no layout lists: it is never said to have been compared.

use serde_json::Value;

use super::outsider::{A, Author};
use super::project::{Project, text};

const INITIALIZE: &str = "#[initializer(\"1.0\")]
    pub fn initialize(&mut self, a: U256) -> Result<(), NoteError> {
        self.a.set(a);
        Ok(())
    }";

/// What the checks of a migration to the next version say of the layout.
fn migrated(author: &Author, version: &str, contract: &str) -> Value {
    let migrate = format!("migrate Note {version} {contract} --accept=migration-omitted");
    author.project.done(&migrate)
}

#[test]
fn an_opaque_field_is_compared_in_part_and_named() {
    let author = Author::new();
    let opaque = format!("{A}\n    #[layout(opaque = \"packed\")]\n    p: StorageU256,");
    author.begin(&author.contract("o", &opaque, INITIALIZE, ""));
    let second = author.contract("ob", &format!("{opaque}\n    b: StorageU256,"), "", "");
    let done = migrated(&author, "2.0", &second);
    assert_eq!(text(&done["coverage"], "layout"), "partial", "{done:#}");
    let partial = done["storage"][0]["partial"].to_string();
    assert!(
        partial.contains("opaque") && partial.contains("p\""),
        "{partial}"
    );
}

#[test]
fn slots_that_the_code_computes_are_compared_in_part_and_named() {
    let author = Author::new();
    let by_hand = |slot: u64| {
        format!(
            "pub fn hidden(&self) -> U256 {{
                // SAFETY: nothing else lies there.
                let hidden = unsafe {{ StorageU256::new(U256::from({slot}), 0, self.vm().clone()) }};
                hidden.get()
            }}"
        )
    };
    let first = format!("{INITIALIZE}\n    {}", by_hand(99));
    author.begin(&author.contract("h", A, &first, ""));
    let second = author.contract("hh", A, &by_hand(100), "");
    let done = migrated(&author, "2.0", &second);
    assert_eq!(text(&done["coverage"], "layout"), "partial", "{done:#}");
    let partial = done["storage"][0]["partial"].to_string();
    assert!(partial.contains("src/lib.rs: unsafe"), "{partial}");
}

#[test]
fn a_lazy_map_over_the_mapping_of_two_versions_is_no_field_on_old_data() {
    let author = Author::new();
    let map = format!("{A}\n    m: StorageMap<Address, StorageU256>,");
    let lazy = format!(
        "{A}\n    #[layout(opaque = \"lazy mapping(address => Large)\", \
         retyped_from = \"mapping(address => uint256)\")]\n    m: LazyMap<Address, Small, Large>,"
    );
    author.begin(&author.contract("m", &map, INITIALIZE, ""));
    let second = author.contract("mb", &map, "pub fn b(&self) -> U256 { self.a.get() }", "");
    migrated(&author, "2.0", &second);
    let third = author.contract("ml", &lazy, "pub fn b(&self) -> U256 { self.a.get() }", "");
    let done = migrated(&author, "3.0", &third);
    assert_eq!(done["storage"][0]["verdict"], "safe", "{done:#}");
}

#[test]
fn two_layouts_of_a_compiler_do_not_show_that_storage_is_kept() {
    let project = Project::new();
    for (file, layout) in [
        ("solc.json", r#"{"storage":[],"types":null}"#),
        ("core.json", r#"{"storage":[],"types":{},"namespaces":{}}"#),
    ] {
        std::fs::write(project.path(file), layout).expect("written");
    }
    let answer = project.run("layout diff solc.json solc.json");
    assert_eq!(
        (answer.exit, text(&answer.document["error"], "name")),
        (Some(1), "NamespacesNotListed"),
        "{answer:?}"
    );
    let allow = ["--accept", "namespaces-not-listed"];
    let named = [&["layout", "diff", "solc.json", "solc.json"][..], &allow].concat();
    assert_eq!(project.done(&named)["verdict"], "accepted");
    let listed = project.done("layout diff core.json core.json");
    assert_eq!(listed["verdict"], "unchanged");
}
