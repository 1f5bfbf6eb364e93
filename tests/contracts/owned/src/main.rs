//! `cargo run -p owned --features export-abi` prints the Solidity interface.

fn main() {
    owned::print_from_args();
}
