//! The vectors of the wire: the bytes of a message and what they say, the bytes of a stream and its
//! frames.

mod cids;
mod flaws;
mod messages;
mod protobuf;
mod streams;
mod vector;

pub use vector::WireVector;

/// Every vector of the wire.
pub fn all() -> Vec<WireVector> {
    let mut vectors = messages::all();
    vectors.extend(flaws::all());
    vectors.extend(cids::all());
    vectors.extend(streams::all());
    vectors
}
