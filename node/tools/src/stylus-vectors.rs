//! `stylus-vectors FILE`: runs measured vectors against the Stylus machine, prints one line per
//! disagreement and last `AGREE n of m`. Exits with 0 only if all agree.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: stylus-vectors FILE");
        return ExitCode::from(2);
    };
    let report = std::fs::read_to_string(&path)
        .map_err(|error| error.to_string())
        .and_then(|text| stylus_vm::vectors::run_file(&text).map_err(|error| error.to_string()));
    match report {
        Ok(report) => {
            for line in &report.disagreements {
                println!("{line}");
            }
            println!("AGREE {} of {}", report.agreed, report.total);
            ExitCode::from(u8::from(report.agreed != report.total))
        }
        Err(error) => {
            eprintln!("{}: {error}", path.to_string_lossy());
            ExitCode::from(2)
        }
    }
}
