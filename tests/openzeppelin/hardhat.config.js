// A project of the upgrades plugin, with the chain that the test started, and with the compiler from
// npm: hardhat's own download is of another place.
require('@nomicfoundation/hardhat-ethers')
require('@openzeppelin/hardhat-upgrades')
const { subtask } = require('hardhat/config')
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD: BUILD } = require('hardhat/builtin-tasks/task-names')

const { version } = require('solc/package.json')

subtask(BUILD, async () => ({
  compilerPath: require.resolve('solc/soljson.js'), isSolcJs: true, version, longVersion: version,
}))

module.exports = {
  defaultNetwork: 'node',
  solidity: { version, settings: { evmVersion: 'prague', optimizer: { enabled: true } } },
  networks: { node: { url: process.env.NODE_URL, accounts: [process.env.KEY] } },
}
