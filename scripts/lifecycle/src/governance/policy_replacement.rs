//! One account in place of another one in every policy: which policies change, and in which order, so that no change ends
//! another one.

use alloy::primitives::Address;
use serde::Serialize;

/// The role that decides every change of a policy.
const POLICY: &str = "policy";

/// The policy of a role of a definition; the empty name is the registry itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePolicy {
    /// The definition.
    pub definition: String,
    /// The role.
    pub role: String,
    /// The policy, as the registry holds it.
    pub expression: String,
}

/// A policy that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyReplacement {
    /// The definition; empty for the registry itself.
    pub definition: String,
    /// The role.
    pub role: String,
    /// Its policy until now.
    pub was: String,
    /// Its policy afterwards.
    pub policy: String,
}

impl PolicyReplacement {
    /// Returns true if it ends the approvals of the other changes of its definition: they count for one policy of role
    /// `policy`.
    pub fn ends_others(&self) -> bool {
        self.role == POLICY
    }
}

/// The policies that name `old`, with `new` in its place, in the order in which they are decided: definition by
/// definition as they come, the registry itself last, and in each of them role `policy` last.
pub fn policy_replacements(
    policies: &[RolePolicy],
    old: Address,
    new: Address,
) -> Vec<PolicyReplacement> {
    let changes = policies.iter().filter_map(|policy| {
        let becomes = replace_address(&policy.expression, old, new)?;
        Some(PolicyReplacement {
            definition: policy.definition.clone(),
            role: policy.role.clone(),
            was: policy.expression.clone(),
            policy: becomes,
        })
    });
    let mut changes: Vec<PolicyReplacement> = changes.collect();
    let mut order: Vec<&str> = Vec::new();
    for policy in policies {
        if !order.contains(&policy.definition.as_str()) {
            order.push(&policy.definition);
        }
    }
    let place = |name: &str| order.iter().position(|other| *other == name);
    changes.sort_by_key(|change| {
        let is_registry = change.definition.is_empty();
        (is_registry, place(&change.definition), change.ends_others())
    });
    changes
}

/// A policy with one address in place of another; nothing where it does not name that. Everything else stays letter by
/// letter: the text is part of the action.
fn replace_address(expression: &str, old: Address, new: Address) -> Option<String> {
    let (old, new) = (format!("{old:#x}"), new.to_string());
    let mut becomes = String::new();
    let mut rest = expression;
    let mut is_named = false;
    while let Some(at) = rest.to_ascii_lowercase().find(&old) {
        let (before, from) = rest.split_at_checked(at)?;
        becomes.push_str(before);
        becomes.push_str(&new);
        rest = from.get(old.len()..)?;
        is_named = true;
    }
    becomes.push_str(rest);
    is_named.then_some(becomes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(byte: u8) -> Address {
        Address::repeat_byte(byte)
    }

    /// Policies from `DEFINITION ROLE EXPRESSION`, with `a`, `b`, `c` for accounts.
    fn policies(lines: &[&str]) -> Vec<RolePolicy> {
        let policies = lines.iter().map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let mut expression = words[2].to_owned();
            for (letter, byte) in [('a', 0xa1), ('b', 0xb2), ('c', 0xc3)] {
                let named = format!("<{letter}>");
                expression = expression.replace(&named, &account(byte).to_string());
            }
            RolePolicy {
                definition: words[0].trim_matches('-').into(),
                role: words[1].into(),
                expression,
            }
        });
        policies.collect()
    }

    #[test]
    fn role_policy_comes_last_in_each_definition_and_the_registry_after_all() {
        let all = policies(&[
            "- policy <a>",
            "- define OutOf(2,<a>,<b>,<c>)",
            "A policy AND(<a>,<b>)",
            "A migrate AND(<a>,<b>,AFTER(86400))",
            "A create <c>",
            "B migrate <b>",
            "B policy OR(<a>,<c>)",
            "B cancel <a>",
        ]);
        let changes = policy_replacements(&all, account(0xa1), account(0xd4));
        let order: Vec<String> = changes
            .iter()
            .map(|change| format!("{}/{}", change.definition, change.role))
            .collect();
        let expected = [
            "A/migrate",
            "A/policy",
            "B/cancel",
            "B/policy",
            "/define",
            "/policy",
        ];
        assert_eq!(order, expected);
        let (b, d) = (account(0xb2), account(0xd4));
        assert_eq!(changes[0].policy, format!("AND({d},{b},AFTER(86400))"));
        assert_eq!(changes[0].was, all[3].expression);
    }

    #[test]
    fn an_address_is_found_in_any_case_and_as_often_as_it_stands_there() {
        let (old, new) = (account(0xa1), account(0xd4));
        let (other, lower) = (account(0xb2), format!("{old:#x}"));
        let text = format!("OR(AND({old},{other}),AND({lower},CALL({other})))");
        let expected = format!("OR(AND({new},{other}),AND({new},CALL({other})))");
        assert_eq!(replace_address(&text, old, new), Some(expected));
        assert_eq!(replace_address(&text, account(7), new), None);
        assert_eq!(replace_address("NONE", old, new), None);
    }
}
