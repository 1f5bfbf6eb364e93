//! Somebody in another folder, with nothing but an endpoint, a key and a checkout of the author's
//! sources, approves and verifies what was registered elsewhere.

use crate::prelude::*;
use stylus_upgrades_test_support::compilers;

use super::sandbox::{Answer, Sandbox, text};
use crate::sources::project::{Project, home};

/// A folder with a key in it, and another home than the first folder's.
struct Stranger {
    folder: tempfile::TempDir,
    endpoint: String,
    registry: String,
}

impl Stranger {
    fn of(sandbox: &Sandbox, name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::copy(sandbox.path(name), folder.path().join("key")).expect("a key");
        let manifest = std::fs::read_to_string(sandbox.path("stylus-upgrades.toml")).expect("it");
        let manifest: toml::Table = manifest.parse().expect("a manifest");
        Self {
            folder,
            endpoint: sandbox.node.endpoint(),
            registry: manifest["registry"].as_str().expect("saved").to_owned(),
        }
    }

    fn run(&self, sandbox: &Sandbox, words: &(impl Words + ?Sized)) -> Answer {
        let output = sandbox
            .command(words)
            .args([
                "--json",
                "--rpc-url",
                &self.endpoint,
                "--registry",
                &self.registry,
            ])
            .args(["--private-key-path", "key"])
            .current_dir(self.folder.path())
            .envs(compilers())
            .env("HOME", self.folder.path().join("home"))
            .output()
            .expect("it starts");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Answer {
            exit: output.status.code(),
            document: serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{stderr}")),
            stderr,
        }
    }
}

/// The youngest artifact that the cache holds for sources: earlier builders may have kept others.
fn kept(source_hash: &str) -> (PathBuf, Value) {
    let folder = home().join("target/contracts/artifacts");
    let mut found = None;
    for entry in std::fs::read_dir(&folder).expect("the cache").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("tiny-") || !name.ends_with(".json") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).expect("a record");
        let record: Value = serde_json::from_str(&text).expect("a record");
        if record["info"]["source_hash"] == source_hash {
            let at = entry.metadata().and_then(|one| one.modified());
            found = found.max(Some((at.expect("a time"), entry.path())));
        }
    }
    let (_, path) = found.unwrap_or_else(|| panic!("no build of {source_hash}"));
    let record = std::fs::read(&path).expect("a record");
    (path, serde_json::from_slice(&record).expect("a record"))
}

/// Has the cache answer with the artifact of `genuine` for the sources of `other`.
fn plant(genuine: &str, other: &str) {
    let (_, mut lie) = kept(genuine);
    let (to, record) = kept(other);
    lie["key"] = record["key"].clone();
    std::fs::write(to, lie.to_string()).expect("planted");
}

#[test]
fn another_folder_with_an_endpoint_and_a_key_approves_and_verifies_by_the_source_alone() {
    const EDITED: &str = "work/contract/src/tests/mod.rs";
    let sandbox = Sandbox::new();
    sandbox.done("Admin", "define A --migrate AND(Admin,Admin2)");
    let (author, checkout) = (Project::new(), Project::new());
    let [authors, there] = [&author, &checkout].map(|it| it.contract().display().to_string());
    let proposed = sandbox.proposed("Admin", &format!("register A 1.0 {authors}"));
    let action = text(&proposed, "action");
    let genuine = text(&proposed, "source_hash").to_owned();

    // The same sources but for one file, below `src/tests`: other code, and nobody approves it.
    let other = Stranger::of(&sandbox, "Admin2");
    let right = std::fs::read_to_string(checkout.path(EDITED)).expect("it");
    checkout.write(EDITED, "pub const VALUE: &str = \"tests: edited\";\n");
    let approve = format!("approve {action} --source {there}");
    let refused = other.run(&sandbox, &approve);
    refused.is(1, "ArtifactDiffers");
    let deployed = sandbox.done("Admin", &format!("deploy {there}"));
    let edited = text(&deployed, "source_hash");
    assert_ne!(edited, genuine);

    // Nor if the cache says that they are the same.
    plant(&genuine, edited);
    let lied = sandbox.done("Admin", &format!("deploy {there}"));
    assert_eq!(text(&lied, "codehash"), text(&proposed, "codehash"));
    let refused = other.run(&sandbox, &approve);
    refused.is(1, "ArtifactDiffers");

    checkout.write(EDITED, &right);
    let approved = other.run(&sandbox, &approve);
    assert_eq!(approved.exit, Some(0), "{approved:?}");
    assert_eq!(approved.document["executed"], true);

    // This contract declares neither a layout nor steps.
    let verify = ["verify", "A", "--version", "1.0", "--source", &there];
    let absent = ["--accept", "absent:layout", "--accept", "absent:steps"];
    let verify = [&verify[..], &absent].concat();
    let verified = other.run(&sandbox, &verify);
    assert_eq!(verified.exit, Some(0), "{verified:?}");
    let checks = verified.document["checks"].as_array().expect("checks");
    let about: Vec<&Value> = checks
        .iter()
        .filter(|check| text(check, "what").starts_with(&there))
        .collect();
    assert_eq!(about.len(), 2, "code and source hash: {checks:?}");
    checkout.write("work/contract/notes.md", "changes no code");
    let other_sources = other.run(&sandbox, &verify);
    assert_eq!(other_sources.exit, Some(1), "{other_sources:?}");
}

#[test]
fn a_file_of_wasm_is_no_source() {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", "define A --migrate AND(Admin,Admin2)");
    let project = Project::new();
    let folder = project.contract().display().to_string();
    let proposed = sandbox.run("Admin", &format!("register A 1.0 {folder}"));
    let (_, record) = kept(text(&proposed.document, "source_hash"));
    let digits = text(&record, "wasm").trim_start_matches("0x");
    let wasm = project.path("tiny.wasm");
    std::fs::write(&wasm, alloy::hex::decode(digits).expect("digits")).expect("written");
    let wasm = wasm.display().to_string();
    let action = text(&proposed.document, "action");
    let refused = sandbox.run("Admin2", &format!("approve {action} --source {wasm}"));
    assert_eq!(refused.exit, Some(2), "{refused:?}");
}
