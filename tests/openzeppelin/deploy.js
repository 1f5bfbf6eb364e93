// Deploys a proxy with the upgrades plugin, and the next implementation beside it. Prints what is where, as a shell
// reads it. `node deploy.js uups` makes a UUPS proxy, else it is a transparent one.
'use strict'
const { ethers, upgrades, run } = require('hardhat')

// Hardhat says on standard output that it compiled, which no shell reads.
const print = console.log
console.log = console.error

async function main() {
  await run('compile', { quiet: true })
  const isUups = process.argv.includes('uups')
  const [first, second] = isUups ? ['OwnBox', 'OwnBoxV2'] : ['Box', 'BoxV2']
  const factory = (name) => ethers.getContractFactory(name)
  const box = await upgrades.deployProxy(await factory(first), [7], { kind: isUups ? 'uups' : 'transparent' })
  await box.waitForDeployment()
  const proxy = await box.getAddress()
  const { erc1967 } = upgrades
  print(`proxy=${proxy}`)
  print(`admin=${isUups ? proxy : await erc1967.getAdminAddress(proxy)}`)
  print(`implementation=${await erc1967.getImplementationAddress(proxy)}`)
  print(`next=${await upgrades.prepareUpgrade(proxy, await factory(second))}`)
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
