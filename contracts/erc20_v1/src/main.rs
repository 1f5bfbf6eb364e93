//! `cargo run -p erc20-v1 --features export-abi` prints the Solidity interface.

fn main() {
    erc20_v1::print_from_args();
}
