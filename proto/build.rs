//! Compiles the `.proto` files with protox, a compiler in Rust: no `protoc` is needed on the machine.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = ["facts", "uplink", "enrolment"].map(|name| format!("dogwatch/v1/{name}.proto"));
    for file in &files {
        println!("cargo::rerun-if-changed={file}");
    }
    tonic_prost_build::configure()
        .bytes(".dogwatch.v1")
        .build_transport(false)
        .compile_fds(protox::compile(files, ["."])?)?;
    Ok(())
}
