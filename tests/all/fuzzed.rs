//! What is fuzzed (`fuzz/`), without a fuzzer: the same functions over their seeds, and over some thousand
//! inputs made from them. Each run makes the same. `BLOCKEXC_FUZZED=N` makes N from each seed at least.

#[path = "../../fuzz/seeds.rs"]
mod seeds;
#[path = "../../fuzz/targets.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// What is likely to be at a boundary, in bytes and in text.
const TOKENS: &[&[u8]] = &[
    &[0],
    &[0x7f],
    &[0x80],
    &[0xff; 9],
    &[0x80; 10],
    b"\"",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"null",
    b"[]",
    b"{}",
    b"\\ud800",
    b"\n",
    "\u{e9}".as_bytes(),
];

/// A change or several of a seed.
fn changed(dice: &mut StdRng, seeds: &[Vec<u8>], seed: &[u8]) -> Vec<u8> {
    let mut input = seed.to_vec();
    for _ in 0..dice.random_range(1..4) {
        let place = dice.random_range(0..=input.len());
        let end = (place + dice.random_range(0..16)).min(input.len());
        match dice.random_range(0..7) {
            0 if place < input.len() => input[place] ^= 1 << dice.random_range(0..8),
            1 if place < input.len() => input[place] = dice.random(),
            2 => drop(input.drain(place..end)),
            3 => {
                let again = input[place..end].to_vec();
                input.splice(place..place, again);
            }
            4 => {
                let other = &seeds[dice.random_range(0..seeds.len())];
                let from = dice.random_range(0..=other.len());
                input.truncate(place);
                input.extend_from_slice(&other[from..]);
            }
            5 => input.truncate(place),
            _ => {
                let token = TOKENS[dice.random_range(0..TOKENS.len())];
                input.splice(place..end, token.iter().copied());
            }
        }
    }
    input
}

/// How many inputs there were, and how many of them could be used.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    inputs: usize,
    usable: usize,
}

/// Gives this function its seeds, and so many inputs made of them. The input at which it panics is the
/// error.
fn run(seeds: &[Vec<u8>], made: usize, target: fn(&[u8]) -> bool) -> Result<Seen, String> {
    let mut dice = StdRng::seed_from_u64(1);
    let mut seen = Seen::default();
    let mut give = |input: &[u8]| {
        seen.inputs += 1;
        match catch_unwind(AssertUnwindSafe(|| target(input))) {
            Ok(is_usable) => seen.usable += usize::from(is_usable),
            Err(_) => return Err(format!("it panics at the input {}", hex::encode(input))),
        }
        Ok(())
    };
    for seed in seeds {
        give(seed)?;
    }
    for number in 0..made {
        give(&changed(&mut dice, seeds, &seeds[number % seeds.len()]))?;
    }
    Ok(seen)
}

/// A target's run: of its seeds at least so many are usable, and a part of what is made of them is.
fn fuzzed(name: &str, made: usize, usable_seeds: usize, target: fn(&[u8]) -> bool) {
    let seeds = seeds::of(name);
    let longer = std::env::var("BLOCKEXC_FUZZED").map(|it| it.parse::<usize>().unwrap());
    let made = longer.map_or(made, |each| each * seeds.len());
    let alone = run(&seeds, 0, target).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(
        alone.usable >= usable_seeds,
        "{name}: of its seeds {alone:?}"
    );
    let seen = run(&seeds, made, target).unwrap_or_else(|error| panic!("{name}: {error}"));
    println!("{name}: {} seeds, {seen:?}", seeds.len());
    // Otherwise nothing but the first look at an input is tested.
    assert!(
        (seen.usable - alone.usable) * 50 >= made,
        "{name}: {seen:?}"
    );
}

#[test]
fn streams_of_frames() {
    fuzzed("frame", 3000, 5, targets::frame);
}

#[test]
fn messages() {
    fuzzed("decode", 3000, 20, targets::decode);
}

#[test]
fn proofs() {
    fuzzed("proof", 3000, 15, targets::proof);
}

#[test]
fn logs() {
    fuzzed("log", 300, 2, targets::log);
}

#[test]
fn files() {
    fuzzed("file", 500, 9, targets::file);
}

#[test]
fn lines() {
    fuzzed("line", 2000, 300, targets::line);
}

/// A reader that believes a length, and one that does not.
#[test]
fn a_reader_that_panics_is_found() {
    let seeds = seeds::of("frame");
    let believing = |data: &[u8]| {
        data.first()
            .is_some_and(|length| !data[1..=usize::from(*length)].is_empty())
    };
    let error = run(&seeds, 200, believing).unwrap_err();
    assert!(error.contains("it panics at the input"), "{error}");
    let careful = |data: &[u8]| !data.is_empty();
    assert!(run(&seeds, 200, careful).is_ok());
}
