// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

interface IValue {
    function value() external view returns (uint256);
}

/// Checks of steps: each asks the proxy for its value before and after it is upgraded.
contract ValueStays {
    error ValueChanged(string from, string to, uint256 before_, uint256 after_);

    function beforeUpgrade(address proxy, string calldata, string calldata) external view returns (bytes memory) {
        return abi.encode(IValue(proxy).value());
    }

    function afterUpgrade(address proxy, string calldata from, string calldata to, bytes calldata observed)
        external
        view
    {
        uint256 before_ = abi.decode(observed, (uint256));
        uint256 after_ = IValue(proxy).value();
        if (before_ != after_) revert ValueChanged(from, to, before_, after_);
    }
}

/// Refuses a proxy whose value is not 7 afterwards.
contract ValueIsSeven {
    error NotSeven(uint256 value);

    function beforeUpgrade(address, string calldata, string calldata) external pure returns (bytes memory) {
        return "";
    }

    function afterUpgrade(address proxy, string calldata, string calldata, bytes calldata) external view {
        uint256 value = IValue(proxy).value();
        if (value != 7) revert NotSeven(value);
    }
}
