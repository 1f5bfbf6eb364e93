//! What is published: every crate as the file that a registry would get.

mod installed;
mod releases;
mod tls;

pub(crate) use releases::Release;

use crate::prelude::*;
use std::fs;

use stylus_upgrades_harness::home;

use crate::tools::cargo_packages;

/// The licenses, as their files are called in the root and in every crate.
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];
/// Keywords that a registry takes.
const KEYWORDS_MAX: usize = 5;

/// The packages that are published: those that do not say `publish = false`.
fn published() -> Vec<Value> {
    let mut packages = cargo_packages(&home());
    packages.retain(|package| package["publish"].is_null());
    packages
}

/// Packs `names` and unpacks them again, each into a folder `NAME-VERSION` of its own.
pub(super) fn vendored<'a>(names: impl IntoIterator<Item = &'a str>) -> tempfile::TempDir {
    let vendor = tempfile::tempdir().expect("a folder");
    let packed = tempfile::tempdir().expect("a folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["package", "--no-verify", "--offline", "--allow-dirty"]);
    cargo.arg("--target-dir").arg(packed.path());
    for name in names {
        cargo.args(["--package", name]);
    }
    run(cargo.current_dir(home()));
    for entry in fs::read_dir(packed.path().join("package")).expect("files") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|ending| ending == "crate") {
            run(Command::new("tar")
                .arg("-xzf")
                .arg(path)
                .current_dir(&vendor));
        }
    }
    vendor
}

/// `[patch.crates-io]` for the packages in the folder that [`vendored`] made, as after `cargo vendor`.
pub(super) fn patches(vendor: &Path) -> String {
    let mut patches = String::from("\n[patch.crates-io]\n");
    for folder in folders(vendor) {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let (name, _) = name.rsplit_once('-').expect("name and version");
        patches += &format!("{name} = {{ path = {folder:?} }}\n");
    }
    patches
}

fn folders(vendor: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(vendor).expect("the folder");
    entries
        .map(|entry| entry.expect("a folder").path())
        .collect()
}

#[track_caller]
pub(super) fn run(command: &mut Command) {
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

#[test]
fn what_is_published_says_what_a_registry_asks_for_and_needs_nothing_that_is_not() {
    let published = published();
    let names: BTreeSet<&str> = published.iter().map(|one| text(one, "name")).collect();
    assert!(names.contains("stylus-upgrades") && names.contains("stylus-upgradeable"));
    for package in &published {
        let name = text(package, "name");
        for field in ["description", "license", "version"] {
            assert_ne!(text(package, field), "", "{name}: {field}");
        }
        for (field, most) in [("keywords", KEYWORDS_MAX), ("categories", KEYWORDS_MAX)] {
            let listed = package[field].as_array().map_or(0, Vec::len);
            assert!((1..=most).contains(&listed), "{name}: {field}");
        }
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        let own = dependencies
            .iter()
            .filter(|one| one["path"].is_string() && one["kind"] != "dev");
        for dependency in own {
            let needed = text(dependency, "name");
            assert!(names.contains(needed), "{name} needs {needed}");
            assert_ne!(text(dependency, "req"), "*", "{name}: version of {needed}");
        }
    }
}

#[test]
fn every_published_crate_is_packaged_with_both_licenses() {
    let published = published();
    let vendor = vendored(published.iter().map(|one| text(one, "name")));
    let folders = folders(vendor.path());
    assert_eq!(folders.len(), published.len());
    for folder in folders {
        for license in LICENSES {
            let packed = fs::read(folder.join(license)).ok();
            let original = fs::read(home().join(license)).expect("a license");
            assert_eq!(packed, Some(original), "{license} of {}", folder.display());
        }
    }
}
