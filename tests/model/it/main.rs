//! Explores the model: everything that can happen in each scope, up to a depth that takes seconds, or in the
//! long run as far as minutes go.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use stylus_upgrades_model::{Explored, Invariant, Mutation, SCOPES, Scope};

/// Where the counts of the long run stand, with the day on which it was.
const COUNTS: &str = "../snapshots/model.json";

#[test]
fn no_order_of_calls_breaks_an_invariant() {
    let long = stylus_upgrades_test_settings::long();
    let mut counts = BTreeMap::new();
    let mut all = 0;
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
        } = found;
        let name = scope.name;
        let whole = if is_cut { "" } else { ", all that there are" };
        println!("{name}: {states} states, {calls} calls, depth {depth}{whole}, {seconds:.1} s");
        assert!(broken.is_empty(), "{name}: {broken:?}");
        assert!(states > 1_000, "{name}: next to nothing was explored");
        all += states;
        counts.insert(name, serde_json::json!([states, calls, depth, is_cut]));
    }
    println!("{all} states in all");
    if long {
        compare(&counts);
    }
}

/// The counts of the long run are those of the file.
fn compare(counts: &BTreeMap<&str, serde_json::Value>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(COUNTS);
    let read = |text: String| serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
    let scopes = serde_json::json!(counts);
    if stylus_upgrades_test_settings::update() {
        let found = serde_json::json!({
            "about": "states, calls, depth, whether more depth has more states",
            "day": today(),
            "scopes": scopes,
        });
        let text = serde_json::to_string_pretty(&found).expect("JSON");
        fs::write(&path, text + "\n").expect("written");
    } else {
        let known = read(fs::read_to_string(&path).expect("the counts"));
        assert_eq!(known["scopes"], scopes);
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
    let noticed = [
        (
            Mutation::KeepsApprovals,
            "deciding",
            Invariant::ExecutedByConsent,
            4,
        ),
        (
            Mutation::KeepsNonces,
            "complex",
            Invariant::ExecutedByConsent,
            6,
        ),
        (Mutation::KeepsRounds, "signed", Invariant::RoundsRise, 2),
        (
            Mutation::NeverExpires,
            "deciding",
            Invariant::ExecutedByConsent,
            4,
        ),
        (
            Mutation::ForgetsRevocations,
            "signed",
            Invariant::SignaturesEnd,
            4,
        ),
        (
            Mutation::TakesOldSignatures,
            "signed",
            Invariant::SignaturesEnd,
            4,
        ),
        (
            Mutation::CountsStrangers,
            "deciding",
            Invariant::StrangersChangeNothing,
            1,
        ),
        (
            Mutation::AnybodyCancels,
            "deciding",
            Invariant::CancelledByItsOwn,
            2,
        ),
        (
            Mutation::RollsOutCalledBack,
            "complex",
            Invariant::CalledBackStays,
            4,
        ),
        (
            Mutation::MigratesWhilePaused,
            "delayed",
            Invariant::PausedIsPaused,
            4,
        ),
        (
            Mutation::AdoptsWhatIsOthers,
            "adopted",
            Invariant::AdoptedAsGiven,
            2,
        ),
    ];
    for (mutation, name, invariant, calls) in noticed {
        let scope = SCOPES.into_iter().find(|scope| scope.name == name);
        let scope = Scope {
            mutation: Some(mutation),
            ..scope.expect("a scope of that name")
        };
        let broken = scope.explore(calls).broken;
        assert_eq!(
            broken.get(invariant.name()),
            Some(&calls),
            "{mutation:?}: {broken:?}"
        );
    }
}
