// A project with nothing but the chain that the test started.
require("@nomicfoundation/hardhat-network-helpers");
module.exports = {
  defaultNetwork: "node",
  solidity: "0.8.28",
  networks: { node: { url: process.env.NODE_URL } },
};
