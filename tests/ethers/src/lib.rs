#![doc = "The eight steps through ethers-rs, and real anvil beside our chain."]
