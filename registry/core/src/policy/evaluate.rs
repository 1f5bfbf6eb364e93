//! Evaluation of policies: satisfied or not, and since when.

use alloc::vec::Vec;

use super::{Expression, Policy};

/// Facts that are known when a policy is evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Bits of the approvers who approved.
    pub approvals: u64,
    /// Bits of the lambdas that consent.
    pub lambdas: u8,
    /// Seconds at which each delay's siblings came true, 0 while they are not.
    pub timelocks: &'a [u64],
    /// Seconds now.
    pub now: u64,
}

impl Policy {
    /// Returns true if it is satisfied.
    pub fn is_satisfied(&self, facts: &Facts<'_>) -> bool {
        self.holds(&self.root, facts, |position| {
            self.ends_at(position, facts.timelocks)
                .is_some_and(|end| end <= facts.now)
        })
    }

    /// Returns true if nothing but time keeps it from being satisfied.
    pub fn is_waiting(&self, facts: &Facts<'_>) -> bool {
        self.holds(&self.root, facts, |position| {
            self.ends_at(position, facts.timelocks).is_some()
        })
    }

    /// Returns true if these approvals alone satisfy it: no delay passes, no lambda consents.
    pub fn is_satisfied_alone(&self, approvals: u64) -> bool {
        let facts = Facts {
            approvals,
            lambdas: 0,
            timelocks: &[],
            now: 0,
        };
        self.holds(&self.root, &facts, |_| false)
    }

    /// Returns true if these approvals satisfy it as soon as every delay has passed and every lambda
    /// consents.
    pub fn is_satisfied_but_for_delays_and_lambdas(&self, approvals: u64) -> bool {
        let facts = Facts {
            approvals,
            lambdas: u8::MAX,
            timelocks: &[],
            now: 0,
        };
        self.holds(&self.root, &facts, |_| true)
    }

    /// Starts the timelock of every delay whose siblings are true by now, and stops those whose
    /// siblings lack approvals. Whether any changed. A delay among the siblings counts as true once
    /// its own timelock runs. A lambda that does not consent any more stops nothing: who chooses the
    /// gas and memory of a call can make one run dry.
    pub fn update_timelocks(&self, facts: &Facts<'_>, timelocks: &mut [u64]) -> bool {
        self.update_timelocks_below(&self.root, facts, timelocks)
    }

    /// Seconds at which the delays let it be satisfied by these approvals, 0 if no delay is
    /// involved. `None` while approvals are missing; a lambda counts as consenting.
    pub fn not_before(&self, approvals: u64, timelocks: &[u64]) -> Option<u64> {
        self.time(&self.root, approvals, timelocks)
    }

    fn ends_at(&self, position: u8, timelocks: &[u64]) -> Option<u64> {
        let started = timelocks
            .get(usize::from(position))
            .filter(|at| **at != 0)?;
        let delay = self.delays.get(usize::from(position))?;
        Some(started.saturating_add(*delay))
    }

    fn holds(
        &self,
        expression: &Expression,
        facts: &Facts<'_>,
        passed: impl Fn(u8) -> bool + Copy,
    ) -> bool {
        match expression {
            Expression::Address(position) => facts.approvals >> position & 1 == 1,
            Expression::Lambda(position) => facts.lambdas >> position & 1 == 1,
            Expression::Delay(position) => passed(*position),
            Expression::Members { need, members } => {
                let holding = members.iter().filter(|m| self.holds(m, facts, passed));
                holding.count() >= usize::from(*need)
            }
            Expression::None => false,
        }
    }

    fn update_timelocks_below(
        &self,
        expression: &Expression,
        facts: &Facts<'_>,
        timelocks: &mut [u64],
    ) -> bool {
        let Expression::Members { members, .. } = expression else {
            return false;
        };
        let mut changed = false;
        for member in members {
            changed |= self.update_timelocks_below(member, facts, timelocks);
        }
        for member in members {
            let Expression::Delay(position) = member else {
                continue;
            };
            let Some(timelock) = timelocks.get(usize::from(*position)) else {
                continue;
            };
            let runs = *timelock != 0;
            let lambdas = if runs { u8::MAX } else { facts.lambdas };
            if runs != self.siblings_hold(members, &Facts { lambdas, ..*facts }, timelocks)
                && let Some(timelock) = timelocks.get_mut(usize::from(*position))
            {
                *timelock = if runs { 0 } else { facts.now };
                changed = true;
            }
        }
        changed
    }

    fn siblings_hold(&self, members: &[Expression], facts: &Facts<'_>, timelocks: &[u64]) -> bool {
        members.iter().all(|member| {
            matches!(member, Expression::Delay(_))
                || self.holds(member, facts, |position| {
                    self.ends_at(position, timelocks).is_some()
                })
        })
    }

    fn time(&self, expression: &Expression, approvals: u64, timelocks: &[u64]) -> Option<u64> {
        match expression {
            Expression::Address(position) => (approvals >> position & 1 == 1).then_some(0),
            Expression::Lambda(_) => Some(0),
            Expression::Delay(position) => self.ends_at(*position, timelocks),
            Expression::Members { need, members } => {
                let mut times = Vec::new(); // in ascending order
                for member in members {
                    if let Some(time) = self.time(member, approvals, timelocks) {
                        let position = times.iter().take_while(|earlier| **earlier <= time);
                        times.insert(position.count(), time);
                    }
                }
                times.get(usize::from(*need).checked_sub(1)?).copied()
            }
            Expression::None => None,
        }
    }
}
