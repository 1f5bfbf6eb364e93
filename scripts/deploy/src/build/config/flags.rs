//! Flags of the compiler that bring no code: what they say holds of the sources that are searched.

/// Flags that take a value, in the word behind them too.
const WITH_VALUE: [&str; 7] = [
    "--cap-lints",
    "--cfg",
    "--check-cfg",
    "-A",
    "-C",
    "-D",
    "-W",
];
/// What `-C` says of the code that is made. Of `link-arg` see [`STACK`].
const CODEGEN: [&str; 11] = [
    "codegen-units",
    "debug-assertions",
    "debuginfo",
    "embed-bitcode",
    "inline-threshold",
    "lto",
    "opt-level",
    "overflow-checks",
    "panic",
    "strip",
    "target-feature",
];
/// The argument of the linker that contracts need. Any other may name a file.
const STACK: &str = "-zstack-size=";

/// The flags that may bring code, each with its value.
pub(super) fn unsearched(words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = words.iter();
    while let Some(word) = left.next() {
        let value = match WITH_VALUE.contains(&word.as_str()) {
            true => left.next().map_or("", String::as_str),
            false => "",
        };
        if !is_known(word, value) {
            found.push(format!("{word} {value}").trim_end().to_owned());
        }
    }
    found
}

fn is_known(word: &str, value: &str) -> bool {
    // What stands under `#[cfg(test)]` is not searched.
    let flag = word.strip_prefix("--cfg=").unwrap_or(value).trim();
    if flag.trim_start_matches("r#") == "test" {
        return false;
    }
    match word.strip_prefix("-C") {
        Some("") => is_codegen(value),
        Some(joined) => is_codegen(joined),
        None => {
            let joined = |flag: &&&str| {
                let behind = word.strip_prefix(**flag);
                behind.is_some_and(|behind| !flag.starts_with("--") || behind.starts_with('='))
            };
            !value.is_empty() || WITH_VALUE.iter().any(|flag| joined(&flag))
        }
    }
}

fn is_codegen(said: &str) -> bool {
    match said.split_once('=') {
        Some(("link-arg" | "link-args", argument)) => {
            let size = argument.strip_prefix(STACK);
            size.is_some_and(|size| size.bytes().all(|byte| byte.is_ascii_digit()))
        }
        Some((option, _)) => CODEGEN.contains(&option),
        None => CODEGEN.contains(&said),
    }
}

#[test]
fn a_flag_that_may_bring_code_is_named() {
    let words = [
        "-Copt-level=3",
        "-C",
        "target-feature=+bulk-memory",
        "-C",
        "lto",
        "-Clink-arg=-zstack-size=8192",
        "--cfg",
        "flag",
        "--cfg=other",
        "--cfg",
        "test",
        "--cfg= r#test",
        "-Awarnings",
        "-D",
        "unused",
        "-Clink-arg=evil.o",
        "-C",
        "link-args=-zstack-size=1 evil.o",
        "--codegen=link-arg=evil.o",
        "--extern=evil=evil.rlib",
        "-L.",
        "-levil",
        "-Zcrate-attr=feature(asm)",
        "-Clinker-plugin-lto=evil",
        "-Cllvm-args=-load=evil",
        "--cfgevil",
        "-C",
    ];
    let found = unsearched(&words.map(str::to_owned));
    assert_eq!(
        found,
        [
            "--cfg test",
            "--cfg= r#test",
            "-Clink-arg=evil.o",
            "-C link-args=-zstack-size=1 evil.o",
            "--codegen=link-arg=evil.o",
            "--extern=evil=evil.rlib",
            "-L.",
            "-levil",
            "-Zcrate-attr=feature(asm)",
            "-Clinker-plugin-lto=evil",
            "-Cllvm-args=-load=evil",
            "--cfgevil",
            "-C",
        ]
    );
}
