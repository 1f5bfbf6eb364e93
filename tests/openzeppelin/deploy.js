// Deploys a proxy with the upgrades plugin, and the next implementation beside it. Prints what is where, as a shell
// reads it. `node deploy.js uups` makes a UUPS proxy, else it is a transparent one.
'use strict'
const { ethers, upgrades, run } = require('hardhat')

async function main() {
  await run('compile', { quiet: true })
  const isUups = process.argv.includes('uups')
  const [first, second] = isUups ? ['OwnBox', 'OwnBoxV2'] : ['Box', 'BoxV2']
  const factory = (name) => ethers.getContractFactory(name)
  const box = await upgrades.deployProxy(await factory(first), [7], { kind: isUups ? 'uups' : 'transparent' })
  await box.waitForDeployment()
  const proxy = await box.getAddress()
  const { erc1967 } = upgrades
  console.log(`proxy=${proxy}`)
  console.log(`admin=${isUups ? proxy : await erc1967.getAdminAddress(proxy)}`)
  console.log(`implementation=${await erc1967.getImplementationAddress(proxy)}`)
  console.log(`next=${await upgrades.prepareUpgrade(proxy, await factory(second))}`)
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
