// Logs, filters and subscriptions of viem, polled and over a socket.
import assert from 'node:assert'

/** The first that `watch` gives once `act` is called. It ends when `act` is done as well, so that nothing of it meets the
 * next check. */
const watched = async (watch, act) => {
  let called = false
  let end = () => {}
  const given = new Promise((resolve, reject) => {
    end = watch((value) => { if (called) resolve(value) }, reject)
  })
  given.catch(() => {}) // it is awaited below
  try {
    await new Promise((done) => setTimeout(done, 100))
    called = true
    await act()
    return await given
  } finally {
    end()
  }
}

export const eventChecks = ({ client, socket, wallet, account, abi, at, event, received, mined, transfer, other }) => {
  let filters

  return {
    async getLogs() {
      const logs = await client.getLogs({ address: [at.evm, at.stylus], event, fromBlock: 0n })
      assert.ok(logs.length >= 2)
      const none = await client.getLogs({ address: at.evm, event, args: { sender: other }, fromBlock: 0n })
      assert.equal(none.length, 0)
      const raw = await client.request({ method: 'eth_getLogs', params: [{ topics: [[received]], fromBlock: '0x0' }] })
      assert.ok(raw.length >= logs.length)
    },
    async 'createContractEventFilter, getFilterLogs and getFilterChanges'() {
      const filter = await client.createContractEventFilter({ abi, address: at.stylus, eventName: 'Received', fromBlock: 0n })
      const before = (await client.getFilterLogs({ filter })).length
      assert.ok(before >= 1)
      await client.getFilterChanges({ filter })
      await mined(await wallet.sendTransaction({ to: at.stylus, value: 9n }))
      assert.deepEqual((await client.getFilterChanges({ filter })).map((log) => log.args.value), [9n])
      assert.equal((await client.getFilterLogs({ filter })).length, before + 1)
      filters = filter
    },
    async uninstallFilter() {
      assert.equal(await client.uninstallFilter({ filter: filters }), true)
      assert.equal(await client.uninstallFilter({ filter: filters }), false)
    },
    async createEventFilter() {
      const filter = await client.createEventFilter({ address: at.evm, event, args: { sender: account.address } })
      await mined(await wallet.sendTransaction({ to: at.evm, value: 8n }))
      assert.equal((await client.getFilterChanges({ filter }))[0].args.value, 8n)
    },
    async createBlockFilter() {
      const filter = await client.createBlockFilter()
      const { blockHash } = await mined(await transfer())
      assert.ok((await client.getFilterChanges({ filter })).includes(blockHash))
    },
    async createPendingTransactionFilter() {
      const filter = await client.createPendingTransactionFilter()
      const hash = await transfer()
      assert.ok((await client.getFilterChanges({ filter })).includes(hash))
    },
    async 'watchBlocks, polling'() {
      const block = await watched((onBlock, onError) => client.watchBlocks({ onBlock, onError }), transfer)
      assert.ok(block.number > 0n)
    },
    async 'watchContractEvent, polling'() {
      const logs = await watched(
        (onLogs, onError) => client.watchContractEvent({ address: at.evm, abi, eventName: 'Received', onLogs, onError }),
        () => wallet.sendTransaction({ to: at.evm, value: 3n }))
      assert.equal(logs[0].args.value, 3n)
    },
    async 'reads over a socket'() {
      assert.equal(await socket.readContract({ address: at.stylus, abi, functionName: 'load', args: [7n] }), 42n)
    },
    async 'watchBlockNumber over a socket'() {
      const number = await watched((onBlockNumber, onError) => socket.watchBlockNumber({ onBlockNumber, onError }), transfer)
      assert.equal(typeof number, 'bigint')
    },
    async 'watchBlocks over a socket'() {
      const block = await watched((onBlock, onError) => socket.watchBlocks({ onBlock, onError }), transfer)
      assert.ok(block.number > 0n && block.hash)
    },
    async 'watchBlockHeaders over a socket'() {
      const header = await watched((onBlockHeader, onError) => socket.watchBlockHeaders({ onBlockHeader, onError }), transfer)
      assert.ok(header.number > 0n)
    },
    async 'watchPendingTransactions over a socket'() {
      const hashes = await watched((onTransactions, onError) => socket.watchPendingTransactions({ onTransactions, onError }), transfer)
      assert.equal(hashes[0].length, 66)
    },
    async 'watchContractEvent over a socket'() {
      const logs = await watched(
        (onLogs, onError) => socket.watchContractEvent({ address: at.stylus, abi, eventName: 'Received', onLogs, onError }),
        () => wallet.sendTransaction({ to: at.stylus, value: 4n }))
      assert.equal(logs[0].args.value, 4n)
    },
    async 'watchEvent over a socket'() {
      const logs = await watched(
        (onLogs, onError) => socket.watchEvent({ address: at.evm, event, args: { sender: account.address }, onLogs, onError }),
        () => wallet.sendTransaction({ to: at.evm, value: 6n }))
      assert.equal(logs[0].args.value, 6n)
    },
  }
}
