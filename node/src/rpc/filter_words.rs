//! Filters of logs that geth refuses, in its words.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::hexadecimal::{NO_PREFIX, quoted};

/// Topics of a log.
const TOPICS: usize = 4;

/// Returns geth's refusal of a filter.
pub(super) fn fault(json: &str) -> Option<String> {
    if json.starts_with('[') {
        return Some("json: cannot unmarshal array into Go value of type filters.input".into());
    }
    let fields = serde_json::from_str::<HashMap<String, &RawValue>>(json).ok()?;
    let given = |name| {
        let json = fields.get(name)?.get();
        (json != "null").then_some(json)
    };
    let blocks = [given("fromBlock"), given("toBlock")];
    if blocks
        .into_iter()
        .flatten()
        .any(|block| quoted(block).is_none())
    {
        return Some(NO_PREFIX.to_owned());
    }
    if given("blockHash").is_some() && blocks.iter().any(Option::is_some) {
        let words = "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other";
        return Some(words.into());
    }
    let address = given("address").and_then(|address| {
        let wrong = |json, place: &str| {
            wrong_length(json, 20, "address")
                .map(|words| format!("invalid address{place}: {words}"))
        };
        match list(address) {
            Some(all) => all
                .iter()
                .enumerate()
                .find_map(|(at, one)| wrong(one.get(), &format!(" at index {at}"))),
            None => wrong(address, ""),
        }
    });
    address.or_else(|| topics(list(given("topics")?)?))
}

fn topics(topics: Vec<&RawValue>) -> Option<String> {
    if topics.len() > TOPICS {
        return Some("exceed max topics".into());
    }
    let wrong = |json| wrong_length(json, 32, "topic");
    topics
        .into_iter()
        .find_map(|topic| match list(topic.get()) {
            Some(any) => any.into_iter().find_map(|topic| wrong(topic.get())),
            None => wrong(topic.get()),
        })
}

fn list(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}

/// Returns the fault of bytes, which can be read, that are not as many as expected.
fn wrong_length(json: &str, expected: usize, of: &str) -> Option<String> {
    let bytes = alloy::primitives::hex::decode(quoted(json)?.strip_prefix("0x")?).ok()?;
    let found = bytes.len();
    (found != expected).then(|| {
        format!("hex has invalid length {found} after decoding; expected {expected} for {of}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_refused_in_geths_words() {
        let address = format!("\"0x{}\"", "11".repeat(20));
        let topic = format!("\"0x{}\"", "11".repeat(32));
        for (filter, words) in [
            ("{}".to_owned(), None),
            (
                "[]".to_owned(),
                Some("json: cannot unmarshal array into Go value of type filters.input"),
            ),
            (
                format!("{{\"address\":{address},\"topics\":[{topic},null,[{topic}]]}}"),
                None,
            ),
            (
                format!("{{\"address\":[{address}],\"fromBlock\":\"0x1\",\"toBlock\":null}}"),
                None,
            ),
            ("{\"toBlock\":1}".to_owned(), Some(NO_PREFIX)),
            (
                format!("{{\"blockHash\":{topic},\"toBlock\":\"0x1\"}}"),
                Some(
                    "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other",
                ),
            ),
            (
                "{\"address\":\"0x12\"}".to_owned(),
                Some(
                    "invalid address: hex has invalid length 1 after decoding; expected 20 for address",
                ),
            ),
            (
                format!("{{\"address\":[{address},\"0x12\"]}}"),
                Some(
                    "invalid address at index 1: hex has invalid length 1 after decoding; expected 20 for address",
                ),
            ),
            (
                format!("{{\"topics\":[[{topic},\"0x1212\"]]}}"),
                Some("hex has invalid length 2 after decoding; expected 32 for topic"),
            ),
            (
                "{\"topics\":[null,null,null,null,null]}".to_owned(),
                Some("exceed max topics"),
            ),
        ] {
            assert_eq!(fault(&filter).as_deref(), words, "{filter}");
        }
    }
}
