//! Writes what the book generates; see the library.

use std::error::Error;
use std::process::ExitCode;

use stylus_upgrades_book::{Comparison, build, root, write};

const USAGE: &str = "\
cargo run -p stylus-upgrades-book            write the generated files of the book
cargo run -p stylus-upgrades-book -- build   build the book with mdbook, without a warning
cargo run -p stylus-upgrades-book -- peers YYYY-MM-DD
                                             name what the comparison says of tools that is older than that day,
                                             and tools that have a newer version";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        [] => generate(),
        ["build"] => html(),
        ["peers", day] => peers(day),
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

fn peers(oldest: &str) -> Result<(), Box<dyn Error>> {
    let comparison = Comparison::read(&root())?;
    for cell in comparison.older_than(oldest) {
        println!("old: {cell}");
    }
    for package in comparison
        .peers
        .iter()
        .filter_map(|peer| peer.package.as_ref())
    {
        match package.newest() {
            Ok(newest) if newest == package.version => {}
            Ok(newest) => println!(
                "newer: {} {newest}; we read {}",
                package.name, package.version
            ),
            Err(error) => println!("not known: {error}"),
        }
    }
    Ok(())
}
