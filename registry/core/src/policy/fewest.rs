//! The fewest approvals that are still missing.

use alloc::vec::Vec;

use stylus_upgrades_interface::limits::POLICY_LEAVES_MAX;

use super::{Expression, Policy};

/// Addresses that stand in several places are tried out one by one, up to this many: the count
/// is exact then. Beyond it (which is 256 trials) the rest counts once per place, so that the
/// count may be too high, never too low.
const SHARED_MAX: usize = 8;
/// One more than the leaves of a policy: every price that can be paid is below it.
const PRICES: usize = POLICY_LEAVES_MAX + 1;
/// More approvals than any policy needs: cannot be reached.
const NEVER: u32 = 1 << 16;

impl Policy {
    /// The fewest approvals that would satisfy it on top of those given, delays aside. A lambda
    /// that does not consent counts as consenting only where approvals alone do not suffice.
    pub fn fewest_missing(&self, approvals: u64, lambdas: u8) -> u16 {
        let mut shared = self.shared(approvals);
        shared.truncate(SHARED_MAX);
        let strict = self.try_shared(&shared, approvals, 0, lambdas);
        let fewest = if strict < NEVER {
            strict
        } else {
            self.try_shared(&shared, approvals, 0, u8::MAX)
        };
        fewest.min(self.approvers.len() as u32) as u16
    }

    /// Missing approvers who stand in several places.
    fn shared(&self, approvals: u64) -> Vec<u8> {
        let mut places = alloc::vec![0u8; self.approvers.len()];
        count_places(&self.root, &mut places);
        let all = places.iter().enumerate();
        all.filter(|(position, places)| **places > 1 && approvals >> position & 1 == 0)
            .map(|(position, _)| position as u8)
            .collect()
    }

    /// Tries each shared approver in both ways: he approves, at the price of one, or he never does.
    fn try_shared(&self, shared: &[u8], approvals: u64, refused: u64, lambdas: u8) -> u32 {
        let Some((first, rest)) = shared.split_first() else {
            return cost(&self.root, approvals, refused, lambdas);
        };
        let bit = 1 << first;
        let with = 1 + self.try_shared(rest, approvals | bit, refused, lambdas);
        let without = self.try_shared(rest, approvals, refused | bit, lambdas);
        with.min(without)
    }
}

fn count_places(expression: &Expression, places: &mut [u8]) {
    match expression {
        Expression::Address(position) => {
            if let Some(count) = places.get_mut(usize::from(*position)) {
                *count += 1;
            }
        }
        Expression::Members { members, .. } => {
            members
                .iter()
                .for_each(|member| count_places(member, places));
        }
        _ => {}
    }
}

/// The price of an expression in which no missing approver stands twice.
fn cost(expression: &Expression, approvals: u64, refused: u64, lambdas: u8) -> u32 {
    match expression {
        Expression::Address(position) if approvals >> position & 1 == 1 => 0,
        Expression::Address(position) if refused >> position & 1 == 1 => NEVER,
        Expression::Address(_) => 1,
        Expression::Lambda(position) if lambdas >> position & 1 == 1 => 0,
        Expression::Delay(_) => 0,
        Expression::Members { need, members } => {
            let mut having = [0u8; PRICES]; // members by price; no allocation, there may be many trials
            for member in members {
                let price = cost(member, approvals, refused, lambdas);
                if let Some(count) = having.get_mut(price as usize) {
                    *count += 1;
                }
            }
            cheapest(&having, (*need).into())
        }
        Expression::Lambda(_) | Expression::None => NEVER,
    }
}

/// The price of the `need` cheapest members.
fn cheapest(having: &[u8; PRICES], mut need: u32) -> u32 {
    let mut sum = 0;
    for (price, count) in (0u32..).zip(having) {
        let taken = need.min((*count).into());
        sum += price * taken;
        need -= taken;
    }
    if need == 0 { sum } else { NEVER }
}
