//! `stylus-upgrades` under a name of this crate, so that cargo builds it for the test that
//! executes the walkthrough.

fn main() -> std::process::ExitCode {
    stylus_upgrades::cli::main()
}
