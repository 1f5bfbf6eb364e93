//! `cargo run -p points-v1 --features export-abi` prints the Solidity interface.

fn main() {
    points_v1::print_from_args();
}
