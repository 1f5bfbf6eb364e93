//! The command line, `stylus-upgrades`; everything is in the library.

#[global_allocator]
static ALLOCATOR: stylus_devnode::Allocator = stylus_devnode::Allocator;

fn main() -> std::process::ExitCode {
    stylus_upgrades::cli::main()
}
