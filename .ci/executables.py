"""The test executables of the workspace, and the variables with which cargo runs them."""

import json
import os
import pathlib
import subprocess

HOME = pathlib.Path(__file__).resolve().parent.parent


def executables(arguments):
    """The test executables that `cargo test` would run: name, path, folder of the package."""
    command = ["cargo", "test", *arguments, "--no-run", "--message-format", "json-render-diagnostics"]
    lines = subprocess.run(command, cwd=HOME, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for message in map(json.loads, lines):
        if message.get("executable") and message["profile"]["test"]:
            manifest = pathlib.Path(message["manifest_path"])
            kind = message["target"]["kind"][0]
            name = f"{manifest.parent.relative_to(HOME)} ({kind} {message['target']['name']})"
            yield name, message["executable"], manifest.parent


def variables(folder):
    """What cargo sets for a test executable. Those of macros load a library of the compiler."""
    command = ["rustc", "--print", "target-libdir", "--print", "sysroot"]
    printed = subprocess.run(command, cwd=HOME, check=True, stdout=subprocess.PIPE, text=True).stdout
    folder_of_std, sysroot = printed.splitlines()
    libraries = ":".join(filter(None, [folder_of_std, os.environ.get("LD_LIBRARY_PATH")]))
    # Programs that a test starts in another folder are those of this toolchain, as with rustup's cargo.
    toolchain = {"RUSTUP_TOOLCHAIN": sysroot} | os.environ
    return toolchain | {"CARGO_MANIFEST_DIR": str(folder), "CARGO": "cargo", "LD_LIBRARY_PATH": libraries}
