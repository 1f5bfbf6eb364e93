//! `fuzz`: calls that nobody has made yet, with the code of today and with the planned upgrade.

use crate::prelude::*;
/// A fuzzer run of the counter's version 2, which counts in steps.
fn fuzz(sandbox: &Sandbox, step: &str, more: &[&str]) -> Answer {
    let upgrade = [
        "fuzz",
        "A",
        "2.0",
        "example:counter-v2",
        "--call",
        "migrate(uint256)",
    ];
    let words = [&upgrade[..], &[step, "--runs", "40"], more].concat();
    sandbox.run("Other", &words)
}

/// The document without what depends on the machine.
fn same(mut document: Value) -> Value {
    let fields = document.as_object_mut().expect("a document");
    for name in ["milliseconds", "calls_per_second"] {
        assert!(
            fields.remove(name).is_some_and(|value| value.is_u64()),
            "{name}"
        );
    }
    document
}

#[test]
fn a_difference_that_nobody_declared_is_found_with_the_smallest_sequence_that_shows_it() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let before = sandbox.node.with_chain(|chain| chain.block_number());
    let answer = fuzz(&sandbox, "5", &[]);
    assert_eq!(answer.exit, Some(1), "{answer:?}");
    let found = answer.document["findings"].as_array().expect("findings");
    let [finding] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(
        (text(finding, "kind"), text(finding, "subject")),
        ("variable", "value")
    );
    // 7, and one step of 1 or of 5.
    assert_eq!(
        (text(finding, "before"), text(finding, "after")),
        ("8", "12")
    );
    assert_eq!(finding["also"], json!(["state.value"]));
    let calls = finding["calls"].as_array().expect("calls");
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert_eq!(text(&calls[0], "call"), "increment()");
    let proxy = text(&answer.document, "proxy");
    let command = finding["commands"][0].as_str().expect("a command");
    assert!(
        command
            .to_lowercase()
            .starts_with(&format!("stylus-upgrades send {proxy} 'increment()'")),
        "{command}"
    );
    let test = text(finding, "test");
    assert!(test.contains("async fn value_is_as_before()"), "{test}");
    assert!(test.contains(&format!("bytes!(\"{:064x}\")", 8)), "{test}");
    assert_eq!(answer.document["functions"], json!(["increment()"]));
    assert_eq!(answer.document["variables"], 2);
    let again = fuzz(&sandbox, "5", &[]);
    assert_eq!(
        same(answer.document),
        same(again.document),
        "it follows from the seed"
    );
    let after = sandbox.node.with_chain(|chain| chain.block_number());
    assert_eq!(
        before.expect("it"),
        after.expect("it"),
        "something was sent"
    );
}

#[test]
fn what_is_declared_and_what_stays_the_same_raises_no_alarm() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    for (step, differs) in [("5", &["--differs", "value() differs"][..]), ("1", &[])] {
        let answer = fuzz(&sandbox, step, differs);
        assert_eq!(answer.exit, Some(0), "{answer:?}");
        assert_eq!(answer.document["findings"], json!([]));
        assert_eq!(answer.document["sequences"], 40);
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
    let again = fuzz(&sandbox, "5", &[&corpus[..], &["--runs", "2"]].concat());
    assert_eq!(again.exit, Some(2), "given twice");
    let file = folder.join("0.json");
    std::fs::write(&file, "[{\"from\": 1}]").expect("written");
    let broken = fuzz(&sandbox, "5", &corpus);
    broken.is(2, "CorpusFile");
    std::fs::remove_file(file).expect("removed");
    let answer = fuzz(&sandbox, "5", &corpus);
    let first = answer.document["findings"][0]["sequence"]
        .as_u64()
        .expect("a number");
    assert!(first <= kept as u64 + 1, "{first}");
}

#[test]
fn an_upgrade_that_fails_is_not_fuzzed() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let words = "fuzz A 2.0 example:counter-v2 --runs 1";
    let answer = sandbox.run("Other", &words);
    assert_ne!(answer.exit, Some(0));
    assert!(!error(&answer).is_empty(), "{answer:?}");
}
