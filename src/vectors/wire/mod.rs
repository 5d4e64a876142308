//! The vectors of the wire: the bytes of a message and what they say, the bytes of a stream and its
//! frames.

mod cids;
mod messages;
mod protobuf;
mod streams;
mod vector;

pub use vector::WireVector;

/// Every vector of the wire, in the order of the specification.
pub fn all() -> Vec<WireVector> {
    let mut vectors = messages::all();
    vectors.extend(cids::all());
    vectors.extend(streams::all());
    let place = |id: &str| {
        let requirements = blockexc_model::requirement::REQUIREMENTS.iter();
        requirements
            .map(|requirement| requirement.id)
            .position(|known| id.split('/').next() == Some(known))
    };
    vectors.sort_by_key(|vector| place(vector.id));
    vectors
}
