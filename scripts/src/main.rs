//! The command line, `stylus-upgrades`; everything is in the library.

fn main() -> std::process::ExitCode {
    stylus_upgrades::cli::main()
}
