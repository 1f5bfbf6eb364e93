use super::tree::CommandLine;
use super::{help, misuse, program};
use crate::commands::COMMANDS;
use crate::commands::about::{completions, manual};
use crate::commands::create_proxy::CreateProxyArgs;
use crate::commands::node::NodeArgs;
use crate::commands::version::RegisterArgs;
use crate::context::Program;
use crate::context::wings::Wings;
use crate::error::{Explain, Report};
use crate::options::StepArgs;
use clap_complete::Shell;

/// The commands of the core.
static PROGRAM: Program = program(&[COMMANDS], Wings::NONE);

fn parse(line: &str) -> Result<CommandLine, clap::Error> {
    let words = std::iter::once("stylus-upgrades").chain(line.split_whitespace());
    help::parse(&PROGRAM, words)
}

/// The arguments of the command of a line.
fn args<A: clap::Args>(line: &str) -> A {
    let words = std::iter::once("stylus-upgrades").chain(line.split_whitespace());
    let matches = help::command(&PROGRAM)
        .try_get_matches_from(words)
        .expect("it parses");
    let (_, of_command) = matches.subcommand().expect("a command");
    A::from_arg_matches(of_command).expect("its arguments")
}

#[test]
fn names_of_cast_and_cargo_stylus_are_understood() {
    for line in [
        "-e http://x status",
        "--endpoint http://x status",
        "status --rpc-url http://x",
        "deploy a.wasm --private-key-path k",
        "deploy a.wasm --keystore-path k --keystore-password-path p",
        "deploy a.wasm --keystore k --password-file p",
        "deploy a.wasm --account me",
    ] {
        assert!(parse(line).is_ok(), "{line}");
    }
}

#[test]
fn an_initializer_takes_its_arguments() {
    let line = "create-proxy A 1.0 --init initialize(uint256) 7 --json";
    let created: CreateProxyArgs = args(line);
    assert_eq!(created.init, ["initialize(uint256)", "7"].map(String::from));
    assert!(parse(line).expect("it parses").global.json);
}

#[test]
fn a_script_without_its_call_is_wrong_use() {
    assert!(parse("migrate A 3.0 counter-v1 --script counter-back").is_err());
    assert!(parse("migrate A 3.0 counter-v1 --script counter-back --call migrate()").is_ok());
}

#[test]
fn flags_of_the_node_are_passed_on() {
    let node: NodeArgs = args("node --port 0 --chain-id 5");
    assert_eq!(node.flags, ["--port", "0", "--chain-id", "5"]);
}

#[test]
fn a_command_of_a_missing_wing_is_refused_with_its_feature() {
    for (line, name, expected) in [
        (
            "fuzz A 2.0",
            "FeatureMissing",
            "fuzz needs the feature laboratory",
        ),
        (
            "--json doctor --fix",
            "FeatureMissing",
            "doctor needs the feature watch",
        ),
        (
            "help console",
            "FeatureMissing",
            "console needs the feature console",
        ),
        ("fuz A 2.0", "Usage", "unrecognized subcommand"),
        ("policy fuzz", "Usage", "unrecognized subcommand"),
    ] {
        let error = parse(line).err().expect(line);
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let report = Report::of(&misuse::refusal(&PROGRAM, &words, &error));
        assert_eq!(report.name, name, "{line}");
        assert!(report.message.starts_with(expected), "{}", report.message);
    }
}

#[test]
fn a_key_in_the_arguments_is_in_no_debug_output() {
    let key = "0x0101010101010101010101010101010101010101010101010101010101010101";
    let line = parse(&format!("status --private-key {key}")).expect("it parses");
    assert!(!format!("{:?}", line.global).contains("0101"));
}

#[test]
fn a_version_says_where_it_is_reached_from() {
    let line = "register A 2.0 counter-v2 --from 1.0 --call migrate(uint256) 5";
    let args: RegisterArgs = args(line);
    assert_eq!(args.transition.from.as_deref(), Some("1.0"));
    assert_eq!(
        args.transition.step.call,
        ["migrate(uint256)", "5"].map(String::from)
    );
}

#[test]
fn amounts_salts_and_hashes_that_are_none_are_refused_with_what_they_are() {
    for (line, expected) in [
        ("send counter f() --value=", "a whole number of wei"),
        ("send counter f() --value 0b11", "a whole number of wei"),
        ("send counter f() --value ether", "such as 0.5ether"),
        ("send counter f() --value=-1ether", "such as 0.5ether"),
        ("send counter f() --value 0.5wei", "such as 0.5ether"),
        (
            "send counter f() --value 1.0000000000000000001ether",
            "such as 0.5ether",
        ),
        ("status --max-data-fee=", "a whole number of wei"),
        ("create-proxy A 1.0 --salt abc", "a salt is a number"),
        ("registry deploy --salt 0x", "a salt is a number"),
        (
            "pending 0x12345678 --against 0x12",
            "0x and 64 hexadecimal digits",
        ),
    ] {
        let error = parse(line).err().expect(line).to_string();
        assert!(error.contains(expected), "{line}: {error}");
    }
}

#[test]
fn an_amount_of_ether_is_in_wei_or_names_its_unit() {
    let half = 500_000_000_000_000_000_u64;
    for (text, wei) in [
        ("0", 0),
        ("500000000000000000", half),
        ("0.5ether", half),
        ("500000000gwei", half),
        ("7wei", 7),
        ("1ether", 2 * half),
    ] {
        assert_eq!(
            crate::options::wei(text),
            Ok(alloy::primitives::U256::from(wei)),
            "{text}"
        );
    }
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    manual(help::command(&PROGRAM), folder.path()).expect("it is written");
    for command in help::command(&PROGRAM).get_subcommands() {
        let page = folder
            .path()
            .join(format!("stylus-upgrades-{}.1", command.get_name()));
        let page = std::fs::read_to_string(&page).expect("a page");
        assert!(page.contains(command.get_name()), "{page}");
    }
}

#[test]
fn steps_that_cannot_have_expectations_say_so() {
    let some = || Some("counter-back".to_owned());
    let of = |step: StepArgs| StepArgs {
        expect: Some("expect.toml".into()),
        ..step
    };
    let nothing = StepArgs::default;
    let complex = StepArgs {
        complex: some(),
        ..nothing()
    };
    let script = StepArgs {
        script: some(),
        ..nothing()
    };
    let check = StepArgs {
        check: some(),
        ..nothing()
    };
    for (step, what) in [
        (complex, "a complex migration"),
        (script, "a script"),
        (check, "another check"),
    ] {
        let error = of(step).expectations().expect_err("refused");
        assert_eq!(error.name(), "ExpectationsOfStep");
        assert!(error.to_string().contains(what), "{error}");
    }
    assert!(nothing().expectations().is_ok_and(|all| all.is_none()));
}

#[test]
fn bash_finds_the_flags_of_every_command_that_it_names() {
    let script = completions(help::command(&PROGRAM), Shell::Bash).script;
    let named = script.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("cmd=\"")?.strip_suffix('"')?;
        (!name.is_empty()).then_some(name)
    });
    let named: Vec<_> = named.collect();
    assert!(named.contains(&"stylus__upgrades__subcmd__migrate"));
    for name in named {
        assert!(
            script.contains(&format!("\n        {name})\n")),
            "no flags of {name}"
        );
    }
}
