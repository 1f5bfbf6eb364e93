#![doc = "The command line: build, deploy, govern, upgrade."]
