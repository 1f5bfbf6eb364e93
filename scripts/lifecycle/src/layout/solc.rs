//! The compiler on this machine: it compiles the input of a build-info again, so that nothing of the file's output has
//! to be believed.

use super::json::{self, NotJson};
use crate::children::Started;
use crate::file_names::MANIFEST;
use serde_json::{Map, Value, json};
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The parts of solc's output that are read.
const CONTRACT_OUTPUT: [&str; 6] = [
    "abi",
    "metadata",
    "storageLayout",
    "evm.deployedBytecode",
    // The validator reads the outputs below.
    "evm.bytecode.linkReferences",
    "evm.bytecode.object",
];

/// The longest run of a compiler. Large projects take minutes through its intermediate language.
const LIMIT: Duration = Duration::from_secs(600);
/// The name of the error that it took longer.
const TIMEOUT: &str = "CompilerTimeout";
/// The longest time to say its version.
const LIMIT_OF_VERSION: Duration = Duration::from_secs(60);

/// The reason why nothing was compiled here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCompiled {
    /// The file was only read.
    NotAsked,
    /// The file lacks this for a compilation, in words.
    Lacks(String),
    /// No compiler of that version is on this machine.
    NoCompiler(String),
    /// The compiler was ended after its time.
    TooSlow(PathBuf),
    /// This compiler refuses the input, or its output cannot be read: the reason.
    Refused(PathBuf, String),
}

impl fmt::Display for NotCompiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("it was not asked for"),
            Self::Lacks(what) => f.write_str(what),
            Self::NoCompiler(version) => write!(
                f,
                "solc {version} is not on this machine: put it into PATH, or run `forge build --use {version}`"
            ),
            Self::TooSlow(compiler) => write!(
                f,
                "{TIMEOUT}: {} was ended after {} s: give a build-info of this contract and its imports alone, or \
                 one that is compiled without viaIR",
                compiler.display(),
                LIMIT.as_secs()
            ),
            Self::Refused(compiler, why) => write!(f, "{}: {why}", compiler.display()),
        }
    }
}

/// Compiles the input of a build-info by the version of solc that it names. foundry's and hardhat's compilers are used,
/// and `solc` and `solcjs` of `PATH`, outside of the project. Returns the build-info with that compiler's output.
///
/// # Errors
/// Why nothing was compiled.
pub(super) fn compile(info: &Value) -> Result<Value, NotCompiled> {
    let input = input(info).map_err(NotCompiled::Lacks)?;
    let version = version(info);
    let version =
        version.ok_or_else(|| NotCompiled::Lacks("it names no version of solc".into()))?;
    let compiler = find(version).ok_or_else(|| NotCompiled::NoCompiler(version.into()))?;
    let output = run(&compiler, &input)?;
    if let Some(error) = first_error(&output) {
        return Err(NotCompiled::Refused(compiler, error.into()));
    }
    Ok(json!({ "solcVersion": version, "input": input, "output": output }))
}

/// The input, without what asks the compiler for more than to compile: files, and proofs by other programs.
fn input(info: &Value) -> Result<Value, String> {
    let input = info.get("input").ok_or("it has no input of a compiler")?;
    let sources = input["sources"].as_object().ok_or("it has no sources")?;
    if input["language"] != "Solidity" {
        return Err("it is not of Solidity".into());
    }
    let mut contents = Map::new();
    for (name, source) in sources {
        let content = source["content"].as_str();
        let content = content.ok_or_else(|| format!("it lacks the content of {name}"))?;
        contents.insert(name.clone(), json!({ "content": content }));
    }
    let mut settings = match &input["settings"] {
        Value::Object(settings) => settings.clone(),
        _ => Map::new(),
    };
    for other in ["modelChecker", "stopAfter"] {
        settings.remove(other);
    }
    let wanted = json!({ "*": { "*": CONTRACT_OUTPUT, "": ["ast"] } });
    settings.insert("outputSelection".into(), wanted);
    Ok(json!({ "language": "Solidity", "sources": contents, "settings": settings }))
}

/// The compiler's version, with its commit where the file has it.
fn version(info: &Value) -> Option<&str> {
    let named = ["solcLongVersion", "solcVersion"].map(|key| info[key].as_str());
    let is_version = |text: &&str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
        text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(is_part)
    };
    named.into_iter().flatten().find(is_version)
}

/// A compiler of that version.
fn find(version: &str) -> Option<PathBuf> {
    let is_it = |path: &PathBuf| path.is_file() && is_of(path, version);
    places(version).into_iter().find(is_it)
}

/// Lists the paths at which a compiler of a version may be.
fn places(version: &str) -> Vec<PathBuf> {
    let short = version.split('+').next().unwrap_or(version);
    let mut places = Vec::new();
    if let Some(home) = env::home_dir() {
        // foundry's
        for folder in [
            ".svm",
            ".local/share/svm",
            "Library/Application Support/svm",
        ] {
            places.push(home.join(folder).join(short).join(format!("solc-{short}")));
        }
        // hardhat's
        for (folder, platform) in [
            (".cache", "linux-amd64"),
            (".cache", "linux-arm64"),
            ("Library/Caches", "macosx-amd64"),
        ] {
            for generation in ["compilers-v2", "compilers-v3"] {
                let folder = home.join(folder).join("hardhat-nodejs").join(generation);
                let name = format!("solc-{platform}-v{version}");
                places.push(folder.join(platform).join(name));
            }
        }
    }
    for folder in folders_of_user(env::var_os("PATH")) {
        places.extend(["solc", "solcjs"].map(|name| folder.join(name)));
    }
    places
}

/// The folders of a `PATH` that are the user's own.
fn folders_of_user(path: Option<OsString>) -> Vec<PathBuf> {
    let path = path.unwrap_or_default();
    let working = env::current_dir().unwrap_or_default();
    let project = project_folder(&working, env::home_dir().as_deref());
    let folders = env::split_paths(&path).filter(|folder| is_of_user(folder, project));
    folders.collect()
}

/// The first program of a name in the user's own folders of a `PATH`.
pub(super) fn user_program(name: &str, path: Option<OsString>) -> Option<PathBuf> {
    let folders = folders_of_user(path).into_iter();
    let mut programs = folders.map(|folder| folder.join(name));
    programs.find(|program| program.is_file())
}

/// The outermost folder around the working folder, below `home`, that has a manifest or a repository; else the working
/// folder.
fn project_folder<'f>(working: &'f Path, home: Option<&Path>) -> &'f Path {
    let around = working.ancestors();
    let around = around.take_while(|folder| Some(*folder) != home);
    let projects = around.filter(|folder| {
        let mut marks = [MANIFEST, ".git"].iter();
        marks.any(|mark| folder.join(mark).exists())
    });
    projects.last().unwrap_or(working)
}

/// Returns true if a folder of `PATH` is the user's own: who wrote the project may have put any program into the project's
/// folders, and into packages. A link leads where it points.
fn is_of_user(folder: &Path, project: &Path) -> bool {
    let target = folder.canonicalize();
    let target = target.as_deref().unwrap_or(folder);
    let is_of_package = target.iter().any(|part| part == "node_modules");
    folder.is_absolute() && !target.starts_with(project) && !is_of_package
}

/// Returns true if a program says that it is solc of that version.
fn is_of(path: &Path, version: &str) -> bool {
    let mut command = Command::new(path);
    command.arg("--version").stdin(Stdio::null());
    let said = Started::output_within(&mut command, LIMIT_OF_VERSION);
    said.is_ok_and(|said| {
        let said = String::from_utf8_lossy(&said.stdout);
        let mut words = said.split_whitespace();
        words.any(|word| match word.strip_prefix(version) {
            // `0.8.2` is not `0.8.20`.
            Some(rest) => !rest.starts_with(|next: char| next.is_ascii_digit()),
            None => false,
        })
    })
}

/// Runs the compiler in an empty folder: what the input does not have, it does not find.
fn run(compiler: &Path, input: &Value) -> Result<Value, NotCompiled> {
    let output = output(compiler, input).map_err(|error| not_run(compiler, &error))?;
    // solcjs writes a line of its own before.
    let begin = output.iter().position(|byte| *byte == b'{');
    let output = output.get(begin.unwrap_or(0)..).unwrap_or_default();
    let refused = |why| NotCompiled::Refused(compiler.to_owned(), why);
    json::parse(output).map_err(|error| match error {
        NotJson::TooDeep => refused(format!("{error}: {}", NotJson::ADVICE)),
        NotJson::Malformed(why) => refused(why),
    })
}

/// Returns the reason why there is no output of a compiler.
fn not_run(compiler: &Path, error: &std::io::Error) -> NotCompiled {
    match error.kind() {
        ErrorKind::TimedOut => NotCompiled::TooSlow(compiler.to_owned()),
        _ => NotCompiled::Refused(compiler.to_owned(), error.to_string()),
    }
}

fn output(compiler: &Path, input: &Value) -> std::io::Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("input.json");
    std::fs::write(&file, input.to_string())?;
    let empty = tempfile::tempdir()?;
    let mut command = Command::new(compiler);
    command
        .arg("--standard-json")
        .current_dir(empty.path())
        .stdin(File::open(&file)?);
    // Node ends before a pipe has taken more than 64 KB.
    Started::written_within(&mut command, &folder.path().join("output.json"), LIMIT)
}

/// Returns the first error of the compiler.
fn first_error(output: &Value) -> Option<&str> {
    let errors = output["errors"].as_array()?;
    let error = errors.iter().find(|error| error["severity"] == "error")?;
    Some(error["message"].as_str().unwrap_or("it failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_compiles_the_contents_is_asked_for() {
        let info = json!({"solcVersion": "0.8.20", "input": {
            "language": "Solidity", "allowPaths": ["/"],
            "sources": {"a.sol": {"content": "x", "urls": ["/etc/passwd"]}},
            "settings": {"viaIR": true, "stopAfter": "parsing", "modelChecker": {"engine": "all"}, "outputSelection": {}},
        }});
        let asked = input(&info).expect("an input");
        assert_eq!(asked["sources"], json!({"a.sol": {"content": "x"}}));
        assert_eq!(asked.get("allowPaths"), None);
        let wanted = json!({"*": {"*": CONTRACT_OUTPUT, "": ["ast"]}});
        let settings = json!({"viaIR": true, "outputSelection": wanted});
        assert_eq!(asked["settings"], settings);
        for (lacks, given) in [
            ("no input", json!({})),
            ("no sources", json!({"input": {"language": "Solidity"}})),
            (
                "not of Solidity",
                json!({"input": {"language": "Yul", "sources": {}}}),
            ),
            (
                "content of a.sol",
                json!({"input": {"language": "Solidity", "sources": {"a.sol": {"urls": ["a.sol"]}}}}),
            ),
        ] {
            let error = compile(&given).expect_err("it lacks something");
            let NotCompiled::Lacks(what) = &error else {
                panic!("{error}");
            };
            assert!(what.contains(lacks), "{error}");
        }
    }

    #[test]
    fn no_compiler_of_the_project_is_run() {
        let is_run = |folder: &str| is_of_user(folder.as_ref(), "/home/me/project".as_ref());
        assert!(is_run("/usr/bin") && is_run("/home/me/bin"));
        for folder in [
            "",
            ".",
            "bin",
            "/home/me/project/bin",
            "/home/me/node_modules/.bin",
        ] {
            assert!(!is_run(folder), "{folder}");
        }
    }

    #[test]
    fn the_project_is_the_outermost_folder_with_a_manifest_or_a_repository() {
        let home = tempfile::tempdir().expect("a folder");
        let home = home.path().canonicalize().expect("a path");
        let working = home.join("repository/contracts/token");
        std::fs::create_dir_all(&working).expect("made");
        assert_eq!(project_folder(&working, Some(&home)), working);
        let contracts = home.join("repository/contracts");
        std::fs::write(contracts.join(MANIFEST), "").expect("written");
        assert_eq!(project_folder(&working, Some(&home)), contracts);
        std::fs::create_dir(home.join("repository/.git")).expect("made");
        let repository = home.join("repository");
        assert_eq!(project_folder(&working, Some(&home)), repository);
        assert!(!is_of_user(&repository.join("bin"), &repository));
        // Who keeps the home folder in a repository has programs of their own there.
        std::fs::create_dir(home.join(".git")).expect("made");
        assert_eq!(project_folder(&working, Some(&home)), repository);
        // A link out of the user's folder leads into the project.
        std::os::unix::fs::symlink(&repository, home.join("bin")).expect("linked");
        assert!(!is_of_user(&home.join("bin"), &repository));
    }

    #[test]
    fn a_compiler_that_was_ended_is_told_from_one_that_failed() {
        let failed = |error: ErrorKind| not_run("solc".as_ref(), &error.into());
        let ended = failed(ErrorKind::TimedOut);
        assert_eq!(ended, NotCompiled::TooSlow("solc".into()));
        assert!(ended.to_string().starts_with(TIMEOUT), "{ended}");
        let failed = failed(ErrorKind::NotFound);
        assert!(matches!(failed, NotCompiled::Refused(..)), "{failed}");
    }

    #[test]
    fn the_output_of_a_compiler_in_node_is_read_to_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let compiler = folder.path().join("solcjs");
        let script = "#!/usr/bin/env node\nprocess.stdout.write(JSON.stringify({a: 'x'.repeat(300000)}));process.exit(0)\n";
        std::fs::write(&compiler, script).expect("written");
        let is_run = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&compiler, is_run).expect("a program");
        let output = run(&compiler, &json!({})).expect("its output");
        assert_eq!(output["a"].as_str().map(str::len), Some(300_000));
    }

    #[test]
    fn a_version_is_no_path() {
        let of = |version: &str| json!({ "solcVersion": version });
        assert_eq!(version(&of("../../bin")), None);
        assert_eq!(version(&of("0.8.20/../x")), None);
        let long = json!({"solcVersion": "0.8.20", "solcLongVersion": "0.8.20+commit.a1b79de6"});
        assert_eq!(version(&long), Some("0.8.20+commit.a1b79de6"));
    }
}
