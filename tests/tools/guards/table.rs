//! The list of guards: what each one prevents, where it is, its text, and the test that fails
//! without it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use stylus_upgrades_harness::HarnessError;

use super::wrong;

/// Where the list is, below the repository's root.
const PATH: &str = "tests/tools/guards/guards.toml";

/// All guards, in the order of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The guards.
    #[serde(rename = "guard")]
    pub guards: Vec<Guard>,
    /// What guards against that which nothing can bring about, as far as is known.
    #[serde(rename = "unreachable", default)]
    pub unreachable: Vec<Unreachable>,
    /// Refusals in the contracts' sources that have no guard in the list.
    #[serde(default)]
    pub excused: Vec<Excuse>,
    /// The bytes of the file.
    #[serde(skip)]
    pub source: String,
}

/// One guard.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// What it prevents, a sentence.
    pub name: String,
    /// `proxy`, `registry`, `migratable` or `layout`.
    pub part: String,
    /// The file that it stands in, below the repository's root.
    pub file: String,
    /// The text that is the guard; it stands in the file once.
    pub guard: String,
    /// The code there while it is disabled.
    pub disabled: String,
    /// The test that fails then.
    pub test: Test,
    /// The rule or error that it serves.
    pub serves: String,
}

/// A guard that no test can reach: others come before it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreachable {
    /// What it would prevent, a sentence.
    pub name: String,
    /// The file that it stands in, below the repository's root.
    pub file: String,
    /// The text that is the guard; it stands in the file once.
    pub guard: String,
    /// What keeps everybody from reaching it.
    pub why: String,
}

/// Refusals of a file that are no guards, or are guards elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excuse {
    /// The file that they stand in, below the repository's root.
    pub file: String,
    /// Text of each, with its condition; white space does not matter.
    pub refusals: Vec<String>,
    /// Why no guard is needed.
    pub why: String,
}

/// A test that notices.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(untagged)]
pub enum Test {
    /// In the binary `it`, by its whole name.
    It(String),
    /// In another package, by its whole name.
    Cargo {
        /// The package.
        package: String,
        /// The name of its test target; its unit tests where there is none.
        target: Option<String>,
        /// The whole name of the test.
        name: String,
    },
}

impl Test {
    /// Its whole name within its target.
    pub fn name(&self) -> &str {
        match self {
            Self::It(name) | Self::Cargo { name, .. } => name,
        }
    }

    /// The package that it is in, and its target there; none for the binary `it`.
    pub(super) fn target(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Self::It(_) => None,
            Self::Cargo {
                package, target, ..
            } => Some((package, target.as_deref())),
        }
    }
}

impl Table {
    /// Reads the list of the checkout in `home`.
    ///
    /// # Errors
    /// [`HarnessError::File`], [`HarnessError::Library`].
    pub fn read(home: &Path) -> Result<Self, HarnessError> {
        let path = home.join(PATH);
        let source = std::fs::read_to_string(&path).map_err(HarnessError::file("read", &path))?;
        let refuse = |reason: String| {
            let path = path.display();
            wrong(format!("{path}: {reason}; expected a list of [[guard]]"))
        };
        let mut table: Self = toml::from_str(&source).map_err(|error| refuse(error.to_string()))?;
        let mut names = BTreeSet::new();
        for guard in &table.guards {
            if !names.insert(&guard.name) {
                return Err(refuse(format!("two guards are called `{}`", guard.name)));
            }
        }
        table.source = source;
        Ok(table)
    }

    /// The guards whose name contains one of `names`, in the order of the list.
    ///
    /// # Errors
    /// [`HarnessError::Library`] for a name that none contains.
    pub fn named(&self, names: &[String]) -> Result<Vec<Guard>, HarnessError> {
        for name in names {
            if !self.guards.iter().any(|guard| guard.name.contains(name)) {
                let shown = "`--list` shows them all";
                return Err(wrong(format!("no guard's name contains `{name}`; {shown}")));
            }
        }
        let requested = |guard: &&Guard| names.iter().any(|name| guard.name.contains(name));
        Ok(self.guards.iter().filter(requested).cloned().collect())
    }
}

impl Guard {
    /// `source` without the guard.
    ///
    /// # Errors
    /// [`HarnessError::Library`] unless the guard stands there once.
    pub fn disabled_in(&self, source: &str) -> Result<String, HarnessError> {
        match source.matches(&self.guard).count() {
            1 => Ok(source.replacen(&self.guard, &self.disabled, 1)),
            found => Err(wrong(format!(
                "`{}`: expected its text once in {}, found it {found} times; bring the list up to date with the source",
                self.name, self.file
            ))),
        }
    }
}
