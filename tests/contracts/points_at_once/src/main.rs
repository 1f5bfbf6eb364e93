//! `cargo run -p points-at-once --features export-abi` prints the Solidity interface.

fn main() {
    points_at_once::print_from_args();
}
