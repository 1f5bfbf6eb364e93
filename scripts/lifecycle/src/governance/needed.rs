//! Approvals that an open action still lacks, by the policy that decides. The registry lists everybody who may approve; an
//! approval for a part of the policy that holds already does not help.

use super::calls::Call;
use super::pending::refused;
use super::policy::{Node, duration, tree};
use crate::client::ChainError;
use crate::ids::ActionId;
use crate::model::Readiness;
use crate::names::Names;
use crate::registry::Registry;
use alloy::primitives::Address;

/// The rest of a policy: parts that hold are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Left {
    /// Nothing: it holds.
    Nothing,
    /// It cannot hold any more.
    Never,
    /// One approval.
    Approval(Address),
    /// The consent of a contract, which nobody knows before it is asked.
    Consent(Address),
    /// A delay of so many seconds, once what stands beside it holds.
    Delay(u64),
    /// So many of these.
    Some { need: usize, of: Vec<Left> },
}

/// The approvals, consents and delays that an open action still lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed(Left);

impl Needed {
    /// Of a call that is decided by that policy of that role. Approvers whose approvals do not help are missing no more.
    /// `None` for a pause that any one approver of another role decides, and for a policy that cannot be read.
    pub fn narrowing(call: &Call, role: &str, policy: &str, open: &mut Readiness) -> Option<Self> {
        let is_by_any_one = matches!(call, Call::Pause(_)) && role != "pause";
        let tree = tree(role, policy, &open.approved).ok();
        let tree = tree.filter(|_| !is_by_any_one)?;
        // The version that `resume` starts went through the delays.
        let waits = !matches!(call, Call::Resume(_));
        let needed = Self(left(&tree, &open.missing, waits));
        let who = needed.who();
        open.missing.retain(|account| who.contains(account));
        Some(needed)
    }

    /// Lists the accounts whose approvals help, in the policy's order.
    pub fn who(&self) -> Vec<Address> {
        let mut all = Vec::new();
        add(&self.0, &mut all);
        all
    }

    /// It in words: `Safe and (Ben or Cleo), then 2 days`; `None` where it cannot hold any more, or holds.
    pub fn words(&self, names: &Names) -> Option<String> {
        match &self.0 {
            Left::Nothing | Left::Never => None,
            left => Some(words(left, names)),
        }
    }
}

/// Finds the approvals that an open action lacks by the policy of its role, and the accounts that refused it. Only accounts
/// whose approvals help stay missing.
///
/// # Errors
/// What the registry or the chain says.
pub async fn narrow(
    registry: Registry<'_>,
    (call, action): (&Call, ActionId),
    (role, policy): (&str, &str),
    open: &mut Readiness,
) -> Result<(Option<Needed>, Vec<Address>), ChainError> {
    let no = refused(registry, action, &open.missing).await?;
    open.missing.retain(|who| !no.contains(who));
    Ok((Needed::narrowing(call, role, policy, open), no))
}

/// Of a policy that knows who approved. `may` are those who have not, and have not refused it; `waits` says whether delays
/// count.
fn left(node: &Node, may: &[Address], waits: bool) -> Left {
    match node {
        Node::Approver { approved: true, .. } => Left::Nothing,
        Node::Approver { account, .. } if may.contains(account) => Left::Approval(*account),
        Node::Contract { account } => Left::Consent(*account),
        Node::Delay { seconds } if waits => Left::Delay(*seconds),
        Node::Delay { .. } => Left::Nothing,
        Node::Approver { .. } | Node::None => Left::Never,
        Node::Members { need, members, .. } => {
            let parts: Vec<Left> = members
                .iter()
                .map(|member| left(member, may, waits))
                .collect();
            let hold = parts.iter().filter(|part| **part == Left::Nothing).count();
            let need = usize::from(*need).saturating_sub(hold);
            let of = parts.into_iter();
            let of: Vec<Left> = of
                .filter(|part| !matches!(part, Left::Nothing | Left::Never))
                .collect();
            match (need, of.as_slice()) {
                (0, _) => Left::Nothing,
                (need, of) if of.len() < need => Left::Never,
                (1, [part]) => part.clone(),
                _ => Left::Some { need, of },
            }
        }
    }
}

fn add(left: &Left, all: &mut Vec<Address>) {
    match left {
        Left::Approval(account) if !all.contains(account) => all.push(*account),
        Left::Some { of, .. } => of.iter().for_each(|part| add(part, all)),
        _ => {}
    }
}

fn words(left: &Left, names: &Names) -> String {
    let (need, of) = match left {
        Left::Approval(account) => return names.short(*account),
        Left::Consent(account) => return format!("{} consents", names.short(*account)),
        Left::Delay(seconds) => return duration(*seconds),
        Left::Some { need, of } => (*need, of),
        Left::Nothing | Left::Never => return String::new(),
    };
    let inner = |part: &Left| match part {
        Left::Some { .. } => format!("({})", words(part, names)),
        part => words(part, names),
    };
    if need == of.len() {
        // A delay runs when all beside it holds.
        let is_delay = |part: &&Left| matches!(part, Left::Delay(_));
        let (delays, parts): (Vec<&Left>, Vec<&Left>) = of.iter().partition(is_delay);
        let parts: Vec<String> = match parts.as_slice() {
            [part] if !delays.is_empty() => vec![words(part, names)],
            parts => parts.iter().map(|part| inner(part)).collect(),
        };
        let delays = delays
            .iter()
            .map(|delay| format!(", then {}", words(delay, names)));
        return parts.join(" and ") + &delays.collect::<String>();
    }
    let parts: Vec<String> = of.iter().map(inner).collect();
    match need {
        1 => parts.join(" or "),
        need => format!("{need} of {}", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accounts 1 to 9 are called by their number; `tree` of the policy of these digits.
    fn needed(policy: &str, approved: &[u8], refused: &[u8]) -> (Option<String>, Vec<u8>) {
        let account = |number: u8| Address::with_last_byte(number);
        let expression: String = policy
            .chars()
            .map(|c| match c.to_digit(10) {
                Some(digit) => format!("{:#x}", Address::with_last_byte(digit as u8)),
                None => c.to_string(),
            })
            .collect();
        let expression = expression.replace("TWO", "2").replace("DAY", "86400");
        let approved: Vec<Address> = approved.iter().map(|number| account(*number)).collect();
        let may = (1..=9)
            .filter(|number| !refused.contains(number))
            .map(account);
        let may: Vec<Address> = may.filter(|account| !approved.contains(account)).collect();
        let tree = tree("migrate", &expression, &approved).expect("a policy");
        let found = Needed(left(&tree, &may, true));
        let names = (1..=9).map(|number| (account(number), format!("n{number}")));
        let names: Names = names.collect();
        let who = found.who().iter().map(|account| account.0[19]).collect();
        (found.words(&names), who)
    }

    #[test]
    fn whoever_does_not_help_any_more_is_not_needed() {
        let and_or = "AND(1,OR(2,3),AFTER(DAY))";
        for (policy, approved, refused, words, who) in [
            (
                and_or,
                &[][..],
                &[][..],
                "n1 and (n2 or n3), then 1 day",
                &[1, 2, 3][..],
            ),
            (and_or, &[2], &[], "n1, then 1 day", &[1]),
            (and_or, &[1], &[], "n2 or n3, then 1 day", &[2, 3]),
            (and_or, &[1], &[2], "n3, then 1 day", &[3]),
            (and_or, &[2], &[1], "", &[]),
            (and_or, &[1, 3], &[], "1 day", &[]),
            ("OutOf(TWO,1,2,3)", &[], &[], "2 of n1, n2, n3", &[1, 2, 3]),
            ("OutOf(TWO,1,2,3)", &[2], &[], "n1 or n3", &[1, 3]),
            ("OutOf(TWO,1,2,3)", &[], &[3], "n1 and n2", &[1, 2]),
            ("OR(1,AND(2,3))", &[2], &[], "n1 or n3", &[1, 3]),
            ("OR(1,AND(2,3))", &[2], &[1], "n3", &[3]),
            ("AND(1,CALL(9))", &[], &[], "n1 and n9 consents", &[1]),
            (
                "OR(1,AND(2,AFTER(DAY)))",
                &[],
                &[],
                "n1 or (n2, then 1 day)",
                &[1, 2],
            ),
            ("OR(1,AND(2,AFTER(DAY)))", &[2], &[], "n1 or 1 day", &[1]),
            ("AND(OR(AND(2,AFTER(DAY)),1),3)", &[1, 2], &[], "n3", &[3]),
            (
                "OR(AND(1,4),AND(2,CALL(9),3))",
                &[3],
                &[],
                "(n1 and n4) or (n2 and n9 consents)",
                &[1, 4, 2],
            ),
        ] {
            let (said, named) = needed(policy, approved, refused);
            assert_eq!(said.unwrap_or_default(), words, "{policy} {approved:?}");
            assert_eq!(named, who, "{policy} {approved:?}");
        }
    }
}
