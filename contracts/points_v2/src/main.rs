//! `cargo run -p points-v2 --features export-abi` prints the Solidity interface.

fn main() {
    points_v2::print_from_args();
}
