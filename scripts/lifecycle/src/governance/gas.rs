//! Gas for what a governed call may turn out to do. As the chain is now it may only approve; where
//! the missing approvals arrive before it, in the same block perhaps, it executes. So it is tried
//! on a fork behind them, and whether it succeeds there is known before it is sent.

use super::authority::deciding_policy;
use super::dry_run::{DryRun, behind};
use super::error::GovernanceError;
use super::governed::GovernedCall;
use super::pending::readiness;
use crate::client::{Client, Fork, with_margin};
use crate::ids::ActionId;
use alloy::primitives::Address;
use stylus_registry_core::policy::{Facts, Policy, parse};

/// Units of gas that a transaction gets at most: what ArbOS allows one from version 50 on.
const MOST: u64 = 32_000_000;
/// Units of gas where no fork can be made: unused gas costs nothing.
const BLIND: u64 = 16_000_000;

/// Units of gas to send along at least, so that it executes where the others' approvals come
/// first; 0 where nobody else's approval makes it execute. And what came of it on the fork.
pub(super) async fn for_execution(
    client: &Client,
    governed: &GovernedCall,
    sender: Address,
    action: ActionId,
) -> Result<(u64, Option<DryRun>), GovernanceError> {
    let untried = |gas, why: &str| Ok((gas, Some(DryRun::Untried(why.into()))));
    let (registry, call) = (governed.registry, &governed.call);
    let (_, text) = deciding_policy(client, registry, call.definition(), call.role()).await?;
    let Ok(policy) = parse(text.as_bytes()) else {
        return untried(BLIND, "the policy cannot be understood");
    };
    let open = readiness(client, registry, action).await?;
    let approved = open.map(|open| open.approved).unwrap_or_default();
    let Some(others) = companions(&policy, &approved, sender) else {
        return untried(
            0,
            "this approval completes the policy in no order of approvals",
        );
    };
    let copied = match Fork::newest(client).await {
        Ok(copied) => copied,
        Err(error) => return untried(BLIND, &error.to_string()),
    };
    let ours = (sender, governed.value);
    let call = governed.bytes.clone();
    let tried = copied.carry_out(move |chain| behind(chain, &others, ours, (registry, &call)));
    let (measured, dry_run) = match tried.await {
        Ok(tried) => tried,
        Err(error) => return untried(BLIND, &error.to_string()),
    };
    let gas = measured.map_or(BLIND, |gas| with_margin(gas).min(MOST.max(gas)));
    Ok((gas, Some(dry_run)))
}

/// Who else has to approve so that the call of `sender` completes the policy, and not theirs
/// alone: a smallest such set. `None` if there is none. Lambdas count as consenting and delays as
/// passed.
fn companions(policy: &Policy, approved: &[Address], sender: Address) -> Option<Vec<Address>> {
    let is_satisfied = |approvals: u64| {
        let timelocks = vec![1; policy.delays.len()];
        policy.is_satisfied(&Facts {
            approvals,
            lambdas: u8::MAX,
            timelocks: &timelocks,
            now: u64::MAX,
        })
    };
    let before = approved.iter().fold(0, |all, who| all | policy.bit(*who));
    let own = policy.bit(sender);
    let everybody = policy.approvers.iter().map(|leaf| policy.bit(leaf.address));
    let others: Vec<u64> = everybody.filter(|bit| bit & (before | own) == 0).collect();
    // Each order of leaving approvers out may end at another smallest set.
    (0..others.len().max(1)).find_map(|first| {
        let mut kept: u64 = others.iter().sum();
        let (late, early) = others.split_at_checked(first)?;
        for bit in early.iter().chain(late) {
            if is_satisfied(before | own | (kept & !bit)) {
                kept &= !bit;
            }
        }
        let decides = is_satisfied(before | own | kept) && !is_satisfied(before | kept);
        decides.then(|| policy.addresses(kept, true))
    })
}

#[cfg(test)]
mod tests {
    use super::companions;
    use alloy::primitives::Address;
    use stylus_registry_core::policy::parse;

    fn who(number: u8) -> Address {
        Address::with_last_byte(number)
    }

    /// A policy over addresses that are written as `#1`, `#2` …
    fn others(policy: &str, approved: &[u8], sender: u8) -> Option<Vec<Address>> {
        let mut text = policy.to_owned();
        for number in 1..=6 {
            text = text.replace(&format!("#{number}"), &format!("{:#x}", who(number)));
        }
        let policy = parse(text.as_bytes()).expect("a policy");
        let approved: Vec<_> = approved.iter().map(|number| who(*number)).collect();
        companions(&policy, &approved, who(sender))
    }

    #[test]
    fn whoever_completes_a_policy_does_so_behind_the_others_it_needs() {
        assert_eq!(others("AND(#1,#2)", &[], 1), Some(vec![who(2)]));
        assert_eq!(others("AND(#1,#2)", &[2], 1), Some(vec![]));
        assert_eq!(others("OR(#1,#2)", &[], 2), Some(vec![]));
        let two = others("OutOf(2,#1,#2,#3)", &[], 2).expect("somebody");
        assert_eq!(two.len(), 1);
        let either = others("AND(OR(#1,#2),OR(#3,#4))", &[], 1).expect("somebody");
        assert!(either == [who(3)] || either == [who(4)], "{either:?}");
        let pair = others("OR(AND(#1,#2),AND(#3,#4))", &[], 1);
        assert_eq!(pair, Some(vec![who(2)]));
        assert_eq!(others("AND(#1,#2,AFTER(60))", &[], 2), Some(vec![who(1)]));
    }

    #[test]
    fn who_completes_nothing_has_no_companions() {
        assert_eq!(others("AND(#1,#2)", &[], 3), None);
        assert_eq!(others("OR(#1,#2)", &[1], 2), None);
    }
}
