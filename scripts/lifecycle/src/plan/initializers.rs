//! Whether an initializer of some code stays open on instances, whatever it asks its caller for: what each instance
//! keeps is compared with the highest number that an initializer leaves there.

use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::ChainError;
use crate::layout::{Counter, Initializer, Initializers};
use crate::simulation::Simulation;
use crate::text::count;
use alloy::primitives::{Address, U256};
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::BlockId;

/// Instances that are looked at, to which something is done.
#[derive(Clone, Copy)]
pub(super) struct Looked<'a> {
    /// When one of them is looked at, in words around it: `once`, ` is upgraded`.
    pub(super) when: (&'a str, &'a str),
    /// Those to which it was done on the copy.
    pub(super) tried: &'a [Address],
    /// Those to which it was not. Of them is known what they keep now, and what becomes of that in one that was tried.
    pub(super) others: &'a [Address],
    /// How the function is called in it.
    pub(super) next: &'a str,
}

/// Initializers that stay open on these instances, as findings, and those of which that cannot be told.
pub(super) fn open(
    simulation: &Simulation,
    looked: Looked<'_>,
    initializers: &Initializers,
) -> Result<Vec<Finding>, ChainError> {
    let mut found = Vec::new();
    if looked.tried.is_empty() && looked.others.is_empty() {
        return Ok(found);
    }
    // Of each variable the function that leaves the highest number there.
    let mut last: BTreeMap<&Counter, (&Initializer, U256)> = BTreeMap::new();
    for one in &initializers.0 {
        match (&one.counter, one.number) {
            (_, None) => {
                let why = "its number is known only when it runs";
                found.push(not_checked(one, looked.when, why));
            }
            (None, Some(number)) if number > U256::ONE => {
                let why = "it is not known where it keeps its number";
                found.push(not_checked(one, looked.when, why));
            }
            // What is initialized once only may have a mark of its own, which the calls of a stranger try.
            (None, Some(_)) => {}
            (Some(counter), Some(number)) => {
                let known = last.entry(counter).or_insert((one, number));
                if known.1 < number {
                    *known = (one, number);
                }
            }
        }
    }
    for (counter, (one, number)) in last {
        found.extend(below(simulation, looked, (counter, one, number))?);
    }
    Ok(found)
}

/// A finding where instances keep less than that.
fn below(
    simulation: &Simulation,
    looked: Looked<'_>,
    (counter, initializer, number): (&Counter, &Initializer, U256),
) -> Result<Option<Finding>, ChainError> {
    let kept = |proxy: Address, block: BlockId| -> Result<U256, ChainError> {
        let word = simulation.chain.storage(proxy, counter.slot, block)?;
        Ok(counter.number(word))
    };
    let all = looked.tried.iter().chain(looked.others);
    let all: Vec<(Address, U256)> = all.map(|proxy| (*proxy, counter.slot)).collect();
    simulation.chain.ahead(&all);
    let (mut open, mut closes) = (Vec::new(), BTreeSet::new());
    for proxy in looked.tried {
        let value = kept(*proxy, BlockId::latest())?;
        if value < number {
            open.push((*proxy, value));
        } else {
            closes.insert(kept(*proxy, simulation.beginning())?);
        }
    }
    for proxy in looked.others {
        let value = kept(*proxy, BlockId::latest())?;
        if value < number && !closes.contains(&value) {
            open.push((*proxy, value));
        }
    }
    let Some(((first, value), others)) = open.split_first() else {
        return Ok(None);
    };
    let more = match others.len() {
        0 => String::new(),
        others => format!(" and of {}", count(others, "other instance")),
    };
    let (name, variable, (when, then)) = (&initializer.name, &counter.name, looked.when);
    let id = FindingId::initializer_open(name);
    let message = format!(
        "{name} can still be called {when} {first}{more}{then}, by whoever meets what it asks: {variable} is {value}"
    );
    let finding = Finding::new(Part::Simulation, Severity::Danger, id.clone(), message);
    Ok(Some(finding.with(
        format!("{variable} of at least {number}, which {name} leaves there"),
        value.to_string(),
        format!("{}; to accept it: {}", looked.next, FindingId::flag([&id])),
    )))
}

fn not_checked(initializer: &Initializer, (when, then): (&str, &str), why: &str) -> Finding {
    let name = &initializer.name;
    let id = FindingId::initializer_open(name);
    let message = format!(
        "not checked: whether {name} can still be called {when} an instance{then}, as {why}"
    );
    Finding::new(Part::Simulation, Severity::Danger, id.clone(), message).with(
        "a number that is a constant of the sources, and a layout that lists where it is kept",
        why,
        format!(
            "read the function; to accept it: {}",
            FindingId::flag([&id])
        ),
    )
}
