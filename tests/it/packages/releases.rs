//! What a release has beside its archives, and what else brings the program to people: the scripts of `packaging/`, the
//! action, the hook. The archives of these tests hold a small script in the program's place.

use crate::prelude::*;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use stylus_upgrades_harness::home;
use stylus_upgrades_test_support::http::{Scripted, serve};

use super::{LICENSES, run};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The files of a release, and a server that has them.
pub(crate) struct Release {
    folder: tempfile::TempDir,
    url: String,
}

impl Release {
    /// With a program that prints its arguments, and ends with the number after `exit`.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("program");
        let text = "#!/bin/sh\nif [ \"$1\" = exit ]; then exit \"$2\"; fi\necho \"program: $*\"\n";
        executable(&program, text);
        Self::of(&program)
    }

    /// With an archive of that program for this machine.
    pub(crate) fn of(program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let name = archive();
        let inside = folder.path().join(&name);
        fs::create_dir(&inside).expect("made");
        fs::copy(program, inside.join("stylus-upgrades")).expect("copied");
        for license in LICENSES {
            fs::copy(home().join(license), inside.join(license)).expect("copied");
        }
        let pack = format!(
            "tar -czf {name}.tar.gz {name} && sha256sum {name}.tar.gz >{name}.sha256 && rm -r {name}"
        );
        run(Command::new("sh").args(["-c", &pack]).current_dir(&folder));
        let files = folder.path().to_owned();
        let address = serve(move |mut connection, request| {
            let file = files.join(request.path().trim_start_matches('/'));
            let (status, body) = match fs::read(file) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            // A client that has hung up is none of its business.
            let _ = connection.write_all(&[head.as_bytes(), &body].concat());
        });
        let url = format!("http://{address}");
        run(Command::new(home().join("packaging/release"))
            .arg(folder.path())
            .arg(&url));
        Self { folder, url }
    }

    /// Where its files are.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// What README's first line does, in an empty home; the programs in `first` stand before all others.
    fn install(&self, user: &Path, first: &Path) -> Output {
        let path = std::env::var("PATH").expect("a path");
        let line = format!("curl -fsSL {}/install.sh | sh", self.url);
        let mut command = Command::new("sh");
        command.args(["-c", &line]).env_clear().env("HOME", user);
        command.env("PATH", format!("{}:{path}", first.display()));
        command.output().expect("a shell")
    }
}

/// The name of this machine's archive.
fn archive() -> String {
    let target = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("macos", cpu) => format!("{cpu}-apple-darwin"),
        (_, cpu) => format!("{cpu}-unknown-linux-musl"),
    };
    format!("stylus-upgrades-{VERSION}-{target}")
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}

fn printed(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .concat()
}

#[test]
fn one_line_installs_the_program_that_the_checksum_names() {
    let release = Release::new();
    let user = tempfile::tempdir().expect("a home");
    let done = release.install(user.path(), user.path());
    assert!(done.status.success(), "{done:?}");
    let program = user.path().join(".local/bin/stylus-upgrades");
    let said = printed(&done);
    assert!(said.contains("program: -V"), "it was tried: {said}");
    assert!(said.contains("export PATH="), "{said}");
    let asked = Command::new(&program).arg("a").output().expect("it runs");
    assert_eq!(printed(&asked), "program: a\n");
    let beside = fs::read_dir(user.path().join(".local/bin")).expect("the folder");
    assert_eq!(beside.count(), 1, "nothing else is left");
}

#[test]
fn an_archive_that_is_another_is_not_installed() {
    let release = Release::new();
    let user = tempfile::tempdir().expect("a home");
    let folder = user.path().join(".local/bin");
    fs::create_dir_all(&folder).expect("made");
    executable(&folder.join("stylus-upgrades"), "#!/bin/sh\necho old\n");
    let archive = release.path(&format!("{}.tar.gz", archive()));
    let mut bytes = fs::read(&archive).expect("it");
    bytes.push(0);
    let refused = |expected: &str| {
        let done = release.install(user.path(), user.path());
        assert!(!done.status.success(), "{done:?}");
        let said = printed(&done);
        assert!(
            said.contains("is not installed") && said.contains(expected),
            "{said}"
        );
        let old = Command::new(folder.join("stylus-upgrades")).output();
        assert_eq!(printed(&old.expect("it runs")), "old\n");
    };
    fs::write(&archive, bytes).expect("written");
    refused("is not the file whose checksum is in");
    let sums = release.path(&format!("{}.sha256", self::archive()));
    fs::write(&sums, "00  other.tar.gz\n").expect("written");
    refused("does not name");
    fs::remove_file(&archive).expect("removed");
    refused("cannot be fetched");
}

#[test]
fn a_machine_without_an_archive_is_told_how_to_build() {
    let release = Release::new();
    let user = tempfile::tempdir().expect("a home");
    executable(&user.path().join("uname"), "#!/bin/sh\necho Plan9\n");
    let done = release.install(user.path(), user.path());
    assert!(!done.status.success(), "{done:?}");
    let said = printed(&done);
    assert!(
        said.contains("no archive for Plan9") && said.contains("cargo install"),
        "{said}"
    );
    let of_no_release = Command::new("sh")
        .arg(home().join("packaging/install.sh"))
        .output();
    let said = printed(&of_no_release.expect("a shell"));
    assert!(said.contains("of no release"), "{said}");
}

#[test]
fn the_packages_of_npm_run_the_program_of_this_machine() {
    let release = Release::new();
    let packages = fs::read_dir(release.path("npm")).expect("packages");
    let packages: Vec<PathBuf> = packages.map(|one| one.expect("a file").path()).collect();
    assert_eq!(packages.len(), 2, "{packages:?}");
    let prefix = tempfile::tempdir().expect("a folder");
    run(Command::new("npm")
        .args([
            "install",
            "--offline",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .arg(prefix.path())
        .args(&packages)
        .current_dir(&prefix));
    let program = prefix.path().join("node_modules/.bin/stylus-upgrades");
    let asked = Command::new(&program).args(["a", "b c"]).output();
    assert_eq!(printed(&asked.expect("it runs")), "program: a b c\n");
    let ended = Command::new(&program).args(["exit", "3"]).status();
    assert_eq!(ended.expect("it runs").code(), Some(3));

    let platform = prefix.path().join("node_modules");
    let own = fs::read_dir(&platform)
        .expect("it")
        .map(|one| one.expect("one").path());
    let own: Vec<_> = own
        .filter(|one| one.to_string_lossy().contains("stylus-upgrades-"))
        .collect();
    assert_eq!(own.len(), 1, "{own:?}");
    fs::remove_dir_all(&own[0]).expect("removed");
    let left = Command::new(&program).arg("a").output().expect("it runs");
    assert!(
        !left.status.success() && printed(&left).contains("is not installed"),
        "{left:?}"
    );
}

#[test]
fn cargo_binstall_fetches_the_archives_by_their_names() {
    let manifest = fs::read_to_string(home().join("scripts/Cargo.toml")).expect("it");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let told = &manifest["package"]["metadata"]["binstall"];
    let filled = |key: &str| {
        let text = told[key].as_str().expect(key);
        [
            ("{ repo }", "REPO"),
            ("{ version }", VERSION),
            ("{ name }", "stylus-upgrades"),
            ("{ target }", "TARGET"),
            ("{ bin }", "stylus-upgrades"),
            ("{ binary-ext }", ""),
        ]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let name = format!("stylus-upgrades-{VERSION}-TARGET");
    let url = format!("REPO/releases/download/v{VERSION}/{name}.tar.gz");
    assert_eq!(filled("pkg-url"), url);
    assert_eq!(filled("bin-dir"), format!("{name}/stylus-upgrades"));
    let archive = fs::read_to_string(home().join(".ci/archive")).expect("the script");
    assert!(archive.contains("name=stylus-upgrades-$version-$target\n"));
}

/// Findings as `check` prints them, and the layout that they are about.
const REPORT: &str = r#"{"name":"Note","against":"1.0","from":"1.0","to":"2.0","code_bytes":4065,"ok":false,"findings":[
    {"id":"initializer-lost","part":"steps","severity":"danger","message":"50% of\nit","place":{"file":"src/lib.rs","line":24}},
    {"id":"safe-append:small","part":"layout","severity":"note","message":"small: on bytes that nothing used"}]}"#;
const LAYOUT: &str = r#"{"layout":{"storage":[
    {"label":"value","offset":0,"slot":"0","type":"t_uint256"},
    {"label":"small","offset":4,"slot":"1","type":"t_uint64"},
    {"label":"list","offset":0,"slot":"2","type":"t_three"}],
    "types":{"t_uint256":{"label":"uint256","numberOfBytes":"32"},"t_uint64":{"label":"uint64","numberOfBytes":"8"},
    "t_three":{"label":"uint256[3]","numberOfBytes":"96"}}}}"#;

/// A block of `action.yml` that the runner hands to bash.
fn block(step: &str) -> String {
    let text = fs::read_to_string(home().join("action.yml")).expect("the action");
    let (_, step) = text
        .split_once(&format!("- name: {step}\n"))
        .expect("the step");
    let step = step.split("\n    - name:").next().expect("a step");
    let (_, lines) = step.split_once("run: ").expect("a command");
    lines.strip_prefix("|\n").unwrap_or(lines).to_owned()
}

#[test]
fn the_action_installs_checks_and_keeps_one_comment() {
    let release = Release::new();
    let runner = tempfile::tempdir().expect("a folder");
    let path = |file: &str| runner.path().join(file);
    fs::write(path("path"), "").expect("written");
    let run_block = |step: &str, variables: &[(&str, &str)]| {
        let search = format!(
            "{}:{}",
            path("bin").display(),
            std::env::var("PATH").expect("a path")
        );
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", &block(step)]);
        command
            .env("PATH", search)
            .env("RUNNER_TEMP", runner.path());
        command.env("GITHUB_PATH", path("path"));
        command.env("GITHUB_ACTION_PATH", home());
        command
            .envs(variables.iter().copied())
            .output()
            .expect("bash")
    };
    let version = format!("v{VERSION}");
    let installed = run_block(
        "Install the program",
        &[("RELEASES", &release.url), ("VERSION", &version)],
    );
    assert!(installed.status.success(), "{installed:?}");
    let added = fs::read_to_string(path("path")).expect("it");
    assert!(
        Path::new(added.trim()).join("stylus-upgrades").is_file(),
        "{added}"
    );

    // In the program's place: the documents above.
    fs::create_dir(path("bin")).expect("made");
    fs::write(path("report"), REPORT).expect("written");
    fs::write(path("layout"), LAYOUT).expect("written");
    let here = runner.path().display();
    let program = format!(
        "#!/bin/sh\necho \"$*\" >>{here}/asked\ncase $1 in check) cat {here}/report; exit 1 ;; *) cat {here}/layout ;; esac\n"
    );
    executable(&path("bin/stylus-upgrades"), &program);
    let variables = [
        ("NAME", "Note"),
        ("SOURCE", "."),
        ("ARGUMENTS", "--call 'f(uint256)' 4"),
        ("RPC_URL", ""),
    ];
    let checked = run_block("Check", &variables);
    assert!(!checked.status.success(), "a finding blocks: {checked:?}");
    let said = printed(&checked);
    let annotation = "::error file=src/lib.rs,line=24,title=initializer-lost::50%25 of%0Ait\n";
    assert!(said.contains(annotation), "{said}");
    assert!(
        said.contains("::notice title=safe-append%3Asmall::"),
        "{said}"
    );
    let asked = fs::read_to_string(path("asked")).expect("it");
    assert_eq!(
        asked,
        "check Note . --call f(uint256) 4 --json\nlayout show . --json\n"
    );
    let body = fs::read_to_string(path("stylus-upgrades.md")).expect("a comment");
    for part in [
        "<!-- stylus-upgrades Note -->\n### `Note`: ✗ 1 of 2 findings block an upgrade\n",
        "1.0 (1.0) → 2.0, 4,065 bytes of code",
        "\n·   1 ····················████████···· small: uint64\n",
        "\n  2–4 ████████████████████████████████ list: uint256[3]\n",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }

    // The first run makes the comment, the second one writes it over.
    let other = serde_json::json!([{ "id": 1, "body": "other" }]);
    let own = serde_json::json!([{ "id": 1, "body": null }, { "id": 7, "body": body }]);
    let done = serde_json::json!({});
    let github = Scripted::answering(vec![
        (200, other),
        (201, done.clone()),
        (200, own),
        (200, done),
    ]);
    let variables = [
        ("GITHUB_API_URL", github.url.as_str()),
        ("GITHUB_REPOSITORY", "a/b"),
        ("GITHUB_TOKEN", "token"),
        ("NUMBER", "5"),
    ];
    for _ in 0..2 {
        let commented = run_block("Comment", &variables);
        assert!(commented.status.success(), "{commented:?}");
    }
    let requests = github.requests();
    let asked: Vec<_> = requests
        .iter()
        .map(|one| (one.method(), one.path()))
        .collect();
    assert_eq!(
        asked,
        [
            ("GET", "/repos/a/b/issues/5/comments?per_page=100&page=1"),
            ("POST", "/repos/a/b/issues/5/comments"),
            ("GET", "/repos/a/b/issues/5/comments?per_page=100&page=1"),
            ("PATCH", "/repos/a/b/issues/comments/7"),
        ]
    );
    let sent: Value = serde_json::from_slice(&requests[3].body).expect("JSON");
    assert_eq!(sent["body"], body);
}

#[test]
fn what_no_test_here_can_run_names_what_is_there() {
    let read = |file: &str| fs::read_to_string(home().join(file)).expect(file);
    let toolchain = read("rust-toolchain.toml");
    let (_, channel) = toolchain.split_once("channel = \"").expect("a channel");
    let channel = channel.split('"').next().expect("a version");
    let image = read("packaging/Dockerfile");
    assert!(image.contains(&format!("FROM rust:{channel}-")), "{image}");
    assert!(
        image.contains("name=stylus-upgrades-$VERSION-$cpu-unknown-linux-musl"),
        "{image}"
    );
    let container: Value =
        serde_json::from_str(&read(".devcontainer/devcontainer.json")).expect("JSON");
    assert!(container["image"].is_string() && container["postCreateCommand"].is_string());
    let workflow = read(".github/workflows/release.yml");
    let installer = read("packaging/install.sh");
    let packages = read("packaging/npm/pack.js");
    for target in [
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "aarch64-apple-darwin",
    ] {
        assert!(
            workflow.contains(&format!("target: {target} }}")),
            "{target}"
        );
        assert!(
            installer.contains(&format!("target={target} ;;")),
            "{target}"
        );
        assert!(packages.contains(&format!("\"{target}\"")), "{target}");
    }
    let hooks = read(".pre-commit-hooks.yaml");
    assert!(hooks.contains("entry: stylus-upgrades check\n"), "{hooks}");
}
