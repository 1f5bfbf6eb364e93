//! `bench scale N…`: every kind of migration beside the stores that it cannot avoid, and
//! `run-migration` with N items of each form, on a chain and by a command line of their own
//! processes, which are this program under its other name. With `STYLUS_UPGRADES_UPDATE=1` the figures are
//! written to `tests/snapshots/scale.json`: times differ from run to run, so nothing compares them.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use stylus_upgrades::text::utc;
use stylus_upgrades_harness::HarnessError;
use stylus_upgrades_tests::snapshot::{Figures, check};
use stylus_upgrades_tests::tools::figures::{machine, migrations, tools};
use stylus_upgrades_tests::tools::scale::{Form, measure};

/// Measures what the arguments ask for, 10,000 items if nothing; rows go out as they come.
pub(crate) async fn report() -> Result<String, HarnessError> {
    let program = std::env::current_exe().map_err(|source| HarnessError::ToolMissing {
        program: "bench".into(),
        source,
    })?;
    let requested: Vec<u64> = std::env::args()
        .skip(2)
        .filter_map(|word| word.parse().ok())
        .collect();
    let requested = if requested.is_empty() {
        vec![10_000]
    } else {
        requested
    };
    let mut all = migrations().await?;
    print(&all);
    for items in requested {
        for form in Form::ALL {
            let figures = measure(&program, &["cli"], items, form).await?.figures();
            print(&figures);
            all.extend(figures);
        }
    }
    if stylus_upgrades_test_support::update() {
        record("scale", &all)?;
    }
    Ok(String::new())
}

fn print(figures: &Figures) {
    for (sentence, number) in figures {
        // The reader that closed the pipe has read enough.
        let _ = writeln!(std::io::stdout(), "{sentence:<64} {number:>12}");
    }
}

/// Writes a snapshot, with the tools and the machine that it was taken by.
pub(crate) fn record(name: &str, figures: &Figures) -> Result<(), HarnessError> {
    let mut tools = tools()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let taken = utc(now.map(|now| now.as_secs()).unwrap_or_default());
    tools.insert("taken".into(), taken);
    tools.extend(machine());
    check(name, &tools, figures).map_err(|message| HarnessError::Library {
        name: "Snapshot".into(),
        message,
    })
}
