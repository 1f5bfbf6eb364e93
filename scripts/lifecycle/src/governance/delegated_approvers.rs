//! Approvers whose account runs the code of another one (EIP-7702). Whoever can make that code call the registry approves in
//! their place, so each is named wherever a policy is set or examined.

use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::client::{ChainError, Client};
use crate::questions::ask_all;
use alloy::primitives::Address;
use std::collections::BTreeSet;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;

/// A finding for each approver of these policies whose account delegates to code.
///
/// # Errors
/// What the chain says.
pub async fn delegated_approvers(
    client: &Client,
    policies: impl IntoIterator<Item = &str>,
) -> Result<Vec<Finding>, ChainError> {
    let policies = policies.into_iter();
    let policies = policies.filter_map(|text| parse(text.as_bytes()).ok());
    let approvers: BTreeSet<Address> = policies
        .flat_map(|policy| policy.approvers)
        .map(|leaf| leaf.address)
        .collect();
    let examined = approvers.into_iter().map(async |approver| {
        let code = client.code(approver).await?;
        Ok::<_, ChainError>(finding(approver, &code))
    });
    Ok(ask_all(examined).await?.into_iter().flatten().collect())
}

/// The finding about an approver with that code, if it delegates.
fn finding(approver: Address, code: &[u8]) -> Option<Finding> {
    let target = Address::try_from(code.strip_prefix(&DESIGNATOR_PREFIX)?).ok()?;
    let id = FindingId::at(FindingKind::DelegatedApprover, approver);
    let says = format!("the approver {approver} delegates to the code of {target} (EIP-7702)");
    let next = format!(
        "read that code; if anybody can make it call, end the delegation (an authorization of the zero address) or name \
         another approver; to accept it: {}",
        FindingId::flag([&id])
    );
    let finding = Finding::new(Part::Policy, Severity::Danger, id, says);
    Some(finding.with(
        "an account that its key alone controls, or a contract that was read",
        format!("whoever can make {target} call the registry approves as {approver}"),
        next,
    ))
}

#[cfg(test)]
mod tests {
    use super::finding;
    use alloy::primitives::Address;
    use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;

    #[test]
    fn an_account_that_delegates_is_named_with_the_code_and_no_other() {
        let (approver, target) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let code = [&DESIGNATOR_PREFIX[..], target.as_slice()].concat();
        let found = finding(approver, &code).expect("a finding");
        assert_eq!(found.id, *format!("DelegatedApprover:{approver}"));
        assert!(found.message.contains(&target.to_string()), "{found:?}");
        for code in [
            &[][..],
            &[0x60, 0x80],
            &DESIGNATOR_PREFIX,
            target.as_slice(),
        ] {
            assert_eq!(finding(approver, code), None, "{code:?}");
        }
    }
}
