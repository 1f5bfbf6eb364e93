//! Host functions of debug chains. They cost nothing.

use super::{Args, Call, Escape, Flow, Hook};

/// Most lines kept per run.
const MAX_LINES: usize = 1_000;
/// Longest text kept, in bytes.
const MAX_TEXT: usize = 4_096;

impl Call<'_> {
    pub(super) fn debug(&mut self, args: &Args<'_>) -> Result<Flow, Escape> {
        let bits = args.u64(0);
        let line = match self.hook {
            Hook::LogTxt => {
                let text = self.read(args.u32(0), args.u32(1))?;
                String::from_utf8_lossy(text.get(..MAX_TEXT).unwrap_or(text)).into_owned()
            }
            Hook::LogI32 | Hook::TeeI32 => args.u32(0).cast_signed().to_string(),
            Hook::LogI64 | Hook::TeeI64 => bits.cast_signed().to_string(),
            Hook::LogF32 | Hook::TeeF32 => f32::from_bits(args.u32(0)).to_string(),
            Hook::LogF64 | Hook::TeeF64 => f64::from_bits(bits).to_string(),
            _ => return Ok(Flow::Return(None)),
        };
        self.gave(line.as_bytes());
        if self.frame.console.len() < MAX_LINES {
            self.frame.console.push(line);
        }
        Ok(Flow::Return(self.hook.signature().result.map(|_| bits)))
    }
}
