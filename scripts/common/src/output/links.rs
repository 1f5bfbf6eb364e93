//! Transactions as links to an explorer's pages, wherever a hash that is known to be one of a
//! transaction is printed.

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The field that holds the hash of a transaction, in documents.
const HASH: &str = "tx";
/// The field beside it with the explorer's page.
const LINK: &str = "link";
/// Characters of a hash: `0x` and 64 digits.
const HASH_LENGTH: usize = 66;

/// The explorer, and the transactions so far.
#[derive(Default)]
pub(super) struct Links {
    explorer: OnceLock<String>,
    known: Mutex<BTreeSet<String>>,
}

impl Links {
    /// Links to that explorer from now on. It ends without a slash.
    pub(super) fn set_explorer(&self, explorer: &str) {
        let _ = self.explorer.set(explorer.to_owned());
    }

    /// A hash is that of a transaction.
    pub(super) fn add(&self, tx: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(tx.to_owned());
    }

    /// A hash is that of a transaction which does not exist.
    pub(super) fn remove(&self, tx: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(tx);
    }

    /// Returns true if a transaction was told of.
    pub(super) fn has_some(&self) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        !known.is_empty()
    }

    /// `text` with links in the place of hashes.
    pub(super) fn in_text(&self, text: String) -> String {
        let Some(explorer) = self.explorer.get() else {
            return text;
        };
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut linked = text;
        for hash in known.iter() {
            let page = page(explorer, hash);
            // What is linked already is linked once.
            linked = linked.replace(&page, hash).replace(hash, &page);
        }
        linked
    }

    /// Notes the transactions of a document and puts their links beside them.
    pub(super) fn in_document(&self, document: &mut Map<String, Value>) {
        let Some(explorer) = self.explorer.get() else {
            return;
        };
        for value in document.values_mut() {
            self.in_value(value);
        }
        let hash = document.get(HASH).and_then(Value::as_str);
        if let Some(hash) = hash.filter(|hash| hash.len() == HASH_LENGTH) {
            let link = page(explorer, hash);
            self.add(hash);
            document.insert(LINK.into(), link.into());
        }
    }

    fn in_value(&self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.in_value(value)),
            Value::Object(fields) => self.in_document(fields),
            _ => {}
        }
    }
}

fn page(explorer: &str, hash: &str) -> String {
    format!("{explorer}/tx/{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn known_transactions_become_links_and_other_hashes_stay() {
        let tx = format!("0x{}", "ab".repeat(32));
        let other = format!("0x{}", "cd".repeat(32));
        let links = Links::default();
        links.add(&tx);
        let text = format!("a {tx} 0x12 {other}");
        assert_eq!(links.in_text(text.clone()), text, "no explorer is named");
        links.set_explorer("https://e.example/x");
        let page = format!("https://e.example/x/tx/{tx}");
        let linked = links.in_text(text.clone());
        assert_eq!(linked, text.replacen(&tx, &page, 1));
        assert_eq!(links.in_text(linked.clone()), linked);

        let mut document = Map::new();
        document.insert(
            "all".into(),
            json!([{"tx": other, "codehash": tx}, {"tx": null}]),
        );
        links.in_document(&mut document);
        assert_eq!(
            document["all"][0]["link"],
            format!("https://e.example/x/tx/{other}")
        );
        assert_eq!(document["all"][1], json!({"tx": null}));
        assert!(links.in_text(other.clone()).starts_with("https://"));
    }
}
