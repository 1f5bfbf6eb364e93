#!/usr/bin/env node
// Runs the program of this platform's package, and ends as it ends.
const { spawn } = require("node:child_process");
const path = require("node:path");

const name = `stylus-upgrades-${process.platform}-${process.arch}`;
let folder;
try {
  folder = path.dirname(require.resolve(`${name}/package.json`));
} catch {
  console.error(`The package ${name} is not installed. npm leaves it out with --omit=optional, and there is none for`);
  console.error("Windows and for Intel's Macs: build the program from a clone there.");
  process.exit(1);
}
const program = spawn(path.join(folder, "stylus-upgrades"), process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => program.kill(signal));
program.on("error", (error) => {
  console.error(`${name} does not start: ${error.message}`);
  process.exit(1);
});
program.on("exit", (code, signal) => process.exit(signal ? 1 : code));
