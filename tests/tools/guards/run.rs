//! Runs the proof. The tests pass with all guards enabled, and each test fails when its guard is
//! disabled.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use stylus_upgrades_harness::HarnessError;

use super::output::Outcome;
use super::runner::Runner;
use super::table::{Guard, Test};
use super::working_copy::{Codes, WorkingCopy};
use super::wrong;

/// The outcome of disabling a guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its test failed, by an assertion.
    Noticed {
        /// `file:line` of the assertion.
        location: String,
        /// First line of what it said.
        said: String,
    },
    /// Its test passed all the same: a test is missing.
    Survived,
    /// It could not be determined.
    Broken(String),
}

/// One guard and its outcome.
#[derive(Debug, Clone)]
pub struct Row {
    /// The guard.
    pub guard: Guard,
    /// The outcome of disabling it.
    pub verdict: Verdict,
    /// Seconds that the test run took, building included.
    pub seconds: f64,
}

/// All rows.
#[derive(Debug, Clone)]
pub struct Report {
    /// A row per guard.
    pub rows: Vec<Row>,
}

/// Shows for every guard that its test passes with it and fails without it. `it` is the binary of
/// the tests; `print` hears of every row as it comes. Blocks this thread for minutes.
///
/// # Errors
/// Whatever keeps it from being attempted; the report says whether a guard survives.
pub fn prove(
    home: &Path,
    it: &Path,
    mut guards: Vec<Guard>,
    print: &mut dyn FnMut(&Row),
) -> Result<Report, HarnessError> {
    let working_copy = WorkingCopy::open(home)?;
    let runner = Runner {
        working_copy: &working_copy,
        it,
    };
    guards.sort_by(|one, other| one.file.cmp(&other.file)); // fewer crates change between two
    check_texts(&working_copy, &guards)?;
    check_tests(&runner, &guards)?;
    let intact = working_copy.remember()?;
    let mut rows = Vec::with_capacity(guards.len());
    for guard in guards {
        let begun = Instant::now();
        working_copy.disable(&guard)?;
        let verdict = verdict(&runner, &guard, &intact);
        working_copy.restore(&guard)?;
        let row = Row {
            guard,
            verdict: verdict?,
            seconds: begun.elapsed().as_secs_f64(),
        };
        print(&row);
        rows.push(row);
    }
    Ok(Report { rows })
}

/// Every guard stands where the list says, before anything is built.
fn check_texts(working_copy: &WorkingCopy, guards: &[Guard]) -> Result<(), HarnessError> {
    for guard in guards {
        let path = working_copy.home().join(&guard.file);
        let source = std::fs::read_to_string(&path).map_err(HarnessError::file("read", &path))?;
        guard.disabled_in(&source)?;
    }
    Ok(())
}

/// With nothing disabled every named test is there and passes.
fn check_tests(runner: &Runner<'_>, guards: &[Guard]) -> Result<(), HarnessError> {
    let mut tests: Vec<&Test> = guards.iter().map(|guard| &guard.test).collect();
    tests.sort_by_key(|test| (test.target(), test.name()));
    tests.dedup();
    for these in tests.chunk_by(|one, other| one.target() == other.target()) {
        let reason = match runner.run(these)? {
            Outcome::Passed(ran) if ran == these.len() => continue,
            Outcome::Passed(ran) => {
                let names: Vec<_> = these.iter().map(|test| test.name()).collect();
                let (all, names) = (these.len(), names.join(", "));
                format!("only {ran} of these {all} are there: {names}")
            }
            Outcome::Failed { location, said } => format!("{location}: {said}"),
            Outcome::Broken(reason) => reason,
        };
        let what = "with nothing disabled the tests do not pass";
        return Err(wrong(format!("{what}: {reason}")));
    }
    Ok(())
}

fn verdict(runner: &Runner<'_>, guard: &Guard, intact: &Codes) -> Result<Verdict, HarnessError> {
    Ok(match runner.run(&[&guard.test])? {
        Outcome::Passed(_) => Verdict::Survived,
        Outcome::Broken(reason) => Verdict::Broken(reason),
        Outcome::Failed { location, said } => {
            // a test that fails although every contract is what it was notices something else
            let is_chain = matches!(guard.test, Test::It(_));
            if is_chain && runner.working_copy.codes()? == *intact {
                let reason = format!("no contract differs, but {location} failed: {said}");
                return Ok(Verdict::Broken(reason));
            }
            Verdict::Noticed { location, said }
        }
    })
}

impl Report {
    /// Whether every guard was noticed.
    pub fn is_proven(&self) -> bool {
        self.missing().next().is_none()
    }

    /// The guards that were not.
    pub fn missing(&self) -> impl Iterator<Item = &Row> {
        let noticed = |row: &&Row| !matches!(row.verdict, Verdict::Noticed { .. });
        self.rows.iter().filter(noticed)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { guard, seconds, .. } = self;
        let test = guard.test.name();
        match &self.verdict {
            Verdict::Noticed { location, .. } => {
                write!(f, "{:<72} {test} ({location}) {seconds:.1} s", guard.name)
            }
            Verdict::Survived => {
                write!(f, "{:<72} SURVIVED {test} {seconds:.1} s", guard.name)
            }
            Verdict::Broken(reason) => {
                write!(
                    f,
                    "{:<72} BROKEN {test} {seconds:.1} s\n{reason}",
                    guard.name
                )
            }
        }
    }
}
