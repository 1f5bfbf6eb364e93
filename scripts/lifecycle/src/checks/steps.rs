//! Checks of what runs: the initializers and migrations that the code declares.

use super::{Declared, Found, LostPath, Runs, Stage, Transition};
use crate::assess::{Evidence, Fact, Finding, FindingId, FindingKind, Origin, Part, Severity};
use crate::model::{MigrationCode, StepKind};
use crate::steps::{PlannedStep, check_creation, check_first, check_step, lost_initializer};
use crate::text::{self, shell_word};
use alloy::primitives::{hex, keccak256};
use stylus_layout::{DeclaredStep, StepKind as Declares};
use stylus_upgrades_interface::limits::{LABEL_MAX, PATH_MAX};

/// Checks that the transition runs the migration that the code declares, and that instances which are created at it can
/// still be initialized.
pub(super) fn step(transition: &Transition, found: &mut Found) {
    let Runs::Step {
        kind,
        script: _,
        data,
        typed,
        program,
        fields: _,
        expected: _,
    } = &transition.runs
    else {
        return;
    };
    let Some(declared) = transition.declared.value() else {
        if *kind != StepKind::ForeignCall {
            found.coverage.add(transition.declared.about(Part::Steps));
        }
        return;
    };
    if (declared, kind) == (&Declared::OfEvm, &StepKind::Call) {
        let why = "EVM code cannot declare its migrations; --foreign calls it anyway";
        let absent = Evidence::whole(Part::Steps, Origin::NotKnown, why);
        found.coverage.add(absent);
        return;
    }
    found.coverage.add(transition.declared.about(Part::Steps));
    let declared = declared.steps();
    let program = program
        .as_ref()
        .and_then(|program| program.declared.value());
    let planned = PlannedStep {
        name: &transition.name,
        from: &transition.from,
        same_code: &transition.same_code,
        to: &transition.to,
        labels: &transition.labels,
        kind: kind.number(),
        data,
        typed,
        program: program.map(Vec::as_slice),
    };
    if let Some(mut refused) = check_step(declared, &planned) {
        let is_own =
            |step: &&DeclaredStep| step.kind == Declares::Migration && step.from == transition.from;
        let own = declared.iter().find(is_own);
        let name = own.and_then(|own| own.signature.split('(').next());
        refused.about = name.map(str::to_owned);
        found.findings.push(refused);
    }
}

/// Checks if earlier code meets data that a migration has changed since, and nothing changes it back: the layout may be the
/// same, and what the data mean is not. A function of the new code mostly fills what is new; a script or a program of its
/// own is there for what was there before.
pub(super) fn back(transition: &Transition, found: &mut Found) {
    let runs_nothing = matches!(
        transition.runs,
        Runs::Step {
            kind: StepKind::None,
            ..
        }
    );
    let id = FindingKind::MigrationOmitted.id();
    let is_told = found.findings.iter().any(|finding| finding.id == id);
    let since = &transition.migrated_since;
    if !runs_nothing || is_told || since.is_empty() || transition.stage == Stage::Registered {
        return;
    }
    let severity = if since.iter().any(|(_, kind)| kind.runs_script()) {
        Severity::Danger
    } else {
        Severity::Warning
    };
    let labels: Vec<&str> = since.iter().map(|(label, _)| label.as_str()).collect();
    let (name, to, since) = (&transition.name, &transition.to, labels.join(", "));
    let message = format!(
        "{name} {to} goes back to the code from before {since}, whose migration ran: nothing changes the data back"
    );
    let next = format!(
        "give a --script that does; if the data fit the code as they are: {}",
        FindingId::flag([&id])
    );
    let omitted = Finding::new(Part::Steps, severity, id, message);
    found
        .findings
        .push(omitted.with("a reverse migration", "none", next));
}

/// Checks if the new step lets instances leave out a migration that another way between the same versions runs. A registered
/// step was asked about when it was added.
pub(super) fn bypassed(transition: &Transition, found: &mut Found) {
    if transition.stage == Stage::Registered {
        return;
    }
    let mut labels: Vec<&str> = Vec::new();
    for bypass in &transition.bypasses {
        if !labels.contains(&bypass.label.as_str()) {
            labels.push(&bypass.label);
        }
    }
    for label in labels {
        let of_label = transition.bypasses.iter();
        let mut of_label = of_label.filter(|bypass| bypass.label == label);
        let Some(first) = of_label.next() else {
            continue;
        };
        let id = FindingId::of_version(FindingKind::MigrationBypassed, label);
        let [with, without] = [&first.with, &first.without].map(|way| way.join(" → "));
        let (name, migration) = (&transition.name, migration_in_words(&first.migration));
        let message = format!(
            "instances of {name} that go {without} leave out the migration into {label}: {migration}"
        );
        let next = format!(
            "let the new step run that migration too, or begin it behind {label}; if instances are to leave the migration \
             out, as around a faulty version: {}",
            FindingId::flag([&id])
        );
        let more = of_label.map(|bypass| {
            let [with, without] = [&bypass.with, &bypass.without].map(|way| way.join(" → "));
            let migration = migration_in_words(&bypass.migration);
            format!("{with} runs {migration}; {without} does not")
        });
        let finding = Finding {
            details: more.collect(),
            ..Finding::new(Part::Steps, Severity::Danger, id, message)
        };
        let expected = "the same migrations on every way between two versions";
        let found_ways = format!("{with} runs it; {without} does not");
        found
            .findings
            .push(finding.with(expected, found_ways, next));
    }
}

/// Describes a migration, with the details that tell it from another one.
fn migration_in_words(migration: &MigrationCode) -> String {
    let MigrationCode { kind, code, data } = migration;
    let data = match data.len() {
        0 => "no data".to_owned(),
        1..=DATA_SHOWN => format!("the data {data}"),
        length => {
            let hash = keccak256(data);
            format!("{length} bytes of data with the hash {hash}")
        }
    };
    match kind {
        StepKind::Script => format!("the script with the code hash {code}, with {data}"),
        StepKind::Complex => {
            format!("the complex migration by the program with the code hash {code}, with {data}")
        }
        _ => format!("a call of the code with the hash {code}, with {data}"),
    }
}

/// Bytes of calldata that are shown; of more, their hash.
const DATA_SHOWN: usize = 68;

/// Lists instances that have a path to the current version and none to the new one.
pub(super) fn lost_paths(transition: &Transition, found: &mut Found) {
    let (name, to) = (&transition.name, &transition.to);
    for lost in &transition.lost_paths {
        let LostPath {
            label,
            upgrades,
            instances,
            is_current,
        } = lost;
        let counted = text::count(*instances, "instance");
        let who = if *instances == 0 {
            format!("instances that are created at {label}")
        } else if *is_current {
            format!("{counted} at {label}, and those that are created there,")
        } else {
            format!("{counted} at {label}")
        };
        let (message, next) = match upgrades {
            Some(upgrades) => (
                format!(
                    "{who} will need {upgrades} upgrades to reach {name} {to}: a path has {PATH_MAX} steps at most"
                ),
                format!(
                    "stylus-upgrades upgrade {} goes on until they are there",
                    shell_word(name)
                ),
            ),
            None => (
                format!("{who} will have no path to {name} {to}"),
                format!(
                    "stylus-upgrades register {} {} --from {} adds one, with the migrations that their data need",
                    shell_word(name),
                    shell_word(to),
                    shell_word(label)
                ),
            ),
        };
        let id = FindingId::of_version(FindingKind::PathLost, label);
        let finding = Finding::new(Part::Steps, Severity::Warning, id, message);
        found.findings.push(Finding {
            next: Some(next),
            ..finding
        });
    }
}

/// Checks that a call of code without declarations calls one of its functions: a fallback may answer anything.
pub(super) fn called(transition: &Transition, found: &mut Found) {
    let Runs::Step {
        kind: StepKind::ForeignCall,
        data,
        ..
    } = &transition.runs
    else {
        return;
    };
    let id = FindingKind::MigrationOmitted.id();
    let is_of_evm = matches!(transition.declared.value(), Some(Declared::OfEvm));
    let known = transition.callers.after().and_then(Fact::value);
    let (Some(selector), Some(known), true) = (data.first_chunk::<4>(), known, is_of_evm) else {
        return;
    };
    let mut functions = known.abi.functions();
    let is_told = found.findings.iter().any(|finding| finding.id == id);
    if is_told || functions.any(|function| function.selector().0 == *selector) {
        return;
    }
    let selector = hex::encode_prefixed(selector);
    let message = format!(
        "{selector} is no function of the code: its fallback would answer, and nothing may happen"
    );
    let next = format!(
        "check the name and the types of the function; if it is meant: {}",
        FindingId::flag([&id])
    );
    let unknown = Finding::new(Part::Steps, Severity::Danger, id, message);
    found
        .findings
        .push(unknown.with("a function of the code", selector, next));
}

/// Finds the reasons why instances that are created at the new version cannot be initialized.
///
/// Code of an earlier version keeps its initializer: role `create` creates at that version, too.
pub(super) fn initializer(transition: &Transition, found: &mut Found) {
    if transition.goes_back {
        return;
    }
    let old = transition.old.as_ref().and_then(|side| side.known.value());
    let old = old.and_then(|known| known.steps.as_ref());
    let (Some(old), Some(new)) = (old, transition.declared.value()) else {
        return;
    };
    if let Some((message, name)) = lost_initializer(old, new.steps(), &transition.to) {
        found.findings.push(Finding {
            about: Some(name),
            ..Finding::named(
                Part::Steps,
                Severity::Warning,
                FindingKind::InitializerLost,
                message,
            )
        });
    }
}

/// Checks that a creation runs the initializer that the version's code declares.
pub(super) fn creation(transition: &Transition, found: &mut Found) {
    let Runs::Creation { data, typed } = &transition.runs else {
        return;
    };
    let seen = transition.declared.about(Part::Steps);
    let Some(Declared::Steps(declared)) = transition.declared.value() else {
        let is_bare = data.is_empty();
        let seen = match transition.declared.value() {
            Some(_) => seen_in_sources(transition, data)
                .unwrap_or_else(|| Evidence::whole(Part::Steps, Origin::NotKnown, OF_EVM)),
            None => seen,
        };
        found.coverage.add(if is_bare { seen.told() } else { seen });
        found.findings.extend(is_bare.then(bare));
        return;
    };
    found.coverage.add(seen);
    let version = (transition.name.as_str(), transition.to.as_str());
    let refused = check_creation(declared, version, (data, typed), &transition.labels);
    found.findings.extend(refused);
}

/// The evidence of the sources of EVM code about its initializers, if the creation runs one of them. The trial of the
/// creation finds those that stay open.
fn seen_in_sources(transition: &Transition, data: &[u8]) -> Option<Evidence> {
    let audit = transition.audit.as_ref()?;
    let selector = data.first_chunk::<4>()?;
    let mut known = audit.value()?.initializers.0.iter();
    let runs_one =
        known.any(|initializer| initializer.selector.is_some_and(|own| own.0 == *selector));
    runs_one.then(|| audit.about(Part::Steps))
}

/// The reason why nobody knows the initializers of code of the EVM.
const OF_EVM: &str = "EVM code does not declare its initializers";

/// No initializer runs, and nobody knows of one.
fn bare() -> Finding {
    let id = FindingKind::InitializerOmitted.id();
    let says = "no initializer runs, and the code does not say which it declares: once the instance exists, anybody can \
                call a function that initializes it";
    let next = format!(
        "give --init; if no function of the code can still initialize the instance: {}",
        FindingId::flag([&id])
    );
    Finding::new(Part::Steps, Severity::Danger, id, says).with("an initializer", "no --init", next)
}

/// Checks that instances can be initialized at a version that no other one leads to. The registry itself refuses a text that
/// cannot be a label.
pub(super) fn label(transition: &Transition, found: &mut Found) {
    let is_new = !transition.labels.contains(&transition.to) && transition.to.len() <= LABEL_MAX;
    let (None, true, Runs::Nothing) = (&transition.old, is_new, &transition.runs) else {
        return;
    };
    let declared = transition.declared.value().map(Declared::steps);
    let refused = check_first(
        declared.unwrap_or_default(),
        (&transition.name, &transition.to),
    );
    found.findings.extend(refused);
}

/// The reason why the steps of a complex migration are checked in part only.
const PROGRAM_UNKNOWN: &str =
    "code on the chain does not declare the versions of its complex migration";

/// Checks the end of a complex migration: its program was linked to UpgradeabilityStorage, which continues from there. If
/// that is not on the chain, a contract that began would stay paused.
pub(super) fn complex(transition: &Transition, found: &mut Found) {
    let Runs::Step {
        program: Some(program),
        ..
    } = &transition.runs
    else {
        return;
    };
    found.coverage.add(match program.declared.value() {
        Some(_) => program.declared.about(Part::Steps),
        None => Evidence::some(Part::Steps, Origin::NotKnown, PROGRAM_UNKNOWN),
    });
    found.coverage.add(program.ending.about(Part::Steps));
    let Some(ending) = program.ending.value() else {
        return;
    };
    let storage = ending.storage;
    let refused = |kind: FindingKind, message: &str| {
        Finding::named(Part::Steps, Severity::Danger, kind, message)
    };
    if ending.is_linked && ending.is_there {
        return;
    }
    found.findings.push(if ending.is_linked {
        refused(
            FindingKind::ProgramCannotEnd,
            "the complex migration could not end: UpgradeabilityStorage is not on this chain",
        )
        .with(
            format!("code at {storage}, which its program was linked to"),
            "an account without code",
            "stylus-upgrades registry deploy puts it there; or build the program with the framework of this registry \
             (--framework-from)",
        )
    } else {
        refused(
            FindingKind::ProgramOfOtherFramework,
            "the program of the complex migration was not linked to this framework: nobody knows how it ends",
        )
        .with(
            format!("a program that names UpgradeabilityStorage at {storage}"),
            "no such address in its code",
            "build it with this program; if it belongs to another framework: --framework-from",
        )
    });
}
