// Prints the runtime byte code of the local chain's cache manager.
// Usage: node compile-cache-manager.js <folder with node_modules>
'use strict'
const fs = require('fs')
const path = require('path')

const packages = path.resolve(process.argv[2])
const required = require('module').createRequire(path.join(packages, 'package.json'))
const source = path.resolve(__dirname, '../../node/chain/genesis/CacheManager.sol')
const input = {
  language: 'Solidity',
  sources: { 'CacheManager.sol': { content: fs.readFileSync(source, 'utf8') } },
  settings: {
    optimizer: { enabled: true, runs: 200 },
    metadata: { bytecodeHash: 'none', appendCBOR: false },
    evmVersion: 'cancun',
    outputSelection: { '*': { '*': ['evm.deployedBytecode.object'] } },
  },
}
const output = JSON.parse(required('solc').compile(JSON.stringify(input)))
const errors = (output.errors || []).map((error) => error.formattedMessage)
if (errors.length > 0) {
  process.stderr.write(errors.join('\n'))
  process.exit(1)
}
process.stdout.write(output.contracts['CacheManager.sol'].CacheManager.evm.deployedBytecode.object + '\n')
