//! Between two questions of one approver's command, another approver's command runs from its beginning
//! to its end. Wherever that happens, both report what the chain says.

use crate::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use stylus_upgrades_interface::chain::IArbWasm;

/// After each interval of questions the other one comes in, where not every place is tried.
const INTERVAL: usize = 32;

/// What came of one approver's command and of the one that overtook it.
struct Overtaken {
    sandbox: Arc<Sandbox>,
    own: Answer,
    /// `None` where the place never came.
    other: Option<Answer>,
    questions: usize,
}

/// Admin2 migrates; at the first question for which `is_there` holds, which is told its number, Admin
/// migrates first.
fn overtaken(is_there: impl Fn(usize, &Value) -> bool + Send + Sync + 'static) -> Overtaken {
    let sandbox = Arc::new(Sandbox::with_counter(BOTH, 1));
    let questions = Arc::<AtomicUsize>::default();
    let other = Arc::<Mutex<Option<Answer>>>::default();
    let relay = {
        let (sandbox, questions, other) = (sandbox.clone(), questions.clone(), other.clone());
        Relay::interrupting(&sandbox.clone().node.endpoint(), move |request| {
            let number = questions.fetch_add(1, Ordering::Relaxed);
            let mut other = other.lock().unwrap_or_else(PoisonError::into_inner);
            if other.is_none() && is_there(number, request) {
                *other = Some(sandbox.run("Admin", MIGRATE));
            }
        })
    };
    let own = sandbox.run_at(&relay, "Admin2", MIGRATE);
    let other = other.lock().unwrap_or_else(PoisonError::into_inner).take();
    Overtaken {
        sandbox,
        own,
        other,
        questions: questions.load(Ordering::Relaxed),
    }
}

impl Overtaken {
    /// The last approver executed it, and both know.
    fn require_truth(&self, place: &str) {
        let (own, other) = (&self.own, self.other.as_ref());
        let other = other.unwrap_or_else(|| panic!("{place} never came: {own:#?}"));
        let exits = (other.exit, own.exit);
        let is_true = match other.exit {
            Some(3) => own.exit == Some(0),
            // One's own approval was there; whether one looked before or after is open.
            Some(0) => matches!(own.exit, Some(0 | 3)),
            _ => false,
        };
        assert!(is_true, "{place}: {exits:?} {other:#?} {own:#?}");
        let all = self.sandbox.instances("A");
        assert_eq!(texts(&all, "version"), ["2.0"], "{place}");
        let record = "stylus-upgrades-versions/412346/A/2.0/version.json";
        assert!(self.sandbox.path(record).exists(), "{place}");
    }
}

/// Whether it asks what an activation would cost.
fn asks_for_the_data_fee(request: &Value) -> bool {
    let call = &request["params"][0];
    let input = call["input"].as_str().or(call["data"].as_str());
    let selector = hex::encode_prefixed(IArbWasm::activateProgramCall::SELECTOR);
    request["method"] == "eth_call" && input.is_some_and(|input| input.starts_with(&selector))
}

#[test]
fn code_that_another_activates_before_its_fee_is_known_is_active() {
    overtaken(|_, request| asks_for_the_data_fee(request)).require_truth("the data fee");
}

#[test]
fn an_approver_who_is_overtaken_between_any_two_questions_learns_the_truth() {
    let interval = match stylus_upgrades_test_support::long() {
        true => 1,
        false => INTERVAL,
    };
    let questions = overtaken(|_, _| false).questions;
    assert!(questions > INTERVAL, "{questions}");
    for place in (0..questions).step_by(interval) {
        let overtaken = overtaken(move |number, _| number == place);
        if overtaken.other.is_none() && place >= overtaken.questions {
            break; // receipts are asked for more often in some runs than in others
        }
        overtaken.require_truth(&format!("question {place} of {questions}"));
    }
}
