//! The meaning of an account, by what the registry says.

use crate::functions::Functions;
use std::collections::BTreeMap;

/// An account that is known.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Its name: what it is.
    pub name: String,
    /// The definition whose instance or code it is.
    pub definition: Option<String>,
    /// The versions whose code it holds.
    pub versions: Vec<String>,
    /// The functions that it answers.
    pub functions: Functions,
}

impl Account {
    /// It is the script of this step, beside others.
    pub(super) fn leads(&mut self, definition: &str, from: &str, to: &str) {
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

    /// Code of a definition, or of several, no matter who runs it.
    pub(super) fn one_of(code: &BTreeMap<String, Self>) -> Self {
        let mut accounts = code.values();
        match (accounts.next(), code.len()) {
            (Some(only), 1) => only.clone(),
            _ => {
                let names: Vec<&str> = code.values().map(|one| one.name.as_str()).collect();
                let functions = code
                    .values()
                    .fold(Functions::default(), |all, one| all.with(&one.functions));
                Self {
                    name: format!("one of {}", names.join(", ")),
                    functions,
                    ..Self::default()
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_of_several_steps_is_named_by_all_of_them() {
        let mut script = Account::default();
        script.leads("A", "1.0", "2.0");
        script.leads("A", "2.0", "3.0");
        script.leads("A", "1.0", "3.0");
        let steps = r#""1.0" → "2.0" = "2.0" → "3.0" = "1.0" → "3.0""#;
        assert_eq!(script.name, format!(r#"script of "A" {steps}"#));
        assert_eq!(script.versions, ["2.0", "3.0"]);
    }
}
