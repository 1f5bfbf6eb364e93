// node build.js VERSION FILE OUT: a build-info of hardhat's form, with that version of OpenZeppelin Contracts. A version
// such as nitro-2.1.0 is one of a protocol's package, over the OpenZeppelin Contracts that it was deployed with.
const fs = require("node:fs");
const path = require("node:path");

// Packages of protocols: where `import` finds them, the OpenZeppelin Contracts below, and what their sources want else of
// the compiler.
const NITRO = { name: "@arbitrum/nitro-contracts", openzeppelin: "4.7.3" };
const AAVE = { name: "@aave/core-v3", solc: "0.8.10" };
const ACROSS = { name: "@across-protocol/contracts-v2", openzeppelin: "4.9.6" };
const IDEN3 = { name: "@iden3/contracts", solc: "0.8.27" };
const PENDLE = { name: "@pendle/core-v2", openzeppelin: "4.9.6" };
const PACKAGES = {
  "nitro-1.2.1": NITRO,
  "nitro-2.1.0": NITRO,
  "nitro-3.0.0": NITRO,
  "aave-1.13.1": AAVE,
  "aave-1.19.3": AAVE,
  "across-2.4.6": { ...ACROSS, viaIR: true },
  "across-2.5.9": { ...ACROSS, viaIR: true },
  "iden3-2.5.0": { ...IDEN3, openzeppelin: "5.0.2" },
  "iden3-3.4.0": { ...IDEN3, openzeppelin: "5.4.0" },
  "pendle-4.7.2": PENDLE,
  "pendle-6.11.0": PENDLE,
};
const [version, file, out] = process.argv.slice(2);
const { name, openzeppelin, solc: compiler, viaIR } = PACKAGES[version] ?? { openzeppelin: version };
const solc = require(compiler ? `solc-${compiler}` : "solc");
const folders = {
  "@openzeppelin/contracts": `contracts-${openzeppelin}`,
  "@openzeppelin/contracts-upgradeable": `contracts-upgradeable-${openzeppelin}`,
  [name]: version,
};
const outputs = ["abi", "evm.bytecode", "evm.deployedBytecode", "metadata", "storageLayout"];
const content = fs.readFileSync(path.resolve(__dirname, file), "utf8");
const sources = { [path.basename(file)]: { content } };
const read = (name) => {
  const [scope, library, ...inside] = name.split("/");
  const folder = folders[`${scope}/${library}`] ?? path.join(scope, library);
  const content = fs.readFileSync(path.join(__dirname, "node_modules", folder, ...inside), "utf8");
  sources[name] = { content };
  return { contents: content };
};
const settings = {
  optimizer: { enabled: true, runs: 200 },
  // Older compilers do not know it.
  evmVersion: compiler ? undefined : "cancun",
  viaIR,
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
