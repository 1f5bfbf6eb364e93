// Encodes the calls of a Safe Transaction Builder file from their methods and values, as the app
// does, with ethers: node encode-batch.js NODE_MODULES_FOLDER FILE. Prints one line per call.
const { createRequire } = require('module');
const { readFileSync } = require('fs');
const [folder, file] = process.argv.slice(2);
const { Interface } = createRequire(`${folder}/package.json`)('ethers');

// What is typed into a field of the form: structs as JSON, everything else as it stands.
const parsed = (input, text) => (input.type.startsWith('tuple') ? JSON.parse(text) : text);

for (const call of JSON.parse(readFileSync(file, 'utf8')).transactions) {
  if (call.data) throw new Error('with data the app shows no method');
  const { inputs, name } = call.contractMethod;
  const values = inputs.map((input) => parsed(input, call.contractInputsValues[input.name] || ''));
  const known = new Interface([{ ...call.contractMethod, type: 'function' }]);
  console.log(known.encodeFunctionData(name, values));
}
