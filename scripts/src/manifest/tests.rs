use super::{FILE, Manifest, ManifestError};
use crate::error::Explain;
use alloy::primitives::Address;
use std::path::Path;

const GOOD: &str = r#"
rpc = "http://127.0.0.1:8547"
registry = "0x1111111111111111111111111111111111111111"

[aliases]
Admin = "0x2222222222222222222222222222222222222222"
Admin2 = "0x3333333333333333333333333333333333333333"
"#;

fn parse(source: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(Path::new(FILE), source)
}

#[test]
fn a_manifest_gives_registry_and_aliases() {
    let manifest = parse(GOOD).expect("the manifest is good");
    assert_eq!(manifest.registry, Some(Address::repeat_byte(0x11)));
    assert_eq!(
        manifest.address("Admin").ok(),
        Some(Address::repeat_byte(0x22))
    );
}

#[test]
fn a_syntax_error_names_its_line_and_shows_it() {
    let error = parse("rpc = \"x\"\n\n[aliases\nA = 1\n").expect_err("a bracket is missing");
    assert!(error.to_string().contains("line 3"), "{error}");
    assert_eq!(error.found().as_deref(), Some("[aliases"));
    assert_eq!(error.next().as_deref(), Some("correct line 3"));
}

#[test]
fn an_address_that_is_none_is_an_error_of_its_line() {
    let error = parse("[aliases]\nAdmin = \"0x12\"\n").expect_err("the address is too short");
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn an_unknown_key_is_refused() {
    let error = parse("regstry = \"0x1111111111111111111111111111111111111111\"\n");
    assert!(error.is_err_and(|error| error.to_string().contains("regstry")));
}

#[test]
fn a_word_of_the_policy_language_is_no_alias() {
    let error = parse("[aliases]\nAND = \"0x2222222222222222222222222222222222222222\"\n");
    assert!(error.is_err_and(|error| error.name() == "ManifestAlias"));
}

#[test]
fn aliases_in_a_policy_become_addresses_and_the_rest_stays() {
    let manifest = parse(GOOD).expect("the manifest is good");
    let policy = manifest.policy(
        "AND(Admin, OutOf(1,Admin2,0x4444444444444444444444444444444444444444), AFTER(60))",
    );
    assert_eq!(
        policy.ok().as_deref(),
        Some(
            "AND(0x2222222222222222222222222222222222222222, OutOf(1,0x3333333333333333333333333333333333333333,0x4444444444444444444444444444444444444444), AFTER(60))"
        )
    );
}

#[test]
fn an_unknown_name_in_a_policy_is_reported_with_the_known_ones() {
    let manifest = parse(GOOD).expect("the manifest is good");
    let error = manifest
        .policy("OR(Admin,Bob)")
        .expect_err("there is no Bob");
    assert_eq!(error.found().as_deref(), Some("Bob"));
    assert!(
        error
            .expected()
            .is_some_and(|expected| expected.contains("Admin, Admin2"))
    );
}

#[test]
fn the_nearest_manifest_upwards_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = folder.path().join("a/b");
    std::fs::create_dir_all(&deep).expect("a deeper folder");
    std::fs::write(folder.path().join(FILE), GOOD).expect("a manifest");
    let found = Manifest::find(None, &deep).expect("it is found");
    assert_eq!(found.aliases.len(), 2);
}

#[test]
fn a_named_manifest_must_exist() {
    let error = Manifest::find(Some(Path::new("/nowhere/x.toml")), Path::new("/"));
    assert!(error.is_err_and(|error| error.name() == "ManifestUnreadable"));
}

#[test]
fn saving_keeps_the_rest_of_the_file_and_refuses_another_address() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let (one, other) = (Address::repeat_byte(1), Address::repeat_byte(2));

    Manifest::save_alias(&path, "counter", one).unwrap();
    let written = format!("# ours\n{}", std::fs::read_to_string(&path).unwrap());
    std::fs::write(&path, written).unwrap();
    Manifest::save_registry(&path, other).unwrap();
    Manifest::save_registry(&path, other).unwrap();

    let manifest = Manifest::read(&path).unwrap();
    assert_eq!(manifest.registry, Some(other));
    assert_eq!(manifest.address("counter").unwrap(), one);
    assert!(std::fs::read_to_string(&path).unwrap().contains("# ours"));
    let refused = Manifest::save_registry(&path, one).unwrap_err();
    assert_eq!(refused.name(), "ManifestDiffers");
}

#[test]
fn saving_an_alias_reaches_an_inline_table_and_refuses_a_word_of_the_policy_language() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, "aliases = { }\n").unwrap();

    Manifest::save_alias(&path, "counter", Address::repeat_byte(1)).unwrap();
    let refused = Manifest::save_alias(&path, "AND", Address::repeat_byte(1)).unwrap_err();

    assert_eq!(refused.name(), "ManifestAlias");
    assert_eq!(Manifest::read(&path).unwrap().aliases.len(), 1);
}
