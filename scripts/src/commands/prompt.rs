//! First use without reading: on a terminal `registry deploy`, `create-proxy` and `migrate` ask for
//! what is missing, and print the full command, which does the same without asking.

use super::help;
use crate::keys::KeyPlace;
use crate::manifest::Manifest;
use crate::text::shell_word;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

/// Flags that say where the key comes from, and variables that do. `--export` is none of them: what
/// `migrate` deploys first is signed all the same.
const KEY_FLAGS: [&str; 6] = [
    "--private-key",
    "--private-key-path",
    "--keystore",
    "--keystore-path",
    "--account",
    "--unlocked",
];
const KEY_VARIABLES: [&str; 4] = [
    "ETH_KEYSTORE",
    "ETH_KEYSTORE_ACCOUNT",
    "PRIVATE_KEY",
    "ETH_PRIVATE_KEY",
];

/// A question about a flag: asked if none of `unless` is given; an empty answer leaves it out.
struct Optional {
    question: &'static str,
    flag: &'static str,
    unless: &'static [&'static str],
    /// Whether the answer is a call with its arguments rather than one word.
    is_call: bool,
}

const INITIALIZER: Optional = Optional {
    question: "initializer and its arguments, such as `initialize(uint256) 7` [none]",
    flag: "--init",
    unless: &["--init", "--accept"],
    is_call: true,
};
const ALIAS: Optional = Optional {
    question: "alias for the proxy in stylus-upgrades.toml [none]",
    flag: "--save",
    unless: &["--save"],
    is_call: false,
};
const MIGRATION: Optional = Optional {
    question: "migration and its arguments, such as `migrate(uint256) 5` [none]",
    flag: "--call",
    unless: &["--call", "--script", "--complex", "--accept"],
    is_call: true,
};
const DEFINERS: Optional = Optional {
    question: "who may create definitions, such as `OR(0x…,0x…)` [the key's address]",
    flag: "--define",
    unless: &["--define"],
    is_call: false,
};

/// Commands that ask, by their words, with what they ask besides what they cannot do without.
const COMMANDS: [(&[&str], &[Optional]); 3] = [
    (&["registry", "deploy"], &[DEFINERS]),
    (&["create-proxy"], &[INITIALIZER, ALIAS]),
    (&["migrate"], &[MIGRATION]),
];

/// The words of the command line, with what a person at the terminal added. Where there is no
/// person, or nothing is missing, they are as they were.
pub(super) fn completed(words: Vec<OsString>) -> Vec<OsString> {
    let (input, mut errors) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !errors.is_terminal() {
        return words;
    }
    let has_key = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_key = KEY_VARIABLES.iter().any(has_key) || manifest_names_a_key();
    let mut ask = |question: &str| {
        let mut errors = std::io::stderr();
        write!(errors, "{question}: ")
            .and_then(|()| errors.flush())
            .ok()?;
        let mut answer = String::new();
        let read = input.lock().read_line(&mut answer).ok()?;
        (read > 0).then(|| answer.trim().to_owned())
    };
    let Some(complete) = complete(&words, has_key, &mut ask) else {
        return words;
    };
    let line: Vec<String> = complete[1..].iter().map(|word| shell_word(word)).collect();
    let _ = writeln!(errors, "command: stylus-upgrades {}", line.join(" "));
    complete.into_iter().map(OsString::from).collect()
}

/// Whether the nearest manifest names a key, on whichever network.
fn manifest_names_a_key() -> bool {
    let folder = std::env::current_dir().unwrap_or_default();
    Manifest::find(None, &folder).is_ok_and(|manifest| {
        let networks = manifest.networks.values().map(|network| &network.key);
        networks.chain([&manifest.key]).any(KeyPlace::is_some)
    })
}

/// The complete words, if something is missing and all of it was answered.
fn complete(
    words: &[OsString],
    has_key: bool,
    ask: &mut dyn FnMut(&str) -> Option<String>,
) -> Option<Vec<String>> {
    let mut words: Vec<String> = words
        .iter()
        .map(|word| word.to_str().map(str::to_owned))
        .collect::<Option<_>>()?;
    let (command, optional) = COMMANDS
        .iter()
        .find(|(command, _)| begins_with(&words, command))?;
    if words.iter().any(|word| word == "--json") {
        return None;
    }
    let missing = missing(&words)?;
    let lacks_key = !has_key && !is_given(&words, &KEY_FLAGS);
    if missing.is_empty() && !lacks_key {
        return None;
    }
    for name in missing {
        let answer = ask(&question(command, &name)).filter(|answer| !answer.is_empty())?;
        let first = 1 + command.len();
        let is_flag = |word: &String| word.starts_with('-');
        let behind = words[first..].iter().position(is_flag);
        let at = behind.map_or(words.len(), |behind| first + behind);
        words.insert(at, answer);
    }
    for optional in *optional {
        if !is_given(&words, optional.unless) {
            let answer = ask(optional.question)?;
            if !answer.is_empty() {
                words.push(optional.flag.to_owned());
                match optional.is_call {
                    true => words.extend(shlex::split(&answer)?),
                    false => words.push(answer),
                }
            }
        }
    }
    let deploys = command.starts_with(&["registry"]);
    if deploys && !is_given(&words, &["--save"]) {
        let answer = ask("keep its address in stylus-upgrades.toml? [yes]")?;
        if answer.is_empty() || answer.starts_with(['y', 'Y']) {
            words.push("--save".to_owned());
        }
    }
    if lacks_key {
        words.extend(key(ask)?);
    }
    Some(words)
}

/// Whether the words behind the program's name begin with those of a command.
fn begins_with(words: &[String], command: &[&str]) -> bool {
    let rest = words.get(1..).unwrap_or_default();
    rest.len() >= command.len() && rest.iter().zip(command).all(|(word, name)| word == name)
}

/// The flag of the key's source. A key itself is not taken: it would be printed with the command.
fn key(ask: &mut dyn FnMut(&str) -> Option<String>) -> Option<[String; 2]> {
    let answer = ask("file of the private key, or name of a keystore in ~/.foundry/keystores")?;
    let digits = answer.trim_start_matches("0x");
    let is_key = digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit());
    if answer.is_empty() || is_key {
        return None;
    }
    let flag = match Path::new(&answer).exists() {
        true => "--private-key-path",
        false => "--account",
    };
    Some([flag.to_owned(), answer])
}

/// Names of the positional arguments that are missing, in order; `None` where something else is
/// wrong with the words.
fn missing(words: &[String]) -> Option<Vec<String>> {
    let Err(error) = help::parse(words) else {
        return Some(Vec::new());
    };
    let names = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.clone(),
        _ => return None,
    };
    let is_positional = |name: &String| name.starts_with('<');
    let is_missing = error.kind() == ErrorKind::MissingRequiredArgument;
    (is_missing && names.iter().all(is_positional)).then_some(names)
}

/// What to ask for a positional argument: its name and its help.
fn question(command: &[&str], name: &str) -> String {
    let mut tree = help::command();
    let mut found = Some(&mut tree);
    for word in command {
        found = found.and_then(|tree| tree.find_subcommand_mut(word));
    }
    let bare = name.trim_matches(['<', '>']);
    let help = found.and_then(|tree| {
        let mut positionals = tree.get_positionals();
        positionals
            .find(|argument| argument.get_id().as_str().eq_ignore_ascii_case(bare))
            .and_then(|argument| argument.get_help())
            .map(ToString::to_string)
    });
    let name = bare.to_ascii_lowercase();
    help.map_or(name.clone(), |help| format!("{name} ({help})"))
}

/// Whether one of these flags is among the words.
fn is_given(words: &[String], flags: &[&str]) -> bool {
    let is_one = |word: &String| {
        let flag = word.split('=').next().unwrap_or_default();
        flags.contains(&flag)
    };
    words.iter().any(is_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line that is complete after these answers, and the questions that were asked.
    fn answered(words: &str, answers: &[&str]) -> (Option<String>, Vec<String>) {
        let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
        let mut questions = Vec::new();
        let mut answers = answers.iter();
        let complete = complete(&words, false, &mut |question| {
            questions.push(question.to_owned());
            answers.next().map(|answer| (*answer).to_owned())
        });
        (complete.map(|words| words.join("|")), questions)
    }

    #[test]
    fn what_is_missing_is_prompted_for_in_order() {
        let (line, questions) = answered(
            "x create-proxy",
            &["Note", "1.0", "initialize(uint256) 7", "note", "alice"],
        );
        let expected =
            "x|create-proxy|Note|1.0|--init|initialize(uint256)|7|--save|note|--account|alice";
        assert_eq!(line.as_deref(), Some(expected));
        assert!(questions[0].starts_with("name ("), "{questions:?}");
        assert!(questions[1].starts_with("version ("), "{questions:?}");
        assert_eq!(questions.len(), 5);
    }

    #[test]
    fn given_arguments_stay_and_precede_prompted_ones() {
        let (line, questions) = answered(
            "x migrate Note --accept migration-omitted --private-key-path key",
            &["2.0", "note"],
        );
        let expected = "x|migrate|Note|2.0|note|--accept|migration-omitted|--private-key-path|key";
        assert_eq!(line.as_deref(), Some(expected));
        assert_eq!(questions.len(), 2);
        let (line, _) = answered("x registry deploy", &["", "", "alice"]);
        let expected = "x|registry|deploy|--save|--account|alice";
        assert_eq!(line.as_deref(), Some(expected));
    }

    #[test]
    fn nothing_is_prompted_where_nothing_is_missing_or_something_else_is_wrong() {
        for words in [
            "x create-proxy Note 1.0 --private-key-path key",
            "x create-proxy Note 1.0 --unlocked 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            "x create-proxy --json",
            "x create-proxy --no-such-flag",
            "x status",
            "x",
        ] {
            let (line, questions) = answered(words, &[]);
            assert_eq!((line, questions), (None, Vec::new()), "{words}");
        }
    }

    #[test]
    fn a_key_is_never_part_of_the_command() {
        let key = "ab".repeat(32);
        let (line, _) = answered("x registry deploy", &["", "", &key]);
        assert_eq!(line, None);
    }

    #[test]
    fn an_answer_is_split_as_a_shell_would() {
        let given = "x create-proxy Note 1.0 --save note";
        let (line, _) = answered(given, &["f(string)  'two words' \"\"", "alice"]);
        let line = line.expect("a call");
        assert!(
            line.contains("|--init|f(string)|two words||--account|"),
            "{line}"
        );
        let (line, _) = answered(given, &["f(string) 'open", "alice"]);
        assert_eq!(line, None);
    }
}
