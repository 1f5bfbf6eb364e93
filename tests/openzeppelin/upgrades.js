// The upgrades plugin of OpenZeppelin against the chain in NODE_URL, and against the proxy of a
// registry in PROXY, which is not the plugin's to upgrade.
'use strict'
const assert = require('node:assert')
const { existsSync } = require('node:fs')
const hre = require('hardhat')
const report = require('./report.cjs')

const { ethers, upgrades } = hre
const { erc1967 } = upgrades
const refused = (promise) => promise.then(() => assert.fail('it was not refused'), (error) => String(error.message))
const factory = (name) => ethers.getContractFactory(name)
const implementation = (proxy) => proxy.getAddress().then((address) => erc1967.getImplementationAddress(address))

const made = {}

const checks = {
  async compile() {
    await hre.run('compile', { quiet: true })
    await hre.upgrades.validateImplementation(await factory('Box'))
  },
  async 'deployProxy, transparent'() {
    made.box = await upgrades.deployProxy(await factory('Box'), [7])
    await made.box.waitForDeployment()
    assert.equal(await made.box.value(), 7n)
    made.admin = await erc1967.getAdminAddress(await made.box.getAddress())
    assert.notEqual(await ethers.provider.getCode(made.admin), '0x')
  },
  async 'upgradeProxy, transparent'() {
    const before = await implementation(made.box)
    const box = await upgrades.upgradeProxy(made.box, await factory('BoxV2'), { call: { fn: 'migrate', args: [5] } })
    await box.waitForDeployment()
    assert.deepEqual([await box.value(), await box.steps()], [12n, 1n])
    assert.notEqual(await implementation(made.box), before)
  },
  async 'a moved variable is refused'() {
    assert.match(await refused(upgrades.upgradeProxy(made.box, await factory('BoxMoved'))), /New storage layout is incompatible/)
    assert.match(await refused(upgrades.validateUpgrade(made.box, await factory('BoxMoved'))), /New storage layout is incompatible/)
  },
  async 'transferProxyAdminOwnership'() {
    const next = ethers.Wallet.createRandom().address
    const [signer] = await ethers.getSigners()
    await upgrades.admin.transferProxyAdminOwnership(await made.box.getAddress(), next, signer, { silent: true })
    const admin = await ethers.getContractAt(['function owner() view returns (address)'], made.admin)
    assert.equal(await admin.owner(), next)
  },
  async 'deployProxy, UUPS'() {
    made.own = await upgrades.deployProxy(await factory('OwnBox'), [3], { kind: 'uups' })
    await made.own.waitForDeployment()
    assert.equal(await made.own.value(), 3n)
    assert.equal(await erc1967.getAdminAddress(await made.own.getAddress()), ethers.ZeroAddress)
  },
  async 'upgradeProxy, UUPS'() {
    const own = await upgrades.upgradeProxy(made.own, await factory('OwnBoxV2'), { call: 'migrate' })
    await own.waitForDeployment()
    assert.deepEqual([await own.value(), await own.steps()], [3n, 1n])
  },
  async 'code without an upgrade is refused'() {
    assert.match(await refused(upgrades.upgradeProxy(made.own, await factory('OwnBoxLast'))), /[Uu]pgrade/)
  },
  async prepareUpgrade() {
    const address = await upgrades.prepareUpgrade(made.own, await factory('OwnBoxV2'))
    assert.equal(address, await implementation(made.own))
  },
  async 'deployBeacon, deployBeaconProxy and upgradeBeacon'() {
    const beacon = await upgrades.deployBeacon(await factory('Box'))
    const proxy = await upgrades.deployBeaconProxy(beacon, await factory('Box'), [9])
    await proxy.waitForDeployment()
    assert.equal(await erc1967.getBeaconAddress(await proxy.getAddress()), await beacon.getAddress())
    await (await upgrades.upgradeBeacon(beacon, await factory('BoxV2'))).waitForDeployment()
    const box = (await factory('BoxV2')).attach(await proxy.getAddress())
    assert.deepEqual([await box.value(), await box.steps()], [9n, 0n])
  },
  async deployImplementation() {
    const address = await upgrades.deployImplementation(await factory('BoxV2'))
    assert.equal(address, await implementation(made.box))
  },
  async forceImport() {
    const Proxy = new ethers.ContractFactory(
      require('@openzeppelin/contracts/build/contracts/ERC1967Proxy.json').abi,
      require('@openzeppelin/contracts/build/contracts/ERC1967Proxy.json').bytecode, (await ethers.getSigners())[0])
    const OwnBox = await factory('OwnBox')
    const code = await upgrades.deployImplementation(OwnBox)
    const proxy = await Proxy.deploy(code, OwnBox.interface.encodeFunctionData('initialize', [1]))
    await proxy.waitForDeployment()
    await upgrades.forceImport(await proxy.getAddress(), OwnBox, { kind: 'uups' })
    const own = await upgrades.upgradeProxy(await proxy.getAddress(), await factory('OwnBoxV2'))
    await own.waitForDeployment()
    assert.deepEqual([await own.value(), await own.steps()], [1n, 0n])
  },
  async 'the record of a development chain is kept apart'() {
    assert.ok(!existsSync('.openzeppelin'), 'the plugin took the chain for one that stays')
  },
  async "a registry's proxy is not the plugin's to upgrade"() {
    const proxy = process.env.PROXY
    const before = await erc1967.getImplementationAddress(proxy)
    assert.equal((await erc1967.getAdminAddress(proxy)).toLowerCase(), process.env.REGISTRY.toLowerCase())
    await refused(upgrades.upgradeProxy(proxy, await factory('BoxV2')))
    await upgrades.forceImport(proxy, await factory('Box'), { kind: 'transparent' })
    const words = await refused(upgrades.upgradeProxy(proxy, await factory('BoxV2'), { kind: 'transparent' }))
    assert.match(words, /reverted/) // the plugin does not read the registry's error
    assert.equal(await erc1967.getImplementationAddress(proxy), before)
  },
}

const notOnRemote = { 'the record of a development chain is kept apart': 'the endpoint is no development chain' }
report(checks, (name) => {
  if (name.startsWith("a registry's") && !process.env.PROXY) return 'no registry'
  return process.env.REMOTE ? notOnRemote[name] : undefined
})
