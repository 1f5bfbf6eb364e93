// A project with nothing but the chain that the test started.
import networkHelpers from "@nomicfoundation/hardhat-network-helpers";

export default {
  plugins: [networkHelpers],
  networks: { chain: { type: "http", url: process.env.NODE_URL } },
};
