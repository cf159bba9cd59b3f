use std::process::ExitCode;

fn main() -> ExitCode {
    service_recovery::cli::main()
}
