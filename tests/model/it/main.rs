//! Explores the model: everything that can happen in each scope, up to a depth that takes seconds, or in the
//! long run as far as minutes go.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use stylus_upgrades_test_model::{Explored, Invariant, Mutation, SCOPES, Scope};

/// Where the counts stand, of every run and of the long one, with the day on which they were taken.
const COUNTS: &str = "../snapshots/model.json";
/// The page that shows them.
const PAGE: &str = "../../docs/evidence/model.md";
/// Where its table begins and ends.
const MARKS: [&str; 2] = ["<!-- counts -->\n", "<!-- end of counts -->"];
/// The two runs, as the file calls them.
const RUNS: [&str; 2] = ["every run", "long run"];

#[test]
fn no_order_of_calls_breaks_an_invariant() {
    let long = stylus_upgrades_test_support::long();
    let mut counts = BTreeMap::new();
    let mut all = 0;
    let mut of_an_instance = HashSet::new();
    for scope in SCOPES {
        let (short, full) = scope.depth;
        let begun = Instant::now();
        let found = scope.explore(if long { full } else { short });
        let seconds = begun.elapsed().as_secs_f64();
        let Explored {
            states,
            calls,
            depth,
            is_cut,
            broken,
            standings,
        } = found;
        of_an_instance.extend(standings);
        let name = scope.name;
        let whole = if is_cut { "" } else { ", all that there are" };
        println!("{name}: {states} states, {calls} calls, depth {depth}{whole}, {seconds:.1} s");
        assert!(broken.is_empty(), "{name}: {broken:?}");
        assert!(states > 1_000, "{name}: next to nothing was explored");
        all += states;
        counts.insert(name, serde_json::json!([states, calls, depth, is_cut]));
    }
    let of_an_instance = of_an_instance.len();
    println!("{all} states in all, {of_an_instance} of one instance with its definition");
    compare(RUNS[usize::from(long)], &counts, of_an_instance);
}

/// The counts are those of the file, and the page shows the file.
fn compare(run: &str, counts: &BTreeMap<&str, Value>, of_an_instance: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (file, page) = (folder.join(COUNTS), folder.join(PAGE));
    let text = fs::read_to_string(&file).expect("the counts");
    let mut known: Value = serde_json::from_str(&text).expect("JSON");
    let mut shown = fs::read_to_string(&page).expect("the page");
    let [begin, end] = MARKS.map(|mark| shown.find(mark).expect("a mark"));
    let begin = begin + MARKS[0].len();
    let scopes = serde_json::json!(counts);
    if stylus_upgrades_test_support::update() {
        known[run] = serde_json::json!({
            "day": today(),
            "scopes": scopes,
            "of an instance": of_an_instance,
        });
        let text = serde_json::to_string_pretty(&known).expect("JSON");
        fs::write(&file, text + "\n").expect("written");
        shown.replace_range(begin..end, &table(&known));
        fs::write(&page, shown).expect("written");
    } else {
        assert_eq!(known[run]["scopes"], scopes);
        assert_eq!(known[run]["of an instance"], of_an_instance);
        assert_eq!(shown[begin..end], table(&known));
    }
}

/// The counts as a table.
fn table(known: &Value) -> String {
    let of = |run: &str, scope: &str, n: usize| {
        known[run]["scopes"][scope][n].as_u64().unwrap_or_default()
    };
    let row = |name: &str, count: &dyn Fn(&str, usize) -> u64| {
        let cells = RUNS.map(|run| {
            let [states, calls] = [0, 1].map(|n| thousands(count(run, n)));
            format!("{states} | {calls}")
        });
        format!("| {name} | {} |\n", cells.join(" | "))
    };
    let days = RUNS.map(|run| known[run]["day"].as_str().unwrap_or_default());
    let mut text = format!(
        "| scope | states, {} ({}) | calls | states, {} ({}) | calls |\n|---|---|---|---|---|\n",
        RUNS[0], days[0], RUNS[1], days[1]
    );
    for scope in SCOPES {
        text += &row(scope.name, &|run, n| of(run, scope.name, n));
    }
    let sum = |run: &str, n| SCOPES.iter().map(|scope| of(run, scope.name, n)).sum();
    text += &row("all", &sum);
    let of_an_instance = RUNS.map(|run| known[run]["of an instance"].as_u64());
    let [every, long] = of_an_instance.map(Option::unwrap_or_default);
    text + &format!(
        "\nOf one instance with its definition the search finds {every} states, the long run {long}: whether the \
         definition is\npaused, whether the instance is older than what is current, live, in a complex step or on its \
         way back, or paused,\nwhether it is held, and whether it leaves the stub by an upgrade.\n"
    )
}

/// 1,234
fn thousands(number: u64) -> String {
    match number / 1_000 {
        0 => number.to_string(),
        more => format!("{},{:03}", thousands(more), number % 1_000),
    }
}

/// The day of this run.
fn today() -> String {
    let date = std::process::Command::new("date")
        .args(["-u", "+%F"])
        .output();
    let date = date.expect("the date").stdout;
    String::from_utf8_lossy(&date).trim().to_owned()
}

/// A model that errs breaks an invariant: without that, invariants that hold would say nothing.
#[test]
fn every_mutation_breaks_an_invariant() {
    use Invariant as I;
    use Mutation as M;
    let noticed = [
        (M::KeepsApprovals, "deciding", I::ExecutedByConsent, 4),
        (M::KeepsRounds, "signed", I::RoundsRise, 2),
        (M::NeverExpires, "deciding", I::ExecutedByConsent, 4),
        (M::ForgetsRevocations, "signed", I::SignaturesEnd, 3),
        (M::TakesOldSignatures, "signed", I::SignaturesEnd, 4),
        (M::SignaturesNameNobody, "signed", I::SignaturesEnd, 2),
        (M::CountsStrangers, "deciding", I::StrangersChangeNothing, 1),
        (M::AnybodyCancels, "deciding", I::CancelledByItsOwn, 2),
        (M::GuardianKeepsPolicies, "guarded", I::CancelledByItsOwn, 4),
        (
            M::PauseCancelsResume,
            "either resumes",
            I::CancelledByItsOwn,
            5,
        ),
        (M::PauseAloneResumes, "either resumes", I::MigrateResumes, 3),
        (M::CreatesReplaced, "create", I::CreatedAtCurrent, 3),
        (M::LeavesPaused, "in a call", I::LeavesRunning, 3),
        (
            M::TakesAnyNonce,
            "signed about an instance",
            I::ExecutedAsNamed,
            4,
        ),
        (M::UpgradesKeepNonce, "replaced", I::NoncesRise, 2),
        (M::StepsKeepNonce, "complex", I::NoncesRise, 3),
        (M::HandlersKeepNonce, "complex", I::NoncesRise, 3),
        (M::LeavingKeepsNonce, "in a call", I::NoncesRise, 2),
        (M::PausingRaisesNonce, "pause", I::NoncesRise, 1),
        (M::RollsOutRolledBack, "complex", I::RolledBackStays, 5),
        (M::HoldsForEver, "complex", I::WhatIsLeftFollows, 5),
        (M::MigrateMoves, "replaced", I::DecisionsMoveNothing, 1),
        (M::MigrateAsksInstances, "replaced", I::MigrateIsPossible, 1),
        (M::MigrateNeedsLive, "replaced", I::MigrateIsPossible, 1),
        (M::ActivationsCount, "create", I::SequenceCounts, 2),
        (M::PausesUnnamed, "delayed", I::InstancesMoveByDecision, 1),
        (M::UpgradesWhilePaused, "pause", I::PausedIsPaused, 3),
        (M::AdoptsWhilePaused, "adopted", I::PausedIsPaused, 3),
        (M::AdoptsWhatIsOthers, "adopted", I::AdoptedAsGiven, 2),
        (M::AdoptsOtherCode, "in a call", I::RunsItsMark, 6),
        (M::ResumesAnyVersion, "replaced", I::ExecutedAsNamed, 2),
        (M::ResumeWaits, "delayed", I::ResumedAtOnce, 1),
        (M::ResumesReplaced, "replaced", I::ReplacedStays, 4),
        (M::EndsOnReplaced, "complex", I::ReplacedStays, 4),
        (M::ReturnsToReplaced, "complex", I::ReplacedStays, 5),
        (M::EndsPausedRunning, "complex", I::PausedIsPaused, 4),
        (M::RemembersLambda, "lambda", I::LambdaConsents, 4),
        (M::StartsWithoutLambda, "lambda", I::ExecutedByConsent, 6),
        (M::LambdaStopsDelays, "lambda", I::DelaysRunOn, 4),
        (M::LambdaHelpsAlone, "lambda", I::CancelledByItsOwn, 4),
        (M::NamedUpgrade, "pause", I::AloneIsAlone, 2),
        (M::AnyonePauses, "pause", I::PausedByItsRole, 3),
        (M::NobodyWhilePaused, "pause", I::CanBeDecided, 3),
        (M::FreezesStopped, "complex", I::FrozenStrandsNobody, 4),
        (M::StartsWhenFrozen, "complex", I::FrozenStrandsNobody, 3),
        (M::CreatedAtCurrent, "create", I::CreatedByDecision, 2),
        (M::CreatesWhilePaused, "create", I::PausedIsPaused, 3),
        (M::CreatesAgain, "two registries", I::BornOnce, 3),
        (M::EndsOtherRoles, "create", I::RolesApart, 3),
        (M::PausesBoth, "two definitions", I::DefinitionsApart, 1),
        (M::RefusesInVain, "signed", I::SignaturesEnd, 1),
        (M::OrdersByContracts, "in a call", I::NothingMovesInACall, 1),
        (
            M::ExecutesByContracts,
            "in a call",
            I::NothingMovesInACall,
            1,
        ),
        (M::MovesInItsCall, "in a call", I::NothingMovesInACall, 1),
        (M::PausesInSilence, "in a call", I::WhatIsLeftIsNamed, 1),
        (M::RemovesPaused, "in a call", I::LeavesRunning, 4),
        (M::ReceivesAnyState, "two registries", I::RunsItsMark, 4),
        (
            M::ArrivesUnnoticed,
            "two registries",
            I::CreatedByDecision,
            2,
        ),
    ];
    let mut otherwise = Vec::new();
    for (mutation, name, invariant, calls) in noticed {
        let scope = SCOPES.into_iter().find(|scope| scope.name == name);
        let scope = Scope {
            mutation: Some(mutation),
            ..scope.expect("a scope of that name")
        };
        let broken = scope.explore(calls).broken;
        if broken.get(invariant.name()) != Some(&calls) {
            otherwise.push(format!("{mutation:?}: {broken:?}"));
        }
    }
    assert_eq!(otherwise, Vec::<String>::new());
}
