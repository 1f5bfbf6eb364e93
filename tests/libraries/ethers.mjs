// ethers 6 against the endpoint in SUITE: what people do with it, on an EVM contract and on a Stylus one.
import assert from 'node:assert'
import { readFileSync } from 'node:fs'
import {
  AbiCoder, Contract, ContractFactory, Interface, JsonRpcProvider, NonceManager, Wallet, WebSocketProvider, ZeroAddress,
  id, keccak256, parseEther, toBeHex, verifyMessage, verifyTypedData, zeroPadValue,
} from 'ethers'
import report from './report.cjs'

const suite = JSON.parse(readFileSync(process.env.SUITE, 'utf8'))
const polling = { pollingInterval: 20, cacheTimeout: -1, staticNetwork: true }
const provider = new JsonRpcProvider(suite.url, suite.chainId, { ...polling, batchMaxCount: 1 })
const batching = new JsonRpcProvider(suite.url, suite.chainId, { ...polling, batchStallTime: 20 })
const subscribing = new JsonRpcProvider(suite.url, suite.chainId, { ...polling, polling: true })
const wallet = new Wallet(suite.key, provider)
const other = '0x00000000000000000000000000000000000a11ce'
const contractAbi = new Interface([...suite.evm.abi, 'error Refused(address who, uint256 what)'])
const multicallAbi = ['function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])']

const mined = async (sent) => {
  const receipt = await (await sent).wait()
  assert.equal(receipt.status, 1)
  return receipt
}
const refused = (promise) => promise.then(() => assert.fail('it did not revert'), (error) => error)
const transfer = () => wallet.sendTransaction({ to: other, value: 1n })
/** The next event of a kind, which `act` causes. */
const next = async (emitter, event, act) => {
  const heard = new Promise((resolve) => { emitter.once(event, (...given) => resolve(given)) })
  await new Promise((done) => setTimeout(done, 100))
  await act()
  return heard
}

const on = {} // the contracts
let last
let socket

const contractChecks = (kind) => Object.fromEntries(Object.entries({
  async 'a view'() {
    const [self, sender] = await on[kind].context.staticCall()
    assert.deepEqual([self, sender], [await on[kind].getAddress(), wallet.address])
  },
  async 'a transaction'() {
    await mined(on[kind].store(7n, 42n))
    assert.equal(await on[kind].load(7n), 42n)
    assert.equal(BigInt(await provider.getStorage(on[kind], 7)), 42n)
  },
  async 'staticCall and estimateGas'() {
    await on[kind].store.staticCall(8n, 1n)
    assert.equal(await on[kind].load(8n), 0n)
    const gasLimit = await on[kind].store.estimateGas(8n, 2n)
    await mined(on[kind].store(8n, 2n, { gasLimit }))
  },
  async 'revert with a custom error'() {
    const data = contractAbi.encodeErrorResult('Refused', [wallet.address, 5n])
    const error = await refused(on[kind].failWith.staticCall(data))
    assert.equal(error.code, 'CALL_EXCEPTION')
    assert.deepEqual([error.revert.name, ...error.revert.args], ['Refused', wallet.address, 5n])
  },
  async 'revert with a reason'() {
    const data = id('Error(string)').slice(0, 10) + AbiCoder.defaultAbiCoder().encode(['string'], ['not now']).slice(2)
    assert.equal((await refused(on[kind].failWith(data))).reason, 'not now')
  },
  async 'revert with a panic'() {
    const data = id('Panic(uint256)').slice(0, 10) + AbiCoder.defaultAbiCoder().encode(['uint256'], [17]).slice(2)
    assert.match((await refused(on[kind].failWith.estimateGas(data))).reason, /Panic due to OVERFLOW/)
  },
  async 'a reverted transaction'() {
    const sent = await on[kind].fail.send(4n, { gasLimit: 1_000_000n })
    const error = await refused(sent.wait())
    assert.deepEqual([error.code, error.receipt.status], ['CALL_EXCEPTION', 0])
  },
  async 'events of a receipt'() {
    last = await mined(wallet.sendTransaction({ to: on[kind], value: 5n }))
    const event = contractAbi.parseLog(last.logs[0])
    assert.deepEqual([event.name, ...event.args], ['Received', wallet.address, 5n])
  },
  async queryFilter() {
    const found = await on[kind].queryFilter(on[kind].filters.Received(wallet.address), last.blockNumber)
    assert.ok(found.some((log) => log.transactionHash === last.hash && log.args.value === 5n))
    assert.equal((await on[kind].queryFilter(on[kind].filters.Received(other))).length, 0)
  },
  async 'an event, polled'() {
    const contract = on[kind].connect(wallet)
    const [sender, value] = await next(contract, 'Received', () => wallet.sendTransaction({ to: on[kind], value: 6n }))
    assert.deepEqual([sender, value], [wallet.address, 6n])
    await contract.removeAllListeners()
  },
  async 'an event, by a filter of the node'() {
    const contract = on[kind].connect(subscribing)
    const [event] = await next(contract, contract.filters.Received(wallet.address), () => wallet.sendTransaction({ to: on[kind], value: 7n }))
    assert.equal(event.args.value, 7n)
    await contract.removeAllListeners()
  },
  async 'an event, over a socket'() {
    const contract = on[kind].connect(socket)
    const [, value] = await next(contract, 'Received', () => wallet.sendTransaction({ to: on[kind], value: 8n }))
    assert.equal(value, 8n)
    await contract.removeAllListeners()
  },
  async eth_getProof() {
    const slot = toBeHex(7, 32)
    const proof = await provider.send('eth_getProof', [await on[kind].getAddress(), [slot], 'latest'])
    assert.equal(keccak256(proof.storageProof[0].proof[0]), proof.storageHash)
    assert.equal(BigInt(proof.storageProof[0].value), 42n)
  },
  async 'eth_call with a state override'() {
    const to = await on[kind].getAddress()
    const data = contractAbi.encodeFunctionData('load', [12n])
    const overrides = { [to]: { stateDiff: { [toBeHex(12, 32)]: toBeHex(99, 32) } } }
    assert.equal(BigInt(await provider.send('eth_call', [{ to, data }, 'latest', overrides])), 99n)
  },
  async 'debug_traceTransaction'() {
    const { hash } = await mined(on[kind].pass(other, '0x1234'))
    const frame = await provider.send('debug_traceTransaction', [hash, { tracer: 'callTracer' }])
    assert.deepEqual([frame.calls[0].to, frame.calls[0].input], [other, '0x1234'])
  },
}).map(([name, check]) => [`${kind}: ${name}`, check]))

const checks = {
  async getNetwork() { assert.equal((await new JsonRpcProvider(suite.url).getNetwork()).chainId, BigInt(suite.chainId)) },
  async getBlockNumber() { assert.ok(await provider.getBlockNumber() >= 0) },
  async getBalance() { assert.ok(await provider.getBalance(wallet.address) > parseEther('1')) },
  async getFeeData() {
    const fees = await provider.getFeeData()
    assert.ok(fees.gasPrice > 0n && fees.maxFeePerGas > 0n && fees.maxPriorityFeePerGas >= 0n)
  },
  async 'deploy an EVM contract'() {
    on.evm = await new ContractFactory(contractAbi, suite.evm.creation, wallet).deploy()
    await on.evm.waitForDeployment()
    assert.equal(await on.evm.getDeployedCode(), suite.evm.runtime)
  },
  async 'deploy a Stylus contract'() {
    on.stylus = await new ContractFactory(contractAbi, suite.stylus.creation, wallet).deploy()
    await on.stylus.waitForDeployment()
    assert.ok((await on.stylus.getDeployedCode()).startsWith('0xeff000'))
  },
  async 'activate it'() {
    const wasm = new Contract('0x0000000000000000000000000000000000000071', [
      'function activateProgram(address program) payable returns (uint16 version, uint256 dataFee)',
      'function programVersion(address program) view returns (uint16)', 'error ProgramNotActivated()'], wallet)
    const active = await wasm.programVersion(on.stylus).then(() => true, () => false)
    if (!active) {
      assert.equal((await refused(wasm.programVersion(on.stylus))).revert.name, 'ProgramNotActivated')
      await mined(wasm.activateProgram(on.stylus, { value: parseEther('0.1') }))
    }
    assert.ok(await wasm.programVersion(on.stylus) > 0n)
  },
  async 'open a socket'() {
    socket = new WebSocketProvider(suite.ws, suite.chainId)
    assert.ok(await socket.getBlockNumber() > 0)
  },
  ...contractChecks('evm'),
  ...contractChecks('stylus'),
  async 'a legacy transaction'() {
    assert.equal((await mined(wallet.sendTransaction({ to: other, value: 1n, type: 0 }))).type, 0)
  },
  async 'a transaction with an access list'() {
    const accessList = [{ address: await on.stylus.getAddress(), storageKeys: [zeroPadValue('0x07', 32)] }]
    assert.equal((await mined(wallet.sendTransaction({ to: on.stylus, type: 1, accessList }))).type, 1)
  },
  async 'a transaction of type 2'() {
    last = await mined(transfer())
    assert.equal(last.type, 2)
  },
  async 'a transaction of type 4'() {
    const nonce = await wallet.getNonce()
    const delegated = async (address, nonce) => mined(wallet.sendTransaction({
      to: other, type: 4, gasLimit: 1_000_000n, authorizationList: [await wallet.authorize({ address, nonce, chainId: suite.chainId })] }))
    await delegated(await on.evm.getAddress(), nonce + 1)
    assert.ok((await provider.getCode(wallet.address)).startsWith('0xef0100'))
    await delegated(ZeroAddress, nonce + 3)
    assert.equal(await provider.getCode(wallet.address), '0x')
  },
  async 'three at once by a NonceManager'() {
    const manager = new NonceManager(wallet)
    const sent = await Promise.all([1n, 2n, 3n].map((value) => manager.sendTransaction({ to: other, value })))
    for (const one of sent) await mined(one)
  },
  async 'populateTransaction, signTransaction and broadcastTransaction'() {
    const signed = await wallet.signTransaction(await wallet.populateTransaction({ to: other, value: 1n }))
    await mined(provider.broadcastTransaction(signed))
  },
  async 'an account of the node signs'() {
    const [account] = await provider.send('eth_accounts', [])
    const signer = await provider.getSigner(account)
    assert.equal(verifyMessage('hello', await signer.signMessage('hello')), signer.address)
    await mined(signer.sendTransaction({ to: other, value: 1n }))
  },
  async 'typed data, by wallet and node'() {
    const typed = [{ name: 'suite', version: '1', chainId: suite.chainId, verifyingContract: await on.evm.getAddress() },
      { Order: [{ name: 'who', type: 'address' }, { name: 'what', type: 'uint256[]' }] }, { who: other, what: [1, 2] }]
    const own = await wallet.signTypedData(...typed)
    assert.equal(verifyTypedData(...typed, own), wallet.address)
    if (!suite.testChain) return
    assert.equal(await (await provider.getSigner(wallet.address)).signTypedData(...typed), own)
  },
  async getTransaction() {
    const transaction = await provider.getTransaction(last.hash)
    assert.deepEqual([transaction.from, transaction.value, transaction.blockNumber], [wallet.address, 1n, last.blockNumber])
    assert.ok(await transaction.confirmations() >= 1)
  },
  async getTransactionReceipt() {
    assert.equal((await provider.getTransactionReceipt(last.hash)).blockHash, last.blockHash)
    assert.equal(await provider.getTransactionReceipt(id('nothing')), null)
  },
  async waitForTransaction() {
    const { hash } = await transfer()
    assert.equal((await provider.waitForTransaction(hash, 1, 10_000)).hash, hash)
  },
  async 'getBlock, with transactions'() {
    const block = await provider.getBlock(last.blockHash, true)
    assert.ok(block.prefetchedTransactions.some((one) => one.hash === last.hash))
  },
  async 'getBlock, by tag'() {
    for (const tag of ['earliest', 'latest', 'safe', 'finalized', 'pending']) assert.ok(await provider.getBlock(tag), tag)
  },
  async 'call, as of an earlier block'() {
    const { blockNumber } = await mined(on.stylus.store(21n, 1n))
    await mined(on.stylus.store(21n, 2n))
    assert.equal(await on.stylus.load(21n, { blockTag: blockNumber }), 1n)
  },
  async getLogs() {
    const topics = [id('Received(address,uint256)'), zeroPadValue(wallet.address, 32)]
    assert.ok((await provider.getLogs({ topics, fromBlock: 0 })).length >= 2)
    assert.equal((await provider.getLogs({ topics, blockHash: last.blockHash })).length, 0)
  },
  async 'requests in a batch'() {
    const [number, balance, one, two] = await Promise.all([
      batching.getBlockNumber(), batching.getBalance(wallet.address), on.evm.connect(batching).load(7n), on.stylus.connect(batching).load(7n)])
    assert.ok(number > 0 && balance > 0n)
    assert.deepEqual([one, two], [42n, 42n])
  },
  async 'Multicall3'() {
    const multicall = new Contract('0xcA11bde05977b3631167028862bE2a173976CA11', multicallAbi, provider)
    const callData = contractAbi.encodeFunctionData('load', [7n])
    const failing = contractAbi.encodeFunctionData('fail', [4n])
    const results = await multicall.aggregate3.staticCall([
      [on.evm, false, callData], [on.stylus, false, callData], [on.stylus, true, failing]])
    assert.deepEqual(results.map((one) => one.success), [true, true, false])
    assert.deepEqual(results.slice(0, 2).map((one) => BigInt(one.returnData)), [42n, 42n])
  },
  async 'blocks, polled'() {
    const [number] = await next(provider, 'block', transfer)
    assert.ok(number > 0)
    await provider.removeAllListeners()
  },
  async 'blocks, over a socket'() {
    const [number] = await next(socket, 'block', transfer)
    assert.ok(number > 0)
    await socket.removeAllListeners()
  },
  async 'pending transactions, over a socket'() {
    const [hash] = await next(socket, 'pending', transfer)
    assert.equal(hash.length, 66)
    await socket.removeAllListeners()
  },
  async 'logs, over a socket'() {
    const [log] = await next(socket, { topics: [id('Received(address,uint256)')] }, () => wallet.sendTransaction({ to: on.stylus, value: 9n }))
    assert.equal(log.address, await on.stylus.getAddress())
    await socket.removeAllListeners()
  },
  async 'a nonce too low is reported'() {
    assert.equal((await refused(wallet.sendTransaction({ to: other, nonce: 0 }))).code, 'NONCE_EXPIRED')
  },
  async 'a sender without funds is reported'() {
    assert.equal((await refused(wallet.sendTransaction({ to: other, value: 10n ** 30n }))).code, 'INSUFFICIENT_FUNDS')
  },
  async 'an unknown method is reported'() {
    const error = await refused(provider.send('eth_noSuchMethod', []))
    // ethers knows geth's words, and turns the error into one of its own.
    assert.equal((error.error ?? error.info.error).code, -32601)
  },
}

await report(checks)
