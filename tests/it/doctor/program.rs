//! The program as somebody has it who has nothing else, and what a run of it came to.

use crate::prelude::*;
use stylus_upgrades_harness::{command_line, copy_program};
use stylus_upgrades_test_support::compilers;

use crate::command;

/// The program, in a folder of its own, with nothing of this process' environment but what finds
/// programs, and what says which framework the chain has.
pub(super) fn program(folder: &Path) -> Command {
    let own: PathBuf = folder.join("stylus-upgrades");
    if !own.exists() {
        copy_program(command::program(), &own).expect("copied");
    }
    let own_command = command_line(&own).expect("the workspace");
    let framework = "STYLUS_UPGRADES_FRAMEWORK_FROM";
    let framework = own_command.get_envs().find(|(name, _)| *name == framework);
    let mut command = Command::new(&own);
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .envs(compilers())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if let Some((name, Some(value))) = framework {
        command.env(name, value);
    }
    command
}

impl Answer {
    /// A list of the document.
    #[track_caller]
    pub(super) fn list(&self, field: &str) -> &Vec<Value> {
        let list = self.document[field].as_array();
        list.unwrap_or_else(|| panic!("no {field} in {:#}\n{}", self.document, self.stderr))
    }

    /// The names of the findings.
    pub(super) fn findings(&self) -> Vec<&str> {
        let findings = self.list("findings").iter();
        findings.filter_map(|one| one["id"].as_str()).collect()
    }

    /// The programs in a state.
    pub(super) fn in_state(&self, state: &str) -> Vec<&Value> {
        let programs = self.list("programs").iter();
        programs.filter(|one| one["state"] == state).collect()
    }

    /// The entry of the code of an account.
    #[track_caller]
    pub(super) fn entry(&self, account: Address) -> &Value {
        let account = serde_json::to_value(account).expect("JSON");
        let mut programs = self.list("programs").iter();
        let is_there = |one: &&Value| {
            let accounts = one["accounts"].as_array();
            accounts.is_some_and(|all| all.iter().any(|held| held["address"] == account))
        };
        programs
            .find(is_there)
            .unwrap_or_else(|| panic!("no {account} in {:#}", self.document))
    }

    /// Every role that some code has.
    pub(super) fn roles(&self) -> BTreeSet<&str> {
        let accounts = self.list("programs").iter();
        let accounts = accounts.flat_map(|one| one["accounts"].as_array().into_iter().flatten());
        let uses = accounts.flat_map(|one| one["uses"].as_array().into_iter().flatten());
        uses.filter_map(|one| one["role"].as_str()).collect()
    }
}
