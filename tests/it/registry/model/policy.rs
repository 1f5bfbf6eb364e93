//! The policies of the model: a number of approvers out of several, with or without a delay.

use proptest::prelude::*;

use crate::registry::fixture::{account, is};

/// Accounts that take part; the last one approves nothing.
pub(super) const PEOPLE: usize = 5;

/// `OutOf(need, who…)`, after a delay if there is one.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) need: usize,
    pub(super) who: Vec<usize>,
    pub(super) delay: u64,
}

impl Policy {
    /// One person who decides alone.
    pub(super) fn alone(who: usize) -> Self {
        Self {
            need: 1,
            who: vec![who],
            delay: 0,
        }
    }

    pub(super) fn text(&self) -> String {
        let who: Vec<_> = self.who.iter().map(|who| is(account(*who))).collect();
        let out_of = format!("OutOf({},{})", self.need, who.join(","));
        match self.delay {
            0 => out_of,
            delay => format!("AND({out_of},AFTER({delay}))"),
        }
    }

    /// Whether somebody satisfies it without anybody else.
    pub(super) fn is_satisfied_by(&self, who: usize) -> bool {
        self.need == 1 && self.delay == 0 && self.who.contains(&who)
    }
}

pub(super) fn policy() -> impl Strategy<Value = Policy> {
    let who = proptest::sample::subsequence((0..PEOPLE - 1).collect::<Vec<_>>(), 1..PEOPLE);
    let delay = prop_oneof![5 => Just(0u64), 1 => 1u64..5_000];
    let need = prop_oneof![3 => Just(1usize), 2 => Just(2)];
    (who, need, delay).prop_map(|(who, need, delay)| Policy {
        need: need.min(who.len()),
        who,
        delay,
    })
}
