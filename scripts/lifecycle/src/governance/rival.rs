//! Open actions that are about the same and differ: an approval of the one does not count for the other.

use super::calls::Call;
use super::pending::PendingAction;
use crate::ids::CodeHash;
use crate::model::{Named, named};
use alloy::primitives::Bytes;
use stylus_upgrades_interface::registry::{Code, Step};

/// What another open action is about, and how it differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// What both are about.
    pub subject: String,
    /// What the other one has in another way.
    pub differs: String,
}

impl Rival {
    /// What `other` has in another way than the call `own`, whose bytes are given; nothing where they are not about the
    /// same version, definition or role, or are the same.
    pub fn of((own, bytes): (&Call, &Bytes), other: &PendingAction) -> Option<Self> {
        if other.call == *bytes || own.definition() != other.says.definition() {
            return None;
        }
        let (subject, differs) = match (own, &other.says) {
            (Call::CreateDefinition(one), Call::CreateDefinition(two)) if one.name == two.name => {
                (one.name.clone(), "says something else".into())
            }
            (Call::SetPolicy(one), Call::SetPolicy(two)) if one.role == two.role => {
                let subject = format!(
                    "the policy of {} of {}",
                    one.role,
                    super::of_whom(&one.name)
                );
                (subject, format!("sets another one: {}", two.expression))
            }
            (own, other) => {
                let (version, code, _) = own
                    .version()
                    .filter(|one| other.version().is_some_and(|two| two.0 == one.0))?;
                let theirs = other.version().and_then(|(_, code, _)| code);
                let differs = match (code, theirs) {
                    (Some(one), Some(two)) if one.codehash != two.codehash => {
                        format!("has other code: {}", CodeHash::from(two.codehash))
                    }
                    _ if std::mem::discriminant(own) != std::mem::discriminant(other) => {
                        return None;
                    }
                    _ => same_code_differs(own, other).into(),
                };
                (format!("{} {version}", own.definition()), differs)
            }
        };
        Some(Self { subject, differs })
    }

    /// In a line of who looks at the one: `other` is the other one.
    pub fn line(&self, other: &PendingAction) -> String {
        let Self { subject, differs } = self;
        format!(
            "another open action for {subject} {differs} (action {})",
            other.action
        )
    }
}

/// How two calls of one function with the same code differ.
pub fn same_code_differs(own: &Call, other: &Call) -> &'static str {
    match unchecked(own) == unchecked(other) {
        true => "has another check",
        false => "says something else",
    }
}

/// The code and the step of a call, without the check of the step.
fn unchecked(call: &Call) -> Option<(Option<&Code>, Step)> {
    let (_, code, step) = call.version()?;
    let mut step = step.clone();
    if let Named::Check(_) = named(&step) {
        (step.script, step.scriptCodehash) = Default::default();
    }
    Some((code, step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ActionId;
    use crate::model::{BlockedBy, Readiness};
    use crate::registry::nothing;
    use alloy::primitives::{Address, B256};
    use alloy::sol_types::SolCall;
    use stylus_upgrades_interface::registry::IRegistry as abi;

    fn open(call: &impl SolCall) -> PendingAction {
        let call: Bytes = call.abi_encode().into();
        PendingAction {
            action: ActionId::default(),
            definition: "A".into(),
            proposer: Address::ZERO,
            says: Call::decode(&call).expect("a call"),
            call,
            readiness: Readiness {
                approvals: 1,
                required: 2,
                approved: Vec::new(),
                missing: Vec::new(),
                blocked_by: BlockedBy::Approvals,
                not_before: 0,
                expires: 0,
            },
            refused: Vec::new(),
        }
    }

    fn policy(role: &str, expression: &str) -> PendingAction {
        open(&abi::setPolicyCall {
            name: "A".into(),
            role: role.into(),
            expression: expression.into(),
        })
    }

    fn migration(version: &str, hash: u8) -> PendingAction {
        let call = abi::migrateCall {
            name: "A".into(),
            version: version.into(),
            code: Code {
                implementation: Address::ZERO,
                codehash: B256::with_last_byte(hash),
                layoutHash: B256::ZERO,
                sourceHash: B256::ZERO,
            },
            step: nothing("1.0"),
        };
        open(&call)
    }

    fn line(own: &PendingAction, other: &PendingAction) -> Option<String> {
        let rival = Rival::of((&own.says, &own.call), other)?;
        Some(rival.line(other))
    }

    #[test]
    fn another_open_action_for_the_same_version_or_role_is_told_with_what_differs() {
        let one = migration("2.0", 1);
        assert_eq!(line(&one, &one), None);
        assert_eq!(line(&one, &migration("3.0", 2)), None);
        let told = line(&one, &migration("2.0", 2)).expect("told");
        let hash = B256::with_last_byte(2);
        let begins = format!("another open action for A 2.0 has other code: {hash} (action 0x");
        assert!(told.starts_with(&begins), "{told}");
        let one = policy("migrate", "NONE");
        assert_eq!(line(&one, &policy("create", "AND()")), None);
        let told = line(&one, &policy("migrate", "AND()")).expect("told");
        assert!(
            told.contains("for the policy of migrate of A sets another one: AND() ("),
            "{told}"
        );
    }
}
