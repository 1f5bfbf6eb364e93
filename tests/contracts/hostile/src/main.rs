//! `cargo run -p hostile --features export-abi` prints the Solidity interface.

fn main() {
    hostile::print_from_args();
}
