//! `cargo run -p ledger-v1 --features export-abi` prints the Solidity interface.

fn main() {
    ledger_v1::print_from_args();
}
