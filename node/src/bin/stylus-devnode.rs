//! The local chain as a process; see the library for everything.

#[global_allocator]
static ALLOCATOR: stylus_devnode::Allocator = stylus_devnode::Allocator;

fn main() -> std::process::ExitCode {
    stylus_devnode::process::main()
}
