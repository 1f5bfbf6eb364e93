//! Whether an initializer stays open once an instance is upgraded, whatever it asks its caller for: what the instance
//! keeps in `_initialized` is compared with the highest number of its code's initializers.

use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::ChainError;
use crate::layout::{Field, Fields, Initializers};
use crate::simulation::Simulation;
use crate::text::count;
use alloy::primitives::{Address, U256};
use std::collections::BTreeSet;
use stylus_chain::BlockId;
use stylus_layout::Layout;

/// The variable of OpenZeppelin's `Initializable`: a field of the contract up to 4.9, of a namespace from 5.0 on.
const INITIALIZED: &str = "_initialized";
/// Fields that are looked through for it, at most.
const FIELDS_MAX: usize = 4_096;
/// Instances that were not tried and are looked at, at most: each costs a request.
const OTHERS_MAX: usize = 1_000;

/// Initializers that stay open on these instances, as findings, and those of which that cannot be told. `tried` are
/// upgraded on the copy; of the `others` is known what they keep now, and what the upgrade makes of that in one that
/// was tried.
pub(super) fn open(
    simulation: &Simulation,
    (tried, others): (&[Address], &[Address]),
    (initializers, layout): (&Initializers, Option<&Layout>),
) -> Result<Vec<Finding>, ChainError> {
    if tried.is_empty() && others.is_empty() {
        return Ok(Vec::new());
    }
    let not_read = initializers.not_read.iter();
    let mut found: Vec<Finding> = not_read
        .map(|name| not_checked(name, "its number is known only when it runs"))
        .collect();
    let Some((name, number)) = &initializers.last else {
        return Ok(found);
    };
    let fields = layout.map(|layout| Fields::of(layout, FIELDS_MAX).list);
    let fields = fields.unwrap_or_default();
    let mut kept = fields.iter().filter(|field| is_it(field));
    let (Some(field), None) = (kept.next(), kept.next()) else {
        // What is initialized once only may have a mark of its own, which the calls of a stranger try.
        if *number > 1 {
            let why = format!("its layout lists no {INITIALIZED}, or several");
            found.push(not_checked(name, &why));
        }
        return Ok(found);
    };
    let kept = |proxy: Address, block: BlockId| -> Result<U256, ChainError> {
        let word = simulation.chain.storage(proxy, field.held.slot, block)?;
        Ok(U256::from_be_slice(field.held.bytes(&word)))
    };
    let (mut open, mut closes) = (Vec::new(), BTreeSet::new());
    for proxy in tried {
        let value = kept(*proxy, BlockId::latest())?;
        if value < U256::from(*number) {
            open.push((*proxy, value));
        } else {
            closes.insert(kept(*proxy, simulation.beginning())?);
        }
    }
    for proxy in others.iter().take(OTHERS_MAX) {
        let value = kept(*proxy, BlockId::latest())?;
        if value < U256::from(*number) && !closes.contains(&value) {
            open.push((*proxy, value));
        }
    }
    if let Some(more) = others
        .len()
        .checked_sub(OTHERS_MAX)
        .filter(|more| *more > 0)
    {
        let why = format!("{} were not looked at", count(more, "instance"));
        found.push(not_checked(name, &why));
    }
    let Some(((first, value), others)) = open.split_first() else {
        return Ok(found);
    };
    let more = match others.len() {
        0 => String::new(),
        others => format!(" and of {}", count(others, "other instance")),
    };
    let id = FindingId::initializer_open(name);
    let message = format!(
        "{name} can still be called once {first}{more} is upgraded, by whoever meets what it asks: {INITIALIZED} is {value}"
    );
    let finding = Finding::new(Part::Simulation, Severity::Danger, id.clone(), message).with(
        format!(
            "{INITIALIZED} of at least {number}, the highest number of an initializer of the code"
        ),
        value.to_string(),
        format!(
            "call it in the upgrade (--call); to accept it: {}",
            FindingId::flag([&id])
        ),
    );
    found.push(finding);
    Ok(found)
}

/// Whether a field is the variable, whatever struct it stands in.
fn is_it(field: &Field<'_>) -> bool {
    let name = field.name.rsplit('.').next();
    name == Some(INITIALIZED) && field.known().is_some()
}

fn not_checked(name: &str, why: &str) -> Finding {
    let id = FindingId::initializer_open(name);
    let message =
        format!("not checked: whether {name} can still be called once it is upgraded, as {why}");
    Finding::new(Part::Simulation, Severity::Danger, id.clone(), message).with(
        "a number that is a constant of the sources, and a layout that lists where it is kept",
        why,
        format!(
            "read the function; to accept it: {}",
            FindingId::flag([&id])
        ),
    )
}
