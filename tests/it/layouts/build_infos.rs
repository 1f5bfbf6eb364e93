//! The build-infos of fixtures, compiled by solc of npm.

use crate::prelude::*;
use std::io::Write;
use std::process::Stdio;

use stylus_upgrades_harness::{copy_program, home};

/// The build-info that solc writes for a file of tests/fixtures, with its AST.
pub(crate) fn build_info(
    folder: &Path,
    file: &str,
    outputs: &[&str],
) -> Result<Value, HarnessError> {
    build_info_with(folder, file, outputs, &json!({}))
}

/// The same with further settings for the compiler.
pub(crate) fn build_info_with(
    folder: &Path,
    file: &str,
    outputs: &[&str],
    more: &Value,
) -> Result<Value, HarnessError> {
    let path = home().join("tests/fixtures").join(file);
    let source = std::fs::read_to_string(&path).expect("the source");
    let name = path.file_name().expect("a name").to_string_lossy();
    let sources = json!({name: {"content": source}});
    build_info_of(folder, &sources, outputs, more)
}

/// The same for these sources, which include all that they import.
pub(super) fn build_info_of(
    folder: &Path,
    sources: &Value,
    outputs: &[&str],
    more: &Value,
) -> Result<Value, HarnessError> {
    let packages = Npm::install(&Lines)?;
    copy_program(
        &home().join("tests/clients/forge/solc.js"),
        &folder.join("solc.js"),
    )?;
    let modules = packages.folder().join("node_modules");
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).expect("a link");
    let mut input = json!({
        "language": "Solidity",
        "sources": sources,
        "settings": {"outputSelection": {"*": {"*": outputs, "": ["ast"]}}},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        input["settings"][key] = value.clone();
    }
    let mut solc = Command::new("node")
        .arg("solc.js")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("solc runs");
    let mut pipe = solc.stdin.take().expect("its input");
    pipe.write_all(input.to_string().as_bytes())
        .expect("written");
    drop(pipe);
    let output = solc.wait_with_output().expect("its output");
    let output: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    Ok(json!({"solcVersion": "0.8.37", "input": input, "output": output}))
}
