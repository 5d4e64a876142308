//! Compiles the wire schema in `proto/` with protox, so that no system protoc is needed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto/blockexc.proto");
    let schema = protox::compile(["proto/blockexc.proto"], ["proto"])?;
    prost_build::Config::new()
        .bytes(["."])
        .compile_fds(schema)?;
    Ok(())
}
