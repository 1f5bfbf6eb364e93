//! The local chain as a process; see the library for everything.

fn main() -> std::process::ExitCode {
    stylus_devnode::process::main()
}
