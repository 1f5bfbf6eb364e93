use super::Source;
use crate::build::error::BuildError;
use crate::build::lock_file::REGISTRY;
use crate::build::package::Package;
use crate::error::Explain;
use std::path::{Path, PathBuf};

/// A workspace in a folder of its own: a contract, a library that it names through the workspace,
/// and one that nobody names; and cargo's folder of a user.
pub(in crate::build) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub(in crate::build) fn new() -> Self {
        let project = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        project.write(
            "work/Cargo.toml",
            "[workspace]\nmembers = [\"contract\", \"library\", \"other\"]\n\
             [workspace.dependencies]\nlibrary = { path = \"library\" }\nother = { path = \"other\" }\n\
             serde = \"1\"\n[profile.dev]\ndebug = 0\n",
        );
        project.declare(
            "[dependencies]\nlibrary.workspace = true\n\
             [dev-dependencies]\nother.workspace = true\n\
             [package.metadata.stylus-upgrades]\nstack-size = 8192\n",
        );
        project.write("work/contract/src/lib.rs", "// STYLUS_UPGRADES_STUB");
        project.write("work/library/Cargo.toml", "[package]\nname = \"library\"\n");
        project.write("work/library/src/lib.rs", "");
        project.rename_other("other", "");
        project.write("work/other/src/lib.rs", "");
        project.write("work/Cargo.lock", LOCK);
        project
    }

    pub(in crate::build) fn path(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().canonicalize().expect("a path");
        folder.join(name)
    }

    pub(in crate::build) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// The contract's manifest, with that after its name.
    pub(in crate::build) fn declare(&self, more: &str) {
        let manifest = format!("[package]\nname = \"contract\"\n{more}");
        self.write("work/contract/Cargo.toml", &manifest);
    }

    /// The manifest of the package `other`, by another name.
    pub(super) fn rename_other(&self, name: &str, more: &str) {
        let manifest = format!("[package]\nname = \"{name}\"\n{more}");
        self.write("work/other/Cargo.toml", &manifest);
    }

    pub(in crate::build) fn read(&self) -> Result<Source, BuildError> {
        let contract = Package::open(&self.path("work/contract"))?;
        Source::read(&contract)
    }

    pub(in crate::build) fn source(&self) -> Source {
        self.read().expect("sources")
    }

    pub(super) fn hash(&self) -> String {
        self.source().tree.hash().to_string()
    }

    pub(super) fn text(&self, name: &str) -> String {
        match self.source().tree.get(Path::new(name)) {
            Some(file) => String::from_utf8_lossy(&file.bytes).into_owned(),
            None => panic!("{name}"),
        }
    }
}

const LOCK: &str = "version = 4\n\n\
    [[package]]\nname = \"contract\"\nversion = \"0.0.0\"\ndependencies = [\n \"library\",\n \"other\",\n]\n\n\
    [[package]]\nname = \"library\"\nversion = \"0.0.0\"\n\n\
    [[package]]\nname = \"other\"\nversion = \"0.0.0\"\n";

#[test]
fn a_contract_is_found_with_its_workspace_and_its_settings() {
    let project = Project::new();
    let source = project.source();
    assert_eq!(source.package.name, "contract");
    assert_eq!(source.package.root, project.path("work"));
    assert_eq!(source.stack_size, Some(8192));
    let constants: Vec<String> = source.constants.into_iter().collect();
    assert_eq!(constants, ["STYLUS_UPGRADES_STUB"]);
}

#[test]
fn a_package_with_a_name_like_the_frameworks_is_anybodys() {
    let project = Project::new();
    let framework = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migratable/upgradeable");
    for name in ["stylus-upgrades-notes", "stylus-upgrades-macros"] {
        project.declare(&format!(
            "[dependencies]\n{name} = {{ path = \"../other\" }}\nstylus-upgradeable = {{ path = {framework:?} }}\n"
        ));
        project.rename_other(name, "");
        let source = project.source();
        let rust: Vec<_> = source.rust.iter().map(|file| file.path.clone()).collect();
        let files = ["work/contract/src/lib.rs", "work/other/src/lib.rs"];
        assert_eq!(rust, files.map(|file| project.path(file)));
        let is_framework = name == "stylus-upgrades-macros";
        assert_eq!(source.unsearched.contains(name), is_framework, "{name}");
        let parts = source.parts.iter().map(|part| part.name.as_str());
        assert!(parts.into_iter().any(|name| name == "stylus-upgradeable"));
    }
}

#[test]
fn what_may_compute_slots_and_is_not_searched_is_named() {
    let framework = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let host = framework.join("proxy/host");
    let host = format!("[dependencies]\nstylus-upgrades-host = {{ path = {host:?} }}\n");
    let (macros, makes) = ("stylus-upgrades-macros", "[lib]\nproc-macro = true\n");
    let in_tests = "[lib]\npath = \"tests/lib.rs\"\n";
    for (name, manifest, file, is_named) in [
        ("other", "", "src/more.rs", false),
        ("other", "", "build.rs", true),
        ("other", makes, "src/more.rs", true),
        ("other", in_tests, "tests/lib.rs", true),
        ("other", &host, "src/more.rs", true),
        (macros, makes, "src/more.rs", true),
    ] {
        let project = Project::new();
        project.rename_other(name, manifest);
        project.write(&format!("work/other/{file}"), "");
        project.declare(&format!(
            "[dependencies]\n{name} = {{ path = \"../other\" }}\n"
        ));
        let unsearched = project.source().unsearched;
        assert_eq!(unsearched.contains(name), is_named, "{manifest}");
        assert_eq!(unsearched.len(), usize::from(is_named), "{unsearched:?}");
    }
    for (name, source, needs, is_named) in [
        ("far", REGISTRY, "stylus-sdk", true),
        ("far", REGISTRY, "serde", false),
        ("far", "git+https://example.org/far#0", "serde", true),
        ("openzeppelin-stylus", REGISTRY, "stylus-sdk", false),
    ] {
        let project = Project::new();
        project.declare(&format!("[dependencies]\n{name} = \"1\"\n"));
        let lock = LOCK.replace(" \"other\",", &format!(" \"{name}\","));
        let lock = format!(
            "{lock}\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"{source}\"\nchecksum = \"00\"\n\
             dependencies = [\n \"{needs}\",\n]\n"
        );
        project.write("work/Cargo.lock", &lock);
        let unsearched = project.source().unsearched;
        let found = unsearched.contains(&format!("{name} 1.0.0"));
        assert_eq!(found, is_named, "{lock}");
    }
}

/// What the macros write leads to whatever has such a name.
#[test]
fn what_is_called_like_the_framework_and_leads_elsewhere_is_named() {
    let framework = "stylus-upgradeable";
    let library = "[lib]\nname = \"stylus_upgradeable\"\n";
    for (library, dependency, expected) in [
        ("", "up", None),
        ("", framework, Some("stylus-upgradeable = other")),
        ("", "core", Some("core = other")),
        (library, "other", Some("other")),
    ] {
        let project = Project::new();
        project.rename_other("other", library);
        let other = "{ package = \"other\", path = \"../other\" }";
        project.declare(&format!("[dependencies]\n{dependency} = {other}\n"));
        let found: Vec<String> = project.source().unsearched.into_iter().collect();
        assert_eq!(found, Vec::from_iter(expected), "{dependency}");
    }
}

#[test]
fn macros_that_do_not_come_from_the_registry_are_noticed() {
    let project = Project::new();
    project.declare("[dependencies]\nstylus-proc = \"0.10\"\n");
    let lock = LOCK.replace(" \"other\",", " \"stylus-proc\",");
    let git = "git+https://example.org/stylus#0";
    for (source, is_replaced) in [(REGISTRY, false), (git, true)] {
        let package = "[[package]]\nname = \"stylus-proc\"\nversion = \"0.10.10\"\n";
        let lock = format!("{lock}\n{package}source = \"{source}\"\nchecksum = \"00\"\n");
        project.write("work/Cargo.lock", &lock);
        let found = project.source().unsearched.contains("stylus-proc 0.10.10");
        assert_eq!(found, is_replaced, "{source}");
    }
}

/// A plain library that macros use decides what they write.
#[test]
fn a_package_in_the_place_of_one_that_known_packages_use_is_named() {
    let entry = |name: &str, source: &str, needs: &str| {
        format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n{source}dependencies = [\n \"{needs}\",\n]\n"
        )
    };
    let (registry, checksum) = (format!("source = \"{REGISTRY}\"\n"), "checksum = \"00\"\n");
    let fetched = format!("{registry}{checksum}");
    let patch = "[patch.crates-io]\nquote = { path = \"other\" }\n";
    let replace = "[replace]\n\"quote:1.0.0\" = { path = \"other\" }\n";
    for (settings, name, lock, expected) in [
        // The macro is fetched, and a library far below it is not.
        (
            patch,
            "quote",
            [
                entry("macro", &fetched, "syn"),
                entry("syn", &fetched, "quote"),
            ]
            .concat(),
            "quote",
        ),
        (
            replace,
            "quote",
            [
                entry("macro", &fetched, "syn"),
                entry("syn", &fetched, "quote"),
            ]
            .concat(),
            "quote",
        ),
        // The workspace gives the name of one to another.
        (
            "",
            "quote",
            [
                entry("macro", &fetched, "syn"),
                entry("syn", &fetched, "quote"),
            ]
            .concat(),
            "quote 1.0.0",
        ),
        // No checksum says which files it has.
        (
            "",
            "other",
            [
                entry("macro", &registry, "syn"),
                entry("syn", &fetched, "serde"),
            ]
            .concat(),
            "macro 1.0.0",
        ),
        (
            "",
            "other",
            [
                entry("macro", &fetched, "syn"),
                entry("syn", &fetched, "serde"),
            ]
            .concat(),
            "",
        ),
    ] {
        let project = Project::new();
        project.rename_other(name, "version = \"1.0.0\"\n");
        project.write(
            "work/Cargo.toml",
            &format!("[workspace]\nmembers = [\"contract\", \"library\", \"other\"]\n{settings}"),
        );
        let used = format!("{name} = {{ path = \"../other\" }}\n");
        let used = if settings.is_empty() {
            used.as_str()
        } else {
            ""
        };
        project.declare(&format!("[dependencies]\nmacro = \"1\"\n{used}"));
        let own = LOCK.replace(" \"other\",", &format!(" \"macro\",\n \"{name}\","));
        let own = own.replace(
            "name = \"other\"\nversion = \"0.0.0\"",
            &format!("name = \"{name}\"\nversion = \"1.0.0\""),
        );
        project.write("work/Cargo.lock", &format!("{own}{lock}"));
        let found = project.source().unsearched;
        assert_eq!(
            found.contains(expected),
            !expected.is_empty(),
            "{found:?}: {settings} {lock}"
        );
        assert!(!expected.is_empty() || found.is_empty(), "{found:?}");
    }
}

#[test]
fn whatever_a_build_can_read_changes_the_source_hash() {
    let project = Project::new();
    let mut seen = vec![project.hash()];
    let flags = "[build]\nrustflags = [\"-Copt-level=3\"]\n";
    let channel = "[toolchain]\nchannel = \"1.95.0\"\n";
    for (name, text) in [
        ("work/contract/src/lib.rs", "fn f() {}"),
        ("work/contract/src/more.rs", ""),
        ("work/contract/src/tests/mod.rs", "pub const N: u64 = 1;"),
        ("work/contract/src/target/mod.rs", "pub const N: u64 = 1;"),
        ("work/contract/src/node_modules/mod.rs", ""),
        ("work/contract/src/.hidden/mod.rs", ""),
        ("work/contract/src/inner/Cargo.toml", "read by include_str"),
        ("work/contract/.abi/abi.json", "read by a build script"),
        ("work/contract/data/target/numbers", "of a build script"),
        ("work/contract/tests/values.txt", "read by include_str"),
        ("work/contract/.cargo/config.toml", flags),
        ("work/library/src/lib.rs", "fn f() {}"),
        ("work/rust-toolchain.toml", channel),
    ] {
        project.write(name, text);
        let hash = project.hash();
        assert!(!seen.contains(&hash), "{name}");
        seen.push(hash);
    }
}

#[test]
fn what_no_build_reads_is_neither_hashed_nor_copied() {
    let project = Project::new();
    let before = project.source();
    for name in [
        "work/other/src/lib.rs",
        "work/contract/target/release/output",
        "work/contract/node_modules/package/index.js",
        "work/contract/.git/HEAD",
        "work/contract/stylus-upgrades.toml",
        "work/contract/.stylus-upgrades/journal",
        "work/contract/stylus-upgrades-layouts/0x00.json",
        "work/notes.txt",
    ] {
        project.write(name, "something else");
    }
    project.write(
        "work/Cargo.toml",
        "[workspace]\nmembers = [\"contract\", \"library\"]\n\
         [workspace.dependencies]\nlibrary = { path = \"library\" }\nother = { path = \"other\" }\ntokio = \"1\"\n\
         [profile.dev]\ndebug = 1\n",
    );
    let after = project.source();
    assert_eq!(after.tree.hash(), before.tree.hash());
    assert_eq!(after.tree, before.tree);
    let held = after
        .tree
        .entries()
        .map(|(path, _)| path.display().to_string());
    assert_eq!(
        held.collect::<Vec<_>>().join(" "),
        "Cargo.lock Cargo.toml contract/Cargo.toml contract/src/lib.rs library/Cargo.toml library/src/lib.rs \
         rust-toolchain.toml"
    );
    assert!(!project.text("Cargo.lock").contains("other"));
    let manifest = project.text("contract/Cargo.toml");
    assert!(!manifest.contains("dev-dependencies"), "{manifest}");
}

#[test]
fn a_path_dependency_of_another_workspace_brings_what_it_inherits_and_nothing_else() {
    let project = Project::new();
    project.write(
        "framework/Cargo.toml",
        "[workspace]\nmembers = [\"mixin\", \"macros\", \"node\"]\n\
         [workspace.package]\nedition = \"2024\"\n\
         [workspace.dependencies]\nmacros = { path = \"macros\" }\nnode = { path = \"node\" }\ntokio = \"1\"\n\
         [profile.release]\nlto = true\n",
    );
    project.write(
        "framework/mixin/Cargo.toml",
        "[package]\nname = \"mixin\"\nedition.workspace = true\n[dependencies]\nmacros.workspace = true\n",
    );
    for name in ["macros", "node"] {
        let manifest = format!("[package]\nname = \"{name}\"\n");
        project.write(&format!("framework/{name}/Cargo.toml"), &manifest);
    }
    for name in ["mixin", "macros", "node"] {
        project.write(&format!("framework/{name}/src/lib.rs"), "");
    }
    project.write(
        "work/library/Cargo.toml",
        "[package]\nname = \"library\"\n[target.'cfg(all())'.dependencies]\n\
         mixin = { path = \"../../framework/mixin\" }\n",
    );
    let lock = format!(
        "{LOCK}\n[[package]]\nname = \"mixin\"\nversion = \"0.0.0\"\n\n[[package]]\nname = \"macros\"\nversion = \"0.0.0\"\n"
    );
    project.write("work/Cargo.lock", &lock);
    let mixin = project.text("path-dependencies/0/mixin/Cargo.toml");
    assert!(
        mixin.contains("edition = \"2024\"") && mixin.contains("path = \"../macros\""),
        "{mixin}"
    );
    let source = project.source();
    let root = source.tree.get(Path::new("path-dependencies/0/Cargo.toml"));
    assert_eq!(root, None, "what is inherited stands in the package itself");
    for (file, line) in [
        ("library/Cargo.toml", "\"../path-dependencies/0/mixin\""),
        ("Cargo.toml", "exclude = [\"path-dependencies\"]"),
    ] {
        assert!(project.text(file).contains(line), "{file}");
    }
    let parts = project.source().parts.into_iter();
    let names: Vec<String> = parts.map(|part| part.name).collect();
    assert_eq!(names, ["contract", "library", "mixin", "macros"]);
}

#[test]
fn sources_of_another_package_are_copied_where_they_are_declared() {
    let project = Project::new();
    project.write("work/other/src/state.rs", "struct State;");
    let declare = |sources: &str| {
        project.declare(&format!(
            "[package.metadata.stylus-upgrades]\nsources = [{sources}]\n"
        ));
    };
    declare("\"../other/src/state.rs\"");
    let before = project.hash();
    assert_eq!(project.text("other/src/state.rs"), "struct State;");
    let tree = project.source().tree;
    assert!(tree.get(Path::new("other/src/lib.rs")).is_none());
    project.write("work/other/src/state.rs", "struct Other;");
    assert_ne!(project.hash(), before);
    project.write("secret", "");
    let secret = "\"../../secret\"";
    for (sources, name) in [(secret, "SourceFile"), ("\"../nothing\"", "File")] {
        declare(sources);
        assert_eq!(project.read().expect_err(sources).name(), name);
    }
}

#[test]
fn what_is_neither_a_file_nor_a_folder_is_not_copied() {
    let project = Project::new();
    let before = project.hash();
    let at = |name: &str| project.path("work/contract/src").join(name);
    let mut mkfifo = std::process::Command::new("mkfifo");
    let made = mkfifo.arg(at("pipe")).status();
    assert!(made.expect("mkfifo").success());
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
    for (link, to) in [
        ("device", "/dev/null"),
        ("outside", "/etc/hostname"),
        ("inside", "lib.rs"),
        ("folder", ".."),
        ("nowhere", "somebody@host.1"),
    ] {
        std::os::unix::fs::symlink(to, at(link)).expect("a link");
    }
    assert_eq!(project.hash(), before);
}

#[test]
fn the_permission_to_execute_is_part_of_the_sources() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new();
    let script = project.write("work/contract/generate.sh", "#!/bin/sh\n");
    let before = project.hash();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("set");
    assert_ne!(project.hash(), before);
}
