// Signs EIP-712 typed data with a key, as wallets that use the library do:
// node sign-typed-data.js NODE_MODULES_FOLDER ethers|viem KEY < DATA. Prints the signature.
const { createRequire } = require('module');
const { readFileSync } = require('fs');
const [folder, library, key] = process.argv.slice(2);
const packages = createRequire(`${folder}/package.json`);
const { domain, types, primaryType, message } = JSON.parse(readFileSync(0, 'utf8'));
const { EIP712Domain, ...others } = types;

async function main() {
  if (library === 'ethers') {
    const { Wallet } = packages('ethers');
    return new Wallet(key).signTypedData(domain, others, message);
  }
  const { privateKeyToAccount } = packages('viem/accounts');
  return privateKeyToAccount(key).signTypedData({ domain, types: others, primaryType, message });
}

main().then((signature) => console.log(signature));
