//! Addresses shown by the names that the manifest has for them.

use crate::address::is_address;
use crate::manifest::Manifest;
use crate::text::words_of;
use alloy::primitives::Address;
use std::collections::BTreeMap;

/// The beginning of a command of this program in a text.
const COMMAND: &str = "stylus-upgrades ";
/// The flags that name a registry: a command with one is for somebody elsewhere.
const FOR_OTHERS: [&str; 2] = [" --registry ", " --trust-registry "];

/// Names by address.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<Address, String>);

impl Names {
    /// The aliases of a manifest. Of several for one address, the first in alphabetical order.
    pub fn of(manifest: &Manifest) -> Self {
        let mut names = BTreeMap::new();
        for (alias, address) in &manifest.aliases {
            names.entry(*address).or_insert_with(|| alias.clone());
        }
        Self(names)
    }

    /// Every account that has a name.
    pub fn accounts(&self) -> impl Iterator<Item = Address> + '_ {
        self.0.keys().copied()
    }

    /// The name alone, or the address where there is none.
    pub fn short(&self, address: Address) -> String {
        self.0
            .get(&address)
            .cloned()
            .unwrap_or_else(|| address.to_string())
    }

    /// Name and address, or the address where there is no name.
    pub fn long(&self, address: Address) -> String {
        match self.0.get(&address) {
            Some(name) => format!("{name} ({address})"),
            None => address.to_string(),
        }
    }

    /// Names in a row, separated by commas.
    pub fn list(&self, addresses: &[Address]) -> String {
        let names: Vec<_> = addresses
            .iter()
            .map(|address| self.short(*address))
            .collect();
        names.join(", ")
    }

    /// A policy, or another text that is typed, with every address in it replaced by its name, where there is one.
    pub fn policy(&self, expression: &str) -> String {
        let words = words_of(expression, |c| c.is_ascii_alphanumeric());
        let named = words.flat_map(|(before, word)| {
            // An id of a finding keeps its address: `--accept arrival:0x…` takes no name.
            let is_of_id = before.ends_with(':');
            let name = self.of_word(word).filter(|_| !is_of_id);
            [before, name.unwrap_or(word)]
        });
        named.collect()
    }

    /// The name of what is an address. Longer words are hashes or calldata.
    fn of_word(&self, word: &str) -> Option<&str> {
        let address = Some(word).filter(|word| is_address(word))?;
        let address: Address = address.parse().ok()?;
        self.0.get(&address).map(String::as_str)
    }

    /// A text for people, with each command of this program as somebody with this manifest types it here: with names in
    /// place of addresses, and with the flags that `place_of` has for a command of that name, unless they are there. A
    /// command that names a registry is for somebody elsewhere: it stays as it is. So does one with `--trust-registry`,
    /// which takes no name. A word in single quotes is one argument, whatever it holds, and a text in double quotes is
    /// somebody else's.
    pub fn in_commands(&self, text: &str, place_of: &impl Fn(&str) -> Vec<String>) -> String {
        let seen = without_quoted(text);
        let (mut named, mut rest) = (String::new(), text);
        for (number, piece) in seen.split(COMMAND).enumerate() {
            let begin = if number == 0 { "" } else { COMMAND };
            let (_, from) = rest.split_at(begin.len());
            let (command, after) = from.split_at(piece.len());
            (named, rest) = (named + begin, after);
            let is_for_others = |flag: &&str| piece.contains(*flag);
            if begin.is_empty() || FOR_OTHERS.iter().any(is_for_others) {
                named.push_str(command);
                continue;
            }
            let is_name = |c: char| c.is_ascii_lowercase() || c == '-';
            let name = command.split(|c| !is_name(c)).next().unwrap_or_default();
            for flag in place_of(name) {
                if !command.contains(&flag) {
                    named.push_str(&flag);
                    named.push(' ');
                }
            }
            named.push_str(&self.policy(command));
        }
        named
    }
}

/// A text whose words in single quotes, and whose texts in double quotes, are blanked inside. Such a word is an argument:
/// it begins no command and is no flag.
fn without_quoted(text: &str) -> String {
    let (mut seen, mut rest) = (String::new(), text);
    let begin = |rest: &str| {
        let single = rest.find(" '").map(|at| at + 1);
        single.into_iter().chain(rest.find('"')).min()
    };
    while let Some(at) = begin(rest) {
        let (before, quoted) = rest.split_at(at + 1);
        let end = if before.ends_with('"') {
            quoted.replace(r"\\", "__").replace(r#"\""#, "__").find('"')
        } else {
            quoted.replace(r"'\''", "____").find('\'')
        };
        let Some(length) = end else {
            break;
        };
        seen = seen + before + &"_".repeat(length);
        (_, rest) = quoted.split_at(length);
    }
    seen + rest
}

impl FromIterator<(Address, String)> for Names {
    fn from_iter<I: IntoIterator<Item = (Address, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_the_names_of_the_manifest_unless_it_is_for_somebody_elsewhere() {
        let [ana, vault] = [Address::repeat_byte(0xa1), Address::repeat_byte(0xb2)];
        let names: Names = [(ana, "Ana"), (vault, "vault")]
            .map(|(address, name)| (address, name.to_owned()))
            .into_iter()
            .collect();
        // Where it stays, it is a policy, or for somebody elsewhere; longer words are hashes or calldata,
        // whatever they begin with.
        for (text, expected) in [
            (
                "next: stylus-upgrades run-migration VAULT --handler ANA, of ANA",
                "next: stylus-upgrades run-migration vault --handler Ana, of Ana",
            ),
            ("policy update A --role policy 'AND(ANA,VAULT)'", ""),
            (
                "VAULT: stylus-upgrades policy update A 'AND(ANA)'",
                "VAULT: stylus-upgrades policy update A 'AND(Ana)'",
            ),
            (
                "stylus-upgrades adopt A VAULT --from ANA; there: stylus-upgrades resume A --registry ANA",
                "stylus-upgrades adopt A vault --from Ana; there: stylus-upgrades resume A --registry ANA",
            ),
            ("stylus-upgrades status VAULT --registry ANA", ""),
            ("stylus-upgrades upgrade VAULT 2.0 --trust-registry ANA", ""),
            ("stylus-upgrades approve ANA00 0x 0xé", ""),
            (
                "stylus-upgrades adopt A --accept arrival:VAULT,CodeReplaceable:VAULT:ANA",
                "",
            ),
        ] {
            let full = |text: &str| {
                let text = text.replace("ANA", &ana.to_string());
                text.replace("VAULT", &vault.to_string())
            };
            let expected = if expected.is_empty() { text } else { expected };
            let (text, expected) = (full(text), full(expected));
            assert_eq!(names.in_commands(&text, &|_| Vec::new()), expected);
        }
    }

    #[test]
    fn a_command_has_the_flags_that_lead_here_unless_it_is_for_somebody_elsewhere() {
        let place_of = |name: &str| match name {
            "run-migration" | "status" => vec!["--network a".to_owned(), "--manifest b".to_owned()],
            _ => Vec::new(),
        };
        for (text, expected) in [
            (
                "`stylus-upgrades run-migration x`, stylus-upgrades node; stylus-upgrades that",
                "`stylus-upgrades --network a --manifest b run-migration x`, stylus-upgrades node; stylus-upgrades \
                 that",
            ),
            (
                "stylus-upgrades status --network a",
                "stylus-upgrades --manifest b status --network a",
            ),
            ("stylus-upgrades status --registry R", ""),
            (
                r#"Error("it\"s \\ stylus-upgrades status"), stylus-upgrades status"#,
                r#"Error("it\"s \\ stylus-upgrades status"), stylus-upgrades --network a --manifest b status"#,
            ),
            (
                r"stylus-upgrades status 'a'\''-registry ; stylus-upgrades status é', 'b",
                r"stylus-upgrades --network a --manifest b status 'a'\''-registry ; stylus-upgrades status é', 'b",
            ),
        ] {
            let expected = if expected.is_empty() { text } else { expected };
            assert_eq!(Names::default().in_commands(text, &place_of), expected);
        }
    }
}
