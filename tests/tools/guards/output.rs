//! Parses the output of a test run.

/// How a run of tests ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// So many ran, and all of them passed.
    Passed(usize),
    /// Some test failed by an assertion: where, and what that said.
    Failed {
        /// `file:line`.
        location: String,
        /// First line of the message.
        said: String,
    },
    /// It did not come to that: nothing ran, something did not compile, a test gave up.
    Broken(String),
}

/// Lines that say that a contract or a test was not built.
const NOT_BUILT: [&str; 4] = [
    "does not compile",
    "could not compile",
    "the framework builds: ",
    "the contract builds: ",
];
/// What libtest says of a test that expected a panic.
const NO_PANIC: &str = "note: test did not panic as expected";
/// Lines of a broken run that are passed on.
const LINES: usize = 30;

/// Reads what libtest (and before it cargo) printed.
pub(super) fn outcome(text: &str) -> Outcome {
    if NOT_BUILT.iter().any(|words| text.contains(words)) {
        return Outcome::Broken(format!("something was not built:\n{}", end_of(text)));
    }
    let ran = text.lines().find_map(|line| {
        let rest = line.strip_prefix("running ")?;
        rest.split(' ').next()?.parse::<usize>().ok()
    });
    match ran {
        None => return Outcome::Broken(format!("no test ran:\n{}", end_of(text))),
        Some(0) => return Outcome::Broken("there is no test of that name".into()),
        Some(_) => {}
    }
    if let (Some(ran), true) = (ran, text.contains("test result: ok. ")) {
        return Outcome::Passed(ran);
    }
    if !text.contains("test result: FAILED. ") {
        return Outcome::Broken(format!("the tests did not end:\n{}", end_of(text)));
    }
    if let Some(note) = text.lines().find(|line| line.starts_with(NO_PANIC)) {
        let location = note.rsplit(" at ").next().unwrap_or_default().to_owned();
        let said = "it did not panic as expected".to_owned();
        return Outcome::Failed { location, said };
    }
    panic_of(text).unwrap_or_else(|| {
        Outcome::Broken(format!(
            "a test failed without an assertion:\n{}",
            end_of(text)
        ))
    })
}

/// `thread 'name' (id) panicked at file:line:column:` and the line after it.
fn panic_of(text: &str) -> Option<Outcome> {
    let mut lines = text.lines();
    let location = lines.find_map(|line| Some(line.split_once(" panicked at ")?.1))?;
    let location = location.trim_end_matches(':');
    let location = location
        .rsplit_once(':')
        .map_or(location, |(location, _)| location);
    Some(Outcome::Failed {
        location: location.to_owned(),
        said: lines.next().unwrap_or_default().trim().to_owned(),
    })
}

/// The last lines of a text.
pub(super) fn end_of(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LINES);
    lines.get(from..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_that_failed_is_reported_with_its_location() {
        let text = "running 1 test\ntest a ... FAILED\n\nthread 'a' (7) panicked at tests/it/a.rs:3:5:\nnot refused: 1\n\ntest result: FAILED. 0 passed; 1 failed;";
        let expected = Outcome::Failed {
            location: "tests/it/a.rs:3".into(),
            said: "not refused: 1".into(),
        };
        assert_eq!(outcome(text), expected);
        let text = "running 1 test\nnote: test did not panic as expected at src/tests.rs:9:4\ntest result: FAILED. 0 passed;";
        let Outcome::Failed { location, .. } = outcome(text) else {
            panic!("no failure: {text}");
        };
        assert_eq!(location, "src/tests.rs:9:4");
    }

    #[test]
    fn tests_that_pass_are_counted() {
        let text = "running 2 tests\n..\n\ntest result: ok. 2 passed; 0 failed;";
        assert_eq!(outcome(text), Outcome::Passed(2));
    }

    #[test]
    fn a_run_without_a_failed_assertion_is_broken() {
        for text in [
            "",
            "running 0 tests\n\ntest result: ok. 0 passed;",
            "error: could not compile `a` (lib)",
            "running 1 test\nthread 'a' (7) panicked at a.rs:1:1:\n`counter-v1` does not compile\ntest result: FAILED. 0 passed;",
            "running 1 test\nError: Rpc\ntest result: FAILED. 0 passed;",
            "running 1 test\nthread 'a' has overflowed its stack",
        ] {
            assert!(matches!(outcome(text), Outcome::Broken(_)), "{text}");
        }
    }
}
