//! Arguments that `deploy` gives to a constructor of the SDK, by the types that the sources or the command name.

use crate::build::Artifact;
use crate::context::prelude::*;
use crate::deploy::Construction;
use crate::functions::DecodedCall;
use crate::options::wei;
use crate::pipeline::calldata;
use crate::plan::has_constructor;
use crate::text::count;
use alloy::json_abi::Function;
use clap::Args;

/// The arguments of the constructor.
#[derive(Debug, Args)]
pub(crate) struct ConstructorArgs {
    /// Arguments of the #[constructor], in order; an alias stands for its address, text is taken as it is typed, and lists
    /// and tuples are [a,b] and (a,b). What begins with "-" and is no decimal number is --constructor-args=VALUE, repeated
    #[arg(long, num_args = 1.., value_name = "VALUE", allow_negative_numbers = true)]
    pub constructor_args: Vec<String>,
    /// The types of its arguments, such as constructor(uint256) [default: as its sources say]
    #[arg(long, value_name = "SIGNATURE")]
    pub constructor_signature: Option<String>,
    /// Wei for the constructor
    #[arg(long, value_name = "WEI", default_value_t = U256::ZERO, value_parser = wei)]
    pub constructor_value: U256,
}

impl ConstructorArgs {
    /// Returns true if something is given to a constructor.
    fn are_given(&self) -> bool {
        let is_called = !self.constructor_args.is_empty() || self.constructor_signature.is_some();
        is_called || !self.constructor_value.is_zero()
    }

    /// Returns the construction of the program; `None` where it has no constructor.
    ///
    /// # Errors
    /// Arguments without a constructor; those that are missing, too many, or of other types.
    pub(super) fn of(
        &self,
        context: &Context,
        artifact: &Artifact,
    ) -> Result<Option<(String, Construction)>> {
        let name = &artifact.name;
        if !has_constructor(&artifact.wasm) {
            return if self.are_given() {
                Err(Error::Usage {
                    message: format!("{name} has no #[constructor]"),
                    expected: "a contract with a constructor, or no --constructor options".into(),
                    found: "options for one".into(),
                    next: "leave them out; an #[initializer] gets its arguments from create-proxy --init"
                        .into(),
                })
            } else {
                Ok(None)
            };
        }
        let constructor = self.signature(context, artifact)?;
        let (needed, given) = (constructor.inputs.len(), self.constructor_args.len());
        let signature = constructor.signature();
        if needed != given {
            return Err(Error::Usage {
                message: format!("{signature} of {name} takes {}", count(needed, "argument")),
                expected: format!("--constructor-args with {}", count(needed, "value")),
                found: count(given, "value"),
                next: "give one value for each type".into(),
            });
        }
        let data = calldata::encode_for(&constructor, &self.constructor_args, &context.manifest);
        let data = data.map_err(|error| match error {
            Error::Usage {
                message,
                expected,
                found,
                ..
            } => Error::Usage {
                message,
                expected,
                found,
                next: format!("give --constructor-args one value for each type of {signature}"),
            },
            error => error,
        })?;
        // What was typed is not always what it is taken for.
        let names = context.names();
        let shown = DecodedCall::of(&constructor, "constructor", &data, &|one| names.long(one));
        shown
            .lines()
            .into_iter()
            .for_each(|line| context.note(line));
        let arguments = data.get(4..).unwrap_or_default();
        let construction = Construction::new(arguments, self.constructor_value);
        Ok(Some((signature, construction)))
    }

    /// The constructor's signature: as its sources say, else as it was typed. Where nothing says it, it is taken to have
    /// no arguments: where it has some, its trial fails.
    fn signature(&self, context: &Context, artifact: &Artifact) -> Result<Function> {
        let name = &artifact.name;
        let declared = context.constructor_of(artifact.codehash());
        match (declared, self.typed()?) {
            (Ok(Some(declared)), Some(typed)) if typed.signature() != declared => {
                Err(Error::Usage {
                    message: format!("the sources of {name} have another constructor"),
                    expected: declared,
                    found: typed.signature(),
                    next: "leave out --constructor-signature".into(),
                })
            }
            (_, Some(typed)) => Ok(typed),
            (Ok(Some(declared)), None) => calldata::signature(&declared),
            (Ok(None), None) if self.constructor_args.is_empty() => {
                context.note(format!(
                    "no #[constructor] is seen in sources of {name}: it is called without arguments; \
                     --constructor-signature names others"
                ));
                calldata::signature("constructor()")
            }
            (unknown, None) => Err(Error::Usage {
                message: format!(
                    "the types of the constructor's arguments in {name} are not known"
                ),
                expected: "one #[constructor] in its own sources, with types of stylus-sdk".into(),
                found: unknown.err().unwrap_or_else(|| "none there".into()),
                next: "give --constructor-signature 'constructor(type,…)'".into(),
            }),
        }
    }

    /// The signature that was typed.
    fn typed(&self) -> Result<Option<Function>> {
        let Some(typed) = &self.constructor_signature else {
            return Ok(None);
        };
        let parsed = calldata::signature(typed).ok();
        match parsed.filter(|parsed| parsed.name == "constructor") {
            Some(parsed) => Ok(Some(parsed)),
            None => Err(Error::Usage {
                message: format!("{typed:?} is not a constructor's signature"),
                expected: "constructor(type,…), with types of Solidity".into(),
                found: typed.clone(),
                next: "write it like 'constructor(uint256,address)'".into(),
            }),
        }
    }
}
