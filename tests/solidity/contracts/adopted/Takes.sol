// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

// Code that gives away what it owns, to whoever finds the right values or calls twice, and code that looks so and does not.
import {UupsBox} from "./Uups.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

contract Coin is ERC20 {
    address private immutable minter = msg.sender;

    constructor() ERC20("Coin", "C") {
        _mint(msg.sender, 1_000_000);
    }

    function print(address to) external {
        require(msg.sender == minter, "minter");
        _mint(to, 1);
    }
}

abstract contract Joined is UupsBox {
    event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
    event Transfer(address indexed from, address indexed to, uint256 amount);

    // No getter shows it.
    Coin private coin;
    address private treasury;
    mapping(address => uint256) private deposits;
    uint256 internal started;
    bool public paused;
    bool internal begun;
    uint256 internal limit;

    function migrate() external {
        require(address(coin) == address(0), "migrated");
        coin = new Coin();
        started = 1;
    }

    // Anybody may become a member.
    function join() external {
        emit RoleGranted("member", msg.sender, msg.sender);
    }

    function unpause() external onlyOwner {
        paused = false;
    }

    function _collect() internal {
        require(treasury != address(0), "no treasury");
        payable(treasury).transfer(address(this).balance);
    }

    function _setTreasury(address to) internal {
        treasury = to;
    }

    function deposit() external payable {
        deposits[msg.sender] += msg.value;
    }

    function withdraw(uint256 amount) external {
        deposits[msg.sender] -= amount;
        payable(msg.sender).transfer(amount);
    }

    function purchase() external payable {
        require(msg.value > 0, "pay");
        emit Transfer(address(0), msg.sender, 1000 * msg.value);
    }

    function depositTo(address to) external payable {
        emit Transfer(address(0), to, msg.value);
    }

    // What it makes it destroys again.
    function flash(address to, uint256 amount) external {
        emit Transfer(address(0), to, amount);
        emit Transfer(to, address(0), amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        require(deposits[from] >= amount && from == msg.sender, "allowance");
        emit Transfer(from, to, amount);
    }

    function setLimit(uint256 to) external virtual onlyOwner {
        limit = to;
    }

    function note(bytes32) external {
        value += 1;
    }
}

// The same without holes.
contract Closed is Joined {}

contract Closed2 is Joined {
    uint256 public more;
}

contract Taking is Joined {
    function rescue(ERC20 token, address to, uint256 amount) external {
        token.transfer(to, amount);
    }

    function execute(address target, bytes calldata data) external {
        (bool done,) = target.call(data);
        require(done, "failed");
    }

    function setTreasury(address to) external {
        _setTreasury(to);
    }

    function collect() external {
        _collect();
    }

    // Two steps that anybody may take, one of which another one undoes.
    function arm(uint256 stage) external {
        require(stage > 1, "stage");
        started = stage;
    }

    function disarm() external {
        started = 1;
    }

    function fire() external {
        require(started > 1, "not armed");
        payable(msg.sender).transfer(1 gwei);
    }

    // It was guarded before.
    function setLimit(uint256 to) external override {
        limit = to;
    }

    // Anybody may, once.
    function begin(uint256 to) external {
        require(!begun, "begun");
        begun = true;
        started = to;
    }

    // Somebody else's tokens, and another contract's.
    function cheap(address from) external payable {
        require(msg.value > 0 && from != msg.sender, "of others");
        emit Transfer(from, msg.sender, 5);
    }

    function forge(Coin other) external {
        other.print(msg.sender);
    }

    receive() external payable {
        payable(msg.sender).transfer(1 ether / 2);
    }

    function cashback() external payable {
        require(msg.value > 0, "pay");
        payable(msg.sender).transfer(1 ether / 2);
    }

    function airdrop(address[] calldata to, uint256[] calldata amounts) external {
        for (uint256 i; i < to.length; i++) {
            emit Transfer(address(0), to[i], amounts[i]);
        }
    }

    function seize(address from, uint256 amount) external {
        require(from != msg.sender, "of others");
        emit Transfer(from, msg.sender, amount);
    }

    function burnFrom(address from, uint256 amount) external {
        require(from != msg.sender, "of others");
        emit Transfer(from, address(0), amount);
    }

    function leak() external {
        require(!paused, "paused");
        payable(msg.sender).transfer(1 gwei);
    }
}

// Whoever sends the upgrade becomes its owner.
contract Seized is UupsBox {
    address public keeper;

    function initializeV2() external {
        require(keeper == address(0), "initialized");
        keeper = msg.sender;
        _transferOwnership(msg.sender);
    }
}

// It has an owner whom nobody wrote.
contract Disowned is UupsBox {
    function owner() public pure override returns (address) {
        return address(0xdead);
    }
}
