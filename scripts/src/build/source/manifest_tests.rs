//! The manifests and the lock file of a contract.

use super::tests::Project;
use crate::build::package::Package;

#[test]
fn a_lock_file_is_reduced_to_what_the_contract_leads_to() {
    let project = Project::new();
    let registry = |name: &str, version: &str, dependencies: &str| {
        format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+x\"\n\
             dependencies = [{dependencies}]\n"
        )
    };
    let packages = [
        registry("serde", "1.0.0", "\"core 2.0.0\""),
        registry("core", "1.0.0", ""),
        registry("core", "2.0.0", ""),
        registry("tokio", "1.0.0", "\"core 1.0.0\""),
    ];
    let manifest = "[package]\nname = \"contract\"\n[dependencies]\nserde.workspace = true\n";
    project.write("work/contract/Cargo.toml", manifest);
    // Whether the lock file knows the contract already or cargo is about to add it.
    let entry = "\n[[package]]\nname = \"contract\"\nversion = \"0.0.0\"\ndependencies = [\n \"serde\",\n \"tokio\",\n]\n";
    for own in [entry, ""] {
        project.write(
            "work/Cargo.lock",
            &format!("version = 4\n{own}{}", packages.concat()),
        );
        let lock = project.text("Cargo.lock");
        assert!(
            lock.contains("\"serde\"") && lock.contains("version = \"2.0.0\""),
            "{lock}"
        );
        assert!(
            !lock.contains("tokio") && lock.matches("\"core\"").count() == 1,
            "{lock}"
        );
    }
}

#[test]
fn a_manifest_with_a_syntax_error_is_named() {
    let project = Project::new();
    project.write("work/contract/Cargo.toml", "[package\n");
    let error = Package::open(&project.path("work/contract")).expect_err("no TOML");
    assert!(
        error
            .to_string()
            .contains("Cargo.toml cannot be understood"),
        "{error}"
    );
}
