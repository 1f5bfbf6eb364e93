//! Initializers of some code that stay open on instances, whatever they ask their caller for, that can never run there,
//! or that were jumped over: what each instance keeps is compared with the numbers that initializers leave there.

use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::call_tree::standing;
use crate::client::ChainError;
use crate::layout::{Counter, Initializer, Initializers};
use crate::simulation::Simulation;
use crate::text::count;
use alloy::json_abi::Function;
use alloy::primitives::{Address, Selector, U256};
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::{BlockId, StatePart};
use stylus_layout::Document;

/// Instances of which it is told what their initializers can still do.
#[derive(Clone, Copy)]
pub(super) struct InstanceGroup<'a> {
    /// The time at which one of them is looked at, in words around it: `once`, ` is upgraded`.
    pub(super) when: (&'a str, &'a str),
    /// The instances to which it was done on the copy.
    pub(super) tried: &'a [Address],
    /// The instances to which it was not. Known of them is their present value, and the change of it in one that was tried.
    pub(super) others: &'a [Address],
    /// The call of the function in it.
    pub(super) next: &'a str,
    /// Functions of the versions that they come from; nothing where one of these is not known, and where they come from none.
    pub(super) earlier: Option<&'a EarlierFunctions>,
}

/// Functions of earlier versions.
#[derive(Debug, Default)]
pub(super) struct EarlierFunctions {
    selectors: BTreeSet<Selector>,
    names: BTreeSet<String>,
}

impl EarlierFunctions {
    /// Collects the functions of these versions, if all of them say what they have.
    pub(super) fn of<'a>(
        documents: impl IntoIterator<Item = Option<&'a Document>>,
    ) -> Option<Self> {
        let mut all = Self::default();
        for document in documents {
            let entries = document?.interface.as_ref()?.abi().iter();
            for function in entries.filter_map(|entry| Function::parse(entry).ok()) {
                all.selectors.insert(function.selector());
                all.names.insert(function.name.clone());
            }
        }
        Some(all)
    }

    /// Returns true if an initializer is in none of them. The first one of a contract runs in new instances alone, whatever
    /// it takes by now.
    fn lack(&self, initializer: &Initializer) -> bool {
        if initializer.number == Some(U256::ONE) {
            return !self.names.contains(initializer.function());
        }
        let selector = initializer.selector;
        selector.is_none_or(|selector| !self.selectors.contains(&selector))
    }
}

/// Initializers that leave a number in one counter.
struct CounterUsers<'a> {
    counter: &'a Counter,
    initializers: Vec<(&'a Initializer, U256)>,
}

/// The number of an instance in a counter.
struct CounterState {
    proxy: Address,
    before: U256,
    after: U256,
    is_tried: bool,
}

/// Initializers that stay open on these instances, that can never run on them, and that were jumped over, as findings;
/// and those of which that cannot be told.
pub(super) fn findings(
    simulation: &Simulation,
    group: InstanceGroup<'_>,
    initializers: &Initializers,
) -> Result<Vec<Finding>, ChainError> {
    let mut found = Vec::new();
    if group.tried.is_empty() && group.others.is_empty() {
        return Ok(found);
    }
    let mut counters: BTreeMap<&Counter, Vec<(&Initializer, U256)>> = BTreeMap::new();
    for initializer in &initializers.0 {
        match (&initializer.counter, initializer.number) {
            (_, None) => {
                let why = "its number is known only when it runs";
                found.push(not_checked(initializer, &group, why));
            }
            (None, Some(number)) if number > U256::ONE => {
                let why = "it is not known where it keeps its number";
                found.push(not_checked(initializer, &group, why));
            }
            // What is initialized once only may have a mark of its own, which the calls of a stranger try.
            (None, Some(_)) => {}
            (Some(counter), Some(number)) => {
                counters
                    .entry(counter)
                    .or_default()
                    .push((initializer, number));
            }
        }
    }
    for (counter, initializers) in counters {
        let users = CounterUsers {
            counter,
            initializers,
        };
        let states = states(simulation, group, counter)?;
        found.extend(users.open(group, &states));
        found.extend(users.spent(group, &states));
        found.extend(users.skipped(simulation, &states)?);
    }
    Ok(found)
}

/// Reads the number of each instance in a counter, before and after. An instance that was not tried gets that of a tried one
/// that began alike.
fn states(
    simulation: &Simulation,
    group: InstanceGroup<'_>,
    counter: &Counter,
) -> Result<Vec<CounterState>, ChainError> {
    let kept = |proxy: Address, block: BlockId| -> Result<U256, ChainError> {
        let word = simulation.chain.storage(proxy, counter.slot, block)?;
        Ok(counter.number(word))
    };
    let all = group.tried.iter().chain(group.others);
    let all = all.map(|proxy| StatePart::Slot(*proxy, counter.slot));
    simulation.chain.ahead(all);
    let mut states = Vec::new();
    let mut outcomes: BTreeMap<U256, U256> = BTreeMap::new();
    for proxy in group.tried {
        let before = kept(*proxy, simulation.beginning())?;
        let after = kept(*proxy, BlockId::latest())?;
        let outcome = outcomes.entry(before).or_insert(after);
        *outcome = after.min(*outcome);
        states.push(CounterState {
            proxy: *proxy,
            before,
            after,
            is_tried: true,
        });
    }
    for proxy in group.others {
        let before = kept(*proxy, BlockId::latest())?;
        states.push(CounterState {
            proxy: *proxy,
            before,
            after: outcomes.get(&before).copied().unwrap_or(before),
            is_tried: false,
        });
    }
    Ok(states)
}

impl CounterUsers<'_> {
    /// Finds instances that keep less than the highest number that an initializer leaves.
    fn open(&self, group: InstanceGroup<'_>, states: &[CounterState]) -> Option<Finding> {
        let all = self.initializers.iter().rev();
        let (initializer, number) = *all.max_by_key(|(_, number)| *number)?;
        let open = states.iter().filter(|state| state.after < number);
        let (first, more) = first_and_more(open)?;
        let (name, variable, (when, then)) = (&initializer.name, &self.counter.name, group.when);
        let (proxy, value) = (first.proxy, first.after);
        Some(finding(CounterFinding {
            id: FindingId::about(FindingKind::InitializerOpen, name),
            message: format!(
                "{name} can still be called {when} {proxy}{more}{then}, by any caller that meets its conditions: {variable} is {value}"
            ),
            expected: format!("{variable} of at least {number}, which {name} leaves there"),
            found: value.to_string(),
            advice: group.next,
        }))
    }

    /// New initializers whose number instances have had before they could run.
    fn spent(&self, group: InstanceGroup<'_>, states: &[CounterState]) -> Vec<Finding> {
        let Some(earlier) = group.earlier else {
            return Vec::new();
        };
        let new = self.initializers.iter();
        let new = new.filter(|(initializer, _)| earlier.lack(initializer));
        let spent = new.filter_map(|(initializer, number)| {
            let spent = states.iter().filter(|state| state.before >= *number);
            let (first, more) = first_and_more(spent)?;
            let (name, variable) = (&initializer.name, &self.counter.name);
            let (proxy, value) = (first.proxy, first.before);
            Some(finding(CounterFinding {
                id: FindingId::about(FindingKind::InitializerSpent, name),
                message: format!(
                    "{name} is new and can never run in {proxy}{more}: {variable} is {value} there already"
                ),
                expected: format!("{variable} below {number}, which {name} leaves there"),
                found: value.to_string(),
                advice: "give it a higher number in the code",
            }))
        });
        spent.collect()
    }

    /// Initializers whose number was jumped over, so that they can never run.
    fn skipped(
        &self,
        simulation: &Simulation,
        states: &[CounterState],
    ) -> Result<Vec<Finding>, ChainError> {
        let jumps = |number: U256| {
            let tried = states.iter().filter(|state| state.is_tried);
            // The first number may have several functions, of which a creation runs one.
            let is_reached =
                move |after: U256| number < after || (number == after && number > U256::ONE);
            tried.filter(move |state| state.before < number && is_reached(state.after))
        };
        let numbers = self.initializers.iter().map(|(_, number)| *number);
        let mut jumped = numbers.filter(|number| jumps(*number).next().is_some());
        if jumped.next().is_none() {
            return Ok(Vec::new());
        }
        let called = called_selectors(simulation)?;
        // It ran within another one; or it is a way around one that ran, which left the number.
        let has_run = |state: &CounterState, initializer: &Initializer, number: U256| {
            let mut ran = self.initializers.iter().filter(|(ran, _)| {
                let selector = ran.selector;
                selector.is_some_and(|selector| called.contains(&(state.proxy, selector)))
            });
            ran.any(|(ran, _)| {
                let is_around = number == state.after && initializer.runs.contains(&ran.id);
                ran.runs.contains(&initializer.id) || is_around
            })
        };
        let skipped = self.initializers.iter().filter_map(|(initializer, number)| {
            let skipped = jumps(*number).filter(|state| !has_run(state, initializer, *number));
            let (first, more) = first_and_more(skipped)?;
            let (name, variable) = (&initializer.name, &self.counter.name);
            let (proxy, before, after) = (first.proxy, first.before, first.after);
            Some(finding(CounterFinding {
                id: FindingId::about(FindingKind::InitializerSkipped, name),
                message: format!(
                    "{name} does not run in {proxy}{more} and never can: {variable} goes from {before} to {after}"
                ),
                expected: format!("{name}, which leaves {number}, before a function that leaves more"),
                found: format!("{variable}: {before} → {after}"),
                advice: "call it first, in an upgrade of its own",
            }))
        });
        Ok(skipped.collect())
    }
}

/// A finding about an initializer and the counter of instances.
struct CounterFinding<'a> {
    id: FindingId,
    message: String,
    expected: String,
    found: String,
    /// The alternative to accepting it.
    advice: &'a str,
}

/// Builds the finding; its advice names the id that accepts it.
fn finding(about: CounterFinding<'_>) -> Finding {
    let CounterFinding {
        id,
        message,
        expected,
        found,
        advice,
    } = about;
    let next = format!("{advice}; to accept it: {}", FindingId::flag([&id]));
    Finding::new(Part::Simulation, Severity::Danger, id, message).with(expected, found, next)
}

/// The functions that ran in the context of each account since the beginning, but those that were undone.
fn called_selectors(simulation: &Simulation) -> Result<BTreeSet<(Address, Selector)>, ChainError> {
    let mut called = BTreeSet::new();
    for run in simulation.runs()? {
        for frame in standing(&run.frames) {
            let context = if frame.kind.is_delegated() {
                Some(frame.from)
            } else {
                frame.to
            };
            let selector = frame
                .input
                .first_chunk()
                .map(|first| Selector::from(*first));
            called.extend(context.zip(selector));
        }
    }
    Ok(called)
}

/// The first of them, and how many others there are, in words.
fn first_and_more<'a>(
    states: impl Iterator<Item = &'a CounterState>,
) -> Option<(&'a CounterState, String)> {
    let mut states = states;
    let first = states.next()?;
    let more = match states.count() {
        0 => String::new(),
        others => format!(" (and {})", count(others, "other instance")),
    };
    Some((first, more))
}

fn not_checked(initializer: &Initializer, group: &InstanceGroup<'_>, why: &str) -> Finding {
    let (when, then) = group.when;
    let name = &initializer.name;
    finding(CounterFinding {
        id: FindingId::about(FindingKind::InitializerOpen, name),
        message: format!(
            "not checked: whether {name} can still be called {when} an instance{then}, as {why}"
        ),
        expected:
            "a number that is a constant of the sources, and a layout that lists where it is kept"
                .into(),
        found: why.into(),
        advice: "read the function",
    })
}
