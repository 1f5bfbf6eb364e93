//! What the numbers in refusals mean, in words.

use crate::model::InstanceState;
use alloy::dyn_abi::DynSolValue;
use stylus_upgrades_interface::reasons::{invalid_policy, invalid_step, label, not_runnable};

/// The number that an argument is.
pub(super) fn number(argument: &DynSolValue) -> Option<u8> {
    u8::try_from(argument.as_uint()?.0).ok()
}

/// What the number in a refusal means, where there is one.
pub(super) fn reason(name: &str, arguments: &[DynSolValue]) -> Option<&'static str> {
    let number = |at: usize| number(arguments.get(at)?);
    Some(match name {
        "ImplementationNotRunnable" => not_runnable_reason(number(1)?),
        "InvalidLabel" => label_reason(number(1)?),
        "InvalidStep" => step_reason(number(2)?),
        "InvalidPolicy" => policy_reason(number(2)?),
        "NotMigrating" => InstanceState::from(number(1)?).word(),
        _ => return None,
    })
}

/// Why an implementation cannot run, in words.
pub fn not_runnable_reason(reason: u8) -> &'static str {
    match reason {
        not_runnable::NO_CODE => "the account has no code",
        not_runnable::NOT_ACTIVATED => "the program is not activated",
        not_runnable::OUTDATED => "the program is activated for another Stylus version",
        not_runnable::EXPIRED => "the program's activation has expired",
        not_runnable::DESIGNATOR => "an EIP-7702 designator, which its owner can re-point",
        not_runnable::PRECOMPILE => "a precompile",
        not_runnable::PROXY => "a proxy",
        not_runnable::FRAGMENT => "a fragment of a larger program",
        _ => "an unknown reason",
    }
}

/// What activates a program again that was active.
pub(super) const ACTIVATE: &str = "stylus-upgrades doctor --fix activates what the registry needs, stylus-upgrades deploy SOURCE any other code, \
     with any key; what it stores is untouched";

/// What helps against each reason, so that the implementation can run.
pub(super) fn not_runnable_cure(reason: u8) -> &'static str {
    match reason {
        not_runnable::NO_CODE => {
            "give the address of code on this chain; stylus-upgrades deploy SOURCE puts it there"
        }
        not_runnable::NOT_ACTIVATED | not_runnable::EXPIRED => ACTIVATE,
        not_runnable::OUTDATED => {
            "stylus-upgrades doctor --fix activates it again; where the chain does not \
             take the code any more, rebuild it and register it as another version"
        }
        not_runnable::DESIGNATOR => "give the address of the contract whose code it points to",
        not_runnable::PRECOMPILE => "give the address of a contract of your own",
        not_runnable::PROXY => "give the address of the implementation behind it",
        not_runnable::FRAGMENT => {
            "give the address of the program's root, which names its fragments"
        }
        _ => "this registry is newer than this program: install a newer one",
    }
}

fn label_reason(reason: u8) -> &'static str {
    match reason {
        label::EMPTY => "it is empty",
        label::TOO_LONG => "it is too long",
        label::BAD_CHARACTER => "it has a byte that is not printable ASCII, or a space",
        _ => "an unknown reason",
    }
}

fn step_reason(reason: u8) -> &'static str {
    match reason {
        invalid_step::UNKNOWN_FROM => "it leaves a version that the definition does not have",
        invalid_step::NOT_OLDER => "it leaves a version that is not older",
        invalid_step::UNKNOWN_KIND => "no such kind of step",
        invalid_step::SCRIPT_MISMATCH => {
            "no script where one is needed, or a code hash without a script"
        }
        invalid_step::INITIAL_WITH_MIGRATION => {
            "a version that instances are only created at, with a migration"
        }
        invalid_step::TOO_MANY_INCOMING_STEPS => {
            "too many steps into it, or one from there already"
        }
        invalid_step::DATA_WITH_COMPLEX => "calldata on a path with a complex step",
        invalid_step::NOT_FROM_CURRENT => "it does not leave the current version",
        invalid_step::DATA_MISMATCH => "calldata where none belongs, or none where some does",
        invalid_step::DATA_TOO_LONG => "too much calldata",
        invalid_step::DIRECT_WITH_CHECK => {
            "a step with a check, which only the registry asks: upgradeInstance of the registry does"
        }
        invalid_step::COMPLEX_WHEN_FROZEN => {
            "a complex step, which nobody could abort: the definition is frozen"
        }
        invalid_step::COMPLEX_WITH_CHECK => "a check on a path with a complex step",
        _ => "an unknown reason",
    }
}

/// Why the registry does not take a policy, by the number in `InvalidPolicy`.
pub fn policy_reason(reason: u8) -> &'static str {
    match reason {
        invalid_policy::EMPTY => "it is empty",
        invalid_policy::SYNTAX => "neither a policy nor the comma or parenthesis that belongs here",
        invalid_policy::BAD_ADDRESS => "not 40 hexadecimal digits after 0x",
        invalid_policy::TOO_DEEP => "nested too deep",
        invalid_policy::TOO_MANY_LEAVES => "too many leaves",
        invalid_policy::DUPLICATE => "an address or lambda twice below one AND or OutOf",
        invalid_policy::BAD_COUNT => "a count that is 0 or more than the arguments",
        invalid_policy::FORBIDDEN_ADDRESS => "an address that cannot approve",
        invalid_policy::UNSATISFIABLE => "nobody could satisfy it",
        invalid_policy::BAD_DELAY => "AFTER where it does not belong, or out of bounds",
        invalid_policy::NONE_NESTED => "NONE inside another expression",
        invalid_policy::BAD_LAMBDA => "too many lambdas, or one without code",
        invalid_policy::TRAILING => "text after the end",
        invalid_policy::TOO_LONG => "too long",
        invalid_policy::FINAL => "the policy is NONE: it never changes again",
        invalid_policy::STOPPED => {
            "an instance is paused or in a complex migration, and nobody could bring it back then"
        }
        _ => "an unknown reason",
    }
}

/// How Nitro's errors begin, through every endpoint, where a program does not run.
const NOT_RUNNABLE: [&str; 3] = [
    "ProgramNotActivated(",
    "ProgramNeedsUpgrade(",
    "ProgramExpired(",
];

/// Whether an error says that a program does not run.
pub(super) fn is_not_runnable(error: &str) -> bool {
    NOT_RUNNABLE.iter().any(|name| error.contains(name))
}
