"""web3.py against the endpoint in SUITE: what people do with it, on an EVM contract and on a Stylus
one. Prints what passed, what did not, and what was left out, as one line of JSON."""

import asyncio
import json

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_utils import keccak
from web3 import AsyncHTTPProvider, AsyncWeb3, WebSocketProvider
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError

from contract import contract_checks
from suite import (
    ABI, ACCOUNT, CHECKS, ETH, LAST, LOCAL, ON, OTHER, SUITE, W3, WASM, ZERO, Web3, called, check, local, mined,
    reverted, send, wait, word,
)


@check
def is_connected():
    assert W3.is_connected()
    assert W3.client_version


@check
def chain_id():
    assert ETH.chain_id == SUITE["chainId"] == int(W3.net.version)


@check
def get_balance():
    assert ETH.get_balance(ACCOUNT.address) > Web3.to_wei(1, "ether")


@check
def gas_price_and_fees():
    assert ETH.gas_price > 0 and ETH.max_priority_fee >= 0


@check
def fee_history():
    history = ETH.fee_history(3, "latest", [25, 75])
    assert len(history.baseFeePerGas) == len(history.gasUsedRatio) + 1
    assert len(history.reward[0]) == 2


@check
def deploy_an_evm_contract():
    receipt = mined({"data": SUITE["evm"]["creation"], "value": 0})
    ON["evm"] = ETH.contract(receipt.contractAddress, abi=ABI)
    assert ETH.get_code(receipt.contractAddress).to_0x_hex() == SUITE["evm"]["runtime"]


@check
def deploy_a_stylus_contract():
    receipt = mined({"data": SUITE["stylus"]["creation"], "value": 0})
    ON["stylus"] = ETH.contract(receipt.contractAddress, abi=ABI)
    assert ETH.get_code(receipt.contractAddress)[:3] == b"\xef\xf0\x00"


@check
def activate_it():
    program = ON["stylus"].address
    version = WASM.functions.programVersion(program)
    try:
        version.call()
    except ContractLogicError as error:
        assert error.data.startswith("0x" + keccak(text="ProgramNotActivated()").hex()[:8]), error.data
        called(WASM.functions.activateProgram(program), value=Web3.to_wei(0.1, "ether"))
    assert version.call() > 0


contract_checks("evm")
contract_checks("stylus")


@check
def a_legacy_transaction():
    assert mined({"to": OTHER, "value": 1, "gasPrice": 2 * ETH.gas_price}).type == 0


@check
def a_transaction_with_an_access_list():
    access = [{"address": ON["stylus"].address, "storageKeys": ["0x" + word(7).hex()]}]
    assert mined({"to": ON["stylus"].address, "value": 0, "gasPrice": 2 * ETH.gas_price, "accessList": access, "type": 1}).type == 1


@check
def a_transaction_of_type_2():
    LAST["receipt"] = mined({"to": OTHER, "value": 1})
    assert LAST["receipt"].type == 2


@check
def a_transaction_of_type_4():
    def delegate(address):
        nonce = ETH.get_transaction_count(ACCOUNT.address)
        signed = ACCOUNT.sign_authorization({"chainId": SUITE["chainId"], "address": address, "nonce": nonce + 1})
        return mined({"to": OTHER, "value": 0, "gas": 1_000_000, "nonce": nonce, "authorizationList": [signed]})
    assert delegate(ON["evm"].address).type == 4
    assert ETH.get_code(ACCOUNT.address)[:3] == b"\xef\x01\x00"
    delegate(ZERO)
    assert ETH.get_code(ACCOUNT.address) == b""


@check
def get_transaction():
    found = ETH.get_transaction(LAST["receipt"].transactionHash)
    assert [found["from"], found.value, found.blockNumber] == [ACCOUNT.address, 1, LAST["receipt"].blockNumber]
    reverted(TransactionNotFound, lambda: ETH.get_transaction(b"\x01" * 32))


@check
def get_raw_transaction():
    assert keccak(ETH.get_raw_transaction(LAST["receipt"].transactionHash)) == LAST["receipt"].transactionHash


@check
def get_block():
    block = ETH.get_block(LAST["receipt"].blockHash, full_transactions=True)
    assert LAST["receipt"].transactionHash in [one.hash for one in block.transactions]
    for tag in ["earliest", "latest", "safe", "finalized", "pending"]:
        assert ETH.get_block(tag)


@check
def get_block_receipts():
    found = ETH.get_block_receipts(LAST["receipt"].blockNumber)
    assert LAST["receipt"].transactionHash in [one.transactionHash for one in found]


@check
def a_call_as_of_an_earlier_block():
    earlier = called(ON["stylus"].functions.store(21, 1)).blockNumber
    called(ON["stylus"].functions.store(21, 2))
    assert ON["stylus"].functions.load(21).call(block_identifier=earlier) == 1


@check
def logs_of_many_contracts():
    topic = keccak(text="Received(address,uint256)")
    addresses = [ON["evm"].address, ON["stylus"].address]
    logs = ETH.get_logs({"fromBlock": 0, "address": addresses, "topics": [topic]})
    assert {log.address for log in logs} == set(addresses)


@check
def filters_of_blocks_and_transactions():
    blocks, pending = ETH.filter("latest"), ETH.filter("pending")
    receipt = mined({"to": OTHER, "value": 1})
    assert receipt.blockHash in blocks.get_new_entries()
    assert receipt.transactionHash in pending.get_new_entries()


@check
def requests_in_a_batch():
    with W3.batch_requests() as batch:
        batch.add(ON["evm"].functions.load(7))
        batch.add(ON["stylus"].functions.load(7))
        assert batch.execute() == [42, 42]


@check
def multicall3():
    inputs = [{"name": "target", "type": "address"}, {"name": "allowFailure", "type": "bool"}, {"name": "callData", "type": "bytes"}]
    outputs = [{"name": "success", "type": "bool"}, {"name": "returnData", "type": "bytes"}]
    multicall = ETH.contract(Web3.to_checksum_address("0xca11bde05977b3631167028862be2a173976ca11"), abi=[{
        "type": "function", "name": "aggregate3", "stateMutability": "payable",
        "inputs": [{"name": "calls", "type": "tuple[]", "components": inputs}],
        "outputs": [{"name": "results", "type": "tuple[]", "components": outputs}]}])
    load = [(ON[kind].address, False, ON[kind].encode_abi("load", [7])) for kind in ["evm", "stylus"]]
    failing = (ON["stylus"].address, True, ON["stylus"].encode_abi("fail", [4]))
    results = multicall.functions.aggregate3([*load, failing]).call()
    assert [success for success, _ in results] == [True, True, False]
    assert [int.from_bytes(data, "big") for _, data in results[:2]] == [42, 42]


@check
def messages_and_typed_data():
    message = encode_defunct(text="hello")
    assert Account.recover_message(message, signature=ACCOUNT.sign_message(message).signature) == ACCOUNT.address
    full = {
        "domain": {"name": "suite", "version": "1", "chainId": SUITE["chainId"], "verifyingContract": ON["evm"].address},
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "version", "type": "string"},
                             {"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}],
            "Order": [{"name": "who", "type": "address"}, {"name": "what", "type": "uint256[]"}],
        },
        "primaryType": "Order", "message": {"who": OTHER, "what": [1, 2]},
    }
    own = ACCOUNT.sign_message(encode_typed_data(full_message=full)).signature
    if SUITE["testChain"]:
        assert Account.recover_message(message, signature=ETH.sign(ACCOUNT.address, text="hello")) == ACCOUNT.address
        signed = W3.manager.request_blocking("eth_signTypedData_v4", [ACCOUNT.address, full])
        assert bytes.fromhex(signed[2:]) == own


@local
def an_account_of_the_node_sends():
    receipt = wait(ETH.send_transaction({"from": ETH.accounts[1], "to": OTHER, "value": 1}))
    assert receipt.status == 1


@local
def replace_transaction():
    W3.manager.request_blocking("evm_setAutomine", [False])
    hashed = ETH.send_transaction({"from": ETH.accounts[1], "to": OTHER, "value": 1, "gas": 100_000})
    fee = 10 * ETH.gas_price
    second = ETH.modify_transaction(hashed, maxFeePerGas=fee, maxPriorityFeePerGas=fee)
    W3.manager.request_blocking("evm_mine", [])
    W3.manager.request_blocking("evm_setAutomine", [True])
    assert wait(second).status == 1


@local
def tx_pool():
    assert W3.geth.txpool.status() and W3.geth.txpool.content() and W3.geth.txpool.inspect()


@local
def snapshot_and_time():
    # On a given chain others may have moved the newest block before the clock, which this sets.
    W3.manager.request_blocking("evm_setNextBlockTimestamp", [ETH.get_block("latest").timestamp + 1])
    W3.manager.request_blocking("evm_mine", [])
    made = W3.manager.request_blocking("evm_snapshot", [])
    before = ETH.get_block("latest").timestamp
    W3.manager.request_blocking("evm_increaseTime", [1_000])
    W3.manager.request_blocking("evm_mine", [])
    assert ETH.get_block("latest").timestamp >= before + 1_000
    assert W3.manager.request_blocking("evm_revert", [made])
    assert ETH.get_block("latest").timestamp == before


@check
def the_asynchronous_client():
    async def reads():
        web3 = AsyncWeb3(AsyncHTTPProvider(SUITE["url"]))
        contract = web3.eth.contract(ON["stylus"].address, abi=ABI)
        one, two = await asyncio.gather(contract.functions.load(7).call(), web3.eth.block_number)
        await web3.provider.disconnect()
        return one, two
    one, two = asyncio.run(reads())
    assert one == 42 and two > 0


def subscribed(what, act):
    """The first message of a subscription, which `act` causes."""
    async def first():
        async with AsyncWeb3(WebSocketProvider(SUITE["ws"])) as web3:
            await web3.eth.subscribe(*what)
            await asyncio.get_running_loop().run_in_executor(None, act)
            async for message in web3.socket.process_subscriptions():
                return message["result"]
    return asyncio.run(asyncio.wait_for(first(), 30))


def transfer():
    return mined({"to": OTHER, "value": 1})


@check
def new_heads_over_a_socket():
    assert subscribed(["newHeads"], transfer).number > 0


@check
def logs_over_a_socket():
    log = subscribed(["logs", {"address": ON["stylus"].address}], lambda: mined({"to": ON["stylus"].address, "value": 4}))
    assert int.from_bytes(log.data, "big") == 4


@check
def pending_transactions_over_a_socket():
    assert len(subscribed(["newPendingTransactions"], transfer)) == 32


@check
def a_nonce_too_low_is_reported():
    error = reverted(Web3RPCError, lambda: send({"to": OTHER, "value": 1, "nonce": 0}))
    assert "nonce too low" in str(error), error


@check
def a_sender_without_funds_is_reported():
    error = reverted(Web3RPCError, lambda: send({"to": OTHER, "value": 10**30, "gas": 100_000}))
    assert "insufficient funds" in str(error).lower(), error


@check
def an_unknown_method_is_reported():
    error = reverted(Exception, lambda: W3.manager.request_blocking("eth_noSuchMethod", []))
    assert "-32601" in str(error) or "not found" in str(error) or type(error).__name__ == "MethodUnavailable", repr(error)


def main():
    passed, failed, left_out = [], {}, {}
    for name, function in CHECKS.items():
        if not SUITE["testChain"] and name in LOCAL:
            left_out[name] = "the endpoint is no test chain"
            continue
        try:
            function()
            passed.append(name)
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"
    print(json.dumps({"passed": passed, "failed": failed, "left_out": left_out}))


main()
