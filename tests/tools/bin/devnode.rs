//! `stylus-devnode` under a name of this crate, so that cargo builds it for the tests that spawn it.

fn main() -> std::process::ExitCode {
    stylus_devnode::process::main()
}
