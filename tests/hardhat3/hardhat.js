// Every network helper of hardhat 3, against the chain in NODE_URL.
import hre from "hardhat";
import checks from "./helpers.cjs";
import report from "./report.cjs";

const { networkHelpers, provider } = await hre.network.create("chain");
const send = (method, params) => provider.request({ method, params });
await report(checks(networkHelpers, send));
