#![doc = "The chain: EVM and Stylus frames in one loop, ArbOS state, precompiles, blocks."]
