//! A command as a shell takes it, for `--print`.

use crate::text::shell_word;
use std::process::Command;

/// The command with its folder and the variables that are set for it. Where `is_clean`, it has no
/// others.
pub(super) fn shown(command: &Command, is_clean: bool) -> String {
    let mut words = Vec::new();
    if let Some(folder) = command.get_current_dir() {
        words.extend([
            "cd".to_owned(),
            word(&folder.to_string_lossy()),
            "&&".into(),
        ]);
    }
    words.push(if is_clean { "env -i" } else { "env" }.into());
    for (name, value) in command.get_envs() {
        let name = name.to_string_lossy();
        words.push(match value {
            Some(value) => format!("{name}={}", word(&value.to_string_lossy())),
            None => format!("-u {name}"),
        });
    }
    words.push(word(&command.get_program().to_string_lossy()));
    words.extend(
        command
            .get_args()
            .map(|argument| word(&argument.to_string_lossy())),
    );
    words.join(" ")
}

/// A word for a shell. Cargo separates flags by a control character, which bash takes as an escape.
fn word(text: &str) -> String {
    match text.contains('\u{1f}') {
        true => format!(
            "$'{}'",
            text.replace('\\', r"\\")
                .replace('\'', r"\'")
                .replace('\u{1f}', r"\x1f")
        ),
        false => shell_word(text),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;
    use std::process::Command;

    #[test]
    fn a_shell_does_the_same_with_what_is_shown() {
        let mut command = Command::new("printenv");
        command.current_dir("/").env_clear().arg("FLAGS");
        command.env("FLAGS", "-C\u{1f}it's \\ here").env("A", "b c");
        let direct = command.output().expect("it runs").stdout;
        let text = shown(&command, true);
        let shell = Command::new("bash").args(["-c", &text]).output();
        assert_eq!(shell.expect("a shell").stdout, direct, "{text}");
        assert!(!text.contains('\u{1f}'), "{text}");
    }
}
