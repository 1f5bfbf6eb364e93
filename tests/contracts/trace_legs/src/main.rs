//! `cargo run -p trace-legs --features export-abi` prints the Solidity interface.

fn main() {
    trace_legs::print_from_args();
}
