//! Runs the proof. The tests pass with all guards enabled, and each test fails when its guard is
//! disabled.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use super::error::GuardError;
use super::output::Outcome;
use super::runner::Runner;
use super::table::{Guard, Test};
use super::working_copy::{Codes, WorkingCopy};

/// What came of disabling a guard.
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

/// One guard and what came of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The guard.
    pub guard: Guard,
    /// What came of disabling it.
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
) -> Result<Report, GuardError> {
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
fn check_texts(working_copy: &WorkingCopy, guards: &[Guard]) -> Result<(), GuardError> {
    for guard in guards {
        let path = working_copy.home().join(&guard.file);
        let source = std::fs::read_to_string(&path).map_err(GuardError::file("read", &path))?;
        guard.disabled_in(&source)?;
    }
    Ok(())
}

/// With nothing disabled every named test is there and passes.
fn check_tests(runner: &Runner<'_>, guards: &[Guard]) -> Result<(), GuardError> {
    let mut tests: Vec<&Test> = Vec::new();
    for guard in guards {
        if !tests.contains(&&guard.test) {
            tests.push(&guard.test);
        }
    }
    while let Some(first) = tests.first().copied() {
        let (these, others): (Vec<_>, Vec<_>) =
            tests.into_iter().partition(|test| same_target(first, test));
        match runner.run(&these)? {
            Outcome::Passed(ran) if ran == these.len() => {}
            Outcome::Passed(ran) => {
                let names: Vec<_> = these.iter().map(|test| test.name()).collect();
                let reason = format!(
                    "only {ran} of these {} are there: {}",
                    these.len(),
                    names.join(", ")
                );
                return Err(GuardError::Baseline { reason });
            }
            Outcome::Failed { location, said } => {
                let reason = format!("{location}: {said}");
                return Err(GuardError::Baseline { reason });
            }
            Outcome::Broken(reason) => return Err(GuardError::Baseline { reason }),
        }
        tests = others;
    }
    Ok(())
}

fn same_target(one: &Test, other: &Test) -> bool {
    match (one, other) {
        (Test::It(_), Test::It(_)) => true,
        (
            Test::Cargo {
                package, target, ..
            },
            Test::Cargo {
                package: theirs,
                target: its,
                ..
            },
        ) => package == theirs && target == its,
        _ => false,
    }
}

fn verdict(runner: &Runner<'_>, guard: &Guard, intact: &Codes) -> Result<Verdict, GuardError> {
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
