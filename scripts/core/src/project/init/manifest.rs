//! Cargo.toml with the framework's crate in it, and the toolchain's file with the compiler that it needs.

use super::refused;
use crate::app_error::Error;
use crate::project_file::place_at;
use toml_edit::{Array, DocumentMut, Item, Table, TomlError, Value};

/// Our crate in Cargo.toml.
const CRATE: &str = "stylus-upgradeable";
/// The feature that cargo-stylus turns on to show the interface.
const EXPORT: &str = "export-abi";

/// A file of the project. What is wrong with it is said without its text.
fn parse(name: &str, text: &str) -> Result<DocumentMut, Error> {
    text.parse().map_err(|error: TomlError| {
        let offset = error.span().map_or(0, |span| span.start);
        let place = place_at(text, offset);
        refused(format!("{name} cannot be read as TOML at {place}"))
    })
}

/// The crate's manifest, with the framework's crate in it: `dependency` says where it comes from.
pub(super) fn with_our_crate(text: &str, dependency: &str) -> Result<String, Error> {
    let mut manifest = parse("Cargo.toml", text)?;
    let table = |item: &mut Item| item.or_insert(Item::Table(Table::new())).is_table_like();
    if !table(&mut manifest["dependencies"]) || !table(&mut manifest["features"]) {
        return Err(refused(
            "Cargo.toml: [dependencies] or [features] is not a table".into(),
        ));
    }
    if manifest["dependencies"].get(CRATE).is_none() {
        let dependency: Value = dependency
            .parse()
            .map_err(|error| refused(format!("the dependency cannot be written: {error}")))?;
        manifest["dependencies"][CRATE] = Item::Value(dependency);
    }
    let forwarded = format!("{CRATE}/{EXPORT}");
    let feature = &mut manifest["features"][EXPORT];
    let list = feature.or_insert(Item::Value(Value::Array(Array::new())));
    let list = list
        .as_array_mut()
        .ok_or_else(|| refused(format!("Cargo.toml: the feature {EXPORT} is not a list")))?;
    if !list.iter().any(|one| one.as_str() == Some(&forwarded)) {
        list.push(forwarded);
    }
    Ok(manifest.to_string())
}

/// The manifest of a workspace that leaves `folder` out, which is a workspace of its own. A package without a workspace
/// stays as it is.
pub(super) fn excluding(text: &str, folder: &str) -> Result<String, Error> {
    let mut manifest = parse("Cargo.toml", text)?;
    let Some(workspace) = manifest
        .get_mut("workspace")
        .and_then(Item::as_table_like_mut)
    else {
        return Ok(text.to_owned());
    };
    let list = workspace
        .entry("exclude")
        .or_insert(Item::Value(Value::Array(Array::new())));
    let list = list
        .as_array_mut()
        .ok_or_else(|| refused("Cargo.toml: workspace.exclude is not a list".into()))?;
    if !list.iter().any(|one| one.as_str() == Some(folder)) {
        list.push(folder);
    }
    Ok(manifest.to_string())
}

/// The toolchain's file, with the compiler that the framework's crates need.
pub(super) fn channel(text: &str) -> Result<String, Error> {
    let file = stylus_upgrades_framework::TOOLCHAIN_FILE;
    let mut changed = parse(file, text)?;
    let framework = parse(
        &format!("the framework's {file}"),
        stylus_upgrades_framework::TOOLCHAIN,
    )?;
    let of = |document: &DocumentMut| {
        let channel = document.get("toolchain")?.get("channel")?.as_str()?;
        Some(channel.to_owned())
    };
    let (Some(chosen), Some(needed)) = (of(&changed), of(&framework)) else {
        return Ok(text.to_owned()); // chosen in another way, which the author judges
    };
    let number = |channel: &str| {
        let mut parts = channel.split('.').map(str::parse::<u32>);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
            _ => None,
        }
    };
    if number(&chosen) < number(&needed) && number(&chosen).is_some() {
        changed["toolchain"]["channel"] = toml_edit::value(needed);
    }
    Ok(changed.to_string())
}
