//! The program: see `cli` for its commands.

use std::process::ExitCode;

/// Entities are decoded and encoded all the time: many small allocations, for which this one is made.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    service_recovery::cli::main()
}
