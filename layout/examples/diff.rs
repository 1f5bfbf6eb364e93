//! Compares a contract's storage in two build-infos of solc, with the file and line of each field:
//! `cargo run -p stylus-upgrades-layout --example diff -- OLD.json NEW.json FILE CONTRACT`
use serde_json::Value;
use stylus_layout::{Layout, Location, SourcePlaces, Storage, compare};

type Failure = Box<dyn std::error::Error>;

fn read(path: &str, file: &str, name: &str) -> Result<(Layout, SourcePlaces), Failure> {
    let info: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let layout = &info["output"]["contracts"][file][name]["storageLayout"];
    let layout = Layout::from_json(&layout.to_string())?;
    Ok((layout, SourcePlaces::from_build_info(&info)))
}

fn line(layout: &Layout, places: &SourcePlaces, area: &str, at: Option<&Location>) -> String {
    let storage = Storage::from(layout);
    let field = at.and_then(|place| storage.field_at(area, place));
    let place = field.and_then(|field| places.place(field));
    place.map_or("nowhere".into(), ToString::to_string)
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [old, new, file, name] = &arguments[..] else {
        return Err("expected OLD.json NEW.json FILE CONTRACT".into());
    };
    let (old, old_places) = read(old, file, name)?;
    let (new, new_places) = read(new, file, name)?;
    for change in compare(&old, &new)?.findings {
        let was = line(&old, &old_places, &change.area, change.old.as_ref());
        let is = line(&new, &new_places, &change.area, change.new.as_ref());
        let verdict = change.verdict.name();
        println!("{verdict} {}: {was} → {is} {}", change.field, change.note);
    }
    Ok(())
}
