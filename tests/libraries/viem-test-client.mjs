// Every action of viem's test client.
import assert from 'node:assert'
import { createTestClient, http, numberToHex, pad, parseEther, parseGwei, publicActions, walletActions } from 'viem'
import { waitForTransactionReceipt } from 'viem/actions'

export const testChecks = ({ test, wallet, account, other, chain, mined, abi, at, url }) => ({
  async mine() {
    const before = await test.getBlockNumber()
    await test.mine({ blocks: 3, interval: 10 })
    assert.equal(await test.getBlockNumber({ cacheTime: 0 }), before + 3n)
  },
  async setBalance() {
    await test.setBalance({ address: other, value: parseEther('3') })
    assert.equal(await test.getBalance({ address: other }), parseEther('3'))
  },
  async setCode() {
    await test.setCode({ address: other, bytecode: '0x600160005260206000f3' })
    assert.equal(BigInt((await test.call({ to: other })).data), 1n)
    await test.setCode({ address: other, bytecode: '0x' })
  },
  async setNonce() {
    await test.setNonce({ address: other, nonce: 9 })
    assert.equal(await test.getTransactionCount({ address: other }), 9)
  },
  async setStorageAt() {
    await test.setStorageAt({ address: at.stylus, index: 50, value: pad(numberToHex(77)) })
    assert.equal(await test.readContract({ address: at.stylus, abi, functionName: 'load', args: [50n] }), 77n)
  },
  async 'snapshot and revert'() {
    const id = await test.snapshot()
    await mined(await wallet.writeContract({ address: at.stylus, abi, functionName: 'store', args: [51n, 1n] }))
    await test.revert({ id })
    assert.equal(await test.readContract({ address: at.stylus, abi, functionName: 'load', args: [51n] }), 0n)
  },
  async 'impersonateAccount and stopImpersonatingAccount'() {
    const poser = createTestClient({ chain, mode: 'anvil', transport: http(url) }).extend(publicActions).extend(walletActions)
    await test.impersonateAccount({ address: other })
    await mined(await poser.sendTransaction({ account: other, to: account.address, value: 1n }))
    await test.stopImpersonatingAccount({ address: other })
    await assert.rejects(poser.sendTransaction({ account: other, to: account.address, value: 1n }))
  },
  async sendUnsignedTransaction() {
    await test.impersonateAccount({ address: other })
    const hash = await test.sendUnsignedTransaction({ from: other, to: account.address, value: 1n, gas: 100_000n })
    await mined(hash)
    await test.stopImpersonatingAccount({ address: other })
  },
  async increaseTime() {
    const before = (await test.getBlock()).timestamp
    await test.increaseTime({ seconds: 1_000 })
    await test.mine({ blocks: 1 })
    assert.ok((await test.getBlock()).timestamp >= before + 1_000n)
  },
  async setNextBlockTimestamp() {
    const timestamp = (await test.getBlock()).timestamp + 5_000n
    await test.setNextBlockTimestamp({ timestamp })
    await test.mine({ blocks: 1 })
    assert.equal((await test.getBlock()).timestamp, timestamp)
  },
  async 'setBlockTimestampInterval and removeBlockTimestampInterval'() {
    await test.setBlockTimestampInterval({ interval: 7 })
    await test.mine({ blocks: 1 })
    const before = (await test.getBlock()).timestamp
    await test.mine({ blocks: 1 })
    assert.equal((await test.getBlock()).timestamp, before + 7n)
    await test.removeBlockTimestampInterval()
  },
  async 'setAutomine and getAutomine'() {
    assert.equal(await test.getAutomine(), true)
    await test.setAutomine(false)
    assert.equal(await test.getAutomine(), false)
  },
  async 'getTxpoolContent, getTxpoolStatus and inspectTxpool'() {
    const hash = await wallet.sendTransaction({ to: other, value: 1n })
    assert.ok((await test.getTxpoolStatus()).pending >= 1)
    const { pending } = await test.getTxpoolContent()
    assert.ok(Object.values(Object.values(pending)[0]).some((one) => one.hash === hash))
    assert.ok(Object.keys((await test.inspectTxpool()).pending).length >= 1)
    assert.equal((await test.getTransaction({ hash })).blockNumber, null)
  },
  async dropTransaction() {
    const hash = await wallet.sendTransaction({ to: other, value: 2n })
    await test.dropTransaction({ hash })
    await test.mine({ blocks: 1 })
    await assert.rejects(test.getTransactionReceipt({ hash }))
  },
  async 'a replaced transaction is reported'() {
    const request = await wallet.prepareTransactionRequest({ to: other, value: 1n })
    const hash = await wallet.sendTransaction(request)
    let replaced
    // It is replaced once viem has looked for it, and for its replacement in the newest block.
    let looked
    const first = new Promise((done) => { looked = done })
    const getBlock = async (what) => test.getBlock(what).finally(looked)
    const watching = { ...test, getBlock }
    const onReplaced = (found) => { replaced = found.reason }
    const waiting = waitForTransactionReceipt(watching, { hash, onReplaced, pollingInterval: 20 })
    await first
    const fees = { maxFeePerGas: request.maxFeePerGas * 2n, maxPriorityFeePerGas: request.maxPriorityFeePerGas * 2n + 1n }
    const second = await wallet.sendTransaction({ ...request, ...fees })
    await test.mine({ blocks: 1 })
    assert.equal((await waiting).transactionHash, second)
    assert.equal(replaced, 'repriced')
    await test.setAutomine(true)
  },
  async setIntervalMining() {
    const before = await test.getBlockNumber({ cacheTime: 0 })
    await test.setIntervalMining({ interval: 1 })
    while (await test.getBlockNumber({ cacheTime: 0 }) === before) await new Promise((done) => setTimeout(done, 50))
    await test.setIntervalMining({ interval: 0 })
    await test.setAutomine(true)
  },
  async setBlockGasLimit() {
    const { gasLimit } = await test.getBlock()
    await test.setBlockGasLimit({ gasLimit: 33_333_333n })
    await test.mine({ blocks: 1 })
    assert.equal((await test.getBlock()).gasLimit, 33_333_333n)
    await test.setBlockGasLimit({ gasLimit })
  },
  async setCoinbase() {
    await test.setCoinbase({ address: other })
    await test.mine({ blocks: 1 })
    assert.equal((await test.getBlock()).miner.toLowerCase(), other.toLowerCase())
  },
  async setNextBlockBaseFeePerGas() {
    await test.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei('0.2') })
    await test.mine({ blocks: 1 })
    assert.equal((await test.getBlock()).baseFeePerGas, parseGwei('0.2'))
  },
  async setLoggingEnabled() {
    await test.setLoggingEnabled(false)
    await test.setLoggingEnabled(true)
  },
  async 'dumpState and loadState'() {
    await test.setStorageAt({ address: at.stylus, index: 60, value: pad(numberToHex(5)) })
    const state = await test.dumpState()
    await test.setStorageAt({ address: at.stylus, index: 60, value: pad(numberToHex(6)) })
    await test.loadState({ state })
    assert.equal(await test.readContract({ address: at.stylus, abi, functionName: 'load', args: [60n] }), 5n)
  },
  async reset() {
    await test.reset()
    assert.equal(await test.getBlockNumber({ cacheTime: 0 }), 0n)
  },
})
