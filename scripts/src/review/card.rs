//! Findings about an action, each with its severity. What was not checked is never told as good.

use super::lookalike::lookalike;
use crate::coverage::{Coverage, Extent, Part};
use crate::doctor::AHEAD_DAYS;
use crate::error::Report;
use crate::governance::{Call, CodeFacts, Names};
use crate::text::utc;
use alloy::primitives::Address;
use serde::Serialize;
use stylus_registry_core::policy::{Policy, parse};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// What the cards about declared steps are about.
pub const STEPS: &str = "initializers and migrations";
/// What cards about a trial are about.
pub const TRIED: &str = "tried on a copy";

/// How much a card weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It was checked and holds.
    Good,
    /// Worth knowing.
    Note,
    /// It was not checked, or in part only.
    Unknown,
    /// Worth asking about before approving.
    Warning,
    /// A reason not to approve.
    Danger,
}

/// A finding about an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// What it is about.
    pub about: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// What it says.
    pub says: String,
}

/// Takes back what was shown as good of steps that were not carried out to their end.
pub fn without_good_steps(cards: &mut Vec<Card>) {
    cards.retain(|card| (card.about, card.weight) != (STEPS, Weight::Good));
}

impl Card {
    /// A card.
    pub fn new(about: &'static str, weight: Weight, says: impl Into<String>) -> Self {
        Self {
            about,
            weight,
            says: says.into(),
        }
    }

    /// A check that refuses what the action does.
    pub fn refusal(about: &'static str, report: &Report) -> Self {
        let mut says = report.message.clone();
        for (name, value) in [
            ("expected", &report.expected),
            ("found", &report.found),
            ("next", &report.next),
        ] {
            if let Some(value) = value {
                says.push_str(&format!("; {name}: {value}"));
            }
        }
        Self::new(about, Weight::Danger, says)
    }

    /// A line for people.
    pub fn line(&self) -> String {
        let mark = self.weight.mark();
        format!("{mark} {}: {}", self.about, self.says)
    }
}

impl Weight {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Unknown => "not checked",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }

    /// The mark of it on a terminal.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Note => "·",
            Self::Unknown => "?",
            Self::Warning => "!",
            Self::Danger => "✗",
        }
    }
}

/// What is known of an action.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What it does.
    pub call: &'a Call,
    /// What the chain says about the code that it names.
    pub facts: &'a [CodeFacts],
    /// The version that was registered first with the same code, where there is one.
    pub used_by: Option<&'a str>,
    /// Accounts that are known: approvers, instances, those with a name.
    pub known: &'a [Address],
    /// Names for them.
    pub names: &'a Names,
    /// Why nothing ever comes of it.
    pub superseded: Option<&'a str>,
    /// Unix seconds from which it can be executed; 0 where no delay runs.
    pub not_before: u64,
}

/// The cards that need nothing but the action and the chain.
pub fn cards(subject: &Subject<'_>) -> Vec<Card> {
    let mut cards = Vec::new();
    if let Some(why) = subject.superseded {
        let says = format!("{why} already: nothing ever comes of this action");
        cards.push(Card::new("superseded", Weight::Danger, says));
    }
    cards.extend(subject.facts.iter().map(code));
    if subject
        .call
        .version()
        .is_some_and(|(_, code, _)| code.is_some())
    {
        cards.push(match subject.used_by {
            Some(version) => {
                let says = format!("version {version} was registered with the same code");
                Card::new("use of this code", Weight::Note, says)
            }
            None => {
                let says = "no version of this definition had this code before";
                Card::new("first use of this code", Weight::Note, says)
            }
        });
    }
    policies(subject, &mut cards);
    for account in accounts(subject.call) {
        if let Some(known) = lookalike(account, subject.known) {
            let known = subject.names.long(known);
            let says = format!("{account} looks like {known} and is another account");
            cards.push(Card::new("look-alike address", Weight::Danger, says));
        }
    }
    if subject.not_before > 0 {
        let says = format!("nobody can execute it before {}", utc(subject.not_before));
        cards.push(Card::new("delay", Weight::Note, says));
    }
    cards
}

fn code(fact: &CodeFacts) -> Card {
    let days = fact.seconds_left.map(|seconds| seconds / DAY);
    let (weight, says) = match (fact.is_as_named, fact.is_program, days) {
        (false, ..) => (
            Weight::Danger,
            format!(
                "the account has the code {}, which is not the one named",
                fact.codehash
            ),
        ),
        (true, true, None) => (
            Weight::Danger,
            "it is not activated, so it cannot run".into(),
        ),
        (true, true, Some(days)) if days < AHEAD_DAYS => (
            Weight::Warning,
            format!("it has the code hash named; its activation ends in {days} days"),
        ),
        (true, true, Some(days)) => (
            Weight::Good,
            format!("it has the code hash named, and is active for {days} more days"),
        ),
        (true, false, _) if fact.size == 0 => (Weight::Danger, "there is no code".into()),
        (true, false, _) => (
            Weight::Good,
            "it has the code hash named; EVM code, which does not expire".into(),
        ),
    };
    let about = match fact.what {
        "script" => "migration script",
        "check" => "check of the step",
        _ => "implementation",
    };
    Card::new(about, weight, says)
}

/// Policies that the call sets, by their roles.
fn set(call: &Call) -> Vec<(&str, &str)> {
    match call {
        Call::SetPolicy(call) => vec![(&call.role, &call.expression)],
        Call::CreateDefinition(call) => vec![
            ("migrate", &call.migratePolicy),
            ("policy", &call.policyPolicy),
            ("create", &call.createPolicy),
        ],
        _ => Vec::new(),
    }
}

fn policies(subject: &Subject<'_>, cards: &mut Vec<Card>) {
    for (role, expression) in set(subject.call) {
        let about = "policy";
        let Ok(policy) = parse(expression.as_bytes()) else {
            let says = format!("the policy of {role} cannot be read: the registry refuses it");
            cards.push(Card::new(about, Weight::Danger, says));
            continue;
        };
        let fewest = policy.fewest_missing(0, 0);
        cards.push(match () {
            () if policy.is_none() => {
                let says = format!("{role} becomes NONE: nobody can ever decide it again");
                Card::new(about, Weight::Danger, says)
            }
            () if !policy.lambdas.is_empty() => {
                let says = format!("{role} asks contracts: whether they ever consent is not known");
                Card::new(about, Weight::Unknown, says)
            }
            () if fewest <= 1 && policy.approvers.len() > 1 => {
                let says = format!("one of {} decides {role} alone", policy.approvers.len());
                Card::new(about, Weight::Warning, says)
            }
            () => {
                let says = format!("{role} takes at least {fewest} approvals");
                Card::new(about, Weight::Note, says)
            }
        });
    }
}

/// Accounts that the call names.
fn accounts(call: &Call) -> Vec<Address> {
    let mut all: Vec<Address> = call.subjects().iter().map(|(_, one, _)| *one).collect();
    match call {
        Call::SetHandler(call) => all.push(call.handler),
        Call::AcceptTransfer(call) => all.extend([call.proxy, call.registry]),
        Call::TransferProxy(call) => all.push(call.to),
        Call::Adopt(call) => all.push(call.proxy),
        _ => {}
    }
    let parsed = set(call).into_iter();
    for policy in parsed.filter_map(|(_, text)| parse(text.as_bytes()).ok()) {
        let Policy {
            approvers, lambdas, ..
        } = policy;
        all.extend(approvers.iter().chain(&lambdas).map(|leaf| leaf.address));
    }
    all
}

/// One card for each part that was looked at, and for each that could not be as a whole. What was
/// neither looked at nor missed is no card: nobody saw that it holds.
pub fn of_coverage(coverage: &Coverage, looked_at: &[Part]) -> Vec<Card> {
    let all = [
        (Part::Layout, "storage layout"),
        (Part::LiveInstances, "storage of the live instances"),
        (Part::Steps, STEPS),
        (Part::Interface, "functions"),
        (Part::Source, "source"),
    ];
    let of = all.into_iter().filter_map(|(part, about)| {
        let why = coverage.why(part).join("; ");
        match coverage.of(part) {
            Extent::Complete if looked_at.contains(&part) => Some(Card::new(
                about,
                Weight::Good,
                "checked, and nothing was found",
            )),
            Extent::Complete => None,
            Extent::Partial => Some(Card::new(about, Weight::Unknown, format!("in part: {why}"))),
            // What `approve` takes --allow-absent for is told as what it is: nobody looked.
            Extent::Absent if part == Part::Interface => {
                let says =
                    format!("not checked: {why}; `approve` takes --allow-absent interface for it");
                Some(Card::new(about, Weight::Unknown, says))
            }
            Extent::Absent => {
                let says = format!("not checked: {why}");
                Some(Card::new(about, Weight::Warning, says))
            }
        }
    });
    of.collect()
}

#[cfg(test)]
mod tests;
