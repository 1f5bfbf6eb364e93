//! The meaning of an account, by what the registry says.

use crate::functions::Functions;
use std::collections::BTreeMap;

/// An account that is known.
#[derive(Debug, Clone, Default)]
pub struct IdentifiedAccount {
    /// Its name: what it is.
    pub name: String,
    /// The definition whose instance or code it is.
    pub definition: Option<String>,
    /// The versions whose code it holds.
    pub versions: Vec<String>,
    /// The functions that it answers.
    pub functions: Functions,
}

impl IdentifiedAccount {
    /// Adds a step of which it is the script.
    pub(super) fn add_script_step(&mut self, definition: &str, from: &str, to: &str) {
        let step = format!("{from:?} → {to:?}");
        self.name = if self.name.is_empty() {
            format!("script of {definition:?} {step}")
        } else {
            format!("{} = {step}", self.name)
        };
        if !self.versions.iter().any(|version| version == to) {
            self.versions.push(to.into());
        }
    }

    /// The code of a definition, or of several, no matter who runs it.
    pub(super) fn from_definitions(code: &BTreeMap<String, Self>) -> Self {
        if code.len() == 1
            && let Some(account) = code.values().next()
        {
            return account.clone();
        }
        let names: Vec<&str> = code.values().map(|account| account.name.as_str()).collect();
        let functions = code.values().fold(Functions::default(), |all, account| {
            all.with(&account.functions)
        });
        Self {
            name: format!("one of {}", names.join(", ")),
            functions,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_of_several_steps_is_named_by_all_of_them() {
        let mut script = IdentifiedAccount::default();
        script.add_script_step("A", "1.0", "2.0");
        script.add_script_step("A", "2.0", "3.0");
        script.add_script_step("A", "1.0", "3.0");
        let steps = r#""1.0" → "2.0" = "2.0" → "3.0" = "1.0" → "3.0""#;
        assert_eq!(script.name, format!(r#"script of "A" {steps}"#));
        assert_eq!(script.versions, ["2.0", "3.0"]);
    }
}
