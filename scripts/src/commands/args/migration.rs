//! The batches of a complex migration.

use crate::text::shell_word;
use clap::Args;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What can be gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gather {
    /// Tokens and owners of an ERC-721 collection.
    Erc721,
    /// The entries of a mapping.
    Census(String),
}

impl fmt::Display for Gather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Erc721 => f.write_str("erc721"),
            Self::Census(entries) => write!(f, "census:{entries}"),
        }
    }
}

impl FromStr for Gather {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.strip_prefix("census:")) {
            ("erc721", _) => Ok(Self::Erc721),
            (_, Some(field)) if !field.is_empty() => Ok(Self::Census(field.to_owned())),
            _ => Err("neither erc721 nor census:FIELD".into()),
        }
    }
}

/// A complex migration to continue.
#[derive(Debug, Args)]
pub struct MigrationArgs {
    /// The instance, an address or an alias
    pub proxy: String,
    /// The items, one per line: words in hexadecimal or decimal, separated by commas, such as an
    /// address, or `id,owner` [default: the contract knows them]
    #[arg(long, value_name = "FILE")]
    pub items: Option<PathBuf>,
    /// Gather the items: `erc721`, the tokens of a collection and their owners, from its events; `census:FIELD`,
    /// the keys of a mapping, from a census before the first batch; `census:FIELD,value`, the keys and their values
    #[arg(long, value_name = "KIND", conflicts_with = "items")]
    pub gather: Option<Gather>,
    /// Maximum gas of one transaction [default: half of what the chain allows]
    #[arg(long, value_name = "GAS")]
    pub gas: Option<u64>,
    /// Stop after the last item, without endMigration
    #[arg(long)]
    pub no_end: bool,
    /// How long to retry a request that the chain does not answer
    #[arg(long, alias = "patience", value_name = "SECONDS", default_value_t = 60)]
    pub retry_for: u64,
    /// Send no batch: the approvers name another handler, who sends the batches from now on
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["abort", "items", "gather"])]
    pub handler: Option<String>,
    /// Send no batch: the approvers abort the migration; its batches are undone by the next run
    #[arg(long, conflicts_with_all = ["items", "gather"])]
    pub abort: bool,
}

impl MigrationArgs {
    /// The command line that continues it.
    pub fn command_line(&self) -> String {
        let items = self.items.as_ref().map(|path| path.display().to_string());
        let gather = self.gather.as_ref().map(ToString::to_string);
        let mut line = format!("stylus-upgrades run-migration {}", shell_word(&self.proxy));
        for (flag, value) in [("--items", items), ("--gather", gather)] {
            if let Some(value) = value {
                line.push_str(&format!(" {flag} {}", shell_word(&value)));
            }
        }
        line
    }
}
