// node build.js VERSION FILE OUT: a build-info of hardhat's form, with that version of OpenZeppelin Contracts.
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const [version, file, out] = process.argv.slice(2);
const outputs = ["abi", "evm.bytecode", "evm.deployedBytecode", "metadata", "storageLayout"];
const sources = { [file]: { content: fs.readFileSync(path.join(__dirname, file), "utf8") } };
const read = (name) => {
  const found = name.match(/^@openzeppelin\/(contracts(?:-upgradeable)?)\/(.*)$/);
  if (!found) return { error: `no ${name}` };
  const content = fs.readFileSync(path.join(__dirname, "node_modules", `${found[1]}-${version}`, found[2]), "utf8");
  sources[name] = { content };
  return { contents: content };
};
const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: "cancun",
  outputSelection: { "*": { "*": outputs, "": ["ast"] } },
};
const asked = { language: "Solidity", sources: { ...sources }, settings };
const output = JSON.parse(solc.compile(JSON.stringify(asked), { import: read }));
const errors = (output.errors ?? []).filter((error) => error.severity === "error");
if (errors.length > 0) {
  console.error(errors.map((error) => error.formattedMessage).join("\n"));
  process.exit(1);
}
const long = solc.version().replace(".Emscripten.clang", "");
const info = {
  _format: "hh-sol-build-info-1",
  solcVersion: long.split("+")[0],
  solcLongVersion: long,
  input: { language: "Solidity", sources, settings },
  output,
};
fs.writeFileSync(out, JSON.stringify(info));
