use super::Crate;
use std::path::{Path, PathBuf};

/// A workspace in a folder of its own: a contract, a library that it names through the
/// workspace, and one that nobody names.
struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new() -> Self {
        let workspace = Self(tempfile::tempdir().expect("a folder"));
        workspace.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"contract\", \"library\", \"other\"]\n\
             [workspace.dependencies]\nlibrary = { path = \"library\" }\n[profile.dev]\ndebug = 0\n",
        );
        workspace.write(
            "contract/Cargo.toml",
            "[package]\nname = \"contract\"\n[dependencies]\nlibrary.workspace = true\n\
             [package.metadata.stylus-upgrades]\nstack-size = 8192\n",
        );
        workspace.write("contract/src/lib.rs", "// STYLUS_UPGRADES_STUB");
        workspace.write("library/Cargo.toml", "[package]\nname = \"library\"\n");
        workspace.write("library/src/lib.rs", "");
        workspace.write("other/Cargo.toml", "[package]\nname = \"other\"\n");
        workspace.write("other/src/lib.rs", "");
        workspace
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    fn contract(&self) -> Crate {
        Crate::open(&self.0.path().join("contract")).expect("a crate")
    }

    fn hash(&self) -> String {
        let sources = self.contract().sources().expect("sources");
        format!("{}{}", sources.hash, sources.lock)
    }
}

#[test]
fn a_crate_is_found_with_its_workspace_and_its_settings() {
    let workspace = Workspace::new();
    let contract = workspace.contract();
    assert_eq!(contract.package, "contract");
    assert_eq!(
        contract.root,
        workspace.0.path().canonicalize().expect("a path")
    );
    assert_eq!((contract.stack_size, contract.has_profile), (8192, false));
}

#[test]
fn build_constants_are_found_by_their_names() {
    let sources = Workspace::new().contract().sources().expect("sources");
    assert_eq!(
        sources.constants.into_iter().collect::<Vec<_>>(),
        ["STYLUS_UPGRADES_STUB"]
    );
}

#[test]
fn what_a_contract_is_made_of_changes_its_hash() {
    let workspace = Workspace::new();
    let mut seen = vec![workspace.hash()];
    for (name, text) in [
        ("contract/src/lib.rs", "fn f() {}"),
        ("contract/src/more.rs", ""),
        ("library/src/lib.rs", "fn f() {}"),
        ("Cargo.lock", "version = 4\n"),
        ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.95.0\"\n"),
    ] {
        workspace.write(name, text);
        let hash = workspace.hash();
        assert!(!seen.contains(&hash), "{name}");
        seen.push(hash);
    }
}

#[test]
fn what_a_contract_is_not_made_of_leaves_its_hash() {
    let workspace = Workspace::new();
    let before = workspace.hash();
    workspace.write("other/src/lib.rs", "fn f() {}");
    workspace.write("contract/target/x", "output");
    workspace.write("contract/.hidden", "editor");
    workspace.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"contract\", \"library\"]\n\
         [workspace.dependencies]\nlibrary = { path = \"library\" }\n[profile.dev]\ndebug = 1\n",
    );
    assert_eq!(workspace.hash(), before);
}

#[test]
fn a_module_by_path_outside_the_crate_is_found_in_what_rustc_read() {
    let workspace = Workspace::new();
    let outside = workspace
        .write("else where/state.rs", "")
        .canonicalize()
        .expect("a path");
    let wasm = workspace.0.path().join("contract.wasm");
    let listed = outside.display().to_string().replace(' ', "\\ ");
    workspace.write(
        "contract.d",
        &format!("{}: contract/src/lib.rs {listed}\n", wasm.display()),
    );
    let contract = workspace.contract();
    let folders = contract.sources().expect("sources").folders;
    assert_eq!(contract.further(&wasm, &folders), [outside]);
}

#[test]
fn a_manifest_with_a_syntax_error_is_named() {
    let workspace = Workspace::new();
    let path = workspace.write("contract/Cargo.toml", "[package\n");
    let error = Crate::open(Path::new(path.parent().expect("a parent"))).expect_err("no TOML");
    assert!(
        error
            .to_string()
            .contains("Cargo.toml cannot be understood"),
        "{error}"
    );
}
