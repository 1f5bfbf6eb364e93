//! Findings about the power of strangers.

use super::power::Given;
use super::takes::Taken;
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};

/// The reported effects of a stranger's calls of one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Opened {
    /// The function.
    pub(in crate::plan) signature: String,
    /// The call before it, where one is needed.
    pub(super) after: Option<String>,
    /// The powers that the call gives away.
    pub(super) gives: Vec<Given>,
    /// The assets that it takes from the account, or makes at its cost.
    pub(super) takes: Vec<Taken>,
}

impl Opened {
    /// Returns true if it has no reported effect.
    pub(super) const fn is_harmless(&self) -> bool {
        self.gives.is_empty() && self.takes.is_empty()
    }

    /// Returns true if another call does all that this one does.
    pub(super) fn is_in(&self, other: &Self) -> bool {
        let is_given = |power: &Given| other.gives.contains(power);
        let is_taken = |gain: &Taken| other.takes.iter().any(|other| gain.is_as(other));
        self.gives.iter().all(is_given) && self.takes.iter().all(is_taken)
    }

    /// Returns its takings, without its gifts.
    pub(in crate::plan) fn takes_alone(&self) -> Self {
        Self {
            gives: Vec::new(),
            ..self.clone()
        }
    }

    /// Without what calls of that name took before: what anybody may take is the contract's purpose then. None if nothing
    /// is left.
    pub(super) fn without_purpose(mut self, before: &[Self]) -> Option<Self> {
        let of_name: Vec<&Self> = self.of_name(before).collect();
        self.takes.retain(|gain| {
            let mut all = of_name.iter().flat_map(|before| &before.takes);
            !all.any(|other| gain.is_as(other))
        });
        (!self.is_harmless()).then_some(self)
    }

    /// Returns true if nothing of it has to be accepted.
    pub(super) fn is_told_alone(&self) -> bool {
        self.takes.is_empty() && self.gives.iter().all(|power| power.is_harmless)
    }

    /// Returns true if its only effect is to give powers that may be meant for everybody, and that a call of that name gave
    /// before.
    pub(super) fn was_open(&self, before: &[Self]) -> bool {
        let before: Vec<&Self> = self.of_name(before).collect();
        let was_given = |power: &Given| {
            power.may_be_meant && before.iter().any(|before| before.gives.contains(power))
        };
        self.takes.is_empty() && self.gives.iter().all(was_given)
    }

    /// Adds what another call of the same function does.
    pub(super) fn add(&mut self, other: Self) {
        for power in other.gives {
            if !self.gives.contains(&power) {
                self.gives.push(power);
            }
        }
        for gain in other.takes {
            match self.takes.iter_mut().find(|known| known.what == gain.what) {
                Some(known) => known.amount = known.amount.max(gain.amount),
                None => self.takes.push(gain),
            }
        }
    }

    /// The calls of that name: one that gets another argument keeps its purpose.
    fn of_name<'a>(&self, before: &'a [Self]) -> impl Iterator<Item = &'a Self> + use<'a> {
        let own = name(&self.signature).to_owned();
        before
            .iter()
            .filter(move |opened| name(&opened.signature) == own)
    }

    /// Describes the effects of the call, with the call before it.
    pub(in crate::plan) fn says(&self, what: &str) -> String {
        let gives = self.gives.iter().map(|power| power.what.as_str());
        let takes = self.takes.iter().map(|gain| gain.what.as_str());
        let mut does: Vec<&str> = Vec::new();
        for effect in gives.chain(takes) {
            if !does.contains(&effect) {
                does.push(effect);
            }
        }
        let before = self.after.as_ref();
        let before = before.map_or(String::new(), |before| format!(", after {before}"));
        let to = if self.takes.is_empty() {
            ""
        } else {
            ", by an account that has nothing there"
        };
        let signature = &self.signature;
        format!(
            "anybody can call {signature} of {what}{before}: {}{to}",
            does.join(", ")
        )
    }
}

fn name(signature: &str) -> &str {
    signature.split('(').next().unwrap_or_default()
}

/// Reports the effects that strangers can have on an instance.
pub(in crate::plan) fn to_instance(what: &str, opened: &[Opened]) -> Vec<Finding> {
    let found = opened.iter().map(|opened| {
        let id = FindingId::about(FindingKind::Stranger, &opened.signature);
        let message = opened.says(what);
        Finding::new(Part::Simulation, Severity::Danger, id.clone(), message).with(
            "a call that is refused",
            "a call of an account without rights that goes through",
            format!(
                "call it in the upgrade, or guard it; to accept it: {}",
                FindingId::flag([&id])
            ),
        )
    });
    found.collect()
}

/// Reports the effects that strangers can have on code itself: a proxy has its own storage, so it is no danger to that.
pub(in crate::plan) fn to_code(what: &str, opened: &[Opened]) -> Vec<Finding> {
    let what = format!("{what} itself");
    let found = opened.iter().map(|opened| {
        let message = opened.says(&what);
        Finding::named(
            Part::Simulation,
            Severity::Warning,
            FindingKind::OpenImplementation,
            message,
        )
        .with(
            "code that is initialized, or locked",
            "a call of an account without rights that goes through",
            "call _disableInitializers() in its constructor",
        )
    });
    found.collect()
}
