//! Governed calls.

use super::{ANYBODY, APPROVALS, Access, DIRECTLY, MIGRATE, NOTHING, RECEIVES, access};

/// What approvers decide, and how far that is.
pub(super) const DECIDED: &[Access] = &[
    access(
        "constructor",
        "who deploys the registry, once, in the same transaction",
        "the parts' addresses; the roles `define` and `policy` of the registry itself",
        &["registry::creation::nobody_constructs_a_registry_twice"],
    ),
    access(
        "createDefinition",
        "role `define` of the registry itself",
        "a new definition with the policies of `migrate`, `policy` and `create`",
        &[
            APPROVALS,
            "registry::versions::a_definition_is_created_once_under_a_proper_name",
        ],
    ),
    access(
        "addVersion",
        MIGRATE,
        "a new version with a step; the first becomes current",
        &[APPROVALS, "registry::versions::a_version_never_changes"],
    ),
    access(
        "addStep",
        MIGRATE,
        "another step into a version",
        &[
            APPROVALS,
            "registry::versions::a_version_has_eight_incoming_steps",
        ],
    ),
    access(
        "migrate",
        MIGRATE,
        "a version and a step where they are new, what is current, at most four instances",
        &[
            APPROVALS,
            "registry::rollout::four_instances_are_upgraded_at_once_and_five_in_two_rounds",
        ],
    ),
    access(
        "setHandler",
        MIGRATE,
        "the handler of an instance's complex step",
        &[
            APPROVALS,
            "migrations::abort::complex_migration_gets_another_handler_from_the_registry",
        ],
    ),
    access(
        "abortMigration",
        MIGRATE,
        "the direction of an instance's complex step",
        &[
            APPROVALS,
            "migrations::abort::complex_migration_turns_back_and_everything_is_as_it_was",
        ],
    ),
    access(
        "adopt",
        "role `migrate`; it executes where an account without code sends it",
        "a new instance, and the code that it runs; the definition's admin, once",
        &[
            "registry::direct::an_adoption_that_a_contract_completes_waits_for_an_account",
            "registry::adopted::attacks::a_proxy_is_adopted_by_the_definition_that_it_was_given_to_and_by_no_other",
        ],
    ),
    access(
        "acceptTransfer",
        MIGRATE,
        "what the definition expects from another registry",
        &[
            RECEIVES,
            "registry::refusals::nothing_is_expected_from_an_account_without_code_or_as_an_instance",
        ],
    ),
    access(
        "transferProxy",
        DIRECTLY,
        "the instance, which leaves; its owner or its registry; the relay of an EVM proxy",
        &[
            "registry::direct::a_transfer_of_an_adopted_proxy_that_a_contract_completes_waits_for_an_account",
            "registry::transfer::both_kinds_move_to_another_registry_are_upgraded_there_and_come_back",
        ],
    ),
    access(
        "removeInstance",
        MIGRATE,
        "the instance, which is none any more; the proxy is ordered nothing",
        &[
            "registry::explored::the_registry_answers_as_the_model_with_adopted_proxies",
            "review::corrupted::an_instance_that_left_its_registry_is_skipped_by_name_and_removed",
        ],
    ),
    access(
        "setPolicy",
        "role `policy`",
        "the policy of a role, and with it what that role had gathered",
        &[
            APPROVALS,
            "registry::approvals::a_policy_change_ends_what_its_role_had_gathered",
        ],
    ),
    access(
        "createProxy",
        "role `create`; value from who alone satisfies it",
        "a new proxy, initialized at a version",
        &[
            APPROVALS,
            "registry::abuse::value_goes_to_the_initializer_of_who_alone_may_create",
        ],
    ),
    access(
        "pause",
        "role `pause`; while that is not set, any one address of `migrate`",
        "the definition, which is paused; at most four instances, which run the stub",
        &[
            "registry::pause::approval::any_one_of_migrate_pauses_and_the_whole_policy_resumes_unless_pause_is_set",
            "registry::direct::a_pause_in_the_middle_of_a_call_says_so_and_can_be_sent_again",
        ],
    ),
    access(
        "resume",
        "role `pause`; while that is not set, role `migrate`",
        "the definition, which is live; at most four instances, which run their version's code",
        &[
            "registry::pause::approval::any_one_of_migrate_pauses_and_the_whole_policy_resumes_unless_pause_is_set",
            "registry::pause::instances::a_pause_stops_every_instance_and_resume_restores_all_of_it",
        ],
    ),
    access(
        "submitSigned",
        "anybody, with signatures of approvers",
        "what the governed call in it changes",
        &[
            "registry::signed::submission::each_signer_counts_once_and_nobody_else",
            "registry::signed::submission::two_of_three_sign_and_a_stranger_submits",
        ],
    ),
    access(
        "actionOf",
        ANYBODY,
        NOTHING,
        &["registry::approvals::an_action_is_the_hash_that_the_design_says"],
    ),
];
