#!/usr/bin/env node
// The compiler of npm as forge calls one: `--version`, and `--standard-json` on standard input.
// Paths beside these are allowed as they are: sources come with the input.
const solc = require("solc");
if (process.argv.includes("--version")) {
  console.log(`Version: ${solc.version()}`);
} else {
  const input = require("node:fs").readFileSync(0, "utf8");
  process.stdout.write(solc.compile(input));
}
