// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {UpgradeabilityStorage} from "../inherited/UpgradeabilityStorage.sol";
import {ComplexMigration} from "./ComplexMigration.sol";
import {Migratable} from "./Migratable.sol";

/// The storage of both versions of the register of points and of the migration between them.
contract PointsState is UpgradeabilityStorage, Migratable {
    /// Beside the points of a member who has tenths.
    uint256 internal constant TENTHS = 1 << 255;

    address[] internal memberList;
    mapping(address => uint256) internal pointsOf;
    address internal steward;
    address internal migrationHandler;
}

/// Whole points.
contract PointsV1 is PointsState {
    error NotSteward(address caller);

    function initialize(address newSteward) external isInitializer("Points", "1.0") {
        steward = newSteward;
    }

    function award(address[] calldata to, uint256 amount) external {
        if (msg.sender != steward) revert NotSteward(msg.sender);
        for (uint256 i = 0; i < to.length; i++) {
            uint256 had = pointsOf[to[i]] & ~TENTHS;
            if (had + amount == 0) continue;
            if (had == 0) memberList.push(to[i]);
            pointsOf[to[i]] = (had + amount) | form();
        }
    }

    function points(address member) external view returns (uint256) {
        return pointsOf[member] & ~TENTHS;
    }

    function members() external view returns (uint256) {
        return memberList.length;
    }

    function form() internal pure virtual returns (uint256) {
        return 0;
    }
}

/// From whole points to tenths.
contract PointsMigration is PointsState, ComplexMigration {
    error NotAMember(address account);
    error AlreadyConverted(address member);

    function startMigration(address newHandler) external isMigration("Points", "1.0", "1.0-2.0") {
        migrationHandler = newHandler;
    }

    function migrateBatch(address[] calldata batch) external onlyHandler {
        for (uint256 i = 0; i < batch.length; i++) {
            uint256 had = pointsOf[batch[i]];
            if (had == 0) revert NotAMember(batch[i]);
            if (had >= TENTHS) revert AlreadyConverted(batch[i]);
            pointsOf[batch[i]] = (had * 10) | TENTHS;
        }
    }

    function endMigration() external onlyHandler isMigration("Points", "1.0-2.0", "2.0") {}

    function handler() internal view override returns (address) {
        return migrationHandler;
    }
}

/// Tenths of points.
contract PointsV2 is PointsV1 {
    function form() internal pure override returns (uint256) {
        return TENTHS;
    }
}
