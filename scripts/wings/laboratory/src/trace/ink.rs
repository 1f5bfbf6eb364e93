//! The ink of Stylus frames, from Nitro's stylusTracer: it shows the host functions of each program,
//! and the frames below it without their gas. They are matched with callTracer's by their order and
//! their accounts.

use crate::call_tree::{Frame, Ink, Kind, children};
use alloy::primitives::Address;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The frames that only one of the two tracers shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TracerMismatch {
    /// Frames of callTracer.
    pub frames: usize,
    /// Calls of stylusTracer that ran something.
    pub calls: usize,
}

impl TracerMismatch {
    /// Says what is not known because of it.
    pub(super) fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if self.frames > 0 {
            missing.push(format!(
                "the ink of {} frames: stylusTracer and callTracer do not show the same calls",
                self.frames
            ));
        }
        if self.calls > 0 {
            missing.push(format!(
                "{} calls: stylusTracer shows them, callTracer does not",
                self.calls
            ));
        }
        missing
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TraceStep<'a> {
    name: String,
    #[serde(default)]
    start_ink: u64,
    #[serde(default)]
    end_ink: u64,
    address: Option<Address>,
    #[serde(default, borrow)]
    steps: Option<&'a RawValue>,
}

/// Notes the ink of every program's frame, and returns the frames and calls that could not be matched.
pub(super) fn add_ink(frames: &mut [Frame], answer: &RawValue) -> Result<TracerMismatch, String> {
    let mut mismatch = TracerMismatch::default();
    let mut left = vec![(0, answer)];
    while let Some((at, raw)) = left.pop() {
        let steps: Vec<TraceStep<'_>> =
            serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
        if let Some(frame) = frames.get_mut(at) {
            frame.ink = program_ink(&steps);
        }
        let called = children(frames, at);
        let inner = steps.iter().filter_map(|step| {
            let steps = step.steps?;
            Some((step.address.unwrap_or_default(), steps))
        });
        let mut inner = inner.peekable();
        let is_empty = |steps: &RawValue| steps.get().trim() == "[]";
        for child in called {
            let is_transfer = frames.get(child).map(|frame| &frame.kind) == Some(&Kind::Transfer);
            let Some(to) = frames.get(child).and_then(|frame| frame.to) else {
                // A creation that failed has no account: it is the next one, whatever that is.
                match inner.next() {
                    Some((_, steps)) => left.push((child, steps)),
                    None => mismatch.frames += count_subtree(frames, child),
                }
                continue;
            };
            if is_transfer {
                // It runs nothing, whether it is shown or not.
                inner.next_if(|(account, steps)| *account == to && is_empty(steps));
                continue;
            }
            // A call that failed before it became a frame is shown without steps.
            let is_frameless =
                |(account, steps): &(Address, &RawValue)| *account != to && is_empty(steps);
            let found = inner.by_ref().find(|call| !is_frameless(call));
            match found.filter(|(account, _)| *account == to) {
                Some((_, steps)) => left.push((child, steps)),
                None => mismatch.frames += count_subtree(frames, child),
            }
        }
        mismatch.calls += inner.filter(|(_, steps)| !is_empty(steps)).count();
    }
    Ok(mismatch)
}

/// Counts a frame and its calls.
fn count_subtree(frames: &[Frame], at: usize) -> usize {
    let depth = frames.get(at).map_or(0, |frame| frame.depth);
    let after = frames.iter().skip(at + 1);
    1 + after.take_while(|frame| frame.depth > depth).count()
}

/// The ink of a program from its host functions; none of code that is no program. The end of a program has the ink that
/// is left. On Nitro it has the ink of its beginning, and a trap has none: the least is what was used until the last
/// host function then.
fn program_ink(steps: &[TraceStep<'_>]) -> Option<Ink> {
    let begun = steps.iter().find(|step| step.name == "user_entrypoint")?;
    let (last, before) = steps.split_last()?;
    let is_end = |step: &TraceStep<'_>| step.name == "user_returned";
    let host = before.last().filter(|host| last.end_ink > host.end_ink);
    let end = host.filter(|_| is_end(last)).unwrap_or(last);
    let used = begun.start_ink.saturating_sub(end.end_ink);
    let calls = steps.iter().filter(|step| step.steps.is_some());
    let called: u64 = calls
        .map(|step| step.start_ink.saturating_sub(step.end_ink))
        .fold(0, u64::saturating_add);
    Some(Ink {
        used,
        alone: used.saturating_sub(called),
        at_least: !(is_end(last) && std::ptr::eq(end, last)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_tree::read;
    use serde_json::value::to_raw_value;
    use serde_json::{Value, json};
    use stylus_upgrades_test_support::call_frame as call;

    fn raw(value: &Value) -> Box<RawValue> {
        to_raw_value(value).expect("JSON")
    }

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
        assert_eq!(
            add_ink(&mut frames, &raw(&steps)),
            Ok(TracerMismatch::default())
        );
        let ink: Vec<_> = frames.iter().map(|frame| frame.ink).collect();
        let of = |used, alone| {
            Some(Ink {
                used,
                alone,
                at_least: false,
            })
        };
        assert_eq!(ink, [of(400, 240), of(30, 30), None]);
    }

    #[test]
    fn an_end_with_the_ink_of_the_beginning_gives_a_lower_bound() {
        // As Nitro answered a call through a proxy.
        let implementation = [
            step("user_entrypoint", 3_972_580_000, 3_972_580_000),
            step("msg_reentrant", 3_972_572_592, 3_972_564_192),
            step("write_result", 3_920_914_208, 3_920_873_046),
            step("user_returned", 3_972_580_000, 3_972_580_000),
        ];
        let steps = json!([
            step("user_entrypoint", 4_206_430_000, 4_206_430_000),
            step("read_args", 4_206_403_168, 4_206_389_728),
            calling(3, 4_185_215_105, 3_985_859_150, &implementation),
            step("write_result", 3_985_745_868, 3_985_704_706),
            step("user_returned", 4_206_430_000, 4_206_430_000),
        ]);
        let mut frames = read(&raw(&call(2, 100, &[call(3, 30, &[])]))).expect("a tree");
        assert_eq!(
            add_ink(&mut frames, &raw(&steps)),
            Ok(TracerMismatch::default())
        );
        let ink: Vec<_> = frames.iter().map(|frame| frame.ink).collect();
        let least = |used, alone| {
            Some(Ink {
                used,
                alone,
                at_least: true,
            })
        };
        let outer = least(220_725_294, 220_725_294 - 199_355_955);
        assert_eq!(ink, [outer, least(51_706_954, 51_706_954)]);
    }

    #[test]
    fn what_a_trap_used_after_its_last_host_function_is_not_known() {
        let steps = json!([
            step("user_entrypoint", 1_000, 1_000),
            step("read_args", 900, 850)
        ]);
        let mut frames = read(&raw(&call(2, 100, &[]))).expect("a tree");
        add_ink(&mut frames, &raw(&steps)).expect("steps");
        let ink = frames[0].ink.expect("ink");
        assert_eq!((ink.used, ink.at_least), (150, true));
    }

    #[test]
    fn what_does_not_match_is_counted_and_has_no_ink() {
        let tree = call(2, 100, &[call(3, 30, &[call(4, 1, &[])])]);
        let mut frames = read(&raw(&tree)).expect("a tree");
        let other = json!([calling(7, 10, 5, &[step("user_entrypoint", 9, 9)])]);
        let two = TracerMismatch {
            frames: 2,
            ..TracerMismatch::default()
        };
        assert_eq!(add_ink(&mut frames, &raw(&other)), Ok(two));
        assert!(frames.iter().all(|frame| frame.ink.is_none()));
        assert!(add_ink(&mut frames, &raw(&json!({"steps": []}))).is_err());
    }

    #[test]
    fn calls_that_only_this_tracer_shows_are_counted() {
        let steps = json!([
            calling(3, 900, 800, &[step("user_entrypoint", 50, 50)]),
            calling(4, 700, 650, &[]),
        ]);
        let mut alone = read(&raw(&call(2, 100, &[]))).expect("a tree");
        let mismatch = add_ink(&mut alone, &raw(&steps)).expect("steps");
        assert_eq!(mismatch.calls, 1);
        assert!(mismatch.missing()[0].starts_with("1 calls: "));
        // One without steps may have failed before it became a frame.
        let mut frames = read(&raw(&call(2, 100, &[call(3, 30, &[])]))).expect("a tree");
        assert_eq!(
            add_ink(&mut frames, &raw(&steps)),
            Ok(TracerMismatch::default())
        );
    }

    #[test]
    fn transfers_of_arbos_take_no_steps_of_others() {
        let mut tree = call(2, 100, &[call(9, 0, &[]), call(3, 30, &[])]);
        tree["calls"][0]["type"] = json!("INVALID");
        let of = calling(3, 900, 800, &[step("user_entrypoint", 50, 20)]);
        for steps in [json!([of]), json!([calling(9, 950, 950, &[]), of])] {
            let mut frames = read(&raw(&tree)).expect("a tree");
            assert_eq!(
                add_ink(&mut frames, &raw(&steps)),
                Ok(TracerMismatch::default())
            );
            assert!(frames[2].ink.is_some() && frames[1].ink.is_none());
        }
    }
}
