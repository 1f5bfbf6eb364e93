//! The console as a process, and requests to it byte by byte: no client in between corrects them.

use crate::prelude::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use stylus_devnode::NodeHandle;
use tempfile::TempDir;

use crate::command::command;
use crate::layouts::project::{COUNT, Project, V2, home};

/// A registry that answers nothing.
pub(super) const NOBODY: &str = "0x1111111111111111111111111111111111111111";

/// How long an answer may take in a test.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A console, ended with the test.
pub(crate) struct Console {
    child: Child,
    pub(super) port: u16,
    /// A folder of its own, if nobody gave it one.
    _folder: Option<TempDir>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(super) status: u16,
    pub(super) head: String,
    pub(crate) body: String,
}

impl Response {
    /// Asserts that the page has all of these.
    #[track_caller]
    pub(crate) fn shows(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.body.contains(part), "{part}: {}", self.body);
        }
    }
}

impl Console {
    /// On a free port, in the folder of a project.
    pub(super) fn of(project: &Project) -> Self {
        Self::with(project, &[])
    }

    /// The same, with more in its environment.
    pub(super) fn with(project: &Project, environment: &[(&str, &str)]) -> Self {
        Self::start(project.folder.path(), environment)
    }

    /// In an empty folder, with nothing but an endpoint and the project's registry: the home is empty.
    pub(super) fn elsewhere(project: &Project, endpoint: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().display().to_string();
        let registry = project.saved("registry");
        let environment = [
            ("ETH_RPC_URL", endpoint),
            ("STYLUS_UPGRADES_REGISTRY", &registry),
            ("HOME", &home),
        ];
        let mut console = Self::start(folder.path(), &environment);
        console._folder = Some(folder);
        console
    }

    /// The same with a registry that answers nothing, and that is trusted by its name alone.
    pub(super) fn of_nobody(node: &NodeHandle, endpoint: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let registry = NOBODY.parse().expect("an address");
        let stop = Bytes::from_static(&[0]);
        let set = node.with_chain(move |chain| chain.set_code(registry, stop));
        set.expect("the chain");
        let environment = [
            ("ETH_RPC_URL", endpoint),
            ("STYLUS_UPGRADES_REGISTRY", NOBODY),
        ];
        let trust = ["--trust-registry", NOBODY];
        let mut console = Self::with_flags(folder.path(), &environment, &trust);
        console._folder = Some(folder);
        console
    }

    /// In a folder with a manifest.
    pub(crate) fn start(folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::with_flags(folder, environment, &[])
    }

    fn with_flags(folder: &Path, environment: &[(&str, &str)], flags: &[&str]) -> Self {
        let mut child = command(folder, "console --port 0")
            .args(flags)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("Listening on ")?.to_owned()));
        let url = url.expect("the line with its address");
        let port = url.trim_end_matches('/').rsplit(':').next();
        let port = port.and_then(|port| port.parse().ok()).expect("a port");
        Self {
            child,
            port,
            _folder: None,
        }
    }

    /// What the console's script asks: whether something happened since a block, or with none whether the chain
    /// answers.
    pub(super) fn news(&self, block: &str, hash: &str) -> Value {
        self.document(&format!("/api/news?block={block}&hash={hash}"))
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `GET`, as a browser asks whose user typed the address.
    pub(crate) fn get(&self, path: &str) -> Response {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n",
            self.port
        ))
    }

    /// The document at a path.
    pub(super) fn document(&self, path: &str) -> Value {
        let found = self.get(path);
        serde_json::from_str(&found.body).unwrap_or_else(|_| panic!("a document: {found:?}"))
    }

    /// These very lines, and the end of the head.
    pub(super) fn send(&self, lines: &str) -> Response {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(TIMEOUT)).expect("set");
        let request = format!("{lines}Connection: close\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("written");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("answered");
        let text = String::from_utf8(bytes).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Response {
            status: status.expect("a status"),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A project with an action that waits for a second approval, and that action.
pub(super) fn with_open_action() -> (Project, String) {
    let project = Project::with_note();
    let policy = project.together();
    project.done(&format!("policy update Note {policy}"));
    project.done(&format!("policy update Note --role create {policy}"));
    let proposed = project.run(&format!("migrate Note 2.0 {} {COUNT}", home(V2)));
    proposed.ends_with(3);
    let action = text(&proposed.document, "action").to_owned();
    (project, action)
}
