//! `cargo run -p migratable --features export-abi` prints the Solidity interface.

fn main() {
    migratable::print_from_args();
}
