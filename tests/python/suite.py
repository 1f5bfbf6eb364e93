"""What the checks of web3.py share: the endpoint in SUITE, an account, transactions of it."""

import json
import os

from eth_account import Account
from web3 import HTTPProvider, Web3

with open(os.environ["SUITE"]) as file:
    SUITE = json.load(file)
W3 = Web3(HTTPProvider(SUITE["url"]))
ACCOUNT = Account.from_key(SUITE["key"])
ETH = W3.eth
ABI = SUITE["evm"]["abi"] + [{
    "type": "error", "name": "Refused",
    "inputs": [{"name": "who", "type": "address"}, {"name": "what", "type": "uint256"}],
}]
OTHER = Web3.to_checksum_address("0x00000000000000000000000000000000000a11ce")
ZERO = "0x" + 40 * "0"
WASM = ETH.contract(Web3.to_checksum_address("0x" + 38 * "0" + "71"), abi=[
    {"type": "function", "name": "activateProgram", "stateMutability": "payable",
     "inputs": [{"name": "program", "type": "address"}],
     "outputs": [{"name": "version", "type": "uint16"}, {"name": "dataFee", "type": "uint256"}]},
    {"type": "function", "name": "programVersion", "stateMutability": "view",
     "inputs": [{"name": "program", "type": "address"}], "outputs": [{"name": "", "type": "uint16"}]},
])

ON = {}
LAST = {}
CHECKS = {}
LOCAL = set()


def check(function):
    CHECKS[function.__name__] = function
    return function


def local(function):
    """A check that needs a test chain."""
    LOCAL.add(function.__name__)
    return check(function)


def send(transaction):
    transaction = {"from": ACCOUNT.address, "chainId": SUITE["chainId"], **transaction}
    transaction.setdefault("nonce", ETH.get_transaction_count(ACCOUNT.address))
    if "gasPrice" not in transaction and "maxFeePerGas" not in transaction:
        fee = 2 * ETH.gas_price
        transaction.update({"maxFeePerGas": fee, "maxPriorityFeePerGas": 0})
    if "gas" not in transaction:
        transaction["gas"] = ETH.estimate_gas(transaction)
    return ETH.send_raw_transaction(ACCOUNT.sign_transaction(transaction).raw_transaction)


def wait(transaction):
    return ETH.wait_for_transaction_receipt(transaction, poll_latency=0.02)


def mined(transaction):
    receipt = wait(send(transaction))
    assert receipt.status == 1, receipt
    return receipt


def called(function, **fields):
    return mined(function.build_transaction({"from": ACCOUNT.address, "nonce": ETH.get_transaction_count(ACCOUNT.address), **fields}))


def word(number):
    return number.to_bytes(32, "big")


def reverted(kind, act):
    try:
        act()
    except kind as error:
        return error
    raise AssertionError("it did not revert")
