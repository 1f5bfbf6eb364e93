//! Whatever the body, the node answers and lives on.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::support::{node, post, request};

/// Bodies that once were trouble.
fn corpus() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let files = std::fs::read_dir(folder).unwrap();
    let paths = files.map(|entry| entry.unwrap().path());
    let bodies = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    bodies
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn bodies_of_all_kinds_are_answered() {
    let corpus = corpus();
    assert!(corpus.len() >= 6);
    let node = node();
    let alive = |body: &str| {
        let (_, answer) = post(node.port(), body);
        assert!(!answer.contains("panicked"), "{body}: {answer}");
        let id = request(node.port(), "eth_chainId", json!([]));
        assert_eq!(id["result"], "0x64aba", "after {body}");
    };
    for body in &corpus {
        alive(body);
    }
    let damage = prop::collection::vec((any::<prop::sample::Index>(), " -~"), 0..5);
    let bodies = (
        0..corpus.len(),
        damage,
        any::<bool>(),
        any::<prop::sample::Index>(),
    );
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let run = TestRunner::new(config).run(&bodies, |(at, damage, cut, end)| {
        let mut body: Vec<char> = corpus[at].chars().collect();
        for (slot, with) in damage {
            let slot = slot.index(body.len());
            body[slot] = with.chars().next().unwrap_or(' ');
        }
        if cut {
            body.truncate(end.index(body.len()));
        }
        alive(&body.into_iter().collect::<String>());
        Ok(())
    });
    run.unwrap();
}
