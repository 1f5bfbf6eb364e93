//! Lines that ran on the chain beside those that the compiler's own coverage counts on this machine.

use crate::prelude::*;
use std::path::Path;
use std::process::Command;

use alloy::primitives::Address;
use alloy::sol;
use alloy::sol_types::SolCall;
use stylus_chain::{BlockNumberOrTag, CallRequest, Overrides};

use super::{Lines, SOURCE, lines, send};
use crate::layouts::project::{Project, home};
use crate::tools::installed;

sol! {
    function pure(uint64 which, uint64 number) external returns (uint64);
}

/// The reader of the compiler's profiles: the toolchain has none.
const READER: (&str, &str) = ("llvm_profparser", "0.15.0");
/// Which function, and of what. Each has lines that none of these runs.
const CALLS: [(u64, u64); 9] = [
    (0, 2),
    (0, 5),
    (1, 8),
    (1, 6),
    (2, 30),
    (3, 77),
    (3, 5_000),
    (4, 1),
    (5, 1_234),
];

fn done(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// What the calls answer on this machine, and how often each line of the file ran.
fn natively(folder: &Path, file: &Path) -> (Vec<u64>, Lines) {
    let main = format!(
        "#[path = {file:?}] mod pure;\n\
         fn main() {{ for (which, number) in {CALLS:?} {{ println!(\"{{}}\", pure::call(which, number)); }} }}\n"
    );
    std::fs::write(folder.join("main.rs"), main).expect("written");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-C", "instrument-coverage", "main.rs"]);
    done(rustc.current_dir(folder));
    let mut run = Command::new(folder.join("main"));
    let answers = done(run.env("LLVM_PROFILE_FILE", folder.join("main.profraw")));
    let answers = answers.lines().map(|line| line.parse().expect("a number"));
    let mut cov = Command::new(installed(READER.0, READER.1, "cov").join("cov"));
    cov.args([
        "show",
        "--instr-profile",
        "main.profraw",
        "--object",
        "main",
    ]);
    let shown = done(cov.current_dir(folder));
    // Of each line `NUMBER|COUNT|TEXT`, of each file from 1 on; the module is the one that has these lines.
    let source = std::fs::read_to_string(file).expect("the source");
    let source: Vec<&str> = source.lines().collect();
    let rows = shown.lines().filter_map(|row| {
        let [number, count, shown] = row.splitn(3, '|').collect::<Vec<_>>().try_into().ok()?;
        let number: u64 = number.trim().parse().ok()?;
        let count = count.trim().parse().ok()?;
        (source.get(number as usize - 1) == Some(&shown))
            .then(|| (("pure.rs".to_owned(), number), count))
    });
    (answers.collect(), rows.collect())
}

#[test]
#[ignore = "nightly: installs a reader of the compiler's profiles, about 60 s"]
fn lines_of_pure_functions_ran_where_the_compilers_own_coverage_says_so() {
    let project = Project::new();
    let source = home(SOURCE);
    let file = Path::new(&source).join("src/pure.rs");
    let (answers, native) = natively(project.folder.path(), &file);
    let deployed = project.done(&format!("deploy {source}"));
    let program: Address = text(&deployed, "address").parse().expect("an address");
    let mut hashes = Vec::new();
    for ((which, number), answer) in CALLS.into_iter().zip(answers) {
        let call = pureCall { which, number };
        let input = call.abi_encode().into();
        let request = CallRequest {
            to: Some(program),
            input,
            ..CallRequest::default()
        };
        let latest = BlockNumberOrTag::Latest.into();
        let returned = project
            .node
            .with_chain(move |chain| chain.call(request, latest, &Overrides::default()));
        let returned = returned.expect("the chain").expect("it is executed");
        let decoded = pureCall::abi_decode_returns(&returned.output);
        assert_eq!(decoded.expect("a number"), answer);
        hashes.push(send(&project, program, &call).0.to_string());
    }
    let hashes: Vec<&str> = hashes.iter().map(String::as_str).collect();
    let words = [&["coverage"], &hashes[..], &["--source", &source]].concat();
    let found: Lines = lines(&project.done(&words))
        .into_iter()
        .filter(|((name, _), _)| name == "pure.rs")
        .collect();
    let ran = |count: &u64| *count > 0;
    let differing: Vec<_> = found
        .iter()
        .filter_map(|(line, runs)| Some((line, runs, native.get(line)?)))
        .filter(|(_, here, there)| ran(here) != ran(there))
        .collect();
    let both = found
        .keys()
        .filter(|line| native.contains_key(*line))
        .count();
    println!(
        "{} lines here, {} there, {both} in both",
        found.len(),
        native.len()
    );
    assert!(
        differing.is_empty(),
        "(line, here, there): {differing:#?}\n{found:#?}\n{native:#?}"
    );
    let missed = found.values().filter(|runs| **runs == 0).count();
    assert!(both >= 30 && missed > 2, "{both}, {missed} of them missed");
}
