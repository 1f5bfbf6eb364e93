// Every network helper of hardhat, for both its versions: `helpers` are what its plugin gives, and
// `send` passes a request to the chain.
'use strict'
const assert = require('node:assert')

const someone = '0x00000000000000000000000000000000000a11ce'
const word = (value) => '0x' + value.toString(16).padStart(64, '0')

module.exports = (helpers, send) => {
  const ask = (method, ...params) => send(method, params)
  const latest = async (field) => (await ask('eth_getBlockByNumber', 'latest', false))[field]

  return {
    async mine() {
      const before = await helpers.time.latestBlock()
      await helpers.mine(3)
      assert.equal(await helpers.time.latestBlock(), before + 3)
      const time = await helpers.time.latest()
      await helpers.mine(2, { interval: 60 })
      assert.ok((await helpers.time.latest()) >= time + 60)
    },
    async mineUpTo() {
      const target = (await helpers.time.latestBlock()) + 2
      await helpers.mineUpTo(target)
      assert.equal(await helpers.time.latestBlock(), target)
    },
    async setBalance() {
      await helpers.setBalance(someone, 12345n)
      assert.equal(BigInt(await ask('eth_getBalance', someone, 'latest')), 12345n)
    },
    async setCode() {
      await helpers.setCode(someone, '0x6001')
      assert.equal(await ask('eth_getCode', someone, 'latest'), '0x6001')
      await helpers.setCode(someone, '0x')
    },
    async setNonce() {
      await helpers.setNonce(someone, 7)
      assert.equal(await ask('eth_getTransactionCount', someone, 'latest'), '0x7')
    },
    async setStorageAt() {
      await helpers.setStorageAt(someone, 1, 42)
      assert.equal(await helpers.getStorageAt(someone, 1), word(42))
    },
    async getStorageAt() {
      assert.equal(await helpers.getStorageAt(someone, 99), word(0))
    },
    async impersonateAccount() {
      await helpers.impersonateAccount(someone)
      await helpers.setBalance(someone, 10n ** 18n)
      const hash = await ask('eth_sendTransaction', { from: someone, to: someone, gas: '0x5208' })
      assert.equal((await ask('eth_getTransactionReceipt', hash)).status, '0x1')
    },
    async stopImpersonatingAccount() {
      await helpers.stopImpersonatingAccount(someone)
      await assert.rejects(ask('eth_sendTransaction', { from: someone, to: someone, gas: '0x5208' }))
    },
    async setBlockGasLimit() {
      const before = await latest('gasLimit')
      await helpers.setBlockGasLimit(0x2000000)
      await helpers.mine()
      assert.equal(await latest('gasLimit'), '0x2000000')
      await helpers.setBlockGasLimit(before)
    },
    async setCoinbase() {
      await helpers.setCoinbase(someone)
      await helpers.mine()
      assert.equal((await latest('miner')).toLowerCase(), someone)
    },
    async setNextBlockBaseFeePerGas() {
      await helpers.setNextBlockBaseFeePerGas(0x7000000)
      await helpers.mine()
      assert.equal(await latest('baseFeePerGas'), '0x7000000')
    },
    async setPrevRandao() {
      await helpers.setPrevRandao(9)
      await helpers.mine()
    },
    async dropTransaction() {
      await ask('evm_setAutomine', false)
      const [from] = await ask('eth_accounts')
      const hash = await ask('eth_sendTransaction', { from, to: from, gas: '0x5208' })
      assert.equal(await helpers.dropTransaction(hash), true)
      await ask('evm_setAutomine', true)
    },
    async takeSnapshot() {
      const snapshot = await helpers.takeSnapshot()
      await helpers.setNonce(someone, 70)
      await snapshot.restore()
      assert.notEqual(await ask('eth_getTransactionCount', someone, 'latest'), '0x46')
    },
    async loadFixture() {
      let runs = 0
      const fixture = async function once() {
        runs += 1
        await helpers.mine()
        return runs
      }
      await helpers.loadFixture(fixture)
      await helpers.loadFixture(fixture)
      assert.equal(runs, 1)
      helpers.clearSnapshots()
      await helpers.loadFixture(fixture)
      assert.equal(runs, 2)
    },
    async 'time.increase'() {
      const before = await helpers.time.latest()
      await helpers.time.increase(3600)
      assert.ok((await helpers.time.latest()) >= before + 3600)
    },
    async 'time.increaseTo'() {
      const target = (await helpers.time.latest()) + 1000
      await helpers.time.increaseTo(target)
      assert.equal(await helpers.time.latest(), target)
    },
    async 'time.setNextBlockTimestamp'() {
      const target = (await helpers.time.latest()) + helpers.time.duration.minutes(10)
      await helpers.time.setNextBlockTimestamp(target)
      await helpers.mine()
      assert.equal(await helpers.time.latest(), target)
    },
  }
}
