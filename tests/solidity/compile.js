// Compiles every contract of this folder and prints one JSON document: contract name → ABI,
// creation code and runtime code. Usage: node compile.js <folder with node_modules>
'use strict'
const fs = require('fs')
const path = require('path')

const packages = path.resolve(process.argv[2])
const home = path.resolve(__dirname, '..')
const required = require('module').createRequire(path.join(packages, 'package.json'))
const solc = required('solc')

function files(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    return entry.isDirectory() ? files(file) : file.endsWith('.sol') ? [file] : []
  })
}

// Source names are paths relative to tests/, those of packages begin with the package's name.
function read(name) {
  for (const root of [home, path.join(packages, 'node_modules')]) {
    const file = path.join(root, name)
    if (fs.existsSync(file)) return { contents: fs.readFileSync(file, 'utf8') }
  }
  return { error: `${name} is in no package` }
}

const own = files(path.join(__dirname, 'contracts')).map((file) => path.relative(home, file))
const input = {
  language: 'Solidity',
  sources: Object.fromEntries(own.map((name) => [name, { content: read(name).contents }])),
  settings: {
    optimizer: { enabled: true, runs: 200 },
    evmVersion: 'prague',
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'storageLayout'] } },
  },
}
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }))
const errors = (output.errors || []).filter((error) => error.severity === 'error')
if (errors.length > 0) {
  process.stderr.write(errors.map((error) => error.formattedMessage).join('\n'))
  process.exit(1)
}

const contracts = {}
for (const [source, found] of Object.entries(output.contracts)) {
  if (!own.includes(source) && !source.endsWith('/ERC1967Proxy.sol')) continue
  for (const [name, contract] of Object.entries(found)) {
    if (name in contracts) {
      process.stderr.write(`two contracts are called ${name}: ${source} has the second one`)
      process.exit(1)
    }
    contracts[name] = {
      abi: contract.abi,
      creation: '0x' + contract.evm.bytecode.object,
      runtime: '0x' + contract.evm.deployedBytecode.object,
      layout: contract.storageLayout,
    }
  }
}
process.stdout.write(JSON.stringify({ compiler: solc.version(), contracts }))
