//! Lists of command lines that have to call every command: what such a list lacks follows from the declarations of the
//! commands.

use std::collections::BTreeSet;

/// Asserts that these command lines call each of these commands, by its name, but for those of `except`, each of which is
/// named with the reason.
///
/// # Panics
/// If a command is missing, and if a reason is given that none needs.
#[track_caller]
pub fn require_every_command<'a>(
    commands: impl IntoIterator<Item = &'a str>,
    lines: impl IntoIterator<Item = &'a str>,
    except: &[(&str, &str)],
) {
    let commands: BTreeSet<&str> = commands.into_iter().collect();
    let lines = lines.into_iter();
    let called: BTreeSet<&str> = lines
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let excepted: BTreeSet<&str> = except.iter().map(|(name, _)| *name).collect();
    let known: BTreeSet<&str> = called.union(&excepted).copied().collect();
    let missing: Vec<&&str> = commands.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "add a line of {missing:?} to this list, or the reason why it has none"
    );
    let needless: Vec<&&str> = excepted.intersection(&called).collect();
    assert!(
        needless.is_empty(),
        "{needless:?} has a line and a reason why it has none"
    );
}

#[cfg(test)]
mod tests {
    use super::require_every_command;
    use std::panic::catch_unwind;

    fn holds(lines: &[&str], except: &[(&str, &str)]) -> bool {
        let lines = lines.to_vec();
        catch_unwind(|| require_every_command(["pause", "resume"], lines, except)).is_ok()
    }

    #[test]
    fn a_command_is_missed_unless_a_line_calls_it_or_a_reason_says_why_not() {
        assert!(holds(&["pause A", "resume A"], &[]));
        assert!(holds(&["pause A"], &[("resume", "it does nothing here")]));
        assert!(!holds(&["pause A", "status resume"], &[]));
        assert!(!holds(
            &["pause A", "resume A"],
            &[("resume", "it does nothing here")]
        ));
    }
}
