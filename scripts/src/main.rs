//! The command line, `stylus-upgrades`.
fn main() { 
    struct P; impl stylus_upgrades::progress::Progress for P { fn begin(&self,w:&str){eprintln!("begin {w}")} fn tick(&self,w:&str){eprintln!(" .. {w}")} fn end(&self,w:&str){eprintln!("end {w}")} fn note(&self,w:&str){eprintln!("note {w}")} }
    let b = stylus_upgrades::build::Builder::new(std::sync::Arc::new(P)).unwrap();
    for a in std::env::args().skip(1) { let t=std::time::Instant::now();
      let r = if a.contains('/') { b.path(std::path::Path::new(&a)) } else { b.contract(&a) };
      match r { Ok(a) => eprintln!("{} {} {} {}", a.name, a.wasm.len(), a.code.len(), a.codehash()), Err(e) => eprintln!("{e}") } eprintln!("{:?}", t.elapsed()); }
}
