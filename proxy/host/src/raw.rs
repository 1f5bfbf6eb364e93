//! The imports themselves. Pointers are offsets in linear memory; addresses are 20 raw bytes,
//! words 32 big-endian bytes; lengths written through a pointer are little-endian `u32`.

macro_rules! imports {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)?;)*) => {
        #[cfg(target_arch = "wasm32")]
        #[link(wasm_import_module = "vm_hooks")]
        unsafe extern "C" {
            $($(#[$doc])* pub(crate) fn $name($($arg: $ty),*) $(-> $ret)?;)*
        }
        $(
            #[cfg(not(target_arch = "wasm32"))]
            $(#[$doc])*
            pub(crate) unsafe fn $name($(_: $ty),*) $(-> $ret)? {
                panic!(concat!("host function ", stringify!($name), " exists on chain only"))
            }
        )*
    };
}

imports! {
    fn read_args(dest: *mut u8);
    fn write_result(data: *const u8, len: usize);
    fn storage_load_bytes32(key: *const u8, dest: *mut u8);
    fn storage_cache_bytes32(key: *const u8, value: *const u8);
    fn storage_flush_cache(clear: bool);
    fn transient_load_bytes32(key: *const u8, dest: *mut u8);
    fn transient_store_bytes32(key: *const u8, value: *const u8);
    fn call_contract(to: *const u8, data: *const u8, data_len: usize, value: *const u8, gas: u64, return_data_len: *mut usize) -> u8;
    fn delegate_call_contract(to: *const u8, data: *const u8, data_len: usize, gas: u64, return_data_len: *mut usize) -> u8;
    fn static_call_contract(to: *const u8, data: *const u8, data_len: usize, gas: u64, return_data_len: *mut usize) -> u8;
    fn create2(code: *const u8, code_len: usize, endowment: *const u8, salt: *const u8, address: *mut u8, revert_len: *mut usize);
    fn read_return_data(dest: *mut u8, offset: usize, size: usize) -> usize;
    fn return_data_size() -> usize;
    fn emit_log(data: *const u8, len: usize, topics: usize);
    fn account_code(address: *const u8, offset: usize, size: usize, dest: *mut u8) -> usize;
    fn account_code_size(address: *const u8) -> usize;
    fn account_codehash(address: *const u8, dest: *mut u8);
    fn contract_address(dest: *mut u8);
    fn msg_reentrant() -> bool;
    fn msg_sender(dest: *mut u8);
    fn msg_value(dest: *mut u8);
    fn tx_origin(dest: *mut u8);
    fn evm_gas_left() -> u64;
    fn block_timestamp() -> u64;
    fn chainid() -> u64;
    fn native_keccak256(data: *const u8, len: usize, dest: *mut u8);
    fn pay_for_memory_grow(pages: u16);
}
