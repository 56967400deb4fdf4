//! Everything CI runs: cargo xtask test.
fn main() {}
