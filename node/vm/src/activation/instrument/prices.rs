//! Ink prices of operators. The same for Stylus versions 1, 2 and 3.

use wasmparser::{FuncType, Operator};

/// Ink of a basic block's own header.
pub(crate) const BLOCK_HEADER: u64 = 2_450;
/// Ink per byte of `memory.fill` and `memory.copy`.
pub(crate) const BULK_BYTE: i64 = 100;

/// Ink of one operator; `u64::MAX` for operators that no frame can pay (floats among them).
pub(crate) fn price(op: &Operator<'_>, types: &[FuncType]) -> u64 {
    use Operator as O;
    match op {
        O::Unreachable | O::Return | O::Nop | O::I32Const { .. } | O::I64Const { .. } => 1,
        O::Block { .. } | O::Loop { .. } | O::Else | O::End => 1,
        O::Drop => 9,
        O::I32Add | O::I32Sub | O::I32And | O::I32Or | O::I32Xor => 70,
        O::I32Shl | O::I32ShrS | O::I32ShrU | O::I32Rotl | O::I32Rotr => 70,
        O::LocalGet { .. } | O::LocalTee { .. } => 75,
        O::I64Add | O::I64Sub | O::I64And | O::I64Or | O::I64Xor => 100,
        O::I64Shl | O::I64ShrS | O::I64ShrU | O::I64Rotl | O::I64Rotr => 100,
        O::I32WrapI64 | O::I64ExtendI32S | O::I64ExtendI32U => 100,
        O::I32Extend8S | O::I32Extend16S => 100,
        O::I64Extend8S | O::I64Extend16S | O::I64Extend32S => 100,
        O::I32Mul | O::I64Mul => 160,
        O::I32Eqz | O::I32Eq | O::I32Ne | O::I32LtS | O::I32LtU | O::I32GtS => 170,
        O::I32GtU | O::I32LeS | O::I32LeU | O::I32GeS | O::I32GeU => 170,
        O::LocalSet { .. } | O::I32Clz | O::I32Ctz | O::I64Clz | O::I64Ctz => 210,
        O::GlobalGet { .. } | O::I64Eqz | O::I64Eq | O::I64Ne | O::I64LtS | O::I64LtU => 225,
        O::I64GtS | O::I64GtU | O::I64LeS | O::I64LeU | O::I64GeS | O::I64GeU => 225,
        O::GlobalSet { .. } => 575,
        O::I32Load { .. } | O::I32Load8S { .. } | O::I32Load8U { .. } => 670,
        O::I32Load16S { .. } | O::I32Load16U { .. } => 670,
        O::I64Load { .. } | O::I64Load8S { .. } | O::I64Load8U { .. } => 680,
        O::I64Load16S { .. } | O::I64Load16U { .. } => 680,
        O::I64Load32S { .. } | O::I64Load32U { .. } => 680,
        O::Br { .. } | O::BrIf { .. } | O::If { .. } => 765,
        O::I32Store { .. } | O::I32Store8 { .. } | O::I32Store16 { .. } => 825,
        O::I64Store { .. } | O::I64Store8 { .. } => 950,
        O::I64Store16 { .. } | O::I64Store32 { .. } => 950,
        O::MemoryCopy { .. } | O::MemoryFill { .. } => 950,
        O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU => 1_120,
        O::Select => 1_250,
        O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU => 1_270,
        O::BrTable { targets } => 2_400 + 325 * u64::from(targets.len()),
        O::I32Popcnt => 2_650,
        O::I64Popcnt => 6_000,
        O::MemorySize { .. } => 3_000,
        O::Call { .. } => 3_800,
        O::MemoryGrow { .. } => 8_050,
        O::CallIndirect { type_index, .. } => {
            let ty = usize::try_from(*type_index)
                .ok()
                .and_then(|index| types.get(index));
            ty.map_or(u64::MAX, |ty| 13_610 + 650 * ty.params().len() as u64)
        }
        _ => u64::MAX,
    }
}

/// Returns true if a basic block ends with this operator.
pub(crate) fn ends_block(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::End
            | O::Else
            | O::Return
            | O::Loop { .. }
            | O::Br { .. }
            | O::BrTable { .. }
            | O::BrIf { .. }
            | O::If { .. }
            | O::Call { .. }
            | O::CallIndirect { .. }
    )
}
