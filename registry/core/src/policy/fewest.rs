//! The fewest approvals that are still missing.
//!
//! Below an `AND` or `OutOf` every account stands once, so the price of such an operator is that of
//! its cheapest members; an `OR` costs what its cheapest member does, whatever the others are.

use stylus_upgrades_interface::limits::POLICY_LEAVES_MAX;

use super::{Expression, Policy};

/// One more than the leaves of a policy: every price that can be paid is below it.
const PRICES: usize = POLICY_LEAVES_MAX + 1;
/// More approvals than any policy needs: cannot be reached.
const NEVER: u32 = 1 << 16;

impl Policy {
    /// The fewest approvals that would satisfy it on top of those given, delays aside. A lambda
    /// that does not consent counts as consenting only where approvals alone do not suffice.
    pub fn fewest_missing(&self, approvals: u64, lambdas: u8) -> u16 {
        let strict = cost(&self.root, approvals, lambdas);
        let fewest = if strict < NEVER {
            strict
        } else {
            cost(&self.root, approvals, u8::MAX)
        };
        fewest.min(self.approvers.len() as u32) as u16
    }
}

/// The price of an expression.
fn cost(expression: &Expression, approvals: u64, lambdas: u8) -> u32 {
    match expression {
        Expression::Address(position) if approvals >> position & 1 == 1 => 0,
        Expression::Address(_) => 1,
        Expression::Lambda(position) if lambdas >> position & 1 == 1 => 0,
        Expression::Delay(_) => 0,
        Expression::Members { need, members } => {
            let mut having = [0u8; PRICES]; // members by price
            for member in members {
                let price = cost(member, approvals, lambdas);
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
