//! What a Nitro node answered, compared with this node's answers: `tests/recordings`.
//!
//! Every difference stands in `tests/recordings/differences.txt` with its reason. One that does not
//! fails, and so does a row without a difference.
//!
//! | module | compares |
//! |---|---|
//! | `answers` | whole answers: traces, simulations, estimates |
//! | `precompiles` | calls of ArbOS' precompiles |
//! | `remote` | all that needs no history, at a URL |
//! | `requests` | requests that are refused |
//! | `table` | the table of differences |
//! | `transactions` | transactions, with the accounts that they changed |

mod answers;
mod precompiles;
mod remote;
mod requests;
mod table;
mod transactions;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use stylus_chain::ChainConfig;
use stylus_devnode::{NodeConfig, spawn};

use crate::recorded_node::RecordedNode;
use table::{ComparedRequest, Differences};

/// The event whose module hash is this chain's own, and whose version the recording leaves out.
const ACTIVATED: &str = "0xc0e812780707128d9a180db8ee4d1c1f1300b6dd0626d577b5d9ac759b76253c";

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// The lines of a recording.
fn recording(name: &str) -> Vec<Value> {
    let file = std::fs::File::open(home().join(name)).expect("the recording is there");
    let mut text = String::new();
    let read = GzDecoder::new(file).read_to_string(&mut text);
    read.expect("a recording is compressed text");
    let lines = text.lines().map(serde_json::from_str);
    lines.map(|line| line.expect("a line is JSON")).collect()
}

/// A node as the recorded one was started.
fn node(arbos: u64, timestamp: Option<u64>) -> RecordedNode {
    let chain = ChainConfig {
        arbos_version: arbos,
        l1_block_number: Some(0),
        timestamp,
        ..ChainConfig::default()
    };
    let config = NodeConfig {
        chain,
        ..NodeConfig::default()
    };
    RecordedNode::embedded(spawn(config).expect("the node starts"))
}

/// Words that this node adds to Nitro's.
#[derive(Clone, Copy)]
enum AddedWords {
    /// The reason why a precompile refuses without data, or the rule that a request breaks.
    Reason,
    /// The flag or the method that lifts the refusal.
    Advice,
}

impl AddedWords {
    /// The words that come after Nitro's, if there are any.
    fn find(nitro: &str, ours: &str) -> Option<Self> {
        let added = ours.strip_prefix(nitro)?;
        let advice = [
            " (--lenient allows it)",
            " (--lenient waits for the transactions before it)",
        ];
        let key = "; use one of eth_accounts, impersonate it, or sign the transaction and use eth_sendRawTransaction";
        if advice.contains(&added) || added.starts_with(": no key for 0x") && added.ends_with(key) {
            Some(Self::Advice)
        } else if added.starts_with(": ") {
            Some(Self::Reason)
        } else {
            None
        }
    }

    /// The field of the table.
    fn field(self) -> &'static str {
        match self {
            Self::Reason => "error.message, reason after Nitro's words",
            Self::Advice => "error.message, advice after Nitro's words",
        }
    }
}

/// Compares an answer: its result, or the code, data and text of its error.
fn compare_answers(
    differences: &mut Differences,
    request: ComparedRequest<'_>,
    nitro: &Value,
    ours: &Value,
) {
    let (nitros, own) = (nitro.get("error"), ours.get("error"));
    let (Some(nitros), Some(own)) = (nitros, own) else {
        let of = |answer: &Value| answer.get("result").or(answer.get("error")).cloned();
        let (nitro, ours) = (of(nitro), of(ours));
        differences.compare(request, "result", &json!(nitro), &json!(ours));
        return;
    };
    for part in ["code", "data"] {
        let of = |error: &Value| error.get(part).cloned().unwrap_or(Value::Null);
        let field = format!("error.{part}");
        differences.compare(request, &field, &of(nitros), &of(own));
    }
    let text = |error: &Value| error["message"].as_str().unwrap_or_default().to_owned();
    let (nitros, own) = (text(nitros), text(own));
    let field = AddedWords::find(&nitros, &own).filter(|_| nitros != own);
    let field = field.map_or("error.message", AddedWords::field);
    differences.compare(request, field, &nitros.into(), &own.into());
}

/// Gives those who ask what they had.
fn make_rich(node: &RecordedNode) {
    for account in [
        "0xEF00bDd2FE012c50ead99847E05aE31679807877",
        "0xb0F22e541a7290408f416c0397A257aa201893FA",
    ] {
        let set = node.set_balance(&json!(account), &json!("0x56bc75e2d63100000"));
        set.expect("a balance is set");
    }
}
