//! `docs/walkthrough.md`, `docs/governance.md` and `docs/migrations.md` are executed: the console
//! blocks of each in their order, in one shell, against a chain of their own, each command's output compared with
//! what the page says.

mod page;
mod shell;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use page::{Step, matches, steps};
use shell::Shell;
use stylus_upgrades_harness::{Anvil, HarnessError, Lines, Npm, home, launcher};

/// What the page starts in a terminal of its own.
const NODE: &str = "stylus-upgrades node";
/// Where the page says that it listens.
const ENDPOINT: &str = "http://127.0.0.1:8547";

#[test]
fn the_walkthrough_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/walkthrough.md")
}

#[test]
fn the_page_on_governance_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/governance.md")
}

#[test]
fn the_page_on_migrations_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/migrations.md")
}

/// Progress that only comes where another test builds contracts at the same time.
const BUILD_ELSEWHERE: &str = "waiting for another build of contracts to end\n";

/// Executes one page.
fn execute(page: &str) -> Result<(), HarnessError> {
    let text = fs::read_to_string(home().join(page)).expect("the page");
    let node = Anvil::start_program(&launcher(cli())?, &["node", "--port", "0"])?;
    let folder = tempfile::tempdir().expect("a folder");
    let tools = tools(folder.path())?;
    let work = folder.path().join("work");
    fs::create_dir(&work).expect("an empty folder");
    let mut shell = Shell::start(&work, &tools);
    let steps = steps(&text);
    assert!(steps.len() > 1, "the page has no console blocks");
    for Step {
        line,
        command,
        expected,
    } in steps
    {
        if command == NODE {
            continue;
        }
        let output = shell.run(&command.replace(ENDPOINT, node.endpoint()));
        let output = output.replace(BUILD_ELSEWHERE, "");
        assert!(
            matches(&expected, &output),
            "{page}:{line}: $ {command}\n-- the page says\n{expected}\n-- it printed\n{output}"
        );
    }
    Ok(())
}

/// A folder with `stylus-upgrades` and `cast` in it.
fn tools(folder: &Path) -> Result<std::path::PathBuf, HarnessError> {
    let tools = folder.join("tools");
    fs::create_dir(&tools).expect("a folder");
    symlink(cli(), tools.join("stylus-upgrades")).expect("a link");
    symlink(Npm::install(&Lines)?.cast(), tools.join("cast")).expect("a link");
    Ok(tools)
}

fn cli() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_cli"))
}
