//! Writes what the book generates; see the library.

use std::error::Error;
use std::process::ExitCode;

use stylus_upgrades_tests::tools::book::{build, root, write};

const USAGE: &str = "\
cargo run -p stylus-upgrades-tests --bin book            write the generated files of the book
cargo run -p stylus-upgrades-tests --bin book -- build   build the book with mdbook, without a warning";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        [] => generate(),
        ["build"] => html(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<(), Box<dyn Error>> {
    for file in write(&root())? {
        println!("{file}");
    }
    Ok(())
}

fn html() -> Result<(), Box<dyn Error>> {
    println!("{}", build(&root())?.join("index.html").display());
    Ok(())
}
