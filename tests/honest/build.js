// node build.js VERSION FILE OUT: a build-info of hardhat's form, with that version of OpenZeppelin Contracts. A version
// such as nitro-2.1.0 is one of nitro-contracts, over the OpenZeppelin Contracts that it was deployed with.
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const OF_NITRO = "4.7.3";
const [version, file, out] = process.argv.slice(2);
const nitro = version.match(/^nitro-(.*)$/)?.[1];
const openzeppelin = nitro ? OF_NITRO : version;
const folders = {
  "@openzeppelin/contracts": `contracts-${openzeppelin}`,
  "@openzeppelin/contracts-upgradeable": `contracts-upgradeable-${openzeppelin}`,
  "@arbitrum/nitro-contracts": `nitro-contracts-${nitro}`,
};
const outputs = ["abi", "evm.bytecode", "evm.deployedBytecode", "metadata", "storageLayout"];
const content = fs.readFileSync(path.resolve(__dirname, file), "utf8");
const sources = { [path.basename(file)]: { content } };
const read = (name) => {
  const [scope, library, ...inside] = name.split("/");
  const folder = folders[`${scope}/${library}`];
  if (!folder) return { error: `no ${name}` };
  const content = fs.readFileSync(path.join(__dirname, "node_modules", folder, ...inside), "utf8");
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
