// node validate.js PACKAGES INPUT NODE: runs the validator of OpenZeppelin Upgrades on the output of solc, if node has
// that version or a later one. Writes the errors that it finds, and those that it finds without the tags of other
// authors.
'use strict';
const fs = require('fs');
const path = require('path');

const [packages, file, oldest] = process.argv.slice(2);
const given = JSON.parse(fs.readFileSync(file, 'utf8'));
const contract = `${given.file}:${given.name}`;

// The errors of the contract and its bases alone: other contracts of the build do not matter.
function findErrors(validator, sources) {
  const definitions = source => source.ast.nodes.filter(node => node.nodeType === 'ContractDefinition');
  const own = definitions(sources[given.file]).find(definition => definition.name === given.name);
  const isBase = definition => own.linearizedBaseContracts.includes(definition.id);
  const files = Object.keys(sources).filter(name => definitions(sources[name]).some(isBase));
  const contracts = Object.fromEntries(files.map(name => [name, given.output.contracts[name]]));
  const run = validator.validate({ sources, contracts }, node => node.src, given.version, given.input);
  // Several contracts may have one code: this one is found by its name.
  const version = (run[contract].version = { withMetadata: contract });
  const errors = validator.getErrors(run, version, { kind: 'transparent', unsafeSkipStorageCheck: true });
  const report = error => new validator.UpgradeableContractErrorReport([error]).explain(false).split('\n')[0];
  return errors.map(error => ({ ...error, words: report(error).slice(error.src.length + 2) }));
}

try {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) < oldest) throw new Error(`node ${node} is too old: ${oldest} or later is needed`);
  const validator = require(path.join(packages, 'node_modules/@openzeppelin/upgrades-core/dist/validate'));
  validator.silenceWarnings();
  const withoutTags = source => JSON.parse(JSON.stringify(source).replaceAll('@custom:oz-upgrades-unsafe-allow', '@custom:no'));
  const entries = Object.entries(given.output.sources);
  const untagged = entries.map(([name, source]) => [name, given.published.includes(name) ? source : withoutTags(source)]);
  const all = findErrors(validator, Object.fromEntries(untagged));
  console.log(JSON.stringify({ found: findErrors(validator, given.output.sources), all }));
} catch (error) {
  console.error(error.message.split('\n')[0]);
  process.exitCode = 1;
}
