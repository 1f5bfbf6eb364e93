//! `cargo run -p trace --features export-abi` prints the Solidity interface.

fn main() {
    trace::print_from_args();
}
