//! `cargo run -p points-cursor --features export-abi` prints the Solidity interface.

fn main() {
    points_cursor::print_from_args();
}
