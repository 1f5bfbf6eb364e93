//! What this program is: its version with the framework that it deploys, what shells complete, its manual.

use super::help;
use super::prelude::*;
use clap_complete::Shell;
use std::path::Path;
use std::sync::LazyLock;
use stylus_upgrades_framework as pinned;

/// `--version`: this program's, and the code hash and the address of each program that it deploys.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    match pinned::programs() {
        Ok(programs) => format!("{version}\n\nframework:\n{}", lines(programs).join("\n")),
        Err(error) => format!("{version}\n\nframework: {error}"),
    }
});

/// The text of `--version`.
pub(super) fn long_version() -> &'static str {
    &LONG_VERSION
}

/// Nothing is decompressed: every command has this text.
fn lines(programs: &[pinned::Program]) -> Vec<String> {
    // Nobody deploys the bare proxy on its own.
    let deployed = programs.iter().filter(|one| one.name != pinned::PROXY);
    let line = |one: &pinned::Program| {
        let address = one.address.map(|address| address.to_string());
        let address = address.unwrap_or_else(|| "one for each team".into());
        format!("  {:<22} {}  {address}", one.name, one.codehash)
    };
    deployed.map(line).collect()
}

/// `completions`: what the shell reads.
pub(super) fn completions(shell: Shell) -> Completions {
    let mut script = Vec::new();
    let mut command = help::command();
    clap_complete::generate(shell, &mut command, "stylus-upgrades", &mut script);
    let script = String::from_utf8_lossy(&script);
    // clap_complete 4.6 takes the hyphen in the name for the space before a subcommand in its labels only.
    let script = script.replace("stylus__subcmd__upgrades", "stylus__upgrades");
    Completions {
        shell: shell.to_string(),
        script,
    }
}

/// What `completions` reports.
#[derive(Serialize)]
pub(super) struct Completions {
    /// The shell.
    shell: String,
    /// The script for it.
    script: String,
}

impl CommandReport for Completions {
    fn lines(&self, _: &Names) -> Vec<String> {
        self.script.lines().map(str::to_owned).collect()
    }
}

/// `man`: a page of the program and one of each command, with what `--help` says.
///
/// # Errors
/// [`Error::Usage`] where the folder cannot be written to.
pub(super) fn manual(folder: &Path) -> Result<Manual> {
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(help::command(), folder));
    written.map_err(|error| Error::Usage {
        message: format!("the manual cannot be written to {}", folder.display()),
        expected: "a folder that this user may write to".into(),
        found: error.to_string(),
        next: "name another folder".into(),
    })?;
    Ok(Manual {
        folder: folder.display().to_string(),
    })
}

/// What `man` reports.
#[derive(Serialize)]
pub(super) struct Manual {
    /// The folder of the pages.
    folder: String,
}

impl CommandReport for Manual {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![format!("written    {}", self.folder)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_finds_the_flags_of_every_command_that_it_names() {
        let script = completions(Shell::Bash).script;
        let named = script.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("cmd=\"")?.strip_suffix('"')?;
            (!name.is_empty()).then_some(name)
        });
        let named: Vec<_> = named.collect();
        assert!(named.contains(&"stylus__upgrades__subcmd__migrate"));
        for name in named {
            assert!(
                script.contains(&format!("\n        {name})\n")),
                "no flags of {name}"
            );
        }
    }
}
