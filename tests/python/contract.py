"""The checks of web3.py that are the same for an EVM contract and a Stylus one."""

from eth_utils import keccak
from web3.exceptions import ContractCustomError, ContractLogicError, ContractPanicError

from suite import ACCOUNT, ETH, LAST, ON, OTHER, SUITE, W3, called, check, mined, reverted, send, wait, word


def contract_checks(kind):
    def of_kind(function):
        name = f"{kind}: {function.__name__}"
        function.__name__ = name
        return check(function)

    @of_kind
    def call():
        this, sender, _ = ON[kind].functions.context().call({"from": ACCOUNT.address})
        assert [this, sender] == [ON[kind].address, ACCOUNT.address]

    @of_kind
    def transact():
        called(ON[kind].functions.store(7, 42))
        assert ON[kind].functions.load(7).call() == 42
        assert int.from_bytes(ETH.get_storage_at(ON[kind].address, 7), "big") == 42

    @of_kind
    def estimate_gas():
        estimate = ON[kind].functions.store(8, 1).estimate_gas({"from": ACCOUNT.address})
        assert called(ON[kind].functions.store(8, 1), gas=estimate).gasUsed <= estimate

    @of_kind
    def revert_with_a_custom_error():
        data = keccak(text="Refused(address,uint256)")[:4] + W3.codec.encode(["address", "uint256"], [OTHER, 5])
        error = reverted(ContractCustomError, ON[kind].functions.failWith(data).call)
        assert error.data == "0x" + data.hex(), error.data

    @of_kind
    def revert_with_a_reason():
        data = keccak(text="Error(string)")[:4] + W3.codec.encode(["string"], ["not now"])
        error = reverted(ContractLogicError, ON[kind].functions.failWith(data).call)
        assert "not now" in error.message, error.message

    @of_kind
    def revert_with_a_panic():
        data = keccak(text="Panic(uint256)")[:4] + W3.codec.encode(["uint256"], [17])
        error = reverted(ContractPanicError, lambda: ON[kind].functions.failWith(data).estimate_gas({"from": ACCOUNT.address}))
        assert "overflow" in str(error).lower(), error

    @of_kind
    def a_reverted_transaction():
        data = ON[kind].encode_abi("fail", [4])
        assert wait(send({"to": ON[kind].address, "data": data, "gas": 1_000_000})).status == 0

    @of_kind
    def events_of_a_receipt():
        receipt = mined({"to": ON[kind].address, "value": 5})
        [event] = ON[kind].events.Received().process_receipt(receipt)
        assert [event.args.sender, event.args.value] == [ACCOUNT.address, 5]
        LAST["receipt"] = receipt

    @of_kind
    def get_logs():
        first = LAST["receipt"].blockNumber
        logs = ON[kind].events.Received().get_logs(from_block=first, argument_filters={"sender": ACCOUNT.address})
        assert any(log.transactionHash == LAST["receipt"].transactionHash for log in logs)
        assert not ON[kind].events.Received().get_logs(from_block=first, argument_filters={"sender": OTHER})

    @of_kind
    def a_filter_of_events():
        found = ON[kind].events.Received().create_filter(from_block=0, argument_filters={"sender": ACCOUNT.address})
        before = len(found.get_all_entries())
        assert before >= 1
        found.get_new_entries()
        mined({"to": ON[kind].address, "value": 9})
        assert [log.args.value for log in found.get_new_entries()] == [9]
        assert len(found.get_all_entries()) == before + 1
        assert ETH.uninstall_filter(found.filter_id)

    @of_kind
    def get_proof():
        proof = ETH.get_proof(ON[kind].address, [7], "latest")
        assert int.from_bytes(proof.storageProof[0].value, "big") == 42
        assert keccak(proof.storageProof[0].proof[0]) == proof.storageHash
        if SUITE["testChain"]:
            assert keccak(proof.accountProof[0]) == ETH.get_block("latest").stateRoot

    @of_kind
    def simulate_v1():
        call = {"from": ACCOUNT.address, "to": ON[kind].address}
        store = {**call, "data": ON[kind].encode_abi("store", [11, 6])}
        load = {**call, "data": ON[kind].encode_abi("load", [11])}
        [block] = ETH.simulate_v1({"blockStateCalls": [{"calls": [store, load]}], "validation": False}, "latest")
        assert [one.status for one in block.calls] == [1, 1]
        assert int.from_bytes(block.calls[1].returnData, "big") == 6

    @of_kind
    def a_state_override():
        override = {ON[kind].address: {"stateDiff": {"0x" + word(12).hex(): "0x" + word(99).hex()}}}
        assert ON[kind].functions.load(12).call(state_override=override) == 99

    @of_kind
    def create_access_list():
        data = ON[kind].encode_abi("load", [7])
        found = ETH.create_access_list({"from": ACCOUNT.address, "to": ON[kind].address, "data": data})
        assert [int(str(key), 16) for one in found.accessList for key in one.storageKeys] == [7]

    @of_kind
    def trace_of_a_transaction():
        receipt = called(ON[kind].functions["pass"](OTHER, b"\x12\x34"))
        frame = W3.manager.request_blocking("debug_traceTransaction", [receipt.transactionHash.to_0x_hex(), {"tracer": "callTracer"}])
        assert [frame.calls[0].to, frame.calls[0].input] == [OTHER.lower(), "0x1234"]
