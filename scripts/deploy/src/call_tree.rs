//! The calls of a transaction or of a simulated call: what callTracer answers, of an endpoint or of a chain in this
//! process. It is read level by level: calls are nested up to a thousand deep, and parsers of JSON are not.

use crate::output::shortened;
use alloy::primitives::{Address, Bytes, U64, U256};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::borrow::Cow;

/// Frames of a transaction, at most.
const FRAMES_MAX: usize = 50_000;
/// Calls inside of each other, at most: the chain's own limit, and the transaction itself.
const DEPTH_MAX: usize = 1_100;
/// Bytes that are read in all levels together, at most.
const BYTES_MAX: usize = 1 << 30;
/// Characters of an unknown kind of frame that are printed, at most.
const KIND_MAX: usize = 24;

/// The kind of call that began a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// A call.
    Call,
    /// A call that may write nothing.
    StaticCall,
    /// Another account's code on the caller's storage.
    DelegateCall,
    /// The same, as it was before.
    CallCode,
    /// A contract is created.
    Create,
    /// The same, at an address that its code decides.
    Create2,
    /// A contract ends.
    SelfDestruct,
    /// ArbOS moves wei itself: fees of an activation, deposits of a retryable. Nitro shows it as a frame
    /// of the opcode `INVALID` that runs nothing, from an account that need not be the caller.
    #[serde(rename = "INVALID")]
    Transfer,
    /// A kind that this program does not know, in the endpoint's words.
    #[serde(untagged)]
    Other(String),
}

/// Ink of a program's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ink {
    /// The ink that it used, with the calls that it made.
    pub used: u64,
    /// The ink that it used without the host functions that call others.
    pub alone: u64,
    /// True if both are lower bounds: what it used after its last host function is not known.
    pub at_least: bool,
}

/// A call.
#[derive(Debug, Clone, Serialize)]
pub struct Frame {
    /// The number of calls that it stands in.
    pub depth: usize,
    /// The kind of call that began it.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The caller.
    pub from: Address,
    /// The account whose code ran; none of a creation that failed.
    pub to: Option<Address>,
    /// Wei that were sent along.
    pub value: U256,
    /// Gas that it was given.
    pub gas: u64,
    /// Gas that it used, with the calls that it made.
    pub gas_used: u64,
    /// Gas that it used without them.
    pub gas_alone: u64,
    /// Ink that a Stylus program used; none of other frames, and where the endpoint does not say it.
    pub ink: Option<Ink>,
    /// Calldata, or the creation's code.
    pub input: Bytes,
    /// The bytes that it returned or reverted with.
    pub output: Bytes,
    /// The reason why it failed, in the endpoint's words.
    pub error: Option<String>,
}

impl Kind {
    /// Returns what a line calls it. Words of the endpoint stand in quotes.
    pub fn name(&self) -> Cow<'_, str> {
        let name = match self {
            Self::Call => "CALL",
            Self::StaticCall => "STATICCALL",
            Self::DelegateCall => "DELEGATECALL",
            Self::CallCode => "CALLCODE",
            Self::Create => "CREATE",
            Self::Create2 => "CREATE2",
            Self::SelfDestruct => "SELFDESTRUCT",
            Self::Transfer => "TRANSFER",
            Self::Other(words) => return format!("{:?}", shortened(words, KIND_MAX)).into(),
        };
        name.into()
    }

    /// Returns true if a contract is created.
    pub fn is_creation(&self) -> bool {
        matches!(self, Self::Create | Self::Create2)
    }

    /// Returns true if it runs on its caller's storage.
    pub fn is_delegated(&self) -> bool {
        matches!(self, Self::DelegateCall | Self::CallCode)
    }

    /// Returns true if it calls a function of an account.
    pub fn is_call(&self) -> bool {
        matches!(self, Self::Call | Self::StaticCall) || self.is_delegated()
    }
}

/// A frame as it is answered, its calls unread.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(rename = "type")]
    kind: Kind,
    from: Address,
    to: Option<Address>,
    value: Option<U256>,
    #[serde(default)]
    gas: U64,
    #[serde(default)]
    gas_used: U64,
    #[serde(default)]
    input: Bytes,
    #[serde(default)]
    output: Bytes,
    error: Option<String>,
    #[serde(borrow)]
    calls: Option<Vec<&'a RawValue>>,
}

/// Reads all frames, each after its caller.
pub fn read(answer: &RawValue) -> Result<Vec<Frame>, String> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut bytes = 0usize;
    // With the frame that called.
    let mut left: Vec<(usize, Option<usize>, &RawValue)> = vec![(0, None, answer)];
    while let Some((depth, caller, raw)) = left.pop() {
        bytes = bytes.saturating_add(raw.get().len());
        if frames.len() >= FRAMES_MAX || depth > DEPTH_MAX || bytes > BYTES_MAX {
            return Err(format!(
                "more than {FRAMES_MAX} calls, or more than {DEPTH_MAX} inside of each other"
            ));
        }
        let one: Answer<'_> = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
        let gas_used = one.gas_used.to();
        if let Some(caller) = caller.and_then(|at| frames.get_mut(at)) {
            caller.gas_alone = caller.gas_alone.saturating_sub(gas_used);
        }
        let at = frames.len();
        // The first one is read next.
        let calls = one.calls.unwrap_or_default().into_iter().rev();
        left.extend(calls.map(|call| (depth + 1, Some(at), call)));
        frames.push(Frame {
            depth,
            kind: one.kind,
            from: one.from,
            to: one.to,
            value: one.value.unwrap_or_default(),
            gas: one.gas.to(),
            gas_used,
            gas_alone: gas_used,
            ink: None,
            input: one.input,
            output: one.output,
            error: one.error,
        });
    }
    Ok(frames)
}

/// Like [`read`], of an answer that was parsed.
pub fn read_value(answer: &Value) -> Result<Vec<Frame>, String> {
    let raw = to_raw_value(answer).map_err(|error| error.to_string())?;
    read(&raw)
}

/// The frames that were not undone: neither they nor those that they stand in failed.
pub fn standing(frames: &[Frame]) -> impl Iterator<Item = &Frame> {
    // How deep what failed stands.
    let mut failed = usize::MAX;
    frames.iter().filter(move |frame| {
        if frame.depth <= failed {
            failed = if frame.error.is_some() {
                frame.depth
            } else {
                usize::MAX
            };
        }
        failed == usize::MAX
    })
}

/// The calls of a frame: the frames after it that are one deeper, up to the next that is not.
pub fn children(frames: &[Frame], at: usize) -> Vec<usize> {
    let Some(depth) = frames.get(at).map(|frame| frame.depth) else {
        return Vec::new();
    };
    let after = frames.iter().enumerate().skip(at + 1);
    after
        .take_while(|(_, frame)| frame.depth > depth)
        .filter(|(_, frame)| frame.depth == depth + 1)
        .map(|(number, _)| number)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use stylus_upgrades_test_support::call_frame as call;

    fn raw(value: &Value) -> Box<RawValue> {
        RawValue::from_string(value.to_string()).expect("JSON")
    }

    #[test]
    fn frames_stand_after_their_callers_and_know_their_own_gas() {
        let tree = call(
            2,
            100,
            &[call(3, 30, &[call(4, 10, &[])]), call(5, 20, &[])],
        );
        let frames = read(&raw(&tree)).expect("a tree");
        let seen: Vec<_> = frames
            .iter()
            .map(|frame| (frame.depth, frame.to.expect("it")[19], frame.gas_alone))
            .collect();
        assert_eq!(seen, [(0, 2, 50), (1, 3, 20), (2, 4, 10), (1, 5, 20)]);
    }

    #[test]
    fn transfers_of_arbos_and_kinds_that_are_not_known_are_frames_and_calls_may_be_null() {
        let mut tree = call(2, 100, &[call(3, 0, &[]), call(4, 0, &[]), call(5, 1, &[])]);
        tree["calls"][0]["type"] = json!("INVALID");
        tree["calls"][1]["type"] = json!("✓\nCALL");
        tree["calls"][2]["calls"] = Value::Null;
        let frames = read(&raw(&tree)).expect("a tree");
        let shown: Vec<_> = frames.iter().map(|frame| frame.kind.name()).collect();
        assert_eq!(shown, ["CALL", "TRANSFER", "\"✓\\nCALL\"", "CALL"]);
        // A document has the endpoint's own words.
        assert_eq!(json!(frames[1].kind), "INVALID");
        assert_eq!(json!(frames[2].kind), "✓\nCALL");
    }

    #[test]
    fn calls_a_thousand_deep_are_read_and_deeper_ones_are_refused() {
        let nested = |depth: usize| {
            let mut text = String::new();
            let one = call(2, 1, &[]).to_string();
            let (open, close) = one.split_at(one.find("[]").expect("calls") + 1);
            text.push_str(&open.repeat(depth));
            text.push_str(&close.repeat(depth));
            RawValue::from_string(text).expect("JSON")
        };
        assert_eq!(read(&nested(1_024)).expect("a tree").len(), 1_024);
        assert!(read(&nested(2_000)).is_err());
        assert!(read(&raw(&json!({"type": "REGISTRY"}))).is_err());
    }
}
