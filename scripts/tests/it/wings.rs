//! What imports what: no crate depends on a wing but the program, which is composed of them by its features.

use cargo_metadata::{MetadataCommand, Package};
use std::collections::BTreeSet;
use std::path::Path;

/// The packages of the workspace.
fn packages() -> Vec<Package> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut command = MetadataCommand::new();
    command.manifest_path(manifest).no_deps();
    command.exec().expect("packages").packages
}

fn is_wing(package: &Package) -> bool {
    let folder = package.manifest_path.parent().and_then(|one| one.parent());
    folder.is_some_and(|folder| folder.ends_with("scripts/wings"))
}

#[test]
fn nothing_but_the_program_depends_on_a_wing() {
    let all = packages();
    let wings: BTreeSet<&str> = all
        .iter()
        .filter(|one| is_wing(one))
        .map(|one| one.name.as_str())
        .collect();
    assert!(wings.len() >= 3, "{wings:?}");
    let mut found = BTreeSet::new();
    for package in &all {
        for dependency in &package.dependencies {
            if wings.contains(dependency.name.as_str()) {
                found.insert((package.name.as_str(), dependency.name.as_str()));
            }
        }
    }
    let of_program = wings.iter().map(|wing| ("stylus-upgrades", *wing));
    assert_eq!(found, of_program.collect());
}

#[test]
fn every_wing_is_a_feature_that_the_program_has_by_default() {
    let all = packages();
    let program = all.iter().find(|one| one.name == "stylus-upgrades");
    let program = program.expect("the program");
    for wing in all.iter().filter(|one| is_wing(one)) {
        let name = wing.name.as_str();
        let dependency = program.dependencies.iter().find(|one| one.name == name);
        assert!(dependency.is_some_and(|one| one.optional), "{name}");
        let enables = format!("dep:{name}");
        let features = program.features.iter();
        let mut of_wing = features.filter(|(_, enabled)| enabled.contains(&enables));
        let (feature, _) = of_wing.next().expect(name);
        assert!(program.features["default"].contains(feature), "{feature}");
    }
}
