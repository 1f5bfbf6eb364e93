//! `bench scale N…`: `run-migration` with N items, by list and by cursor, on a chain and by a
//! command line of their own processes, which are this program under its other name.

use std::io::Write;

use stylus_upgrades_harness::HarnessError;
use stylus_upgrades_tests::scale::{Form, measure};

/// Measures what the arguments ask for, 10,000 items if nothing; rows go out as they come.
pub(crate) async fn report() -> Result<String, HarnessError> {
    let program = std::env::current_exe().map_err(|source| HarnessError::ToolMissing {
        program: "bench".into(),
        source,
    })?;
    let asked: Vec<u64> = std::env::args()
        .skip(2)
        .filter_map(|word| word.parse().ok())
        .collect();
    let asked = if asked.is_empty() {
        vec![10_000]
    } else {
        asked
    };
    for items in asked {
        for form in [Form::Batches, Form::Cursor] {
            let measured = measure(&program, &["cli"], items, form).await?;
            for (sentence, number) in measured.figures() {
                // Whoever closed the pipe has read enough.
                let _ = writeln!(std::io::stdout(), "{sentence:<60} {number:>12}");
            }
        }
    }
    Ok(String::new())
}
