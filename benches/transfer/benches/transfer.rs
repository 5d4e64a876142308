//! Blocks of 64 KiB from one process to another over loopback, each verified by its digest: blockexc
//! over Noise and yamux, with Merkle proofs; bitswap by beetswap over Noise and yamux; and plain TCP.
//! The holder keeps the blocks in memory, the asker keeps none. Timed is all of the asker's process,
//! from its start to its end.
//!
//! One gibibyte; and 60 MiB, for beetswap 0.5 stalls after 1,024 blocks until it repeats its want
//! list, half a minute later.
//!
//! Beside them, on one core: SHA-256, and Noise's encryption and decryption, of the same bytes.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest as _, Sha256};

const BLOCK: usize = 64 * 1024;
const PEER: &str = env!("CARGO_BIN_EXE_blockexc-transfer");
/// Noise puts at most so many bytes into one message.
const NOISE_MESSAGE: usize = 65_535 - 16;

/// A process that ends with this value.
struct Holder(Child);

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a holder, and reads so many lines of what it says.
fn hold(command: &mut Command, lines: usize) -> anyhow::Result<(Holder, Vec<String>)> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let out = child.stdout.take().context("no output")?;
    let holder = Holder(child);
    let said: Result<Vec<String>, _> = BufReader::new(out).lines().take(lines).collect();
    let said = said?;
    ensure!(said.len() == lines, "the holder ended");
    Ok((holder, said))
}

fn ask(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status();
    let taken = start.elapsed();
    assert!(
        status.is_ok_and(|status| status.success()),
        "the asker failed: {command:?}"
    );
    taken
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut command: impl FnMut() -> Command,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| ask(&mut command())).sum());
    });
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn blockexc() -> anyhow::Result<PathBuf> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--bin", "blockexc"])
        .current_dir(root())
        .status()?;
    ensure!(built.success(), "blockexc does not build");
    Ok(root().join("target/release/blockexc"))
}

/// A file with these bytes, and the digests of its blocks.
struct Files {
    _folder: tempfile::TempDir,
    bytes: PathBuf,
    digests: PathBuf,
}

impl Files {
    fn of(bytes: &[u8]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let files = Files {
            bytes: folder.path().join("bytes"),
            digests: folder.path().join("digests"),
            _folder: folder,
        };
        std::fs::write(&files.bytes, bytes)?;
        let mut command = Command::new(PEER);
        command.arg("digests").args([&files.bytes, &files.digests]);
        ensure!(command.status()?.success(), "no digests");
        Ok(files)
    }
}

/// The same bytes by each of them.
fn transfers(
    criterion: &mut Criterion,
    name: &str,
    bytes: &[u8],
    kinds: &[&str],
) -> anyhow::Result<()> {
    let files = Files::of(bytes)?;
    let blockexc = blockexc()?;
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.sampling_mode(criterion::SamplingMode::Flat);
    for kind in kinds {
        let (_holder, said) = hold(
            Command::new(PEER)
                .arg(format!("{kind}-hold"))
                .arg(&files.bytes),
            1,
        )?;
        measure(&mut group, kind, || {
            let mut command = Command::new(PEER);
            command.arg(format!("{kind}-ask"));
            command.arg(&files.digests).arg(&said[0]);
            command
        });
    }
    let mut command = Command::new(&blockexc);
    command.arg("node").arg("--put-dataset").arg(&files.bytes);
    let (_holder, said) = hold(&mut command, 3)?;
    // "tree CID FILE", "manifest CID FILE", and the address.
    let manifest = said[1].split(' ').nth(1).context("no manifest")?;
    measure(&mut group, "blockexc", || {
        let mut command = Command::new(&blockexc);
        command.args(["get", manifest, "--from", &said[2], "--muxer", "yamux"]);
        command
    });
    group.finish();
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let mut bytes = vec![0; 1 << 30];
    ChaCha8Rng::seed_from_u64(1).fill_bytes(&mut bytes);
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    transfers(
        &mut criterion,
        "60 MiB",
        &bytes[..60 << 20],
        &["tcp", "beetswap"],
    )?;
    transfers(&mut criterion, "1 GiB", &bytes, &["tcp"])?;
    one_core(&mut criterion, &bytes)
}

/// What the hashing and the encryption of as many bytes cost.
fn one_core(criterion: &mut Criterion, bytes: &[u8]) -> anyhow::Result<()> {
    let mut group = criterion.benchmark_group("1 GiB on one core");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.sampling_mode(criterion::SamplingMode::Flat);
    group.bench_function("SHA-256", |bencher| {
        bencher.iter(|| {
            let blocks = bytes.chunks(BLOCK);
            blocks.fold(0, |sum, block| sum ^ Sha256::digest(block)[0])
        });
    });
    // One side's work for one direction, and both sides' together.
    for (name, opens) in [
        ("Noise, encryption", false),
        ("Noise, encryption and decryption", true),
    ] {
        let (mut from, mut to) = noise()?;
        let mut sealed = vec![0; NOISE_MESSAGE + 16];
        let mut opened = vec![0; NOISE_MESSAGE];
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for chunk in bytes.chunks(NOISE_MESSAGE) {
                    let length = from.write_message(chunk, &mut sealed);
                    let length = length.expect("a chunk fits into a message");
                    if opens {
                        let read = to.read_message(&sealed[..length], &mut opened);
                        assert_eq!(read.ok(), Some(chunk.len()));
                    }
                }
            });
        });
    }
    group.finish();
    Ok(())
}

/// The two ends of a Noise session, as libp2p has them.
fn noise() -> Result<(snow::TransportState, snow::TransportState), snow::Error> {
    let parameters: snow::params::NoiseParams = "Noise_XX_25519_ChaChaPoly_SHA256".parse()?;
    let keys = [(); 2].map(|()| snow::Builder::new(parameters.clone()).generate_keypair());
    let [ours, theirs] = keys;
    let (ours, theirs) = (ours?, theirs?);
    let mut from = snow::Builder::new(parameters.clone())
        .local_private_key(&ours.private)
        .build_initiator()?;
    let mut to = snow::Builder::new(parameters)
        .local_private_key(&theirs.private)
        .build_responder()?;
    let (mut sent, mut read) = (vec![0; 1024], vec![0; 1024]);
    while !from.is_handshake_finished() || !to.is_handshake_finished() {
        for turn in [true, false] {
            let (writer, reader) = if turn {
                (&mut from, &mut to)
            } else {
                (&mut to, &mut from)
            };
            if !writer.is_handshake_finished() && writer.is_my_turn() {
                let length = writer.write_message(&[], &mut sent)?;
                reader.read_message(&sent[..length], &mut read)?;
            }
        }
    }
    Ok((from.into_transport_mode()?, to.into_transport_mode()?))
}
