//! Writes down which sources authors' contracts are compiled with: the packages of this clone as it is now, with the
//! workspace's manifest and lock file.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Packages and their folders.
const PACKAGES: [(&str, &str); 4] = [
    ("stylus-upgradeable", "migratable/upgradeable"),
    ("stylus-upgrades-host", "proxy/host"),
    ("stylus-upgrades-interface", "interface"),
    ("stylus-upgrades-macros", "migratable/macros"),
];

fn main() -> io::Result<()> {
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    let mut text = String::from("[\n");
    for (package, folder) in PACKAGES {
        let folder = home.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        // What is not in a clone lacks them.
        if folder.is_dir() {
            add(&folder.join("src"), &mut files)?;
            files.push(folder.join("Cargo.toml"));
        }
        files.sort();
        for file in files {
            let inside = file.strip_prefix(&folder).unwrap_or(&file);
            let _ = writeln!(text, "({package:?}, {inside:?}, include_bytes!({file:?})),");
        }
    }
    text.push(']');
    let to = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(to.join("sources.rs"), text)?;
    fs::write(to.join("folders.rs"), format!("{PACKAGES:?}"))?;
    for (name, file) in [("manifest.rs", "Cargo.toml"), ("lock.rs", "Cargo.lock")] {
        let file = home.join(file);
        // Where cargo unpacks a package, there is no workspace around it.
        let text = match home.join(PACKAGES[0].1).is_dir() {
            true => {
                println!("cargo::rerun-if-changed={}", file.display());
                format!("include_str!({file:?})")
            }
            false => String::from("\"\""),
        };
        fs::write(to.join(name), text)?;
    }
    Ok(())
}

fn add(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => add(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
