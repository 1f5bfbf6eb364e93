//! The sandbox of builds. Build scripts and macros run with the rights of the user. Where the kernel has Landlock, they
//! read only the sources, the compiler with what it and a linker need, and the downloads of cargo, and write only
//! outputs. They neither see nor end other processes, nor reach a node that signs for the user. Other programs that
//! read sources, such as a validator, run in the sandbox too.

use crate::children::Started;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// Files and folders of the machine that compilers, linkers and their programs read.
const SYSTEM: [&str; 29] = [
    "/.cargo",
    "/bin",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/gitconfig",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki",
    "/etc/profiles",
    "/etc/ssl",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/opt",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/run/current-system",
    "/sbin",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/usr",
];
/// Devices that programs read and write.
const DEVICES: [&str; 5] = [
    "/dev/full",
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
];
/// Variables with lists of folders in which programs and libraries are looked for.
const LISTS: [&str; 2] = ["PATH", "LD_LIBRARY_PATH"];

/// The paths that a build reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
}

/// The accesses that the kernel keeps a build from. Older kernels have Landlock, and less of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// Files that are not listed (Linux 5.13), and what lies in others' memory below `/proc`.
    pub(super) files: bool,
    /// TCP (Linux 6.7), and so a node that signs for the user.
    pub(super) network: bool,
    /// Ending other processes (Linux 6.12).
    pub(super) processes: bool,
}

impl Kept {
    /// Returns what is open all the same, in words; nothing where all of it is kept.
    pub(super) fn open(self) -> Option<String> {
        let all = [
            (self.files, "read every file that you can read"),
            (
                self.network,
                "reach every node and server that you can reach",
            ),
            (self.processes, "end your processes"),
        ];
        let open = all.iter().filter(|(is_kept, _)| !is_kept);
        let open: Vec<&str> = open.map(|(_, what)| *what).collect();
        let why = if self.files {
            "this kernel's Landlock is an older one"
        } else {
            "this kernel has no Landlock"
        };
        (!open.is_empty()).then(|| {
            let open = open.join(" and ");
            format!("{why}: what runs in the build can {open}")
        })
    }
}

impl Sandbox {
    /// Beside what every build needs: `read` and `write`, files and folders. What is not there is left out.
    pub fn new(
        read: impl IntoIterator<Item = PathBuf>,
        write: impl IntoIterator<Item = PathBuf>,
    ) -> Self {
        let home = std::env::home_dir().unwrap_or_default();
        // A folder above the user's would show all that the user has.
        let is_narrow = |path: &PathBuf| path.is_absolute() && !home.starts_with(path);
        let lists = LISTS.iter().filter_map(std::env::var_os);
        let listed = lists.flat_map(|list| std::env::split_paths(&list).collect::<Vec<_>>());
        let system = SYSTEM.iter().map(PathBuf::from);
        Self {
            read: system.chain(listed.filter(is_narrow)).chain(read).collect(),
            write: DEVICES.iter().map(PathBuf::from).chain(write).collect(),
        }
    }

    /// The folders of a program and of its libraries, links followed.
    pub fn around(program: &Path) -> Vec<PathBuf> {
        let real = std::fs::canonicalize(program).unwrap_or_else(|_| program.to_owned());
        let folders = [program, &real].into_iter().filter_map(Path::parent);
        let libraries = real.parent().and_then(Path::parent);
        folders
            .map(Path::to_owned)
            .chain(libraries.map(|folder| folder.join("lib")))
            .collect()
    }

    /// Starts a program that is ended with all that it starts, and that reaches no more than this.
    ///
    /// # Errors
    /// As [`Started::group`].
    pub(super) fn start(&self, command: &mut Command) -> io::Result<(Started, Kept)> {
        self.inside(|kept| Ok((Started::group(command)?, kept)))
    }

    /// Runs a program in it to its end, or until the time is over.
    ///
    /// # Errors
    /// As [`Started::output_within`].
    pub fn output_within(&self, command: &mut Command, limit: Duration) -> io::Result<Output> {
        self.inside(|_| Started::output_within(command, limit))
    }

    /// Acts on a restricted thread; programs that it starts are restricted as well.
    fn inside<T: Send>(&self, act: impl FnOnce(Kept) -> io::Result<T> + Send) -> io::Result<T> {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| act(self.enter()?));
            let failed = || Err(io::Error::other("the thread that starts it ended"));
            thread.join().unwrap_or_else(|_| failed())
        })
    }

    /// Restricts this thread for ever.
    #[cfg(target_os = "linux")]
    fn enter(&self) -> io::Result<Kept> {
        use landlock::{
            ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr,
            RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
        };
        const RIGHTS: ABI = ABI::V3;
        let all = AccessFs::from_all(RIGHTS);
        let there =
            |paths: &[PathBuf]| paths.iter().filter(|path| path.exists()).cloned().collect();
        let (read, write): (Vec<_>, Vec<_>) = (there(&self.read), there(&self.write));
        let restricted = Ruleset::default()
            .handle_access(all)
            .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V4)))
            .and_then(|rules| rules.scope(Scope::from_all(ABI::V6)))
            .and_then(|rules| rules.create())
            .and_then(|rules| {
                let rules =
                    rules.add_rules(path_beneath_rules(&read, AccessFs::from_read(RIGHTS)))?;
                rules.add_rules(path_beneath_rules(&write, all))
            })
            .and_then(|rules| rules.restrict_self());
        let status = restricted.map_err(io::Error::other)?;
        let LandlockStatus::Available { effective_abi, .. } = status.landlock else {
            return Ok(Kept::default());
        };
        let is_kept = status.ruleset != RulesetStatus::NotEnforced;
        Ok(Kept {
            files: is_kept,
            network: is_kept && effective_abi >= ABI::V4,
            processes: is_kept && effective_abi >= ABI::V6,
        })
    }

    /// No such kernel.
    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unnecessary_wraps, reason = "as on Linux")]
    fn enter(&self) -> io::Result<Kept> {
        Ok(Kept::default())
    }
}

/// Returns what the kernel keeps builds from.
pub(super) fn kept() -> Kept {
    let nothing = Sandbox {
        read: Vec::new(),
        write: Vec::new(),
    };
    let tried = std::thread::scope(|scope| scope.spawn(|| nothing.enter()).join());
    tried.ok().and_then(Result::ok).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what a shell says that runs `words` in a sandbox around `folder`.
    fn said(folder: &Path, words: &str) -> (String, Kept) {
        let sandbox = Sandbox::new([folder.join("read")], [folder.join("write")]);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", words]).current_dir("/");
        command.stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::null());
        let (mut started, kept) = sandbox.start(&mut command).expect("a shell");
        let (out, _) = started.pipes();
        let said = io::read_to_string(out.expect("a pipe")).expect("text");
        started.wait().expect("the end");
        (said, kept)
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["read", "write", "other"] {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).expect("made");
            std::fs::write(path.join("file"), name).expect("written");
        }
        folder
    }

    #[test]
    fn a_program_in_it_runs_as_it_is_with_landlock_or_without() {
        let folder = folder();
        let path = folder.path().display();
        let (said, _) = said(
            folder.path(),
            &format!("cat {path}/read/file; echo x > {path}/write/new && echo written"),
        );
        assert_eq!(said, "readwritten\n");
    }

    #[test]
    fn what_an_older_kernel_leaves_open_is_said() {
        let of = |files, network, processes| {
            let kept = Kept {
                files,
                network,
                processes,
            };
            kept.open().unwrap_or_default()
        };
        assert_eq!(of(true, true, true), "");
        let files = of(true, false, false);
        assert!(files.contains("older") && files.contains("node") && !files.contains("file"));
        let network = of(true, true, false);
        assert!(
            network.contains("processes") && !network.contains("node"),
            "{network}"
        );
        let nothing = of(false, false, false);
        assert!(
            nothing.contains("no Landlock") && nothing.contains("file"),
            "{nothing}"
        );
    }

    #[test]
    #[ignore = "nightly: needs a kernel with Landlock"]
    fn a_program_in_it_reads_and_writes_nothing_else() {
        let folder = folder();
        let path = folder.path().display();
        let parent = std::process::id();
        for words in [
            format!("cat {path}/other/file"),
            format!("ls {path}/other"),
            format!("echo x > {path}/read/file && echo written"),
            format!("echo x > {path}/other/file && echo written"),
            format!("cat /proc/{parent}/environ | tr '\\0' '\\n' | grep -c ="),
            format!("ln {path}/other/file {path}/write/linked && cat {path}/write/linked"),
        ] {
            let (said, kept) = said(folder.path(), &words);
            assert_eq!(kept.open(), None);
            assert!(said.is_empty() || said == "0\n", "{words}: {said}");
        }
        // A node of the user would sign for whoever reaches it.
        let node = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = node.local_addr().expect("an address").port();
        let (said, _) = said(
            folder.path(),
            &format!("bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached'"),
        );
        assert_eq!(said, "");
        // This thread is as it was.
        let other = folder.path().join("other/file");
        assert_eq!(std::fs::read_to_string(other).expect("read"), "other");
    }
}
