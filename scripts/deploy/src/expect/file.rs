//! The file of expectations: read, and written from what a simulation has shown.

use super::{Expectation, Expectations, Getter, TOO_MANY, syntax};
use crate::error::Refusal;
use crate::own_file;
use serde::Deserialize;
use std::fmt::Write;
use std::path::Path;

/// The beginning of a file that `plan` wrote.
const HEAD: &str = "# What must hold of every instance after the upgrade.";

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Each in words, as everybody reads them.
    expect: Vec<String>,
}

impl Expectations {
    /// Reads those that a file holds.
    ///
    /// # Errors
    /// Where it is none that a check could ask.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let name = path.display().to_string();
        let refused = |reason: &str| syntax(&name, reason);
        let text = own_file::read(path)?.ok_or_else(|| refused("there is no such file"))?;
        let file: File = toml::from_str(&text).map_err(|error| refused(error.message()))?;
        let all = file.expect.iter().map(|line| line.parse());
        Self::new(all.collect::<Result<_, _>>()?)
    }
}

/// Expectations that a simulation has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggested {
    /// Expectations that held, or must hold.
    pub all: Vec<Expectation>,
    /// Expectations that the simulation wrote: the author confirms them, or not.
    pub to_confirm: Vec<Expectation>,
    /// Getters that nothing is said of, and why.
    pub left_out: Vec<(Getter, &'static str)>,
}

impl Suggested {
    /// Writes the file, with as many of them as one check holds; the others are left out. Another file than one of
    /// these is not replaced.
    ///
    /// # Errors
    /// Where it is none that a check could ask.
    pub fn write(&self, path: &Path) -> Result<(), Refusal> {
        let mut fitting = self.clone();
        while Expectations::new(fitting.all.clone()).is_err_and(|error| error.is(TOO_MANY)) {
            let left_out = fitting.all.pop().map(|one| one.getter);
            let left_out = left_out.map(|getter| (getter, "a check has no room for it"));
            fitting.left_out.extend(left_out);
        }
        if fitting.to_confirm.is_empty() {
            Expectations::new(fitting.all.clone())?;
        }
        let is_own = |content: &str| content.starts_with(HEAD);
        own_file::replace(path, fitting.text().as_bytes(), is_own)
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD} For --expect.\nexpect = [\n");
        for one in &self.all {
            let _ = writeln!(text, "    \"{one}\",");
        }
        if !self.to_confirm.is_empty() {
            text += "    # The upgrade writes these. Remove the # where this is meant.\n";
        }
        for one in &self.to_confirm {
            let _ = writeln!(text, "    # \"{one}\",");
        }
        for (getter, why) in &self.left_out {
            let _ = writeln!(text, "    # Left out: {getter}, {why}.");
        }
        text + "]\n"
    }
}
