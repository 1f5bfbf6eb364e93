//! `check`, as a pull request runs it: what is fine is green, what is not is named at its line, and
//! nothing is sent.

use super::{Empty, SECOND};
use crate::prelude::*;
use std::fs;

/// A project whose version 1.0 is live and tagged.
fn live() -> Empty {
    let empty = Empty::with_note();
    empty.git("init --quiet");
    empty.live();
    empty.git("add .");
    empty.git("commit --quiet --message=1.0");
    empty.git("tag v1.0");
    empty
}

impl Empty {
    /// Transactions of the key so far.
    fn nonce(&self) -> u64 {
        let account = self.node.addresses()[0];
        let of = move |chain: &mut stylus_chain::Chain| chain.account(account, BlockId::latest());
        let found = self.node.with_chain(of);
        found.expect("the chain").expect("an account").nonce
    }

    /// The ids of the errors that `check` found.
    fn errors(&self, words: &(impl Words + ?Sized)) -> Vec<String> {
        let check = [&["check", "Note"], &words.list()[..]].concat();
        let answer = self.json_in("note", 0, &check);
        let all = answer.document["findings"].as_array().expect("findings");
        let errors = all.iter().filter(|one| one["severity"] == "danger");
        let errors: Vec<_> = errors.map(|one| text(one, "id").to_owned()).collect();
        answer.ends_with(i32::from(!errors.is_empty()));
        assert_eq!(answer.document["ok"], errors.is_empty());
        errors
    }

    /// The document of a command under a runner, which ends with that code.
    fn json_in_ci(&self, exit: i32, words: &(impl Words + ?Sized)) -> Value {
        let mut command = self.command("note", 0, &[&words.list()[..], &["--json"]].concat());
        command.env("CI", "true");
        let answer = Answer::of(command);
        answer.ends_with(exit);
        answer.document
    }

    fn restore(&self) {
        self.git("checkout --quiet src/lib.rs");
    }

    /// What `check` tells GitHub: an error of that title at the line of the contract that has that text.
    fn shown_at(&self, text: &str, title: &str) -> String {
        let answer = self.run(
            "note",
            0,
            "check Note --format github --sarif findings.sarif",
        );
        let said = answer.ends_with(1).printed.clone();
        let source = fs::read_to_string(self.path("note/src/lib.rs")).expect("the contract");
        let at = source.lines().position(|line| line.contains(text));
        let line = at.expect("the line") + 1;
        let place = format!("::error file=src/lib.rs,line={line},title={title}");
        assert!(said.contains(&place), "{place} in {said}");
        let file = self.path("note/findings.sarif");
        let log = fs::read_to_string(&file).expect("a log");
        fs::remove_file(file).expect("removed");
        let log: Value = serde_json::from_str(&log).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results");
        let is_there = |result: &Value| {
            let place = &result["locations"][0]["physicalLocation"];
            place["artifactLocation"]["uri"] == "src/lib.rs" && place["region"]["startLine"] == line
        };
        assert!(results.iter().any(is_there), "{log:#}");
        said
    }
}

const NONE: [&str; 0] = [];

/// Whether a finding is about two layouts.
fn is_of_layout(id: &str) -> bool {
    let kinds = ["insert:", "shift:", "reorder:", "retype:", "not-compared"];
    kinds.iter().any(|kind| id.starts_with(kind))
}

#[test]
fn a_pull_request_is_compared_with_what_is_live() {
    let empty = live();
    let before = empty.nonce();
    let status = empty.git("status --porcelain");
    assert_eq!(empty.errors(&[]), NONE, "nothing changed");

    // A field and a function more.
    empty.edit(&SECOND);
    assert_eq!(empty.errors(&[]), NONE);

    // A field where the other one was.
    empty.restore();
    empty.edit(&[(
        "    value: StorageU256,",
        "    changes: StorageU256,\n    value: StorageU256,",
    )]);
    let found = empty.errors(&[]);
    let is_of_move = |id: &String| is_of_layout(id) || id == "answer-changed:value()";
    assert!(
        found.iter().any(|id| is_of_layout(id)) && found.iter().all(is_of_move),
        "{found:?}"
    );
    empty.shown_at("    value:", "");

    // A function less, although it stands in a file that is not compiled.
    empty.restore();
    empty.edit(&[("pub fn change(", "pub fn change_it(")]);
    let dead = empty.path("note/src/legacy.rs");
    let text =
        "use super::*;\n#[public]\nimpl Note {\n    pub fn change(&mut self, value: U256) {}\n}\n";
    fs::write(&dead, text).expect("written");
    assert_eq!(empty.errors(&[]), ["function-removed:change(uint256)"]);
    let lost = "function-removed:change(uint256)";
    assert_eq!(empty.errors(&format!("--accept {lost}")), NONE);
    // What check refuses, migrate does not do.
    let refused = empty.json_in("note", 0, "migrate Note 2.0 .");
    refused.is_refused("InterfaceLost");
    assert_eq!(refused.error("found"), lost);
    fs::remove_file(&dead).expect("removed");

    // Nobody can initialize what is created at it.
    empty.restore();
    empty.edit(&[("    #[initializer(\"1.0\")]\n", "")]);
    let found = empty.json_in("note", 0, "check Note").document;
    let said = found["findings"].to_string();
    assert!(said.contains("initializer-lost"), "{said}");

    // What does not compile is shown where it does not.
    empty.restore();
    empty.edit(&[("        self.value.get()", "        self.value.gets()")]);
    let said = empty.shown_at("gets()", "Compile");
    let words = "no method named `gets`";
    assert!(said.contains(words), "{said}");
    let found = empty.json_in("note", 0, "check Note").document;
    let finding = &found["findings"][0];
    assert_eq!(finding["message"], "note does not compile");
    assert!(finding["details"].to_string().contains(words), "{finding}");

    empty.restore();
    assert_eq!(empty.git("status --porcelain"), status);
    assert_eq!(empty.nonce(), before, "something was sent");
}

#[test]
#[ignore = "nightly: compiles a project of an author, about 42 s"]
fn a_kept_interface_that_the_pull_request_forges_is_not_compared_with() {
    let empty = live();
    assert_eq!(empty.errors("--instances 1"), NONE);
    empty.git("checkout --quiet -b change");
    empty.edit(&[("pub fn change(", "pub fn change_it(")]);
    assert_eq!(empty.errors(&[]), ["function-removed:change(uint256)"]);

    // The record says that there never was such a function.
    let layout = empty.kept("1.0").join("layout.json");
    let record = empty.kept("1.0").join("version.json");
    let text = fs::read_to_string(&layout).expect("the document");
    let hash = keccak256(&text).to_string();
    let forged = text.replace("\"function change(uint256)\",", "");
    assert_ne!(text, forged);
    fs::write(&layout, &forged).expect("written");
    let known = fs::read_to_string(&record).expect("a record");
    assert!(known.contains(&hash));
    let known = known.replace(&hash, &keccak256(forged).to_string());
    fs::write(&record, known).expect("written");
    // What is live is what the chain publishes.
    assert_eq!(empty.errors(&[]), ["function-removed:change(uint256)"]);
    // Where no chain is asked, the file was not reviewed.
    let against = "--against 1.0";
    let is_unchecked = || {
        let found = empty.errors(&against);
        let has = |code: &str| found.iter().any(|one| one == code);
        has("absent:interface") && !has("function-removed:change(uint256)")
    };
    assert!(is_unchecked());
    let found = empty
        .json_in("note", 0, "check Note --against 1.0")
        .document;
    let said = found["findings"].to_string();
    assert!(said.contains("commit stylus-upgrades-versions/"), "{said}");
    empty.git("add .");
    empty.git("commit --quiet --message=change");
    assert!(is_unchecked());
    assert_eq!(empty.errors(&[]), ["function-removed:change(uint256)"]);

    // No instance at all is no trial.
    empty
        .run("note", 0, "check Note --instances 0")
        .ends_with(2);
}

#[test]
fn a_manifest_that_nobody_reviewed_is_refused_to_a_runner_that_names_no_repository() {
    let empty = live();
    let manifest = empty.path("note/stylus-upgrades.toml");
    let text = fs::read_to_string(&manifest).expect("a manifest");
    fs::write(&manifest, text + "# changed\n").expect("written");
    let refused = empty.json_in_ci(1, "check Note");
    let first = &refused["findings"][0];
    assert_eq!(first["id"], "manifest-unreviewed", "{refused:#}");
    assert_eq!(first["origin"], "change", "{refused:#}");
    let accept = "--accept manifest-unreviewed,reads-gas";
    let taken = empty.json_in_ci(0, &format!("check Note {accept}"));
    assert_eq!(taken["accepted"][0]["id"], first["id"], "{taken:#}");
    assert_eq!(taken["coverage"]["layout"], "partial", "{taken:#}");
    assert_eq!(taken["needless"], serde_json::json!(["reads-gas"]));
    for words in ["layout diff Note@live .", "plan Note 2.0 ."] {
        let refused = empty.json_in_ci(1, words);
        let name = &refused["error"]["name"];
        assert_eq!(name, "ManifestUnreviewed", "{refused:#}");
        let words = format!("{words} --accept manifest-unreviewed,dirty:value");
        let taken = empty.json_in_ci(0, &words);
        assert_eq!(taken["accepted"][0]["id"], first["id"], "{taken:#}");
        assert_eq!(taken["needless"], serde_json::json!(["dirty:value"]));
        let says = [&taken["partial"], &taken["coverage"]].map(Value::to_string);
        assert!(says.concat().contains("partial") || says[0].contains("registry"));
        // Without a runner and without a remote it is the author's own look.
        let own = empty.done(&words);
        let needless = own["needless"].to_string();
        assert!(needless.contains("manifest-unreviewed"), "{own:#}");
    }
    assert_eq!(empty.errors(&[]), NONE);
    // A copy without a repository was reviewed by nobody either.
    fs::rename(empty.path("note/.git"), empty.path("git")).expect("moved");
    let refused = empty.json_in_ci(1, "check Note");
    assert_eq!(refused["findings"][0]["id"], first["id"], "{refused:#}");
    assert_eq!(empty.errors(&[]), NONE, "the author's own look");
}
