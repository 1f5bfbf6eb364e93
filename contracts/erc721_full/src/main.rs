//! `cargo run -p erc721-full --features export-abi` prints the Solidity interface.

fn main() {
    erc721_full::print_from_args();
}
