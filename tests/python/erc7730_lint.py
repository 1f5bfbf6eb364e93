"""Reads descriptors with the package erc7730, which Ledger keeps: its data model of ERC-7730 version 2, its
linter, and its conversion to what devices are sent. Prints findings as JSON; nothing is fetched.

Usage: erc7730_lint.py FOLDER SOURCE, where SOURCE declares the registry's interface."""

import json
import re
import sys
import typing
from pathlib import Path

import typing_extensions

# The package asks for Python 3.12 only because of this name.
if not hasattr(typing, "override"):
    typing.override = typing_extensions.override

from erc7730.common import client
from erc7730.common.output import ListOutputAdder
from erc7730.convert.calldata.convert_erc7730_v2_input_to_calldata import (
    erc7730_v2_descriptor_to_calldata_descriptors as to_calldata,
)
from erc7730.convert.ledger.eip712.convert_erc7730_v2_to_eip712 import ERC7730V2toEIP712Converter
from erc7730.lint.v2 import MultiLinter
from erc7730.lint.v2.lint import lint_file
from erc7730.lint.v2.lint_transaction_type_classifier import ClassifyTransactionTypeLinter
from erc7730.lint.v2.lint_validate_display_fields import ValidateDisplayFieldsLinter
from erc7730.lint.v2.lint_validate_eip712_keys import ValidateEIP712KeysLinter
from erc7730.lint.v2.lint_validate_map_keys import ValidateMapKeysLinter
from erc7730.lint.v2.lint_validate_max_length import ValidateMaxLengthLinter
from erc7730.model.abi import ABI
from erc7730.model.input.v2.context import InputEIP712Context
from erc7730.model.input.v2.descriptor import InputERC7730Descriptor
from pydantic import TypeAdapter

LINTER = MultiLinter([
    ValidateDisplayFieldsLinter(),
    ValidateEIP712KeysLinter(),
    ValidateMapKeysLinter(),
    ClassifyTransactionTypeLinter(),
    ValidateMaxLengthLinter(),
])


def interface(source):
    """The functions of IRegistry that change something, as an ABI."""
    text = re.sub(r"//[^\n]*", "", source)
    structs = {
        name: [member.split() for member in body.split(";") if member.strip()]
        for name, body in re.findall(r"struct (\w+)\s*\{([^}]*)\}", text)
    }

    def parameter(kind, name):
        base = kind.removesuffix("[]")
        if base not in structs:
            return {"name": name, "type": kind}
        members = [parameter(*member) for member in structs[base]]
        return {"name": name, "type": "tuple" + kind[len(base):], "components": members}

    body = text[text.index("interface IRegistry"):]
    functions = re.findall(r"function (\w+)\(([^)]*)\)\s*external([^;]*);", body)
    return [
        {
            "type": "function",
            "name": name,
            "inputs": [parameter(*one.split()) for one in parameters.split(",") if one.strip()],
            "outputs": [],
            "stateMutability": "payable" if "payable" in rest else "nonpayable",
        }
        for name, parameters, rest in functions
        if not re.search(r"\b(view|pure)\b", rest)
    ]


def main(folder, source):
    abi = interface(Path(source).read_text())
    functions = TypeAdapter(list[ABI]).validate_json(json.dumps(abi))
    client.get_contract_abis = lambda chain, address: functions
    client.get_contract_explorer_url = lambda chain, address: "the interface"
    files, findings = {}, []
    for path in sorted(Path(folder).glob("*.json")):
        out = ListOutputAdder()
        lint_file(path, LINTER, out)
        descriptor = InputERC7730Descriptor.load(path)
        if isinstance(descriptor.context, InputEIP712Context):
            converted = ERC7730V2toEIP712Converter().convert(descriptor, out) or {}
            messages = [one.messages for each in converted.values() for one in each.contracts]
            files[path.name] = sum(map(len, messages))
        else:
            files[path.name] = len(to_calldata(descriptor, out=out))
        findings += [
            [path.name, one.level.name, one.title or "", one.message]
            for one in out.outputs
        ]
    json.dump({"files": files, "functions": len(abi), "findings": findings}, sys.stdout)


main(*sys.argv[1:])
