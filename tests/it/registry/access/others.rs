//! Calls that nobody approves.

use super::{ANYBODY, Access, NOTHING, RECEIVES, access};

const GOVERNANCE: &str = "the governance part, in a governed call";
const INSIDE: &str =
    "registry::creation::what_one_part_asks_of_another_is_not_answered_from_outside";
const OURS_ALONE: &str =
    "upgrade::authority::the_calls_between_proxy_and_registry_are_theirs_alone";
const LOOK: &str = "upgrade::authority::anybody_may_look";
const REPLAYED: &str = "registry::lifecycle::an_instance_is_created_upgraded_and_brought_back";

/// What instances, other registries and the registry itself call, and anybody.
pub(super) const OTHERS: &[Access] = &[
    access(
        "receiveTransfer",
        "the registry that a definition expects that proxy from",
        "a new instance at the accepted version, which resumes that version's code; the acceptance, which is gone",
        &[
            RECEIVES,
            "registry::transfer::a_proxy_is_received_only_at_a_version_that_its_data_were_brought_to",
        ],
    ),
    access(
        "relay",
        "the registry that the proxy was transferred to",
        "here nothing; at the proxy what that registry orders",
        &[
            RECEIVES,
            "registry::transfer::an_evm_proxy_moves_on_to_a_third_registry_and_its_first_one_relays_for_that",
        ],
    ),
    access(
        "transferRelay",
        "the registry that the proxy was transferred to",
        "whose orders are relayed from now on",
        &[
            RECEIVES,
            "registry::transfer::an_evm_proxy_moves_on_to_a_third_registry_and_its_first_one_relays_for_that",
        ],
    ),
    access(
        "beginUpgrade",
        "an instance of ours, about itself: for the registry, or for a caller who alone satisfies `migrate`",
        "the upgrade that is open in this transaction; paused and resumed instances",
        &[
            OURS_ALONE,
            "registry::abuse::an_instance_cannot_claim_that_somebody_else_upgrades_it",
        ],
    ),
    access(
        "endUpgrade",
        "an instance whose upgrade is open, with the version that it leads to",
        "the instance's version",
        &[
            OURS_ALONE,
            "registry::abuse::an_instance_does_not_end_the_upgrade_of_another",
        ],
    ),
    access(
        "suspendUpgrade",
        "an instance whose open upgrade has a complex step",
        "the instance, which is in that step",
        &[
            OURS_ALONE,
            "review::frozen::an_instance_does_not_suspend_itself_in_the_upgrade_of_another",
        ],
    ),
    access(
        "resumeUpgrade",
        "an instance in a complex step, in that direction, in a later transaction",
        "the upgrade that is open in this transaction",
        &[
            "migrations::attacks::nobody_outside_leaves_a_step_for_an_instance",
            "review::frozen::a_program_cannot_suspend_its_own_upgrade_and_open_it_again",
        ],
    ),
    access(
        "moveInstance",
        "the registry itself, while it orders that instance something",
        "what the order says",
        &[
            "registry::adopted::an_adopted_proxy_begins_nothing_by_itself",
            "registry::checks::an_upgrade_whose_check_holds_is_done",
        ],
    ),
    access(
        "rollout",
        ANYBODY,
        "instances that wait: they are paused, resumed or upgraded to what is current",
        &[
            "registry::rollout::a_stranger_upgrades_only_by_rollout",
            "review::insiders::an_instance_in_the_middle_of_a_call_is_neither_upgraded_nor_called_a_failure",
        ],
    ),
    access(
        "upgradeInstance",
        "who alone satisfies `migrate`; for an adopted proxy an account without code, directly",
        "the version of one instance",
        &[
            "registry::transfer::one_instance_of_either_kind_is_upgraded_alone",
            "registry::direct::an_account_whose_code_another_decides_sends_nothing_directly",
        ],
    ),
    access("definition", ANYBODY, NOTHING, &[REPLAYED]),
    access(
        "getVersion",
        ANYBODY,
        NOTHING,
        &["registry::versions::versions_read_back_as_they_were_added"],
    ),
    access(
        "versions",
        ANYBODY,
        NOTHING,
        &["registry::versions::versions_read_back_as_they_were_added"],
    ),
    access(
        "instances",
        ANYBODY,
        NOTHING,
        &["registry::adopted::transfer::the_last_instance_takes_the_place_of_one_that_goes"],
    ),
    access("instanceOf", ANYBODY, NOTHING, &[REPLAYED]),
    access(
        "proxyAddress",
        ANYBODY,
        NOTHING,
        &["registry::model::every_order_of_governed_calls_does_what_the_model_does"],
    ),
    access(
        "acceptedTransfer",
        ANYBODY,
        NOTHING,
        &["registry::storage::a_registry_stores_what_is_declared_and_nothing_else"],
    ),
    access(
        "transferOf",
        ANYBODY,
        NOTHING,
        &[
            "registry::transfer::both_kinds_move_to_another_registry_are_upgraded_there_and_come_back",
        ],
    ),
    access(
        "plan",
        ANYBODY,
        NOTHING,
        &["upgrade::lifecycle::an_instance_that_skips_a_version_runs_every_migration_in_order"],
    ),
    access(
        "policy",
        ANYBODY,
        NOTHING,
        &["registry::policies::roles_with_labels_of_ones_own_can_be_queried"],
    ),
    access(
        "satisfies",
        ANYBODY,
        NOTHING,
        &["registry::direct::an_adopted_contract_keeps_its_vote"],
    ),
    access(
        "pending",
        ANYBODY,
        NOTHING,
        &["registry::approvals::pending_comes_in_pages"],
    ),
    access(
        "readiness",
        ANYBODY,
        NOTHING,
        &["registry::explored::the_registry_answers_as_the_model_where_approvers_decide"],
    ),
    access(
        "layoutAt",
        ANYBODY,
        NOTHING,
        &["registry::layouts::a_layout_is_published_once_and_again_it_does_nothing"],
    ),
    access(
        "eip712Domain",
        ANYBODY,
        NOTHING,
        &["registry::signed::forms::the_domain_is_given_as_erc_5267_says"],
    ),
    access(
        "publishLayout",
        ANYBODY,
        "the block of a document that was not published yet",
        &["registry::layouts::a_stranger_publishes_a_layout_and_its_block_leads_to_the_document"],
    ),
    access(
        "revoke",
        "of an open action an approver who has something to withdraw or refuse; of any other id anybody, once",
        "his own approval; from now on what he has signed for it does not count",
        &[
            "registry::approvals::an_approval_is_withdrawn_by_its_owner",
            "registry::signed::refused::what_was_signed_and_not_submitted_is_taken_back",
        ],
    ),
    access(
        "cancel",
        "its proposer, while the others do not suffice; who alone satisfies the action's role",
        "the action, which is gone",
        &[
            "registry::approvals::an_action_is_cancelled_by_its_proposer_or_by_who_alone_satisfies_its_role",
        ],
    ),
    access(
        "checkCall",
        GOVERNANCE,
        NOTHING,
        &[
            INSIDE,
            "registry::versions::a_call_that_could_not_be_executed_gathers_no_approval",
        ],
    ),
    access(
        "upgradeOlder",
        GOVERNANCE,
        "at most four instances: they are upgraded to what is current",
        &[
            INSIDE,
            "registry::rollout::a_migration_that_fails_for_one_reverts_all_of_a_handful",
        ],
    ),
    access(
        "pauseOrResume",
        GOVERNANCE,
        "at most four instances: they are paused or resumed",
        &[
            INSIDE,
            "registry::pause::instances::four_are_paused_at_once_and_the_rest_by_rollout",
        ],
    ),
    access(
        "verifySigned",
        GOVERNANCE,
        NOTHING,
        &[INSIDE, "registry::signed::forms::a_signature_has_one_form"],
    ),
];

/// The functions of UpgradeabilityStorage, through a proxy.
pub(super) const PROXY: &[Access] = &[
    access("implementation", ANYBODY, NOTHING, &[LOOK]),
    access("registry", ANYBODY, NOTHING, &[LOOK]),
    access("implementationVersion", ANYBODY, NOTHING, &[LOOK]),
    access(
        "upgradeTo",
        "the proxy's registry, for whatever it orders; who alone satisfies `migrate`; of an EVM proxy the registry in its code alone",
        "the code that the proxy runs, its marks, its registry",
        &[
            "upgrade::authority::a_stranger_is_refused",
            "upgrade::interference::a_callback_in_the_middle_of_a_call_cannot_upgrade",
        ],
    ),
    access(
        "upgradeToAndCall",
        "the same",
        "the same, and what the call changes",
        &[
            "upgrade::authority::a_stranger_is_refused",
            "upgrade::value::value_without_a_call_that_counts_it_is_refused",
        ],
    ),
    access(
        "finishStep",
        "the program of the complex step that the instance is in, by delegatecall",
        "the code that the proxy runs, and the marks of what is left of the path",
        &[
            "migrations::attacks::an_implementation_cannot_enter_or_leave_a_complex_step",
            "migrations::attacks::a_program_leaves_its_step_through_upgradeability_storage_alone",
        ],
    ),
];
