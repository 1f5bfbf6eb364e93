// Reads {"sources": {name: solidity}, "pairs": [{"name", "old": layout, "new": layout}]} from standard
// input; each source has a contract C.
// Writes {"layouts": {name: layout}, "verdicts": {name: [{"kind", "field"}]}}.
const { getStorageUpgradeErrors } = require('@openzeppelin/upgrades-core');

const chunks = [];
process.stdin.on('data', chunk => chunks.push(chunk));
process.stdin.on('end', () => {
  const input = JSON.parse(Buffer.concat(chunks).toString());
  const layouts = compile(input.sources);
  const verdicts = {};
  for (const { name, old, new: updated } of input.pairs) verdicts[name] = check(old, updated);
  process.stdout.write(JSON.stringify({ layouts, verdicts }));
});

function compile(sources) {
  const names = Object.keys(sources);
  if (names.length === 0) return {};
  const solc = require('solc');
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: 'Solidity',
        sources: Object.fromEntries(names.map(name => [name, { content: sources[name] }])),
        settings: { outputSelection: { '*': { C: ['storageLayout'] } } },
      }),
    ),
  );
  const errors = (output.errors ?? []).filter(error => error.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(error => error.formattedMessage).join('\n'));
  return Object.fromEntries(names.map(name => [name, output.contracts[name].C.storageLayout]));
}

function check(original, updated) {
  const complete = layout => ({ ...layout, types: layout.types ?? {} });
  let errors;
  try {
    errors = getStorageUpgradeErrors(complete(original), complete(updated));
  } catch (error) {
    return [{ kind: `throws: ${error.message}`, field: null }];
  }
  return errors.map(error => ({
    kind: error.kind === 'typechange' ? `typechange: ${error.change.kind}` : error.kind,
    field: (error.updated ?? error.original).label ?? error.namespace,
  }));
}
