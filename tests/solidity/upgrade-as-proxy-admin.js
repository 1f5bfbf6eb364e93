// Upgrades a proxy as OpenZeppelin's plugins do: takes what the ERC-1967 admin slot holds for a
// ProxyAdmin, and calls it with the ABI of OpenZeppelin's package and ethers. Prints the admin, and the
// message of each failure: node upgrade-as-proxy-admin.js NODE_MODULES_FOLDER ENDPOINT PROXY
const { createRequire } = require('module');
const [folder, endpoint, proxy] = process.argv.slice(2);
const packages = createRequire(`${folder}/package.json`);
const { Contract, JsonRpcProvider, dataSlice, getAddress } = packages('ethers');
const { abi } = packages('@openzeppelin/contracts/build/contracts/ProxyAdmin.json');
const ADMIN_SLOT = '0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103';

async function message(call) {
  try {
    await call();
  } catch (error) {
    return error.message;
  }
  throw new Error('a registry upgraded as a ProxyAdmin');
}

async function main() {
  const provider = new JsonRpcProvider(endpoint);
  const admin = getAddress(dataSlice(await provider.getStorage(proxy, ADMIN_SLOT), 12));
  const contract = new Contract(admin, abi, await provider.getSigner(0));
  const answers = {
    admin,
    upgradeAndCall: await message(() => contract.upgradeAndCall(proxy, proxy, '0x')),
    transferOwnership: await message(() => contract.transferOwnership(proxy)),
    owner: await message(() => contract.owner()),
  };
  console.log(JSON.stringify(answers));
  provider.destroy();
}

main();
