//! Policies of the model: keys, AND, OR, n of m, a lambda, a delay, and nobody.

/// A set of approvers, one bit each.
pub type Set = u8;

/// An expression.
#[derive(Clone, Copy, Debug)]
pub enum Policy {
    /// `0xaddr`
    Key(u8),
    /// `AND(p,…)`
    And(&'static [Policy]),
    /// `OR(p,…)`
    Or(&'static [Policy]),
    /// `OutOf(n,p,…)`
    OutOf(usize, &'static [Policy]),
    /// One policy or another: what `resume` asks for.
    Either(&'static Policy, &'static Policy),
    /// `AFTER(seconds)`, in an AND of the root.
    After,
    /// `CALL(0xcontract)`: a contract that says yes or no.
    Lambda,
    /// `NONE`
    Nobody,
}

impl Policy {
    /// Whether approvals satisfy it, if its delay has passed or not, and its lambda consents or not.
    pub fn is_satisfied(&self, by: Set, delay_passed: bool, consents: bool) -> bool {
        let one = |policy: &Self| policy.is_satisfied(by, delay_passed, consents);
        match self {
            Self::Key(who) => by & (1 << who) != 0,
            Self::And(all) => all.iter().all(one),
            Self::Or(any) => any.iter().any(one),
            Self::OutOf(need, of) => of.iter().filter(|policy| one(policy)).count() >= *need,
            Self::Either(first, other) => one(first) || one(other),
            Self::After => delay_passed,
            Self::Lambda => consents,
            Self::Nobody => false,
        }
    }

    /// Everybody whom it names.
    pub fn names(&self) -> Set {
        match self {
            Self::Key(who) => 1 << who,
            Self::And(of) | Self::Or(of) | Self::OutOf(_, of) => {
                of.iter().fold(0, |all, policy| all | policy.names())
            }
            Self::Either(first, other) => first.names() | other.names(),
            Self::After | Self::Lambda | Self::Nobody => 0,
        }
    }

    /// Whether somebody satisfies it without anybody else: no delay passes for him, no lambda consents.
    pub fn is_satisfied_alone(&self, who: u8) -> bool {
        self.is_satisfied(1 << who, false, false)
    }

    /// Whether nobody ever satisfies it.
    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::Nobody)
    }

    /// Whether it has a delay.
    pub fn has_delay(&self) -> bool {
        match self {
            Self::Key(_) | Self::Lambda | Self::Nobody => false,
            Self::And(of) | Self::Or(of) | Self::OutOf(_, of) => of.iter().any(Self::has_delay),
            Self::Either(first, other) => first.has_delay() || other.has_delay(),
            Self::After => true,
        }
    }

    /// As the registry takes it; `key` writes an address, and `lambda` is one; `delay` is in seconds.
    pub fn text(&self, key: &impl Fn(u8) -> String, lambda: &str, delay: u64) -> String {
        let list = |of: &[Self]| -> String {
            let texts = of.iter().map(|policy| policy.text(key, lambda, delay));
            texts.collect::<Vec<_>>().join(",")
        };
        match self {
            Self::Key(who) => key(*who),
            Self::And(of) => format!("AND({})", list(of)),
            Self::Or(of) => format!("OR({})", list(of)),
            Self::OutOf(need, of) => format!("OutOf({need},{})", list(of)),
            Self::Either(first, other) => {
                let [first, other] = [first, other].map(|policy| policy.text(key, lambda, delay));
                format!("OR({first},{other})")
            }
            Self::After => format!("AFTER({delay})"),
            Self::Lambda => format!("CALL({lambda})"),
            Self::Nobody => "NONE".into(),
        }
    }
}
