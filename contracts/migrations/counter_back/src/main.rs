//! `cargo run -p counter-back --features export-abi` prints the Solidity interface.

fn main() {
    counter_back::print_from_args();
}
