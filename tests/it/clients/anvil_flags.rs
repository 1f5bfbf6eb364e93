//! The command line of the local chain beside that of real anvil: each flag is taken, or refused with
//! a reason, and docs/evidence/anvil.md lists them.

use crate::prelude::*;
use std::fmt::Write;

use stylus_devnode::{NodeError, process::config_from_args};
use stylus_upgrades_harness::{Anvil, launcher};

use crate::tools::node;

/// A flag in the help of a program.
#[derive(Debug)]
struct Flag {
    section: String,
    name: String,
    aliases: Vec<String>,
    /// The first paragraph.
    text: String,
}

/// The flags of a help as clap writes it.
fn flags(help: &str) -> Vec<Flag> {
    let mut flags: Vec<Flag> = Vec::new();
    let (mut section, mut is_first) = (String::new(), false);
    for line in help.lines() {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        let long = text.split_once("--").filter(|(short, _)| {
            (2..=6).contains(&indent)
                && (short.is_empty() || (short.len() == 4 && short.ends_with(", ")))
        });
        if let Some((_, long)) = long {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
            let end = long.find(|c| !is_part(c)).unwrap_or(long.len());
            // Short texts follow the name.
            let beside = long[end..]
                .split_once("  ")
                .map_or("", |(_, text)| text.trim());
            flags.push(Flag {
                section: section.clone(),
                name: long[..end].to_owned(),
                aliases: Vec::new(),
                text: beside.to_owned(),
            });
            is_first = beside.is_empty();
        } else if indent == 0 && text.ends_with(':') {
            section = text.trim_end_matches(':').to_owned();
        } else if let Some(flag) = flags.last_mut() {
            if let Some((_, aliases)) = text.split_once("[aliases: ") {
                let aliases = aliases.trim_end_matches(']').split(", ");
                flag.aliases = aliases
                    .map(|alias| alias.trim_start_matches('-').to_owned())
                    .collect();
            } else if text.is_empty() {
                is_first = flag.text.is_empty();
            } else if is_first && !text.starts_with('[') {
                let gap = if flag.text.is_empty() { "" } else { " " };
                write!(flag.text, "{gap}{text}").expect("a text");
            }
        }
    }
    for flag in &mut flags {
        let end = flag.text.find(" [alias").unwrap_or(flag.text.len());
        flag.text.truncate(end);
    }
    flags
}

/// What the local chain says to a flag.
fn said(flag: &str) -> String {
    let flag = format!("--{flag}");
    let answer = |words: &[&str]| match config_from_args(["stylus-devnode"].iter().chain(words)) {
        Err(NodeError::Usage(text)) => text,
        Err(error) => error.to_string(),
        Ok(_) => String::new(),
    };
    let alone = answer(&[&flag]);
    match alone.contains("a value is required") {
        true => answer(&[&flag, "1"]),
        false => alone,
    }
}

#[test]
fn every_flag_of_anvil_is_taken_or_refused_with_a_reason() -> Result<(), HarnessError> {
    let npm = Npm::install(&Lines)?;
    let help = Command::new(npm.anvil()).arg("--help").output();
    let help = help.expect("anvil runs").stdout;
    let anvils = flags(&String::from_utf8_lossy(&help));
    let Err(NodeError::Usage(help)) = config_from_args(["stylus-devnode", "--help"]) else {
        panic!("no help");
    };
    let own = flags(&help);
    assert!(
        anvils.len() >= 69 && own.len() >= 69,
        "{anvils:#?} {own:#?}"
    );
    let (mut table, mut taken, mut idle, mut refused) = (String::new(), 0, 0, 0);
    for flag in &anvils {
        for name in flag.aliases.iter().chain([&flag.name]) {
            let said = said(name);
            assert!(
                !said.contains("unexpected argument"),
                "--{name} of anvil is unknown"
            );
        }
        let here = own.iter().find(|own| own.name == flag.name);
        let here = here.unwrap_or_else(|| panic!("--{} is only an alias here", flag.name));
        let (status, text) = match here.section.as_str() {
            "Accepted without effect" => {
                idle += 1;
                ("without effect", here.text.as_str())
            }
            _ => match here.text.strip_prefix("Refused: ") {
                Some(reason) => {
                    refused += 1;
                    let said = said(&flag.name);
                    assert!(said.contains(reason.trim_end_matches('.')), "{said}");
                    ("refused", reason)
                }
                None => {
                    taken += 1;
                    continue;
                }
            },
        };
        assert!(!text.is_empty(), "--{} says no reason", flag.name);
        writeln!(table, "| `--{}` | {status} | {text} |", flag.name).expect("a text");
    }
    let all = anvils.len();
    let text = format!(
        "Of the {all} flags of anvil 1.7.1 {taken} do here what they do there, {idle} are accepted without effect \
         and {refused} are refused:\n\n| flag | here | why |\n|---|---|---|\n{table}"
    );
    super::part_of_the_page("flags", &text);
    Ok(())
}

/// Asks a node; the result as text.
fn request(endpoint: &str, method: &str, params: Value) -> String {
    alloy::transports::choose_tls_cryptography();
    let client = alloy::rpc::client::RpcClient::new_http(endpoint.parse().expect("a URL"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let answer = runtime.block_on(client.request::<_, Value>(method.to_owned(), params));
    answer
        .unwrap_or_else(|error| panic!("{method}: {error}"))
        .to_string()
}

#[test]
fn a_state_that_anvil_saved_is_loaded() -> Result<(), HarnessError> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let path = file.to_str().expect("text");
    let flags = ["-p", "0", "--dump-state", path, "--state-interval", "1"];
    let anvil = Anvil::start_program(&launcher(&Npm::install(&Lines)?.anvil())?, &flags)?;
    let account = json!("0x7777777777777777777777777777777777777777");
    let set = |method, value: Value| request(anvil.endpoint(), method, value);
    set("anvil_setCode", json!([account, "0xfe"]));
    set(
        "anvil_setStorageAt",
        json!([account, "0x1", format!("{:#066x}", 7)]),
    );
    set("anvil_setNonce", json!([account, "0x5"]));
    set("anvil_setBalance", json!([account, "0x123"]));
    set("anvil_mine", json!(["0x5"]));
    let questions = [
        ("eth_getCode", json!([account, "latest"])),
        ("eth_getStorageAt", json!([account, "0x1", "latest"])),
        ("eth_getTransactionCount", json!([account, "latest"])),
        ("eth_getBalance", json!([account, "latest"])),
        ("eth_blockNumber", json!([])),
    ];
    let there = questions
        .clone()
        .map(|(method, params)| set(method, params));
    // It saves every second, and must have seen all of that.
    let wait = std::time::Duration::from_millis(100);
    let begun = std::time::Instant::now();
    while !std::fs::read_to_string(&file).is_ok_and(|text| text.contains("\"number\":\"0x5\"")) {
        assert!(begun.elapsed().as_secs() < 60, "anvil saves nothing");
        std::thread::sleep(wait);
    }
    drop(anvil);
    let own = node(&["--load-state", path])?;
    let here = questions.map(|(method, params)| request(own.endpoint(), method, params));
    assert_eq!(here, there);
    // What this chain has from its first block on is its own.
    let history = json!(["0x0000F90827F1C53a10cb7A02335B175320002935", "latest"]);
    assert!(request(own.endpoint(), "eth_getCode", history).len() > 10);
    request(own.endpoint(), "evm_mine", json!([]));
    let found = request(own.endpoint(), "eth_blockNumber", json!([]));
    assert_eq!(found, "\"0x6\"");
    Ok(())
}
