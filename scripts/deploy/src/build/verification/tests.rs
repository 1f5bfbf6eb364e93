use super::*;
use crate::build::package::Package;
use crate::build::revision::Checkout;
use crate::build::tools::Tools;
use crate::progress::Silent;
use std::process::Command;
use std::sync::Arc;

/// A contract's workspace in a repository of git.
struct Repository(tempfile::TempDir);

const MANIFEST: &str = "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\n\
                        crate-type = [\"cdylib\"]\n[workspace]\n";

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a folder"));
        let toolchain = stylus_upgrades_framework::TOOLCHAIN;
        let lock = "version = 4\n\n[[package]]\nname = \"tiny\"\nversion = \"0.1.0\"\n";
        for (name, text) in [
            ("Cargo.toml", MANIFEST),
            ("Cargo.lock", lock),
            (
                "Stylus.toml",
                "[workspace.networks]\n\n[contract.deployments]\n",
            ),
            ("rust-toolchain.toml", toolchain),
            ("src/lib.rs", "#![no_std]\n"),
            ("notes.txt", "one"),
        ] {
            repository.write(name, text);
        }
        repository.git(&["init", "--quiet"]);
        repository.commit();
        repository
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    fn git(&self, words: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
        let status = git.args(words).current_dir(&self.0).status();
        assert!(status.expect("git").success(), "{words:?}");
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", "x"]);
    }

    /// The commit.
    fn id(&self) -> String {
        crate::build::revision::git(self.0.path(), &["rev-parse", "HEAD"]).expect("git")
    }

    fn hash(&self) -> Result<B256, String> {
        hash_in(self.0.path(), None)
    }
    /// Why others cannot make the same code.
    fn reason(&self) -> String {
        self.hash().expect_err("a reason")
    }
}

/// The hash of the crate in a folder; `checkout` says of which commit its files were written there.
fn hash_in(folder: &Path, checkout: Option<Checkout>) -> Result<B256, String> {
    let tools = Tools::new(Arc::new(Silent));
    let package = Package::open(folder).expect("a crate");
    let mut source = Source::read(&package).expect("sources");
    source.checkout = checkout;
    let kept = tempfile::tempdir().expect("a folder");
    let toolchain = tools.toolchain(&source.toolchain, kept.path());
    let committed = Committed::of(&source);
    project_hash_of(&source, &toolchain.expect("a compiler"), committed.as_ref())
}

/// An approver builds what a commit names, in a folder of the outputs.
#[test]
fn a_commit_has_one_hash_wherever_its_files_are_written() {
    let repository = Repository::new();
    let hash = repository.hash().expect("a commit");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let mut copy = Command::new("cp");
    copy.arg("-r")
        .arg(repository.0.path().join("."))
        .arg(elsewhere.path());
    assert!(copy.status().expect("cp").success());
    std::fs::remove_dir_all(elsewhere.path().join(".git")).expect("removed");
    assert!(hash_in(elsewhere.path(), None).is_err());
    let written = || Checkout {
        folder: elsewhere.path().to_owned(),
        repository: repository.0.path().to_owned(),
        id: repository.id(),
    };
    assert_eq!(hash_in(elsewhere.path(), Some(written())), Ok(hash));

    // A submodule is not written: only the commit tells of it.
    let other = Repository::new();
    let id = other.id();
    repository.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{id},sub"),
    ]);
    repository.git(&["commit", "--quiet", "-m", "x"]);
    let reason = "sub is a link or a repository of its own".to_owned();
    let found = hash_in(elsewhere.path(), Some(written()));
    assert_eq!(
        (found, repository.hash()),
        (Err(reason.clone()), Err(reason))
    );
}

#[test]
fn the_hash_covers_what_cargo_stylus_reads_of_the_commit_and_nothing_else() {
    let repository = Repository::new();
    let first = repository.hash().expect("a commit");
    // What is not of the commit and read by nobody, is no source, or lies in a folder of outputs.
    repository.write("target/made.rs", "");
    assert_eq!(repository.hash(), Ok(first));
    repository.write("notes.txt", "two");
    repository.git(&["add", "--all", "--force"]);
    repository.commit();
    assert_eq!(repository.hash(), Ok(first));
    repository.write("other/unused.rs", "");
    repository.commit();
    assert_ne!(repository.hash(), Ok(first));
}

#[test]
fn what_others_cannot_make_has_no_hash() {
    let repository = Repository::new();
    repository.write("src/lib.rs", "#![no_std]\n// changed\n");
    assert!(
        repository.reason().contains("differ"),
        "{}",
        repository.reason()
    );
    repository.git(&["checkout", "--quiet", "src"]);
    for (name, text, reason) in [
        ("Stylus.toml", "[wasm-opt]\nversion = \"131\"\n", "wasm-opt"),
        (
            "rust-toolchain.toml",
            "[toolchain]\nchannel = \"stable\"\n",
            "names stable",
        ),
    ] {
        repository.write(name, text);
        repository.commit();
        let found = repository.hash();
        // There may be no compiler of that name; then nobody asks for the hash.
        assert!(
            found.as_ref().is_err_and(|why| why.contains(reason)),
            "{found:?}"
        );
        repository.git(&["revert", "--no-edit", "--quiet", "HEAD"]);
    }
    std::os::unix::fs::symlink("src", repository.0.path().join("link")).expect("a link");
    repository.commit();
    assert!(
        repository.reason().contains("link is a link"),
        "{}",
        repository.reason()
    );
    repository.git(&["rm", "--quiet", "link", "Stylus.toml"]);
    repository.commit();
    assert!(
        repository.reason().contains("Stylus.toml"),
        "{}",
        repository.reason()
    );
    std::fs::remove_dir_all(repository.0.path().join(".git")).expect("no repository");
    assert!(
        repository.reason().contains("no commit"),
        "{}",
        repository.reason()
    );
}

#[test]
fn a_contract_whose_dependency_lies_elsewhere_or_that_is_not_built_alone_has_no_hash() {
    let repository = Repository::new();
    let outside = Repository::new();
    let path = outside.0.path().display();
    outside.write(
        "Cargo.toml",
        "[package]\nname = \"other\"\nversion = \"0.1.0\"\n[workspace]\n",
    );
    let with = |text: &str| {
        repository.write("Cargo.toml", text);
        let lock = "version = 4\n\n[[package]]\nname = \"other\"\nversion = \"0.1.0\"\n\n[[package]]\n\
                    name = \"tiny\"\nversion = \"0.1.0\"\ndependencies = [\n \"other\",\n]\n";
        repository.write("Cargo.lock", lock);
        repository.commit();
        repository.reason()
    };
    let reason = with(&format!(
        "{MANIFEST}[dependencies]\nother = {{ path = {path:?} }}\n"
    ));
    assert_eq!(reason, "other lies outside the workspace");
    repository.write(
        "inside/Cargo.toml",
        "[package]\nname = \"other\"\nversion = \"0.1.0\"\n",
    );
    repository.write("inside/src/lib.rs", "");
    let members = "members = [\"inside\"]\ndefault-members = [\"inside\"]\n";
    let reason = with(&format!(
        "{MANIFEST}{members}[dependencies]\nother = {{ path = \"inside\" }}\n"
    ));
    assert!(reason.contains("add it to default-members"), "{reason}");
    repository.write(
        "Cargo.toml",
        &format!("{MANIFEST}[dependencies]\nother = {{ path = \"inside\" }}\n"),
    );
    repository.commit();
    assert!(repository.hash().is_ok(), "{:?}", repository.hash());
}

/// The real cargo fails in the container, or makes other code, where a build here does not.
#[test]
fn what_the_container_builds_otherwise_has_no_hash() {
    let settings = |text: &'static str| (".cargo/config.toml", text);
    let with = |table: &str| format!("{MANIFEST}{table}");
    let dependency = "[dependencies]\nother = { path = \"inside\" }\n";
    let of_tests = dependency.replace("[dep", "[dev-dep");
    let first = MANIFEST.replace("[workspace]", "[workspace]\nresolver = \"1\"");
    let program = "members = [\"program\"]\ndefault-members = [\".\", \"program\"]\n";
    for (files, reason) in [
        (
            vec![settings("[build]\nrustc-wrapper = \"sccache\"\n")],
            "build.rustc-wrapper",
        ),
        (
            vec![settings(
                "[target.wasm32-unknown-unknown]\nlinker = \"ld\"\n",
            )],
            "linker",
        ),
        (
            vec![settings(
                "[target.x86_64-unknown-linux-gnu]\nlinker = \"ld\"\n",
            )],
            "target.x86_64",
        ),
        (
            vec![settings("[target.'cfg(unix)']\nlinker = \"ld\"\n")],
            "target.cfg(unix)",
        ),
        (vec![("rust-toolchain", "1.95.0\n")], "names the compiler"),
        (
            vec![("Stylus.toml", "[contract.deployments]\n")],
            "workspace.networks",
        ),
        (
            vec![(".gitattributes", "*.rs text eol=crlf\n")],
            "has git change files",
        ),
        (
            vec![(".gitattributes", "*.rs ident\n")],
            "has git change files",
        ),
        (
            vec![("Cargo.toml", &MANIFEST.replace("0.1.0", "0.2.0"))],
            "does not know tiny",
        ),
        (vec![("Cargo.toml", &with(&of_tests))], "does not know tiny"),
        (
            vec![(
                "Cargo.toml",
                &MANIFEST.replace("[lib]", "[lib]\nname = \"another\""),
            )],
            "a module called tiny",
        ),
        (
            vec![
                ("Cargo.toml", &format!("{first}{of_tests}")),
                ("Cargo.lock", WITH_OTHER),
            ],
            "together with what tiny depends on",
        ),
        (
            vec![
                ("Cargo.toml", &format!("{MANIFEST}{program}{dependency}")),
                (
                    "program/Cargo.toml",
                    "[package]\nname = \"program\"\n[dependencies]\nother = { path = \"../inside\" }\n",
                ),
                ("program/src/main.rs", "fn main() {}"),
                (
                    "Cargo.lock",
                    &format!(
                        "{WITH_OTHER}\n[[package]]\nname = \"program\"\nversion = \"0.0.0\"\ndependencies = [\n \"other\",\n]\n"
                    ),
                ),
            ],
            "together with what program depends on",
        ),
    ] {
        let repository = Repository::new();
        repository.write(
            "inside/Cargo.toml",
            "[package]\nname = \"other\"\nversion = \"0.1.0\"\n",
        );
        repository.write("inside/src/lib.rs", "");
        for (name, text) in &files {
            repository.write(name, text);
        }
        repository.commit();
        let found = repository.reason();
        assert!(found.contains(reason), "{reason}: {found}");
    }
    // Flags for the compiler hold here too, nobody heeds what is said of other machines, and the second resolver leaves
    // out what tests depend on.
    let repository = Repository::new();
    let (name, text) = settings(
        "[target.wasm32-unknown-unknown]\nrustflags = [\"-Aunused\"]\n\
         [target.aarch64-apple-darwin]\nrustflags = [\"-Clink-arg=-undefined\"]\nlinker = \"ld\"\n",
    );
    repository.write(name, text);
    repository.write(
        "inside/Cargo.toml",
        "[package]\nname = \"other\"\nversion = \"0.1.0\"\n",
    );
    repository.write("inside/src/lib.rs", "");
    repository.write("Cargo.toml", &with(&of_tests));
    repository.write("Cargo.lock", WITH_OTHER);
    repository.commit();
    assert!(repository.hash().is_ok(), "{:?}", repository.hash());
}

/// `cargo stylus new` writes that file into a workspace and beside each contract in it.
#[test]
fn a_contract_may_name_the_compiler_of_its_workspace_once_more() {
    let repository = Repository::new();
    let members = "[workspace]\nmembers = [\"contract\"]\nresolver = \"2\"\n";
    repository.write("Cargo.toml", members);
    for (name, text) in [
        ("Cargo.toml", MANIFEST.trim_end_matches("[workspace]\n")),
        ("Stylus.toml", "[contract]\n"),
        ("rust-toolchain.toml", stylus_upgrades_framework::TOOLCHAIN),
        ("src/lib.rs", "#![no_std]\n"),
    ] {
        repository.write(&format!("contract/{name}"), text);
    }
    repository.commit();
    let hash = || hash_in(&repository.0.path().join("contract"), None);
    assert!(hash().is_ok(), "{:?}", hash());
    repository.write("rust-toolchain.toml", "[toolchain]\nchannel = \"1.80.0\"\n");
    repository.commit();
    let reason = hash().expect_err("another compiler");
    assert!(reason.contains("names 1.80.0"), "{reason}");
}

const WITH_OTHER: &str = "version = 4\n\n[[package]]\nname = \"other\"\nversion = \"0.1.0\"\n\n[[package]]\n\
                          name = \"tiny\"\nversion = \"0.1.0\"\ndependencies = [\n \"other\",\n]\n";
