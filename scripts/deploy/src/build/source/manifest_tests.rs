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
    project.declare("[dependencies]\nserde.workspace = true\n");
    // Whether the lock file knows the contract already or cargo is about to add it.
    let entry = "\n[[package]]\nname = \"contract\"\nversion = \"0.0.0\"\ndependencies = [\n \"serde\",\n \"tokio\",\n]\n";
    for own in [entry, ""] {
        let lock = format!("version = 4\n{own}{}", packages.concat());
        project.write("work/Cargo.lock", &lock);
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

/// The copy has no dependencies of tests: what a feature does for one is left out, and the feature stays.
#[test]
fn a_feature_that_names_a_dependency_of_tests_is_kept_without_it() {
    let project = Project::new();
    project.declare(
        "[features]\ndefault = [\"testing\", \"library?/std\"]\n\
         testing = [\"other/mocks\", \"library/std\", \"dep:library\"]\n\
         [dependencies]\nlibrary = { workspace = true, optional = true }\n\
         [dev-dependencies]\nother.workspace = true\n",
    );
    project.write(
        "work/library/Cargo.toml",
        "[package]\nname = \"library\"\n[features]\nstd = []\n",
    );
    project.rename_other("other", "[features]\nmocks = []\n");
    let written: toml::Table = project.text("contract/Cargo.toml").parse().expect("TOML");
    let features = written["features"].to_string();
    assert!(!features.contains("other"), "{features}");
    let testing = written["features"]["testing"].as_array().expect("a list");
    let testing: Vec<_> = testing.iter().filter_map(toml::Value::as_str).collect();
    assert_eq!(testing, ["library/std", "dep:library"]);
    assert!(features.contains("library?/std"), "{features}");
}

/// A profile `contract` of its own is taken as it is; without one, the choice of the profile `release` stays.
#[test]
fn the_authors_choice_between_size_and_speed_stays() {
    let project = Project::new();
    let path = project.path("work/Cargo.toml");
    let manifest = std::fs::read_to_string(&path).expect("it");
    for (profiles, level) in [
        ("", "\"z\""),
        ("[profile.release]\nstrip = true\n", "\"z\""),
        ("[profile.release]\nopt-level = 3\n", "3"),
        ("[profile.release]\nopt-level = \"s\"\n", "\"s\""),
        (
            "[profile.release]\nopt-level = 3\n[profile.contract]\ninherits = \"release\"\nopt-level = 2\n",
            "2",
        ),
    ] {
        project.write("work/Cargo.toml", &format!("{manifest}{profiles}"));
        let level = format!("opt-level={level}");
        let source = project.source();
        assert!(source.profile.contains(&level), "{:?}", source.profile);
        let written: toml::Table = project.text("Cargo.toml").parse().expect("TOML");
        let written = format!("opt-level={}", written["profile"]["contract"]["opt-level"]);
        assert_eq!(written, level);
    }
}

#[test]
fn a_manifest_with_a_syntax_error_is_named() {
    let project = Project::new();
    project.write("work/contract/Cargo.toml", "[package\n");
    let error = Package::open(&project.path("work/contract")).expect_err("no TOML");
    assert!(error.to_string().contains("Cargo.toml: "), "{error}");
}

#[test]
fn a_library_of_another_edition_than_its_package_stays_one() {
    let project = Project::new();
    for (edition, of_library, expected) in [("2024", "2018", Some("2018")), ("2021", "2021", None)]
    {
        project.declare(&format!(
            "edition = {edition:?}\n[lib]\nedition = {of_library:?}\n"
        ));
        let written = project.text("contract/Cargo.toml");
        let written: toml::Table = written.parse().expect("a manifest");
        let found = written["lib"].get("edition").and_then(toml::Value::as_str);
        assert_eq!(found, expected, "{written}");
    }
}
