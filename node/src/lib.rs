#![doc = "The local chain as a process: JSON-RPC, anvil's command line and manners."]
