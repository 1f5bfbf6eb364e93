//! Open actions that are about the same and differ: an approval of the one does not count for the other.

use super::calls::Call;
use super::pending::PendingAction;
use crate::ids::CodeHash;
use crate::model::{Named, named, of_whom};
use alloy::primitives::Bytes;
use stylus_upgrades_interface::registry::{Code, Step};

/// The common subject of `own`, whose bytes are given, and `other`, and how they differ. `None` if the subject
/// differs or the calls are equal.
pub fn rival((own, bytes): (&Call, &Bytes), other: &PendingAction) -> Option<(String, String)> {
    let says = other.says.as_ref()?;
    if other.call == *bytes || own.definition() != says.definition() {
        return None;
    }
    match (own, says) {
        (Call::CreateDefinition(own), Call::CreateDefinition(other)) if own.name == other.name => {
            Some((own.name.clone(), "has other arguments".into()))
        }
        (Call::SetPolicy(own), Call::SetPolicy(other)) if own.role == other.role => Some((
            format!("the policy of {} of {}", own.role, of_whom(&own.name)),
            format!("sets another one: {}", other.expression),
        )),
        (own, says) => {
            let (version, code, _) = own.version()?;
            let (label, rival, _) = says.version()?;
            let differs = match (code, rival) {
                _ if label != version => return None,
                (Some(code), Some(rival)) if code.codehash != rival.codehash => {
                    format!("has other code: {}", CodeHash::from(rival.codehash))
                }
                _ if std::mem::discriminant(own) == std::mem::discriminant(says) => {
                    same_code_differs(own, says).into()
                }
                // Another step into it is no rival.
                (None, _) | (_, None) => return None,
                _ => match says {
                    Call::Migrate(_) => "also upgrades instances to it".into(),
                    _ => "only registers it".into(),
                },
            };
            Some((format!("{} {version}", own.definition()), differs))
        }
    }
}

/// Describes the difference between two calls of one function with the same code.
pub fn same_code_differs(own: &Call, other: &Call) -> &'static str {
    if unchecked(own) == unchecked(other) {
        "has another check after the upgrade"
    } else {
        "has other arguments"
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
            says: Some(Call::decode(&call).expect("a call")),
            unreadable: None,
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
        open(&migrated(version, hash))
    }

    fn migrated(version: &str, hash: u8) -> abi::migrateCall {
        abi::migrateCall {
            name: "A".into(),
            version: version.into(),
            code: Code {
                implementation: Address::ZERO,
                codehash: B256::with_last_byte(hash),
                layoutHash: B256::ZERO,
                sourceHash: B256::ZERO,
            },
            step: nothing("1.0"),
        }
    }

    fn line(own: &PendingAction, other: &PendingAction) -> Option<String> {
        let says = own.says.as_ref().expect("a call");
        let (subject, differs) = rival((says, &own.call), other)?;
        Some(format!("{subject} {differs}"))
    }

    #[test]
    fn another_open_action_for_the_same_version_or_role_is_told_with_what_differs() {
        let own = migration("2.0", 1);
        assert_eq!(line(&own, &own), None);
        assert_eq!(line(&own, &migration("3.0", 2)), None);
        let told = line(&own, &migration("2.0", 2)).expect("told");
        let hash = B256::with_last_byte(2);
        assert_eq!(told, format!("A 2.0 has other code: {hash}"));
        let abi::migrateCall {
            name,
            version,
            code,
            step,
        } = migrated("2.0", 1);
        let registration = open(&abi::addVersionCall {
            name,
            version,
            code,
            step,
        });
        let told = line(&own, &registration).expect("told");
        assert_eq!(told, "A 2.0 only registers it");
        let told = line(&registration, &own).expect("told");
        assert_eq!(told, "A 2.0 also upgrades instances to it");
        let own = policy("migrate", "NONE");
        assert_eq!(line(&own, &policy("create", "AND()")), None);
        let told = line(&own, &policy("migrate", "AND()")).expect("told");
        assert_eq!(told, "the policy of migrate of A sets another one: AND()");
    }
}
