//! `cargo run -p trace-complex --features export-abi` prints the Solidity interface.

fn main() {
    trace_complex::print_from_args();
}
