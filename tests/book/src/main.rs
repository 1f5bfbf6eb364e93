//! Writes what the book generates; see the library.

use std::error::Error;
use std::fs;
use std::process::{Command, ExitCode};

use stylus_upgrades_book::{DEMO, build, generated, root};

const USAGE: &str = "\
cargo run -p stylus-upgrades-book            write the generated files of the book
cargo run -p stylus-upgrades-book -- demo    run the demo first and record what it prints
cargo run -p stylus-upgrades-book -- build   build the book with mdbook, without a warning";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        [] => write(),
        ["demo"] => record().and_then(|()| write()),
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

fn write() -> Result<(), Box<dyn Error>> {
    let root = root();
    for file in generated(&root)? {
        let path = root.join(&file.file);
        if fs::read_to_string(&path).is_ok_and(|text| text == file.text) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, file.text)?;
        println!("{}", file.file);
    }
    Ok(())
}

fn record() -> Result<(), Box<dyn Error>> {
    let demo = Command::new("cargo")
        .args(["run", "--quiet", "--", "demo"])
        .env("NO_COLOR", "1")
        .current_dir(root())
        .output()?;
    if !demo.status.success() {
        let errors = String::from_utf8_lossy(&demo.stderr).into_owned();
        return Err(format!("the demo failed:\n{errors}").into());
    }
    let printed = String::from_utf8(demo.stdout)?;
    fs::write(root().join(DEMO), printed)?;
    Ok(())
}

fn html() -> Result<(), Box<dyn Error>> {
    println!("{}", build(&root())?.join("index.html").display());
    Ok(())
}
