//! `cargo run -p counter-v2 --features export-abi` prints the Solidity interface.

fn main() {
    counter_v2::print_from_args();
}
