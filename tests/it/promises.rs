//! `docs/internals/security.md` shows each promise of a review with the findings that serve it and with tests that exist.

use std::fmt::Write;

use stylus_upgrades::assess::{FindingKind, ReviewPromise};
use stylus_upgrades_harness::home;
use stylus_upgrades_test_support::page::compare_part;

/// The tests that hold a promise.
fn tests(promise: ReviewPromise) -> &'static [&'static str] {
    match promise {
        ReviewPromise::Storage => &[
            "of_all_pairs_those_are_safe_in_which_every_value_reads_the_same",
            "what_is_safe_reads_every_word_as_before",
            "what_would_be_misread_is_refused_by_name_and_allowed_by_the_same_name",
            "what_lies_under_a_new_field_refuses_by_its_name",
            "a_version_that_would_misread_the_storage_is_refused_before_anything_is_sent",
            "a_declared_move_is_refused_where_the_trial_shows_that_the_field_loses_its_value",
            "a_program_that_begins_to_compute_slots_is_refused_until_that_is_accepted",
            "a_value_that_its_new_type_cannot_hold_is_refused_although_the_type_is_accepted",
        ],
        ReviewPromise::Writes => &[
            "bytes_that_belong_to_no_field_are_not_left_out",
            "a_script_that_writes_undeclared_slots_is_reported_and_refused_on_a_dropped_field",
            "a_slot_that_one_trial_alone_writes_counts",
            "ether_and_other_instances_that_a_migration_reaches_are_shown_before_an_approval",
            "what_an_initializer_changes_beside_the_proxy_is_listed",
            "a_migration_that_writes_a_slot_of_the_framework_is_refused",
            "a_script_that_writes_a_slot_of_the_framework_is_refused",
        ],
        ReviewPromise::Answers => &[
            "a_version_that_reads_other_slots_or_has_other_decimals_is_refused_by_its_answers",
            "an_honest_migration_lists_what_it_changes_and_is_not_refused",
            "an_outcome_that_was_not_expected_is_refused_by_plan_and_by_the_chain",
            "what_plan_writes_is_checked_on_chain_and_read_in_words_by_everybody",
            "what_is_asked_is_compared_by_its_signature_and_not_by_its_selector",
            "transactions_are_sent_again_with_and_without_the_upgrade_and_compared",
            "a_mistake_that_the_plan_does_not_see_is_found_by_the_replay",
        ],
        ReviewPromise::Execution => &[
            "what_the_plan_says_is_what_happens_to_the_unit_of_gas",
            "a_call_that_would_fail_once_approved_is_refused_before_anything_is_sent",
            "a_complex_migration_is_tried_with_its_batches_and_its_end",
            "a_migration_that_does_other_things_with_other_gas_is_a_problem_and_a_danger",
            "a_review_gives_no_good_mark_where_instances_are_left_that_were_not_tried",
            "only_what_was_tried_to_its_end_by_code_that_reads_no_gas_is_good",
        ],
        ReviewPromise::Control => &[
            "a_change_is_told_from_the_old_policy_to_the_new_one",
            "a_change_of_a_policy_is_shown_from_the_old_one_to_the_new_one",
            "an_instance_that_an_upgrade_gives_to_somebody_else_is_told_before_it",
            "an_initializer_that_stays_open_is_told_whatever_it_asks",
            "code_that_somebody_puts_there_later_is_a_danger",
            "code_that_is_a_proxy_is_found_by_its_slots_and_by_its_bytes_and_named_by_its_account",
            "a_forged_proxy_with_genuine_code_is_refused_and_stays_a_finding",
            "code_that_nobody_described_is_registered_and_adopted_by_name_alone",
            "an_approver_whose_account_runs_other_code_is_named_before_and_after_the_policy_is_set",
            "a_creation_and_a_version_say_that_one_owner_can_replace_the_code",
            "an_adoption_names_each_account_with_a_role_by_an_id_of_its_own",
            "a_proxy_with_a_variable_or_a_function_of_its_own_is_adopted_on_purpose_only",
        ],
        ReviewPromise::Migrations => &[
            "a_declared_migration_that_does_not_run_is_refused_and_a_lost_initializer_is_said",
            "old_code_that_meets_migrated_data_needs_a_reverse_migration",
            "each_migration_that_is_left_out_is_accepted_by_its_own_id_by_everybody_who_decides",
            "a_step_around_a_complex_migration_is_refused_until_its_id_is_accepted",
            "an_instance_is_not_created_without_the_initializer_that_its_code_declares",
            "any_graph_of_versions_runs_each_migration_once_and_in_order",
        ],
        ReviewPromise::Sources => &[
            "only_a_build_compares_sources",
            "a_build_that_differs_in_code_layout_or_sources_is_shown_to_nobody",
            "approvers_see_the_build_of_the_very_code_and_of_no_other",
            "an_immutable_that_becomes_a_field_begins_at_zero",
            "cargo_stylus_verifies_what_is_deployed_and_every_chain_has_the_same_code",
        ],
        ReviewPromise::Callers => &[
            "what_callers_lose_is_found_and_what_they_gain_is_not",
            "what_callers_lose_refuses_a_new_way_and_warns_of_a_registered_one",
            "a_function_that_callers_lose_is_named_to_every_approver",
            "a_function_that_the_code_does_not_answer_is_lost_whatever_its_crate_says",
            "a_selector_that_proxies_answer_themselves_is_a_problem_in_evm_and_wasm_code",
        ],
    }
}

/// The kinds of findings that serve a promise, or none.
fn kinds(promise: Option<ReviewPromise>) -> Vec<&'static str> {
    let kinds = FindingKind::ALL.into_iter();
    let kinds = kinds.filter(|kind| kind.promise() == promise);
    kinds.map(FindingKind::name).collect()
}

/// Names as the page writes them.
fn listed(names: &[&str]) -> String {
    let names = names.iter().map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}

/// The table in the form of the page.
fn table() -> String {
    let head = "| promise | how it is proven | findings that serve it | tests that hold it |\n";
    let mut table = format!("{head}|---|---|---|---|\n");
    for promise in ReviewPromise::ALL {
        let (sentence, proof) = (promise.sentence(), promise.proof());
        let (kinds, tests) = (listed(&kinds(Some(promise))), listed(tests(promise)));
        writeln!(table, "| {sentence} | {proof} | {kinds} | {tests} |")
            .expect("a text takes everything");
    }
    let courtesies = listed(&kinds(None));
    writeln!(table, "| none: a courtesy |  | {courtesies} |  |").expect("a text takes everything");
    table
}

#[test]
fn the_page_shows_each_promise_of_a_review_with_its_findings() {
    let page = home().join("docs/internals/security.md");
    compare_part(&page, "promises of a review", &table());
}

#[test]
fn every_promise_of_a_review_has_findings_and_tests_that_exist() {
    let known = crate::tools::tests_in_sources();
    for promise in ReviewPromise::ALL {
        let sentence = promise.sentence();
        let tests = tests(promise);
        assert!(!kinds(Some(promise)).is_empty(), "no finding: {sentence}");
        assert!(!tests.is_empty(), "no test: {sentence}");
        let missing: Vec<_> = tests
            .iter()
            .filter(|test| !known.contains(**test))
            .collect();
        assert!(missing.is_empty(), "no such tests: {missing:?}");
    }
}
