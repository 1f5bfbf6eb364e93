//! `cargo run -p erc721-enumerate --features export-abi` prints the Solidity interface.

fn main() {
    erc721_enumerate::print_from_args();
}
