//! The initializers and migrations that a version's code declares, against what a command runs.
//! The registry cannot compare them: a step without calldata marks the version as migrated all the
//! same, and the author's migration then never runs.

use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::text::shell_word;
use alloy::dyn_abi::JsonAbiExt;
use alloy::json_abi::Function;
use alloy::primitives::{Bytes, Selector};
use stylus_layout::{DeclaredStep, StepKind};
use stylus_upgrades_interface::reasons::step;

/// A way into a version, as a command or an action describes it.
#[derive(Debug, Clone)]
pub struct PlannedStep<'a> {
    /// The definition.
    pub name: &'a str,
    /// The version it leaves.
    pub from: &'a str,
    /// The versions that have the code of `from`, itself among them.
    pub same_code: &'a [String],
    /// The version it reaches.
    pub to: &'a str,
    /// Every version of the definition. A migration to none of them is meant for the new one, under
    /// another label.
    pub labels: &'a [String],
    /// One of [`step`].
    pub kind: u8,
    /// Its calldata.
    pub data: &'a Bytes,
    /// The function as it was typed; empty where calldata were given.
    pub typed: &'a str,
    /// The steps that the program of a complex migration declares, if that is known.
    pub program: Option<&'a [DeclaredStep]>,
}

/// Finds what of a way into a version does not run what its code declares.
pub fn check_step(steps: &[DeclaredStep], way: &PlannedStep<'_>) -> Option<Finding> {
    let PlannedStep { name, from, to, .. } = *way;
    let leads = |one: &&DeclaredStep| one.from == from && one.to == to;
    let migrations = of_kind(steps, StepKind::Migration);
    let own = migrations.iter().copied().find(leads);
    let expected = |declared: &[&DeclaredStep]| match own {
        Some(own) => own.signature.clone(),
        None => format!(
            "a migration {from} → {to}; the code declares: {}",
            listed(declared)
        ),
    };
    let call = own.map(|own| call("--call", own));
    if way.kind == step::CALL {
        let selector = selector_of(way.data);
        if let Some(own) = own.filter(|own| Some(own.selector()) == selector) {
            return check_arguments(own, way.data);
        }
        let found = names_of(steps, selector, way.typed);
        let message =
            format!("no migration {from} → {to} that the code of {name} {to} declares: {found}");
        let next = call.unwrap_or_else(|| {
            "declare #[migration(from, to)] in the code, or give a --script".into()
        });
        let refused = refused("MigrationUndeclared", message);
        return Some(refused.with(expected(&migrations), found, next));
    }
    if let (step::COMPLEX, Some(program)) = (way.kind, way.program)
        && !of_kind(program, StepKind::Complex).iter().any(leads)
    {
        let message = format!("the program does not migrate {name} {from} → {to}");
        return Some(refused("ProgramForOthers", message).with(
            format!("a complex migration {from} → {to}"),
            listed(&program.iter().collect::<Vec<_>>()),
            "give the program for these versions, or name the versions as it does",
        ));
    }
    // A script or a complex program is a migration, but not the one that the code declares.
    let mut declared = migrations;
    declared.retain(|one| match own {
        Some(own) => *one == own,
        None => {
            way.kind == step::NONE
                && (one.to == to
                    || way.same_code.contains(&one.from)
                    || !way.labels.contains(&one.to))
        }
    });
    if declared.is_empty() {
        return None;
    }
    let message = format!(
        "{name} {to} declares a migration that would not run, and never could again: {}",
        listed(&declared)
    );
    let id = FindingKind::MigrationOmitted.id();
    let next = format!(
        "{}; if the data really stays as it is, or something else migrates it: {}",
        call.unwrap_or_else(|| "give a --script that migrates it".into()),
        FindingId::flag([&id])
    );
    let omitted = Finding::new(Part::Steps, Severity::Danger, id, message);
    Some(omitted.with(expected(&declared), "no call of it", next))
}

/// Returns true if code declares initializers, and none of them is that of `version`.
fn is_initialized_elsewhere(steps: &[DeclaredStep], version: &str) -> bool {
    let declared = of_kind(steps, StepKind::Initializer);
    !declared.is_empty() && declared.iter().all(|one| one.to != version)
}

/// Finds what keeps instances from being initialized at a version that no other one leads to.
pub fn check_first(steps: &[DeclaredStep], (name, version): (&str, &str)) -> Option<Finding> {
    let declared = of_kind(steps, StepKind::Initializer);
    let first = declared.first()?;
    if !is_initialized_elsewhere(steps, version) {
        return None;
    }
    let listed = listed(&declared);
    let message = format!(
        "no instance could ever be initialized at {name} {version}: the code declares {listed}"
    );
    let id = FindingKind::InitializerOfOther.id();
    let next = format!(
        "register it as {}, or write #[initializer({version:?})] in the code: a label stays for good. If no instance is \
         to be initialized at it: {}",
        first.to,
        FindingId::flag([&id])
    );
    let expected =
        format!("an #[initializer({version:?})]: what is created at a version runs its own");
    let refused = Finding::new(Part::Steps, Severity::Danger, id, message);
    Some(refused.with(expected, listed, next))
}

/// Finds what instances lose that are created at `to` where its code is `new` and that before it `old`:
/// the initializer, and its name.
pub fn lost_initializer(
    old: &[DeclaredStep],
    new: &[DeclaredStep],
    to: &str,
) -> Option<(String, String)> {
    let first = |steps| of_kind(steps, StepKind::Initializer).first().copied();
    let old = first(old)?;
    let message = match first(new) {
        None => format!(
            "{} initialized instances, and the new code declares no initializer: once {to} is current, role create can \
             create no instance that is initialized. A creation at an older version takes role migrate",
            old.signature
        ),
        Some(new) if new.to == old.to && new.to != to => format!(
            "{} is still the initializer of {}: once {to} is current, role create can create no instance that is \
             initialized. A creation at {} takes role migrate",
            new.signature, new.to, new.to
        ),
        Some(_) => return None,
    };
    let name = old.signature.split('(').next().unwrap_or_default();
    Some((message, name.to_owned()))
}

/// Finds what of the creation of an instance does not run the initializer that the version's code declares.
/// `typed` is its function as it was typed, empty where calldata were given; `labels` are the
/// versions that an instance could be created at instead.
pub fn check_creation(
    steps: &[DeclaredStep],
    (name, version): (&str, &str),
    (data, typed): (&Bytes, &str),
    labels: &[String],
) -> Option<Finding> {
    let declared = of_kind(steps, StepKind::Initializer);
    let own = || declared.iter().filter(|one| one.to == version);
    let selector = selector_of(data);
    if let Some(own) = own().find(|own| Some(own.selector()) == selector) {
        return check_arguments(own, data);
    }
    if data.is_empty() && declared.is_empty() {
        return None;
    }
    let elsewhere = declared.iter().find(|one| labels.contains(&one.to));
    let listed = listed(&declared);
    let (expected, next) = match (own().next(), elsewhere) {
        (Some(own), _) => (listed.clone(), call("--init", own)),
        (None, _) if declared.is_empty() => (
            "no initializer: the code declares none".to_owned(),
            "leave --init out".to_owned(),
        ),
        (None, Some(other)) => {
            let (name, at) = (shell_word(name), shell_word(&other.to));
            let init = call("--init", other);
            (
                format!(
                    "an instance created at {}: {} runs there and at no other version",
                    other.to, other.signature
                ),
                format!(
                    "add a version with #[initializer({version:?})] of its own label; or, decided by role migrate where \
                     {at} is not current: stylus-upgrades create-proxy {name} {at} {init}, then stylus-upgrades upgrade \
                     {name}, with each --accept that the steps after {at} were registered with"
                ),
            )
        }
        (None, None) => (
            format!("an initializer of {version}; the code declares only: {listed}"),
            format!(
                "add a version whose code declares #[initializer(…)] for its own label, and create at that: {version} has \
                 none"
            ),
        ),
    };
    if !data.is_empty() {
        let found = names_of(steps, selector, typed);
        let message = format!(
            "no initializer of {version} that the code of {name} {version} declares: {found}"
        );
        return Some(refused("InitializerUndeclared", message).with(expected, found, next));
    }
    let message = format!(
        "{name} {version} declares an initializer that would not run, and never could on this instance: {listed}"
    );
    let id = FindingKind::InitializerOmitted.id();
    let next = format!(
        "{next}; if the instance is meant to stay uninitialized: {}",
        FindingId::flag([&id])
    );
    let omitted = Finding::new(Part::Steps, Severity::Danger, id, message);
    Some(omitted.with(expected, "no --init", next))
}

/// Finds what is wrong with calldata that should hold the arguments of a step's function, and nothing else. What is
/// recorded with a version stays, and would make every upgrade to it fail.
fn check_arguments(step: &DeclaredStep, data: &Bytes) -> Option<Finding> {
    let signature = &step.signature;
    let arguments = data.get(4..).unwrap_or_default();
    let decoded = Function::parse(signature)
        .map_err(|error| error.to_string())
        .and_then(|function| {
            let values = function.abi_decode_input(arguments);
            let values = values.map_err(|error| error.to_string())?;
            let again = function.abi_encode_input_raw(&values);
            again.map_err(|error| error.to_string())
        });
    let reason = match decoded {
        Ok(again) if again == arguments => return None,
        Ok(_) => "it has bytes that belong to no argument".into(),
        Err(reason) => reason,
    };
    let message = format!("the calldata does not hold the arguments of {signature}: {reason}");
    let flag = match step.kind {
        StepKind::Initializer => "--init",
        StepKind::Migration | StepKind::Complex => "--call",
    };
    Some(refused("StepArguments", message).with(
        format!("the arguments of {signature}"),
        format!("{} bytes after the selector: {reason}", arguments.len()),
        call(flag, step),
    ))
}

/// A refusal that cannot be accepted.
fn refused(name: &'static str, message: String) -> Finding {
    Finding::new(
        Part::Steps,
        Severity::Danger,
        FindingId::error(name),
        message,
    )
}

fn of_kind(steps: &[DeclaredStep], kind: StepKind) -> Vec<&DeclaredStep> {
    steps.iter().filter(|step| step.kind == kind).collect()
}

fn selector_of(data: &Bytes) -> Option<Selector> {
    data.first_chunk::<4>().map(|bytes| Selector::from(*bytes))
}

/// Says what calldata is, as far as the code declares it.
fn names_of(steps: &[DeclaredStep], selector: Option<Selector>, typed: &str) -> String {
    let Some(selector) = selector else {
        return "calldata of less than four bytes".into();
    };
    match steps.iter().find(|step| step.selector() == selector) {
        Some(known) => described(known),
        None if typed.is_empty() => format!("the function {selector}"),
        None => format!("the function {typed} (selector {selector})"),
    }
}

/// A step in words.
fn described(step: &DeclaredStep) -> String {
    let (from, to, signature) = (&step.from, &step.to, &step.signature);
    match step.kind {
        StepKind::Initializer => format!("{signature}, the initializer of {to}"),
        StepKind::Migration => format!("{signature}, the migration {from} → {to}"),
        StepKind::Complex => format!("the complex migration {from} → {to}"),
    }
}

fn listed(steps: &[&DeclaredStep]) -> String {
    let words: Vec<String> = steps.iter().map(|step| described(step)).collect();
    if words.is_empty() {
        "none".into()
    } else {
        words.join("; ")
    }
}

/// A call as the command line takes it, with the types of the arguments, in capitals, in their places.
fn call(flag: &str, step: &DeclaredStep) -> String {
    let signature = &step.signature;
    let arguments = signature.split_once('(').map_or("", |(_, rest)| rest);
    let arguments = arguments.trim_end_matches(')');
    if arguments.is_empty() {
        format!("{flag} '{signature}'")
    } else {
        format!(
            "{flag} '{signature}' {}",
            arguments.to_uppercase().replace(',', " ")
        )
    }
}

#[cfg(test)]
mod tests;
