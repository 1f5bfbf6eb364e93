//! `cargo run -p erc20-v2 --features export-abi` prints the Solidity interface.

fn main() {
    erc20_v2::print_from_args();
}
