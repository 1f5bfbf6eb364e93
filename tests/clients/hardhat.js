// Every network helper of hardhat 2, against the chain in NODE_URL. `reset` is one of its version alone.
const assert = require("node:assert");
const { network } = require("hardhat");
const helpers = require("@nomicfoundation/hardhat-network-helpers");
const checks = require("./helpers.cjs");
const report = require("./report.cjs");

const send = (method, params) => network.provider.send(method, params);
const leftOut = (name) =>
  process.env.REMOTE && name === "reset" ? "others run the chain" : undefined;
const all = {
  ...checks(helpers, send),
  async reset() {
    await helpers.reset();
    assert.equal(await helpers.time.latestBlock(), 0);
  },
};
report(all, leftOut);
