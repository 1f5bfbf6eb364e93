//! `cargo run -p ledger-v2 --features export-abi` prints the Solidity interface.

fn main() {
    ledger_v2::print_from_args();
}
