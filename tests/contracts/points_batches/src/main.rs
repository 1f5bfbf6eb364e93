//! `cargo run -p points-batches --features export-abi` prints the Solidity interface.

fn main() {
    points_batches::print_from_args();
}
