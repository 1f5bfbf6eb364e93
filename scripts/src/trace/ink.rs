//! The ink of Stylus frames, from Nitro's stylusTracer: it shows the host functions of each program,
//! and the frames below it without their gas. They are matched with callTracer's by their order and
//! their accounts.

use super::calls::Frame;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Ink of a program's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ink {
    /// What it used, with the calls that it made.
    pub used: u64,
    /// What it used without the host functions that call others.
    pub alone: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step<'a> {
    name: String,
    #[serde(default)]
    start_ink: u64,
    #[serde(default)]
    end_ink: u64,
    address: Option<Address>,
    #[serde(default, borrow)]
    steps: Option<&'a RawValue>,
}

/// Notes the ink of every program's frame. Gives the number of frames that could not be matched.
pub(super) fn add(frames: &mut [Frame], answer: &RawValue) -> Result<usize, String> {
    let mut unmatched = 0;
    let mut left = vec![(0, answer)];
    while let Some((at, raw)) = left.pop() {
        let steps: Vec<Step<'_>> =
            serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
        if let Some(frame) = frames.get_mut(at) {
            frame.ink = ink(&steps);
        }
        let called = children(frames, at);
        let mut inner = steps.iter().filter_map(|step| {
            let steps = step.steps?;
            Some((step.address.unwrap_or_default(), steps))
        });
        for child in called {
            let Some(to) = frames.get(child).and_then(|frame| frame.to) else {
                // A creation that failed has no account: it is the next one, whatever that is.
                match inner.next() {
                    Some((_, steps)) => left.push((child, steps)),
                    None => unmatched += below(frames, child),
                }
                continue;
            };
            // A call that failed before it became a frame is shown without steps.
            let is_frameless = |(account, steps): &(Address, &RawValue)| {
                *account != to && steps.get().trim() == "[]"
            };
            let found = inner.by_ref().find(|one| !is_frameless(one));
            match found.filter(|(account, _)| *account == to) {
                Some((_, steps)) => left.push((child, steps)),
                None => unmatched += below(frames, child),
            }
        }
    }
    Ok(unmatched)
}

/// The calls of a frame: the frames behind it that are one deeper, up to the next that is not.
fn children(frames: &[Frame], at: usize) -> Vec<usize> {
    let Some(depth) = frames.get(at).map(|frame| frame.depth) else {
        return Vec::new();
    };
    let behind = frames.iter().enumerate().skip(at + 1);
    behind
        .take_while(|(_, frame)| frame.depth > depth)
        .filter(|(_, frame)| frame.depth == depth + 1)
        .map(|(number, _)| number)
        .collect()
}

/// How many frames a frame and its calls are.
fn below(frames: &[Frame], at: usize) -> usize {
    let depth = frames.get(at).map_or(0, |frame| frame.depth);
    let behind = frames.iter().skip(at + 1);
    1 + behind.take_while(|frame| frame.depth > depth).count()
}

/// The ink of a program from its host functions; none of code that is no program.
fn ink(steps: &[Step<'_>]) -> Option<Ink> {
    let begun = steps.iter().find(|step| step.name == "user_entrypoint")?;
    let end = steps.last()?;
    let used = begun.start_ink.saturating_sub(end.end_ink);
    let calls = steps.iter().filter(|step| step.steps.is_some());
    let called: u64 = calls
        .map(|step| step.start_ink.saturating_sub(step.end_ink))
        .fold(0, u64::saturating_add);
    Some(Ink {
        used,
        alone: used.saturating_sub(called),
    })
}

#[cfg(test)]
mod tests {
    use super::super::calls::{read, tests::call, tests::raw};
    use super::*;
    use serde_json::{Value, json};

    fn step(name: &str, from: u64, to: u64) -> Value {
        json!({"name": name, "args": "0x", "outs": "0x", "startInk": from, "endInk": to})
    }

    fn calling(to: u8, from: u64, end: u64, steps: &[Value]) -> Value {
        let mut step = step("call_contract", from, end);
        step["address"] = json!(Address::with_last_byte(to));
        step["steps"] = json!(steps);
        step
    }

    #[test]
    fn ink_is_matched_by_order_and_account_and_a_call_without_a_frame_is_passed_over() {
        let tree = call(2, 100, &[call(3, 30, &[]), call(4, 10, &[])]);
        let mut frames = read(&raw(&tree)).expect("a tree");
        let program = [
            step("user_entrypoint", 50, 50),
            step("user_returned", 20, 20),
        ];
        let steps = json!([
            step("user_entrypoint", 1_000, 1_000),
            calling(9, 950, 940, &[]),
            calling(3, 900, 800, &program),
            step("storage_load_bytes32", 800, 700),
            calling(4, 700, 650, &[]),
            step("user_returned", 600, 600),
        ]);
        assert_eq!(add(&mut frames, &raw(&steps)), Ok(0));
        let ink: Vec<_> = frames.iter().map(|frame| frame.ink).collect();
        let of = |used, alone| Some(Ink { used, alone });
        assert_eq!(ink, [of(400, 240), of(30, 30), None]);
    }

    #[test]
    fn what_does_not_match_is_counted_and_has_no_ink() {
        let tree = call(2, 100, &[call(3, 30, &[call(4, 1, &[])])]);
        let mut frames = read(&raw(&tree)).expect("a tree");
        let other = json!([calling(7, 10, 5, &[step("user_entrypoint", 9, 9)])]);
        assert_eq!(add(&mut frames, &raw(&other)), Ok(2));
        assert!(frames.iter().all(|frame| frame.ink.is_none()));
        assert!(add(&mut frames, &raw(&json!({"steps": []}))).is_err());
    }
}
