//! `cargo run -p upgradeable --features export-abi` prints the Solidity interface.

fn main() {
    upgradeable::print_from_args();
}
