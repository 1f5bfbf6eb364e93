//! What was built is not built again, wherever the sources lie, unless that is asked for.

use crate::prelude::*;
use std::process::Command;

use stylus_upgrades::build::Builder;

use super::project::{Project, Report, home};

fn copy(from: &Path, to: &Path) {
    let parent = to.parent().expect("a parent");
    std::fs::create_dir_all(parent).expect("a folder");
    let copied = Command::new("cp").arg("-R").args([from, to]).status();
    assert!(copied.expect("cp").success());
}

#[test]
fn a_copied_checkout_with_its_cache_builds_nothing_again() {
    const PACKAGE: &str = "upgradeability-storage";
    let report = Arc::new(Report::default());
    let here = Builder::at(&home(), report.clone()).expect("the sources");
    let built = here.contract(PACKAGE).expect("it builds");

    let folder = tempfile::tempdir().expect("a folder");
    let there = folder.path().join("another/checkout");
    let files = "Cargo.toml Cargo.lock rust-toolchain.toml interface proxy registry migratable \
                 target/contracts/artifacts";
    for name in files.list() {
        copy(&home().join(name), &there.join(name));
    }
    // The members that were not copied are not asked for.
    let manifest = std::fs::read_to_string(there.join("Cargo.toml")).expect("it");
    let (before, rest) = manifest.split_once("members = [").expect("members");
    let (members, after) = rest.split_once("\n]").expect("members");
    let members = members.lines().filter(|line| line.contains("proxy/"));
    let members: Vec<&str> = members.collect();
    let manifest = format!("{before}members = [{}\n]{after}", members.join("\n"));
    let manifest = manifest.replace("\ndefault-members = ", "\n# ");
    std::fs::write(there.join("Cargo.toml"), manifest).expect("written");

    let report = Arc::new(Report::default());
    let builder = Builder::at(&there, report.clone()).expect("the sources");
    let copied = builder.contract(PACKAGE).expect("it is there");
    assert_eq!(report.built(), Vec::<String>::new());
    assert_eq!(copied.code, built.code);
    assert_eq!(copied.source_hash(), built.source_hash());
}

#[test]
fn what_is_rebuilt_is_compiled_and_what_is_not_is_not() {
    let project = Project::new();
    let builds = |rebuild: bool| {
        let report = Arc::new(Report::default());
        let builder = Builder::at(&home(), report.clone()).expect("the sources");
        let builder = if rebuild {
            builder.from_scratch()
        } else {
            builder
        };
        let artifact = builder.path(&project.contract()).expect("it builds");
        (report.built(), artifact.codehash())
    };
    let (_, first) = builds(false);
    assert_eq!(builds(false), (vec![], first));
    assert_eq!(builds(true), (vec!["tiny".to_owned()], first));
    assert_eq!(builds(false), (vec![], first));
}

/// Cargo names the file of a contract by its library alone.
#[test]
fn two_contracts_of_one_name_have_each_their_code() {
    let project = Project::new();
    let lock = "version = 4\n\n[[package]]\nname = \"tiny-library\"\nversion = \"0.0.0\"\n\n[[package]]\nname = \"twin\"\n\
                version = \"0.0.0\"\ndependencies = [\n \"tiny-library\",\n]\n";
    // One is a workspace, the other a member of one: cargo keeps what it knows of each apart, and their files together.
    let members = "[workspace]\nmembers = [\"two\"]\nresolver = \"3\"\n";
    project.write("deep/Cargo.toml", members);
    for (place, up, own, above) in [
        ("one", "..", "[workspace]\n", "one"),
        ("deep/two", "../..", "", "deep"),
    ] {
        let manifest = format!(
            "[package]\nname = \"twin\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n{own}\
             [dependencies]\ntiny-library = {{ path = \"{up}/library\" }}\n"
        );
        project.write(&format!("{place}/Cargo.toml"), &manifest);
        project.write(&format!("{above}/Cargo.lock"), lock);
        project.write(&format!("{place}/src/lib.rs"), &twin(place.len()));
    }
    let build = |name: &str| {
        let builder = Builder::at(&project.path("work"), Arc::new(Report::default()));
        let builder = builder.expect("the sources");
        let artifact = builder.path(&project.path(name)).expect("it builds");
        // What is kept of a build is not what cargo keeps.
        let kept = project.path("work/target/contracts/artifacts");
        std::fs::remove_dir_all(kept).expect("the cache");
        artifact.codehash()
    };
    let [one, two] = ["one", "deep/two"].map(build);
    assert_ne!(one, two);
    assert_eq!([build("one"), build("deep/two")], [one, two]);
}

/// A contract that answers a number.
fn twin(number: usize) -> String {
    format!(
        r#"#![no_std]
#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {{
    fn pay_for_memory_grow(pages: u16);
}}

#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(_: usize) -> usize {{
    unsafe {{ pay_for_memory_grow(0) }};
    {number}
}}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {{
    core::arch::wasm32::unreachable()
}}
"#
    )
}
