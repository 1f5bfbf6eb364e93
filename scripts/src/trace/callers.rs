//! Who makes each call: the account that the frame above it runs as.

use super::agreement::frame_of;
use crate::call_tree::{Frame, Kind};
use alloy::primitives::Address;

/// Calls that are not from the account which the frame above them runs as, where that is known: not in
/// a creation that failed, whose account is not told, nor in a frame of an unknown kind.
pub(super) fn contradictions(frames: &[Frame], is_of_arbos: bool) -> Vec<String> {
    let mut found = Vec::new();
    // The frames that a frame stands in, with the accounts that they run as.
    let mut above: Vec<(&Frame, Option<Address>)> = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        above.truncate(frame.depth);
        let caller = above.last().copied();
        let account = caller.and_then(|(_, account)| account);
        if caller.is_some_and(|(caller, _)| caller.kind == Kind::Transfer) {
            found.push(format!(
                "{} stands in a transfer by ArbOS, which calls nobody",
                frame_of(at, frame)
            ));
        }
        let has_caller = !matches!(frame.kind, Kind::Transfer | Kind::Other(_));
        if let Some(account) = account.filter(|account| has_caller && *account != frame.from) {
            found.push(format!(
                "{} is from {}, and the frame above it runs as {account}",
                frame_of(at, frame),
                frame.from
            ));
        }
        let runs_as = match frame.kind {
            Kind::Call | Kind::Create | Kind::Create2 if at == 0 && is_of_arbos => None,
            Kind::Call | Kind::StaticCall | Kind::Create | Kind::Create2 => frame.to,
            Kind::DelegateCall | Kind::CallCode => account.or(Some(frame.from)),
            Kind::SelfDestruct | Kind::Transfer | Kind::Other(_) => None,
        };
        above.push((frame, runs_as));
    }
    found
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::agreement::tests::{account, frames};
    use super::*;
    use crate::call_tree::tests::call;
    use serde_json::{Value, json};

    /// Calls from the accounts that their callers run as: 2 delegates to 3, which calls 4 and creates 5.
    pub(in crate::trace) fn tree() -> Value {
        let mut inner = call(4, 10, &[call(6, 1, &[])]);
        inner["from"] = account(2);
        inner["calls"][0]["from"] = account(4);
        let mut created = call(5, 10, &[]);
        (created["from"], created["type"]) = (account(2), json!("CREATE"));
        let mut delegated = call(3, 100, &[inner, created]);
        (delegated["from"], delegated["type"]) = (account(2), json!("DELEGATECALL"));
        call(2, 40_000, &[delegated])
    }

    #[test]
    fn a_call_is_from_the_account_that_the_frame_above_it_runs_as() {
        assert!(contradictions(&frames(&tree()), false).is_empty());
        for (call, has_calls) in [
            ("/calls/0", true),
            ("/calls/0/calls/0", true),
            ("/calls/0/calls/0/calls/0", false),
            ("/calls/0/calls/1", false),
        ] {
            let mut tree = tree();
            let lying = tree.pointer_mut(call).expect("it is there");
            lying["from"] = account(9);
            let found = contradictions(&frames(&tree), false);
            assert_eq!(found.len(), 1, "{call}: {found:?}");
            assert!(found[0].contains(" is from "), "{call}: {found:?}");
            // ArbOS moves wei from whom it wants, and calls nobody.
            tree.pointer_mut(call).expect("it is there")["type"] = json!("INVALID");
            let found = contradictions(&frames(&tree), false);
            assert_eq!(found.is_empty(), !has_calls, "{call}: {found:?}");
        }
    }

    #[test]
    fn what_a_frame_of_an_unknown_kind_runs_as_is_not_known() {
        let mut tree = tree();
        tree["calls"][0]["type"] = json!("EXTCALL");
        tree["calls"][0]["from"] = account(9);
        assert!(contradictions(&frames(&tree), false).is_empty());
    }
}
