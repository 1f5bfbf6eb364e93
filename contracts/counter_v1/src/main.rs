//! `cargo run -p counter-v1 --features export-abi` prints the Solidity interface.

fn main() {
    counter_v1::print_from_args();
}
