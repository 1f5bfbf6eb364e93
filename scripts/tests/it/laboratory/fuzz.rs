//! `fuzz`: calls that nobody has made yet, with the code of today and with the planned upgrade.

use crate::prelude::*;

/// A fuzzer run of the counter's version 2, which counts in steps.
fn fuzz(sandbox: &Sandbox, step: &str, more: &[&str]) -> Answer {
    let upgrade = "fuzz A 2.0 example:counter-v2 --call migrate(uint256)".list();
    sandbox.run(
        "Other",
        &[&upgrade[..], &[step, "--runs", "40"], more].concat(),
    )
}

/// The document without what depends on the machine.
fn same(mut document: Value) -> Value {
    let fields = document.as_object_mut().expect("a document");
    for name in ["milliseconds", "calls_per_second"] {
        let value = fields.remove(name);
        assert!(value.is_some_and(|value| value.is_u64()), "{name}");
    }
    document
}

#[test]
fn a_difference_that_nobody_declared_is_found_with_the_smallest_sequence_that_shows_it() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let before = sandbox.block();
    let answer = fuzz(&sandbox, "5", &[]);
    let document = answer.ends(1);
    let [finding] = &list(document, "findings")[..] else {
        panic!("{document:#}");
    };
    // 7, and one step of 1 or of 5.
    finding.has(
        json!({"kind": "variable", "subject": "value", "before": "8", "after": "12",
        "also": ["state.value"]}),
    );
    assert_eq!(texts(list(finding, "calls"), "call"), ["increment()"]);
    let proxy = text(document, "proxy");
    let command = finding["commands"][0]
        .as_str()
        .expect("a command")
        .to_lowercase();
    let send = format!("stylus-upgrades send {proxy} 'increment()'");
    assert!(command.starts_with(&send), "{command}");
    let value = format!("bytes!(\"{:064x}\")", 8);
    contains(
        text(finding, "test"),
        &["async fn value_is_as_before()", &value],
    );
    document.has(json!({"functions": ["increment()"], "variables": 2}));
    let again = fuzz(&sandbox, "5", &[]);
    let both = [answer, again].map(|one| same(one.document));
    assert_eq!(both[0], both[1], "it follows from the seed");
    assert_eq!(before, sandbox.block(), "something was sent");
}

#[test]
fn what_is_declared_and_what_stays_the_same_raises_no_alarm() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    for (step, differs) in [("5", &["--differs", "value() differs"][..]), ("1", &[])] {
        let answer = fuzz(&sandbox, step, differs);
        answer.ends(0).has(json!({"findings": [], "sequences": 40}));
    }
}

#[test]
fn a_corpus_is_kept_and_tried_first() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let corpus = ["--corpus", "fuzz"];
    fuzz(&sandbox, "5", &corpus);
    let folder = sandbox.folder.path().join("fuzz");
    let files = || std::fs::read_dir(&folder).expect("a folder").count();
    let kept = files();
    assert!(kept > 0);
    // Sequence 1 is the upgrade alone.
    let twice = [&corpus[..], &["--runs", "2"]].concat();
    fuzz(&sandbox, "5", &twice).ends(2);
    let file = folder.join("0.json");
    std::fs::write(&file, "[{\"from\": 1}]").expect("written");
    fuzz(&sandbox, "5", &corpus).is(2, "CorpusFile");
    std::fs::remove_file(file).expect("removed");
    let answer = fuzz(&sandbox, "5", &corpus);
    let first = &answer.document["findings"][0]["sequence"];
    let first = first.as_u64().expect("a number");
    assert!(first <= kept as u64 + 1, "{first}");
}

#[test]
fn an_upgrade_that_fails_is_not_fuzzed() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    for (runs, exit) in [(0, 2), (1, 1)] {
        // The first sequence is the upgrade alone.
        let words =
            format!("fuzz A 2.0 example:counter-v2 --call migrate(uint256) 5 --runs {runs}");
        sandbox.run("Other", &words).ends(exit);
    }
    let answer = sandbox.run("Other", "fuzz A 2.0 example:counter-v2 --runs 1");
    assert_ne!(answer.exit, Some(0));
    assert!(!error(&answer).is_empty(), "{answer:?}");
}
