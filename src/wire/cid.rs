//! Content identifiers as this network uses them.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use multibase::Base;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// The multihash code of SHA-256, the network's only hash.
pub const SHA2_256: u64 = 0x12;
/// The codec of a manifest.
pub const MANIFEST: u64 = 0xCD01;
/// The codec of a block.
pub const BLOCK: u64 = 0xCD02;
/// The codec of a dataset's tree, named by its root.
pub const DATASET_ROOT: u64 = 0xCD03;

/// The longest text looked at as a CID: a 64-byte digest in base 2 stays below it.
const MAX_TEXT: usize = 1024;

/// Hashes bytes as the network does.
pub fn sha256(data: &[u8]) -> Digest {
    Sha256::digest(data).into()
}

/// The CID of a block, of a manifest, or of a dataset's tree: its canonical binary form.
///
/// Any valid CID of version 0 or 1 is one. Only a SHA-256 CID can ever match data; others name
/// blocks that no peer can deliver. A clone shares the bytes, and never those of the frame that
/// it was read from, so keeping a CID does not keep a frame.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockCid(Arc<[u8]>);

/// The bytes or the text are no CID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidError {
    /// There are no bytes.
    #[error("a CID is expected, there is none (0 bytes)")]
    Empty,
    /// The bytes are not those of a CID.
    #[error("{length} bytes that are no CID: {cause}")]
    Malformed {
        /// How many bytes there are.
        length: usize,
        /// What the CID's grammar misses.
        cause: String,
    },
    /// The bytes begin with a CID and go on, or write its numbers longer than needed.
    #[error("{length} bytes of which {canonical} would be the CID in canonical form")]
    NotCanonical {
        /// How many bytes there are.
        length: usize,
        /// How many the CID needs.
        canonical: usize,
    },
    /// The text is not in any multibase encoding.
    #[error("`{text}` is no CID: {cause}")]
    Text {
        /// The text, shortened.
        text: String,
        /// What is wrong with it.
        cause: String,
    },
}

impl BlockCid {
    /// Reads a binary CID that takes up all of the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, CidError> {
        if bytes.is_empty() {
            return Err(CidError::Empty);
        }
        let cid = ::cid::Cid::read_bytes(bytes).map_err(|cause| CidError::Malformed {
            length: bytes.len(),
            cause: cause.to_string(),
        })?;
        let canonical = cid.to_bytes();
        if canonical != bytes {
            return Err(CidError::NotCanonical {
                length: bytes.len(),
                canonical: canonical.len(),
            });
        }
        Ok(BlockCid(canonical.into()))
    }

    /// The CID of version 1 with this codec over a SHA-256 digest.
    pub fn from_digest(codec: u64, digest: &Digest) -> Self {
        let mut buffer = unsigned_varint::encode::u64_buffer();
        let codec = unsigned_varint::encode::u64(codec, &mut buffer);
        let mut bytes = Vec::with_capacity(codec.len() + 35);
        bytes.push(1);
        bytes.extend_from_slice(codec);
        bytes.extend_from_slice(&[0x12, 0x20]);
        bytes.extend_from_slice(digest);
        BlockCid(bytes.into())
    }

    /// The CID of a plain block with these bytes.
    pub fn of_block(data: &[u8]) -> Self {
        BlockCid::from_digest(BLOCK, &sha256(data))
    }

    /// The CID of a manifest with these bytes.
    pub fn of_manifest(data: &[u8]) -> Self {
        BlockCid::from_digest(MANIFEST, &sha256(data))
    }

    /// The CID of the dataset whose tree has this root.
    pub fn of_tree(root: &Digest) -> Self {
        BlockCid::from_digest(DATASET_ROOT, root)
    }

    /// The absent CID, which is none: no bytes at all.
    ///
    /// For nodes that take a missing address for an empty one (the deviation
    /// `answer-missing-address`); nothing in the reference makes one.
    pub fn absent() -> Self {
        BlockCid(Arc::from([]))
    }

    /// Whether this is the absent CID.
    pub fn is_absent(&self) -> bool {
        self.0.is_empty()
    }

    /// The binary form.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn decoded(&self) -> Option<::cid::Cid> {
        ::cid::Cid::read_bytes(self.as_bytes()).ok()
    }

    /// The codec: what the CID says that it names. `None` for the absent CID only.
    pub fn codec(&self) -> Option<u64> {
        Some(self.decoded()?.codec())
    }

    /// The SHA-256 digest, or `None` when the CID is of another hash.
    pub fn digest(&self) -> Option<Digest> {
        let cid = self.decoded()?;
        if cid.hash().code() != SHA2_256 {
            return None;
        }
        cid.hash().digest().try_into().ok()
    }

    /// Whether this is the CID of the block without bytes (XFER-11), of whatever kind of block.
    pub fn is_of_nothing(&self) -> bool {
        static NOTHING: LazyLock<[u8; 32]> = LazyLock::new(|| sha256(b""));
        self.digest() == Some(*NOTHING)
    }

    /// Whether the data hashes to this CID (XFER-3). Hashes the data.
    pub fn matches(&self, data: &[u8]) -> bool {
        self.digest().is_some_and(|digest| digest == sha256(data))
    }
}

impl fmt::Display for BlockCid {
    /// Base58btc, as the network writes CIDs (`z…`); nothing for the absent one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decoded() {
            // Version 0 has no multibase prefix.
            Some(cid) if cid.version() == ::cid::Version::V0 => {
                f.pad(&Base::Base58Btc.encode(self.as_bytes()))
            }
            Some(_) => f.pad(&multibase::encode(Base::Base58Btc, self.as_bytes())),
            None => f.pad(""),
        }
    }
}

impl fmt::Debug for BlockCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_absent() {
            f.write_str("absent")
        } else {
            write!(f, "{self}")
        }
    }
}

impl FromStr for BlockCid {
    type Err = CidError;

    /// Reads a CID in any multibase encoding, or one of version 0 in base58btc (`Qm…`).
    fn from_str(text: &str) -> Result<Self, CidError> {
        let wrong = |cause: String| CidError::Text {
            text: text.chars().take(80).collect(),
            cause,
        };
        if text.len() > MAX_TEXT {
            return Err(wrong(format!("it has {} characters", text.len())));
        }
        let bytes = if text.len() == 46 && text.starts_with("Qm") {
            Base::Base58Btc.decode(text)
        } else {
            multibase::decode(text).map(|(_, bytes)| bytes)
        }
        .map_err(|cause| wrong(cause.to_string()))?;
        BlockCid::parse(&bytes).map_err(|cause| wrong(cause.to_string()))
    }
}

impl Serialize for BlockCid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlockCid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HELLO: &str = "zDxWB8EDB2LXg6kdQfFTX4y3biwJbjc8q4JM1kaziEBHzTH7BmN8";

    #[test]
    fn hello_world_has_the_cid_that_deployed_nodes_give_it() {
        let cid = BlockCid::of_block(b"hello world");
        assert_eq!(cid.to_string(), HELLO);
        assert_eq!(
            hex::encode(cid.as_bytes()),
            "01829a031220b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
        );
        assert_eq!(HELLO.parse(), Ok(cid.clone()));
        assert_eq!(BlockCid::parse(cid.as_bytes()), Ok(cid.clone()));
        assert_eq!(cid.codec(), Some(BLOCK));
        assert!(cid.matches(b"hello world"));
        assert!(!cid.matches(b"hello worle"));
    }

    #[test]
    fn text_of_other_bases_and_of_version_0_is_read() {
        let cid = BlockCid::of_block(b"hello world");
        let base32 = multibase::encode(Base::Base32Lower, cid.as_bytes());
        assert_eq!(base32.parse(), Ok(cid));
        let old = "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n";
        let cid: BlockCid = old.parse().unwrap();
        assert_eq!(cid.to_string(), old);
        assert!(cid.digest().is_some());
    }

    #[test]
    fn what_is_no_cid_is_refused() {
        let valid = BlockCid::of_block(b"");
        assert_eq!(BlockCid::parse(b""), Err(CidError::Empty));
        let mut longer = valid.as_bytes().to_vec();
        longer.push(0);
        assert!(matches!(
            BlockCid::parse(&longer),
            Err(CidError::NotCanonical {
                length: 39,
                canonical: 38
            })
        ));
        for bytes in [
            &[3, 1, 2, 3][..],
            &[1],
            &[0x80],
            &[0xff; 64],
            // The digest is cut.
            &valid.as_bytes()[..37],
            // The digest is longer than any.
            &[1, 0x55, 0x12, 0xff, 0xff, 0x03],
            // The codec in more bytes than it needs.
            &[1, 0xd5, 0x00, 0x00, 0x00],
        ] {
            assert!(BlockCid::parse(bytes).is_err(), "{bytes:02x?}");
        }
        for text in ["", "z", "hello", "zzzz0", "/ipfs/", "ß", &"z1".repeat(600)] {
            assert!(text.parse::<BlockCid>().is_err(), "{text}");
        }
    }

    #[test]
    fn another_hash_parses_and_never_matches() {
        // Identity multihash of the data itself.
        let cid = BlockCid::parse(&[1, 0x55, 0, 1, b'x']).unwrap();
        assert_eq!(cid.digest(), None);
        assert!(!cid.matches(b"x"));
        // A digest of the same length under the code of sha3-256.
        let mut bytes = BlockCid::of_block(b"x").as_bytes().to_vec();
        bytes[4] = 0x16;
        let cid = BlockCid::parse(&bytes).unwrap();
        assert_eq!(cid.digest(), None);
        assert!(!cid.matches(b"x"));
    }

    #[test]
    fn serde_uses_the_text() {
        let cid = BlockCid::of_block(b"hello world");
        let json = serde_json::to_string(&cid).unwrap();
        assert_eq!(json, format!("\"{HELLO}\""));
        assert_eq!(serde_json::from_str::<BlockCid>(&json).unwrap(), cid);
    }
}
