//! The file of expectations: read, and written from what a trial has shown.

use super::{ExpectError, Expectation, Expectations, Getter, Holds, Part, value};
use crate::own_file;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// How a file begins that `plan` wrote.
const HEAD: &str = "# What must hold of every instance behind the upgrade.";

/// The file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    unchanged: Vec<String>,
    nonzero: Vec<String>,
    equal: BTreeMap<String, toml::Value>,
    delta: BTreeMap<String, String>,
}

impl Expectations {
    /// Those that a file holds.
    ///
    /// # Errors
    /// [`ExpectError`].
    pub fn read(path: &Path) -> Result<Self, ExpectError> {
        let name = path.display().to_string();
        let missing = || Part::File.refused(&name, "there is no such file");
        let text = own_file::read(path)?.ok_or_else(missing)?;
        let file: File =
            toml::from_str(&text).map_err(|error| Part::File.refused(&name, error.message()))?;
        let mut all = Vec::new();
        let mut add = |getter: &str, holds| -> Result<(), ExpectError> {
            let getter = getter.parse()?;
            all.push(Expectation { getter, holds });
            Ok(())
        };
        for getter in &file.unchanged {
            add(getter, Holds::Unchanged)?;
        }
        for getter in &file.nonzero {
            add(getter, Holds::Nonzero)?;
        }
        for (getter, is) in &file.equal {
            let text = match is {
                toml::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            add(getter, Holds::Equal(text.parse()?))?;
        }
        for (getter, by) in &file.delta {
            add(getter, Holds::Delta(value::delta(by)?))?;
        }
        Self::new(all)
    }
}

/// Expectations that a trial has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggested {
    /// What held, or must hold.
    pub all: Vec<Expectation>,
    /// What the trial wrote: the author confirms it, or not.
    pub to_confirm: Vec<Expectation>,
    /// Getters that nothing is said of, and why.
    pub left_out: Vec<(Getter, &'static str)>,
}

impl Suggested {
    /// Writes the file. Another file than one of these is not replaced.
    ///
    /// # Errors
    /// [`ExpectError`].
    pub fn write(&self, path: &Path) -> Result<(), ExpectError> {
        let fitting = self.fitting()?;
        let is_ours = |content: &str| content.starts_with(HEAD);
        Ok(own_file::replace(path, fitting.text().as_bytes(), is_ours)?)
    }

    /// So many of them as one check holds; the others are left out.
    fn fitting(&self) -> Result<Self, ExpectError> {
        let mut fitting = self.clone();
        loop {
            match Expectations::new(fitting.all.clone()) {
                Err(ExpectError::Empty) if !fitting.to_confirm.is_empty() => return Ok(fitting),
                Err(ExpectError::TooMany(_)) => {
                    let left_out = fitting.all.pop().map(|one| one.getter);
                    let why = "a check has no room for it";
                    let left_out = left_out.map(|getter| (getter, why));
                    fitting.left_out.extend(left_out);
                }
                other => return other.map(|_| fitting),
            }
        }
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD} For --expect.\n");
        for kind in [Holds::Unchanged, Holds::Nonzero] {
            let of_kind = self.all.iter().filter(|one| one.holds == kind);
            let getters: String = of_kind
                .map(|one| format!("    \"{}\",\n", one.getter))
                .collect();
            if !getters.is_empty() {
                let _ = write!(text, "{} = [\n{getters}]\n", kind.name());
            }
        }
        if !self.to_confirm.is_empty() {
            text += "\n# The upgrade writes these. Whoever knows what is meant removes the #.\n";
        }
        for kind in ["equal", "delta"] {
            let of_kind = self
                .to_confirm
                .iter()
                .filter(|one| one.holds.name() == kind);
            let lines: String = of_kind.map(line).collect();
            if !lines.is_empty() {
                let _ = write!(text, "[{kind}]\n{lines}");
            }
        }
        for (getter, why) in &self.left_out {
            let _ = writeln!(text, "# Left out: {getter}, {why}.");
        }
        text
    }
}

/// A line that is to be confirmed.
fn line(one: &Expectation) -> String {
    let text = one.to_string();
    let value = text.rsplit(' ').next().unwrap_or_default();
    format!("# \"{}\" = \"{value}\"\n", one.getter)
}
