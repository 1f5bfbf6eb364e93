//! The README lists the methods: no more and no fewer than there are.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use crate::support::{node, request};

/// Words between two `mark`s that look like a method, such as `eth_call`.
fn methods(text: &str, mark: char) -> BTreeSet<&str> {
    let is_method = |word: &&str| {
        word.split_once('_').is_some_and(|(namespace, name)| {
            NAMESPACES.contains(&namespace)
                && !name.is_empty()
                && name
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        })
    };
    text.split(mark).filter(is_method).collect()
}

const NAMESPACES: [&str; 15] = [
    "anvil", "debug", "erigon", "eth", "evm", "hardhat", "miner", "net", "ots", "personal", "rpc",
    "tenderly", "trace", "txpool", "web3",
];

/// What the README lists.
pub(crate) fn listed() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    methods(&std::fs::read_to_string(readme).unwrap(), '`')
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_method_of_the_readme_exists_and_every_method_is_in_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let listed = methods(&readme, '`');
    assert!(listed.len() > 100, "{listed:?}");

    let node = node();
    for method in listed
        .iter()
        .filter(|method| !method.ends_with("subscribe"))
    {
        let answer = request(node.port(), method, json!([null, null, null, null]));
        assert_ne!(
            answer["error"]["code"], -32601,
            "{method} is listed, but unknown"
        );
    }

    for file in std::fs::read_dir(folder.join("src/rpc")).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for method in methods(&source, '"')
            .into_iter()
            .filter(|method| *method != "eth_subscription")
        {
            assert!(listed.contains(method), "{method} is not in the README");
        }
    }
}
