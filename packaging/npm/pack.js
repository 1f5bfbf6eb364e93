// Packs the program for npm: `node pack.js ARCHIVES VERSION TO` makes one package for each archive of that version, and
// `stylus-upgrades`, which depends on all of them: npm installs the one whose `os` and `cpu` fit.
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const PLATFORMS = {
  "x86_64-unknown-linux-musl": { os: "linux", cpu: "x64" },
  "aarch64-unknown-linux-musl": { os: "linux", cpu: "arm64" },
  "aarch64-apple-darwin": { os: "darwin", cpu: "arm64" },
};
const PROGRAM = "stylus-upgrades";

const [archives, version, to] = process.argv.slice(2);
if (!to) {
  console.error("expected: node pack.js ARCHIVES VERSION TO");
  process.exit(2);
}
fs.rmSync(to, { recursive: true, force: true });
fs.mkdirSync(to, { recursive: true });
const work = fs.mkdtempSync(path.join(to, "work-"));

function pack(name, manifest, files) {
  const folder = path.join(work, name);
  for (const [inside, from] of Object.entries(files)) {
    const file = path.join(folder, inside);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(from, file);
  }
  const common = { name, version, license: "MIT OR Apache-2.0", ...manifest };
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(common, null, 2) + "\n");
  execFileSync("npm", ["pack", "--silent", "--pack-destination", path.resolve(to), path.resolve(folder)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const optionalDependencies = {};
for (const [target, { os, cpu }] of Object.entries(PLATFORMS)) {
  const unpacked = `${PROGRAM}-${version}-${target}`;
  const archive = path.join(archives, `${unpacked}.tar.gz`);
  if (!fs.existsSync(archive)) continue;
  execFileSync("tar", ["-C", work, "-xzf", archive]);
  const from = (file) => path.join(work, unpacked, file);
  const name = `${PROGRAM}-${os}-${cpu}`;
  const licenses = { "LICENSE-MIT": from("LICENSE-MIT"), "LICENSE-APACHE": from("LICENSE-APACHE") };
  pack(
    name,
    { description: `The program of ${PROGRAM} for ${os} on ${cpu}.`, os: [os], cpu: [cpu] },
    { [PROGRAM]: from(PROGRAM), ...licenses },
  );
  optionalDependencies[name] = version;
}
if (Object.keys(optionalDependencies).length === 0) {
  console.error(`${archives} holds no archive of ${PROGRAM} ${version}`);
  process.exit(1);
}
const run = path.join(__dirname, "run.js");
pack(
  PROGRAM,
  {
    description: "Upgradeable contracts for Arbitrum Stylus: build, plan, approve and upgrade them.",
    bin: { [PROGRAM]: "run.js" },
    engines: { node: ">=18" },
    optionalDependencies,
  },
  { "run.js": run },
);
fs.rmSync(work, { recursive: true });
