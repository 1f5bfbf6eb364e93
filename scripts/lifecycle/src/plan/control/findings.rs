//! Findings about accounts that can replace the code of an instance without the registry, one for each instance and
//! account. For code without an instance, the finding names the functions alone.

use super::trial::CodeReplacement;
use crate::assess::{CodeReplacer, Finding, FindingId, FindingKind, Part, Severity};
use crate::names::Names;
use crate::text::count;
use alloy::primitives::Address;

/// The finding that an account can replace the code of an instance; `when` is the time of it, such as `once upgraded`.
pub(in crate::plan) fn code_replaceable(
    proxy: Address,
    replacement: &CodeReplacement,
    when: &str,
    names: &Names,
) -> Finding {
    let account = &replacement.account;
    let replacer = CodeReplacer::Account(account.address);
    let message = format!(
        "{} can replace the code of {proxy} by {}, {when}, without the registry",
        account.words(names),
        replacement.function
    );
    finding(FindingId::code_replaceable(proxy, replacer), message).with(
        "code that only the registry replaces",
        "a call that goes through and writes the words of the proxy that decide what it runs (ERC-1967)",
        advice(proxy, replacer),
    )
}

/// The finding that the code of an instance has functions that replace it, and that no account was found who can call them.
pub(in crate::plan) fn code_replaceable_by_unlisted(
    proxy: Address,
    functions: &[String],
) -> Finding {
    let replacer = CodeReplacer::Unlisted;
    let message = format!(
        "the code of {proxy} can be replaced by {} without the registry, and none of the accounts that were tried may call it",
        functions.join(", ")
    );
    finding(FindingId::code_replaceable(proxy, replacer), message).with(
        "code without functions that write the words of its proxy (ERC-1967)",
        "a function that does, for accounts that nothing lists",
        advice(proxy, replacer),
    )
}

/// The warning that accounts were not tried which may be able to replace the code of an instance.
pub(in crate::plan) fn replacers_not_listed(proxy: Address, why: &str, tried: usize) -> Finding {
    let message = format!(
        "others may be able to replace the code of {proxy} without the registry, and nothing lists them: {why}; tried: {}",
        count(tried, "account")
    );
    let id = FindingId::code_replaceable(proxy, CodeReplacer::Unlisted);
    Finding::new(Part::Simulation, Severity::Warning, id, message)
}

/// The warning that code has functions which replace the code of its proxy. Only an instance determines who may call
/// them.
pub fn replacing_code(code: &str, functions: &[String]) -> Finding {
    let message = format!(
        "{code} has {}: a caller that it accepts replaces the code of an instance without the registry",
        functions.join(", ")
    );
    let finding = Finding::new(
        Part::Code,
        Severity::Warning,
        FindingKind::ReplacingFunctions.id(),
        message,
    );
    finding.with(
        "code that only the registry replaces",
        "functions that write the words of a proxy (ERC-1967)",
        "leave them out behind a proxy of the framework; create-proxy, adopt and plan try who can call them",
    )
}

/// The line about an account that could replace the code before as well.
pub(in crate::plan) fn as_before(
    proxy: Address,
    replacement: &CodeReplacement,
    names: &Names,
) -> String {
    format!(
        "as before the upgrade: {} can replace the code of {proxy} by {} without the registry",
        replacement.account.words(names),
        replacement.function
    )
}

fn finding(id: FindingId, message: String) -> Finding {
    Finding::new(Part::Simulation, Severity::Danger, id, message)
}

fn advice(proxy: Address, replacer: CodeReplacer) -> String {
    let id = FindingId::code_replaceable(proxy, replacer);
    format!(
        "leave that function out, or take the right away; to accept it: {}",
        FindingId::flag([&id])
    )
}
