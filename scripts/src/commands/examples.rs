//! What people type, as examples of each command.

/// What people type, without the program's name: three lines for each command.
pub(crate) const EXAMPLES: &str = include_str!("examples.txt");

/// The examples of a command: `layout`, `layout show`.
pub(crate) fn examples(command: &str) -> Vec<&'static str> {
    let is_of_it = |line: &&str| {
        let rest = line.strip_prefix(command);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    EXAMPLES.lines().filter(is_of_it).collect()
}

/// The examples of a command, as its help shows them.
pub(crate) fn shown_examples(command: &str) -> String {
    let lines = examples(command).into_iter();
    let lines = lines.map(|example| format!("  stylus-upgrades {example}\n"));
    lines.fold("Examples:\n".to_owned(), |text, line| text + &line)
}
