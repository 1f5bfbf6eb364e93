//! The host functions: names and signatures.

use std::fmt;

use wasmparser::ValType;

/// Module of the host functions of production chains.
pub(crate) const MODULE: &str = "vm_hooks";
/// Module of host functions that production chains do not know at all.
const DEBUG_MODULE: &str = "debug";
/// The host function that pays for growth.
pub(crate) const PAY_FOR_MEMORY_GROW: &str = "pay_for_memory_grow";

/// A value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    I32,
    I64,
    F32,
    F64,
}

impl Kind {
    pub(crate) fn val_type(self) -> ValType {
        match self {
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
        }
    }
}

/// Parameters and result of a host function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub(crate) params: &'static [Kind],
    pub(crate) result: Option<Kind>,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> {:?}", self.params, self.result.as_slice())
    }
}

macro_rules! hooks {
    ($($hook:ident = $module:literal . $name:literal ($($param:ident)*) $(-> $result:ident)?;)*) => {
        /// A host function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Hook {
            $($hook,)*
        }

        impl Hook {
            const ALL: &'static [Self] = &[$(Self::$hook,)*];

            pub(crate) fn module(self) -> &'static str {
                match self { $(Self::$hook => $module,)* }
            }

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$hook => $name,)* }
            }

            pub(crate) fn signature(self) -> Signature {
                match self {
                    $(Self::$hook => Signature {
                        params: &[$(Kind::$param,)*],
                        result: hooks!(@result $($result)?),
                    },)*
                }
            }
        }
    };
    (@result) => { None };
    (@result $result:ident) => { Some(Kind::$result) };
}

hooks! {
    ReadArgs = "vm_hooks"."read_args" (I32);
    WriteResult = "vm_hooks"."write_result" (I32 I32);
    ExitEarly = "vm_hooks"."exit_early" (I32);
    StorageLoad = "vm_hooks"."storage_load_bytes32" (I32 I32);
    StorageCache = "vm_hooks"."storage_cache_bytes32" (I32 I32);
    StorageFlush = "vm_hooks"."storage_flush_cache" (I32);
    TransientLoad = "vm_hooks"."transient_load_bytes32" (I32 I32);
    TransientStore = "vm_hooks"."transient_store_bytes32" (I32 I32);
    CallContract = "vm_hooks"."call_contract" (I32 I32 I32 I32 I64 I32) -> I32;
    DelegateCall = "vm_hooks"."delegate_call_contract" (I32 I32 I32 I64 I32) -> I32;
    StaticCall = "vm_hooks"."static_call_contract" (I32 I32 I32 I64 I32) -> I32;
    Create1 = "vm_hooks"."create1" (I32 I32 I32 I32 I32);
    Create2 = "vm_hooks"."create2" (I32 I32 I32 I32 I32 I32);
    ReadReturnData = "vm_hooks"."read_return_data" (I32 I32 I32) -> I32;
    ReturnDataSize = "vm_hooks"."return_data_size" () -> I32;
    EmitLog = "vm_hooks"."emit_log" (I32 I32 I32);
    AccountBalance = "vm_hooks"."account_balance" (I32 I32);
    AccountCode = "vm_hooks"."account_code" (I32 I32 I32 I32) -> I32;
    AccountCodeSize = "vm_hooks"."account_code_size" (I32) -> I32;
    AccountCodeHash = "vm_hooks"."account_codehash" (I32 I32);
    EvmGasLeft = "vm_hooks"."evm_gas_left" () -> I64;
    EvmInkLeft = "vm_hooks"."evm_ink_left" () -> I64;
    BlockBasefee = "vm_hooks"."block_basefee" (I32);
    ChainId = "vm_hooks"."chainid" () -> I64;
    BlockCoinbase = "vm_hooks"."block_coinbase" (I32);
    BlockGasLimit = "vm_hooks"."block_gas_limit" () -> I64;
    BlockNumber = "vm_hooks"."block_number" () -> I64;
    BlockTimestamp = "vm_hooks"."block_timestamp" () -> I64;
    ContractAddress = "vm_hooks"."contract_address" (I32);
    MathDiv = "vm_hooks"."math_div" (I32 I32);
    MathMod = "vm_hooks"."math_mod" (I32 I32);
    MathPow = "vm_hooks"."math_pow" (I32 I32);
    MathAddMod = "vm_hooks"."math_add_mod" (I32 I32 I32);
    MathMulMod = "vm_hooks"."math_mul_mod" (I32 I32 I32);
    MsgReentrant = "vm_hooks"."msg_reentrant" () -> I32;
    MsgSender = "vm_hooks"."msg_sender" (I32);
    MsgValue = "vm_hooks"."msg_value" (I32);
    NativeKeccak256 = "vm_hooks"."native_keccak256" (I32 I32 I32);
    TxGasPrice = "vm_hooks"."tx_gas_price" (I32);
    TxInkPrice = "vm_hooks"."tx_ink_price" () -> I32;
    TxOrigin = "vm_hooks"."tx_origin" (I32);
    PayForMemoryGrow = "vm_hooks"."pay_for_memory_grow" (I32);
    LogTxt = "console"."log_txt" (I32 I32);
    LogI32 = "console"."log_i32" (I32);
    LogI64 = "console"."log_i64" (I64);
    LogF32 = "console"."log_f32" (F32);
    LogF64 = "console"."log_f64" (F64);
    TeeI32 = "console"."tee_i32" (I32) -> I32;
    TeeI64 = "console"."tee_i64" (I64) -> I64;
    TeeF32 = "console"."tee_f32" (F32) -> F32;
    TeeF64 = "console"."tee_f64" (F64) -> F64;
    NullHost = "debug"."null_host" ();
    StartBenchmark = "debug"."start_benchmark" ();
    EndBenchmark = "debug"."end_benchmark" ();
}

impl Hook {
    /// The host function a module imports.
    pub(crate) fn find(module: &str, name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|hook| hook.module() == module && hook.name() == name)
    }

    /// Returns true if only debug chains offer it.
    pub(crate) fn debug_only(self) -> bool {
        self.module() != MODULE
    }

    /// Returns true if production chains refuse the import as unknown. The other host functions of debug
    /// chains are known there and refused by name.
    pub(crate) fn unknown_to_production(self) -> bool {
        self.module() == DEBUG_MODULE
    }
}
