// viem against the endpoint in SUITE: what people do with it, on an EVM contract and on a Stylus one.
import assert from 'node:assert'
import { readFileSync } from 'node:fs'
import {
  BaseError, ContractFunctionRevertedError, createPublicClient, createTestClient, createWalletClient,
  decodeFunctionResult, encodeAbiParameters, encodeErrorResult, encodeEventTopics, encodeFunctionData, getContract,
  hashMessage, http, keccak256, numberToHex, pad, parseAbi, parseEther, parseEventLogs, publicActions, toHex, toRlp,
  verifyMessage, webSocket,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { eventChecks } from './viem-events.mjs'
import { testChecks } from './viem-test-client.mjs'
import report from './report.cjs'

const suite = JSON.parse(readFileSync(process.env.SUITE, 'utf8'))
const account = privateKeyToAccount(suite.key)
const other = '0x00000000000000000000000000000000000a11ce'
const MULTICALL = '0xcA11bde05977b3631167028862bE2a173976CA11'

const chain = {
  id: suite.chainId, name: 'under test', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [suite.url] } }, contracts: { multicall3: { address: MULTICALL } },
}
const polling = { chain, pollingInterval: 20 }
const client = createPublicClient({ ...polling, transport: http() })
const batching = createPublicClient({ ...polling, transport: http(undefined, { batch: true }), batch: { multicall: true } })
const socket = createPublicClient({ ...polling, transport: webSocket(suite.ws) })
const wallet = createWalletClient({ ...polling, account, transport: http() }).extend(publicActions)
const test = createTestClient({ ...polling, mode: 'anvil', account, transport: http() }).extend(publicActions)

const errors = parseAbi(['error Refused(address who, uint256 what)', 'error Error(string reason)', 'error Panic(uint256 code)'])
const abi = [...suite.evm.abi, ...errors]
const mined = async (hash, from = client) => {
  const receipt = await from.waitForTransactionReceipt({ hash })
  assert.equal(receipt.status, 'success')
  return receipt
}
const write = async (address, functionName, args) => mined(await wallet.writeContract({ address, abi, functionName, args }))
const revertOf = async (promise) => {
  const error = await promise.then(() => assert.fail('it did not revert'), (error) => error)
  assert.ok(error instanceof BaseError, String(error))
  const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError)
  assert.ok(revert, String(error))
  return revert
}
const transfer = () => wallet.sendTransaction({ to: other, value: 1n })
/** The topic of `Received`. */
const [received] = encodeEventTopics({ abi, eventName: 'Received' })
const event = abi.find((one) => one.type === 'event' && one.name === 'Received')

const at = {} // the contracts
let last // a transaction

/** The checks that are the same for a contract of either kind. */
const contractChecks = (kind) => Object.fromEntries(Object.entries({
  async readContract() {
    const [self, sender] = await client.readContract({ address: at[kind], abi, functionName: 'context', account })
    assert.deepEqual([self.toLowerCase(), sender], [at[kind].toLowerCase(), account.address])
  },
  async writeContract() {
    await write(at[kind], 'store', [7n, 42n])
    assert.equal(await client.readContract({ address: at[kind], abi, functionName: 'load', args: [7n] }), 42n)
    assert.equal(BigInt(await client.getStorageAt({ address: at[kind], slot: numberToHex(7) })), 42n)
  },
  async getContract() {
    const contract = getContract({ address: at[kind], abi, client: { public: client, wallet } })
    await mined(await contract.write.store([8n, 1n]))
    assert.equal(await contract.read.load([8n]), 1n)
    assert.ok(await contract.estimateGas.store([8n, 2n], {}) > 21_000n)
  },
  async simulateContract() {
    const { request } = await client.simulateContract({ account, address: at[kind], abi, functionName: 'store', args: [9n, 3n] })
    await mined(await wallet.writeContract(request))
    assert.equal(await client.readContract({ address: at[kind], abi, functionName: 'load', args: [9n] }), 3n)
  },
  async estimateContractGas() {
    const estimate = await client.estimateContractGas({ account, address: at[kind], abi, functionName: 'store', args: [10n, 1n] })
    const receipt = await mined(await wallet.writeContract({ address: at[kind], abi, functionName: 'store', args: [10n, 1n], gas: estimate }))
    assert.ok(receipt.gasUsed <= estimate)
  },
  async 'revert with a custom error'() {
    const data = encodeErrorResult({ abi, errorName: 'Refused', args: [account.address, 5n] })
    const refused = await revertOf(client.readContract({ address: at[kind], abi, functionName: 'failWith', args: [data] }))
    assert.equal(refused.data.errorName, 'Refused')
    assert.deepEqual(refused.data.args, [account.address, 5n])
  },
  async 'revert with a reason'() {
    const data = encodeErrorResult({ abi, errorName: 'Error', args: ['not now'] })
    const refused = await revertOf(client.simulateContract({ account, address: at[kind], abi, functionName: 'failWith', args: [data] }))
    assert.equal(refused.reason, 'not now')
  },
  async 'revert with a panic'() {
    const data = encodeErrorResult({ abi, errorName: 'Panic', args: [17n] })
    const refused = await revertOf(wallet.writeContract({ address: at[kind], abi, functionName: 'failWith', args: [data] }).then(
      () => assert.fail('sent'), () => client.simulateContract({ account, address: at[kind], abi, functionName: 'failWith', args: [data] })))
    assert.match(refused.reason, /overflow|underflow/)
  },
  async 'a reverted transaction has a receipt'() {
    const hash = await wallet.writeContract({ address: at[kind], abi, functionName: 'fail', args: [4n], gas: 1_000_000n })
    assert.equal((await client.waitForTransactionReceipt({ hash })).status, 'reverted')
  },
  async 'events of a receipt'() {
    const receipt = await mined(await wallet.sendTransaction({ to: at[kind], value: 5n }))
    const [log] = parseEventLogs({ abi, logs: receipt.logs, eventName: 'Received' })
    assert.deepEqual(log.args, { sender: account.address, value: 5n })
    last = receipt
  },
  async getContractEvents() {
    const logs = await client.getContractEvents({
      address: at[kind], abi, eventName: 'Received', args: { sender: account.address }, fromBlock: last.blockNumber })
    assert.ok(logs.some((log) => log.transactionHash === last.transactionHash && log.args.value === 5n))
  },
  async getProof() {
    const { storageProof: [proof], accountProof, storageHash } = await client.getProof({ address: at[kind], storageKeys: [pad(toHex(7))] })
    assert.equal(proof.value, 42n)
    assert.equal(keccak256(proof.proof[0]), storageHash)
    const block = await client.getBlock()
    if (suite.testChain) assert.equal(keccak256(accountProof[0]), block.stateRoot)
  },
  async simulateCalls() {
    const { results } = await client.simulateCalls({
      account,
      calls: [
        { to: at[kind], abi, functionName: 'store', args: [11n, 6n] },
        { to: at[kind], abi, functionName: 'load', args: [11n] },
        { to: at[kind], abi, functionName: 'failWith', args: [encodeErrorResult({ abi, errorName: 'Refused', args: [other, 1n] })] },
      ],
    })
    assert.deepEqual(results.map((one) => one.status), ['success', 'success', 'failure'])
    assert.equal(results[1].result, 6n)
    assert.ok(results[2].error.message.includes('Refused'), results[2].error.message)
  },
  async createAccessList() {
    const data = encodeFunctionData({ abi, functionName: 'load', args: [7n] })
    const { accessList, gasUsed } = await client.createAccessList({ account, to: at[kind], data })
    assert.ok(gasUsed > 21_000n)
    assert.deepEqual(accessList.map((one) => one.storageKeys), [[pad(toHex(7))]])
  },
  async 'state override'() {
    const stateOverride = [{ address: at[kind], stateDiff: [{ slot: pad(toHex(12)), value: pad(toHex(99)) }] }]
    assert.equal(await client.readContract({ address: at[kind], abi, functionName: 'load', args: [12n], stateOverride }), 99n)
  },
  async 'callTracer'() {
    const hash = (await write(at[kind], 'pass', [other, '0x1234'])).transactionHash
    const frame = await client.request({ method: 'debug_traceTransaction', params: [hash, { tracer: 'callTracer' }] })
    assert.equal(frame.to, at[kind].toLowerCase())
    assert.equal(frame.calls[0].to, other.toLowerCase())
    assert.equal(frame.calls[0].input, '0x1234')
  },
  async 'prestateTracer'() {
    const hash = (await write(at[kind], 'store', [13n, 4n])).transactionHash
    const params = [hash, { tracer: 'prestateTracer', tracerConfig: { diffMode: true } }]
    const { post } = await client.request({ method: 'debug_traceTransaction', params })
    assert.equal(post[at[kind].toLowerCase()].storage[pad(toHex(13))], pad(toHex(4)))
  },
  async 'debug_traceCall'() {
    const call = { from: account.address, to: at[kind], data: encodeFunctionData({ abi, functionName: 'load', args: [7n] }) }
    const frame = await client.request({ method: 'debug_traceCall', params: [call, 'latest', { tracer: 'callTracer' }] })
    assert.equal(decodeFunctionResult({ abi, functionName: 'load', data: frame.output }), 42n)
  },
}).map(([name, check]) => [`${kind}: ${name}`, check]))

const checks = {
  async getChainId() { assert.equal(await client.getChainId(), chain.id) },
  async getBlockNumber() { assert.equal(typeof await client.getBlockNumber(), 'bigint') },
  async getBalance() { assert.ok(await client.getBalance({ address: account.address }) > parseEther('1')) },
  async getTransactionCount() { assert.ok(await client.getTransactionCount({ address: account.address }) >= 0) },
  async getAddresses() { assert.deepEqual(await wallet.getAddresses(), [account.address]) },
  async 'deploy an EVM contract'() {
    const receipt = await mined(await wallet.deployContract({ abi, bytecode: suite.evm.creation }))
    at.evm = receipt.contractAddress
    assert.ok((await client.getCode({ address: at.evm })).length > 100)
  },
  async 'deploy a Stylus contract'() {
    const receipt = await mined(await wallet.sendTransaction({ data: suite.stylus.creation }))
    at.stylus = receipt.contractAddress
    assert.ok((await client.getCode({ address: at.stylus })).startsWith('0xeff000'))
  },
  async 'activate it'() {
    const wasm = { address: '0x0000000000000000000000000000000000000071', abi: parseAbi([
      'function activateProgram(address program) payable returns (uint16 version, uint256 dataFee)',
      'function programVersion(address program) view returns (uint16)',
      'error ProgramNotActivated()', 'error ProgramUpToDate()']) }
    const version = () => client.readContract({ ...wasm, functionName: 'programVersion', args: [at.stylus] })
    const active = await version().then(() => true, () => false)
    if (!active) {
      const refused = await revertOf(version())
      assert.equal(refused.data.errorName, 'ProgramNotActivated')
      await mined(await wallet.writeContract({ ...wasm, functionName: 'activateProgram', args: [at.stylus], value: parseEther('0.1') }))
    }
    assert.ok(await version() > 0)
  },
  ...contractChecks('evm'),
  ...contractChecks('stylus'),
  async 'sendTransaction, legacy'() {
    const { gasUsed } = await mined(await wallet.sendTransaction({ to: other, value: 1n, type: 'legacy' }))
    assert.ok(gasUsed >= 21_000n)
  },
  async 'sendTransaction, with an access list'() {
    const hash = await wallet.sendTransaction({ to: at.stylus, type: 'eip2930', accessList: [{ address: at.stylus, storageKeys: [pad('0x7')] }] })
    assert.equal((await mined(hash)).type, 'eip2930')
  },
  async 'sendTransaction, 1559'() {
    const receipt = await mined(await transfer())
    assert.equal(receipt.type, 'eip1559')
    last = receipt
  },
  async 'sendTransaction, 7702'() {
    const authorization = await wallet.signAuthorization({ contractAddress: at.evm, executor: 'self' })
    const receipt = await mined(await wallet.sendTransaction({ to: other, authorizationList: [authorization] }))
    assert.equal(receipt.type, 'eip7702')
    assert.equal((await client.getDelegation({ address: account.address })).toLowerCase(), at.evm.toLowerCase())
    const clear = await wallet.signAuthorization({ contractAddress: '0x0000000000000000000000000000000000000000', executor: 'self' })
    await mined(await wallet.sendTransaction({ to: other, authorizationList: [clear] }))
    assert.equal(await client.getDelegation({ address: account.address }), undefined)
  },
  async prepareTransactionRequest() {
    const request = await wallet.prepareTransactionRequest({ to: other, value: 1n })
    assert.ok(request.gas >= 21_000n && request.maxFeePerGas > 0n && request.nonce > 0, JSON.stringify(request.nonce))
    const serializedTransaction = await wallet.signTransaction(request)
    await mined(await client.sendRawTransaction({ serializedTransaction }))
  },
  async sendRawTransactionSync() {
    const serializedTransaction = await wallet.signTransaction(await wallet.prepareTransactionRequest({ to: other, value: 1n }))
    assert.equal((await client.sendRawTransactionSync({ serializedTransaction })).status, 'success')
  },
  async sendTransactionSync() {
    assert.equal((await wallet.sendTransactionSync({ to: other, value: 1n })).status, 'success')
  },
  async writeContractSync() {
    const receipt = await wallet.writeContractSync({ address: at.stylus, abi, functionName: 'store', args: [20n, 1n] })
    assert.equal(receipt.status, 'success')
  },
  async getTransaction() {
    const transaction = await client.getTransaction({ hash: last.transactionHash })
    assert.deepEqual([transaction.from.toLowerCase(), transaction.value], [account.address.toLowerCase(), 1n])
    const { blockHash, transactionIndex: index } = last
    assert.equal((await client.getTransaction({ blockHash, index })).hash, last.transactionHash)
  },
  async getTransactionReceipt() {
    assert.equal((await client.getTransactionReceipt({ hash: last.transactionHash })).blockHash, last.blockHash)
  },
  async getTransactionConfirmations() {
    assert.ok(await client.getTransactionConfirmations({ hash: last.transactionHash }) >= 1n)
  },
  async getRawTransaction() {
    assert.equal(keccak256(await client.getRawTransaction({ hash: last.transactionHash })), last.transactionHash)
  },
  async 'getBlock, with transactions'() {
    const block = await client.getBlock({ blockHash: last.blockHash, includeTransactions: true })
    assert.ok(block.transactions.some((one) => one.hash === last.transactionHash))
  },
  async 'getBlock, by tag'() {
    for (const blockTag of ['earliest', 'latest', 'safe', 'finalized', 'pending']) assert.ok(await client.getBlock({ blockTag }))
  },
  async getBlockTransactionCount() {
    assert.ok(await client.getBlockTransactionCount({ blockHash: last.blockHash }) >= 1)
  },
  async getBlockReceipts() {
    const receipts = await client.getBlockReceipts({ blockHash: last.blockHash })
    assert.ok(receipts.some((one) => one.transactionHash === last.transactionHash))
  },
  async getStorageValues() {
    const values = await client.getStorageValues({ requests: { [at.evm]: [pad('0x7')], [at.stylus]: [pad('0x7'), pad('0x8')] } })
    assert.deepEqual([values[at.evm], values[at.stylus]].map((words) => words.map(BigInt)), [[42n], [42n, 1n]])
  },
  async getGasPrice() { assert.ok(await client.getGasPrice() > 0n) },
  async estimateMaxPriorityFeePerGas() { assert.ok(await client.estimateMaxPriorityFeePerGas() >= 0n) },
  async estimateFeesPerGas() { assert.ok((await client.estimateFeesPerGas()).maxFeePerGas > 0n) },
  async getFeeHistory() {
    const history = await client.getFeeHistory({ blockCount: 3, rewardPercentiles: [25, 75] })
    assert.equal(history.baseFeePerGas.length, history.gasUsedRatio.length + 1)
    assert.equal(history.reward[0].length, 2)
  },
  async getBlobBaseFee() { assert.ok(await client.getBlobBaseFee() >= 0n) },
  async estimateGas() { assert.ok(await client.estimateGas({ account, to: other, value: 1n }) >= 21_000n) },
  async fillTransaction() {
    const { transaction } = await client.fillTransaction({ account, to: other, value: 1n })
    assert.ok(transaction.gas >= 21_000n)
  },
  async 'call, without a contract'() {
    const { data } = await client.call({ code: suite.evm.creation, data: encodeFunctionData({ abi, functionName: 'load', args: [0n] }) })
    assert.equal(BigInt(data), 0n)
  },
  async 'call, as of an earlier block'() {
    const { blockNumber } = await write(at.stylus, 'store', [21n, 1n])
    await write(at.stylus, 'store', [21n, 2n])
    assert.equal(await client.readContract({ address: at.stylus, abi, functionName: 'load', args: [21n], blockNumber }), 1n)
  },
  async multicall() {
    const contracts = [at.evm, at.stylus].map((address) => ({ address, abi, functionName: 'load', args: [7n] }))
    const refused = { address: at.stylus, abi, functionName: 'fail', args: [4n] }
    const results = await client.multicall({ contracts: [...contracts, refused] })
    assert.deepEqual(results.map((one) => one.status), ['success', 'success', 'failure'])
    assert.deepEqual([results[0].result, results[1].result], [42n, 42n])
  },
  async 'a batch of requests'() {
    const [balance, number, one, two] = await Promise.all([
      batching.getBalance({ address: account.address }), batching.getBlockNumber(),
      ...[at.evm, at.stylus].map((address) => batching.readContract({ address, abi, functionName: 'load', args: [7n] }))])
    assert.ok(balance > 0n && number > 0n)
    assert.deepEqual([one, two], [42n, 42n])
  },
  async simulateBlocks() {
    const store = { to: at.stylus, abi, functionName: 'store', args: [30n, 5n], account }
    const [first, second] = await client.simulateBlocks({ blocks: [
      { blockOverrides: { time: (await client.getBlock()).timestamp + 100n }, calls: [store] },
      { calls: [{ to: at.stylus, abi, functionName: 'load', args: [30n], account }] },
    ] })
    assert.equal(first.calls[0].status, 'success')
    assert.equal(second.calls[0].result, 5n)
    assert.equal(second.number, first.number + 1n)
  },
  async 'simulateCalls, with what is moved'() {
    const { assetChanges } = await client.simulateCalls({ account, traceAssetChanges: true, calls: [{ to: other, value: parseEther('0.5') }] })
    assert.equal(assetChanges[0].value.diff, -parseEther('0.5'))
  },
  async 'signMessage, verified'() {
    const signature = await wallet.signMessage({ message: 'hello' })
    assert.ok(await client.verifyMessage({ address: account.address, message: 'hello', signature }))
    assert.ok(!await client.verifyMessage({ address: account.address, message: 'other', signature }))
    assert.ok(await client.verifyHash({ address: account.address, hash: hashMessage('hello'), signature }))
  },
  async 'signTypedData, verified'() {
    const typed = {
      domain: { name: 'suite', version: '1', chainId: chain.id, verifyingContract: at.evm },
      types: { Order: [{ name: 'who', type: 'address' }, { name: 'what', type: 'uint256[]' }] },
      primaryType: 'Order', message: { who: other, what: [1n, 2n] },
    }
    const signature = await wallet.signTypedData(typed)
    assert.ok(await client.verifyTypedData({ ...typed, address: account.address, signature }))
  },
  ...eventChecks({ client, socket, wallet, account, abi, at, event, received, mined, transfer, other }),
  async 'trace_transaction'() {
    const [frame] = await client.request({ method: 'trace_transaction', params: [last.transactionHash] })
    assert.equal(frame.action.from, account.address.toLowerCase())
  },
  async 'a nonce too low is reported'() {
    const refused = await wallet.sendTransaction({ to: other, nonce: 0 }).then(() => assert.fail('sent'), (error) => error)
    assert.ok(refused.walk((cause) => cause.name === 'NonceTooLowError'), String(refused))
  },
  async 'a sender without funds is reported'() {
    const refused = await wallet.sendTransaction({ to: other, value: 10n ** 30n }).then(() => assert.fail('sent'), (error) => error)
    assert.ok(refused.walk((cause) => ['InsufficientFundsError'].includes(cause.name)), String(refused))
  },
  async 'an unknown method is reported'() {
    const refused = await client.request({ method: 'eth_noSuchMethod', params: [] }).then(() => assert.fail('answered'), (error) => error)
    assert.ok(refused.walk((cause) => cause.name === 'MethodNotFoundRpcError'), String(refused))
  },
}

const ofTestClient = testChecks({ test, wallet, account, other, chain, mined, abi, at, url: suite.url })
const notOnNitro = {
  'getBlobBaseFee': 'Arbitrum has no blobs',
  'fillTransaction': 'a method of geth and anvil that Nitro does not have',
  'getStorageValues': 'a method of newer geth',
  'trace_transaction': 'Nitro has trace_ methods for its classic blocks only',
}
await report({ ...checks, ...ofTestClient }, (name) => {
  if (!suite.testChain) return name in ofTestClient ? 'the endpoint is no test chain' : notOnNitro[name]
  return suite.remote && name === 'reset' ? 'others run the chain' : undefined
})
