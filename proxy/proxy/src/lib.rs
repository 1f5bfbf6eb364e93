#![doc = "Proxy: forwards every call to its implementation."]
