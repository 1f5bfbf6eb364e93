//! Compares a contract's storage in two build-infos of solc, with the file and line of each field:
//! `cargo run -p stylus-upgrades-layout --example diff -- OLD.json NEW.json FILE CONTRACT`
use serde_json::Value;
use stylus_layout::{Layout, compare};

type Failure = Box<dyn std::error::Error>;

fn read(path: &str, file: &str, name: &str) -> Result<Layout, Failure> {
    let info: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let layout = &info["output"]["contracts"][file][name]["storageLayout"];
    let mut layout = Layout::from_json(&layout.to_string())?;
    layout.add_sources(&info);
    Ok(layout)
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [old, new, file, name] = &arguments[..] else {
        return Err("expected OLD.json NEW.json FILE CONTRACT".into());
    };
    let (old, new) = (read(old, file, name)?, read(new, file, name)?);
    for change in compare(&old, &new)?.findings {
        let (verdict, sources) = (change.verdict.name(), change.sources());
        let sources = sources.unwrap_or("nowhere".into());
        println!("{verdict} {}: {sources} {}", change.field, change.note);
    }
    Ok(())
}
