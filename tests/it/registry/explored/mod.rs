//! What the model (`tests/model`) allows and refuses, done on the real registry. In every run each answer
//! that a call ever gets from the model is brought about there, in the fewest calls. In the long run
//! every order of calls up to a depth is, too: where the model answers a call otherwise than one call
//! before, it is sent, and so is every call that leads to a state that was not there yet.

mod on_chain;
mod perform;

use std::collections::{HashMap, HashSet};

use stylus_upgrades_test_model::{Answer, SCOPES, Scope, State, Transition};

use on_chain::OnChain;

/// How deep each scope is followed in the long run.
const DEPTH: u8 = 4;

/// What was done.
#[derive(Default)]
struct Counts {
    sent: usize,
    refused: usize,
    /// How deep each state was followed.
    states: HashMap<State, u8>,
}

impl Counts {
    /// Sends a call and compares what comes of it; the chain after it.
    fn send(&mut self, before: &OnChain, state: &State, transition: Transition) -> OnChain {
        let expected = before.scope.answer(state, transition);
        let mut after = before.branch();
        after.compare(state, transition, expected);
        self.sent += 1;
        self.refused += usize::from(expected.is_err());
        if let Some(next) = before.scope.next(state, transition) {
            after.check(&next);
        }
        after
    }

    /// Every path; what they begin with together is sent once.
    fn replay(&mut self, on_chain: &OnChain, state: &State, paths: &[&[Transition]]) {
        let mut done = HashSet::new();
        for path in paths {
            let Some(first) = path.first().filter(|first| done.insert(**first)) else {
                continue;
            };
            let same = paths.iter().filter(|path| path.first() == Some(first));
            let rest: Vec<_> = same.filter_map(|path| path.get(1..)).collect();
            let after = self.send(on_chain, state, *first);
            if let Some(next) = on_chain.scope.next(state, *first) {
                self.replay(&after, &next, &rest);
            }
            if rest.iter().all(|path| path.is_empty()) {
                after.check_events();
            }
        }
    }

    /// Every order of calls from a state on.
    fn follow(
        &mut self,
        on_chain: &OnChain,
        state: &State,
        before: &[(Transition, Answer)],
        depth: u8,
    ) {
        let scope = on_chain.scope;
        let transitions = scope.transitions(state).into_iter();
        let now = transitions.map(|transition| (transition, scope.answer(state, transition)));
        let now: Vec<_> = now.collect();
        for (transition, expected) in &now {
            let next = scope.next(state, *transition);
            let is_new = |next: &State| self.states.get(next).is_none_or(|known| *known < depth);
            let leads_on = depth > 0 && next.as_ref().is_some_and(is_new);
            if !leads_on && before.contains(&(*transition, *expected)) {
                continue;
            }
            let after = self.send(on_chain, state, *transition);
            if let Some(next) = next.filter(|_| leads_on) {
                self.states.insert(next.clone(), depth);
                self.follow(&after, &next, &now, depth - 1);
            }
        }
    }
}

/// One of the model's scopes.
fn scope(name: &str) -> Scope {
    let scope = SCOPES.into_iter().find(|scope| scope.name == name);
    scope.expect("a scope of that name")
}

/// Compares one of the model's scopes with the registry.
fn compare(scope: Scope) {
    let name = scope.name;
    let on_chain = OnChain::new(scope);
    let first = State::first(&scope);
    on_chain.check(&first);
    let mut counts = Counts::default();
    let witnesses = scope.witnesses(scope.depth.0);
    let paths: Vec<_> = witnesses.iter().map(Vec::as_slice).collect();
    counts.replay(&on_chain, &first, &paths);
    if stylus_upgrades_test_support::long() {
        counts.follow(&on_chain, &first, &[], DEPTH);
    }
    let (sent, refused) = (counts.sent, counts.refused);
    let answers = witnesses.len();
    println!("{name}: {answers} answers in {sent} calls, {refused} of them refused");
    assert!(
        refused > 10 && sent > answers && answers > 30,
        "{name}: too few calls"
    );
}

#[test]
fn the_registry_answers_as_the_model_where_approvers_decide() {
    compare(scope("deciding"));
}

#[test]
fn the_registry_answers_as_the_model_to_signatures() {
    compare(scope("signed"));
}

#[test]
fn the_registry_answers_as_the_model_to_signatures_about_an_instance() {
    compare(scope("signed about an instance"));
}

#[test]
fn the_registry_answers_as_the_model_with_delays() {
    compare(scope("delayed"));
}

#[test]
fn the_registry_answers_as_the_model_in_complex_steps() {
    compare(scope("complex"));
}

#[test]
fn the_registry_answers_as_the_model_where_versions_are_replaced() {
    compare(scope("replaced"));
}

#[test]
fn the_registry_answers_as_the_model_with_adopted_proxies() {
    compare(scope("adopted"));
}

#[test]
fn the_registry_answers_as_the_model_where_a_lambda_wavers() {
    compare(scope("lambda"));
}

#[test]
fn the_registry_answers_as_the_model_where_pause_has_a_policy() {
    compare(scope("pause"));
}

#[test]
fn the_registry_answers_as_the_model_where_proxies_are_created() {
    compare(scope("create"));
}

#[test]
fn the_registry_answers_as_the_model_in_two_definitions() {
    compare(scope("two definitions"));
}

#[test]
fn the_registries_answer_as_the_model_where_wasm_proxies_are_transferred() {
    compare(scope("two registries"));
}

#[test]
fn the_registries_answer_as_the_model_where_evm_proxies_are_transferred() {
    compare(Scope {
        evm: true,
        ..scope("two registries")
    });
}

#[test]
fn the_registry_answers_as_the_model_to_contracts_in_the_middle_of_a_call() {
    compare(scope("in a call"));
}

#[test]
fn the_registry_answers_as_the_model_where_what_matured_is_executed_in_a_call() {
    compare(scope("matured in a call"));
}

#[test]
fn the_registry_answers_as_the_model_where_signatures_are_submitted_in_a_call() {
    compare(scope("signed in a call"));
}

#[test]
fn the_registry_answers_as_the_model_where_either_role_resumes() {
    compare(scope("either resumes"));
}

#[test]
fn the_registry_answers_as_the_model_where_a_guardian_says_no() {
    compare(scope("guarded"));
}
