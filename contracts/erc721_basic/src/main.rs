//! `cargo run -p erc721-basic --features export-abi` prints the Solidity interface.

fn main() {
    erc721_basic::print_from_args();
}
