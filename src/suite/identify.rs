//! What a node says about itself by libp2p's identify protocol.

use std::time::Duration;

use futures::AsyncReadExt as _;
use libp2p::identity::PublicKey;
use prost::Message as _;

use super::peer::Peer;

/// The name of the protocol.
const IDENTIFY: &str = "/ipfs/id/1.0.0";
/// The longest answer that is read, in bytes.
const LONGEST: u64 = 64 * 1024;
/// How long an answer is waited for.
const WITHIN: Duration = Duration::from_secs(5);

/// The message, as libp2p's specification has it; what is not of interest is left out.
#[derive(Clone, PartialEq, prost::Message)]
struct Answer {
    #[prost(bytes = "vec", optional, tag = "1")]
    public_key: Option<Vec<u8>>,
    #[prost(string, repeated, tag = "3")]
    protocols: Vec<String>,
    #[prost(string, optional, tag = "6")]
    agent: Option<String>,
}

/// What a node says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its program and version.
    pub agent: Option<String>,
    /// The protocols that it speaks.
    pub protocols: Vec<String>,
    /// The type of its key.
    pub key_type: Option<String>,
}

/// Asks the target, with which this peer is connected.
///
/// # Errors
///
/// When it does not speak the protocol, or does not answer as it asks.
pub async fn identify(peer: &Peer) -> Result<Identity, String> {
    let reading = async {
        let mut stream = peer
            .open_other(IDENTIFY)
            .await
            .map_err(|error| error.to_string())?
            .take(LONGEST);
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes).await;
        read.map_err(|error| error.to_string())?;
        Ok::<_, String>(bytes)
    };
    let bytes = tokio::time::timeout(WITHIN, reading)
        .await
        .map_err(|_| format!("no answer within {} s", WITHIN.as_secs()))??;
    read(&bytes)
}

fn read(bytes: &[u8]) -> Result<Identity, String> {
    let answer = Answer::decode_length_delimited(bytes)
        .map_err(|error| format!("an answer that is no message of {IDENTIFY}: {error}"))?;
    let key = answer.public_key.as_deref();
    let key = key.and_then(|key| PublicKey::try_decode_protobuf(key).ok());
    Ok(Identity {
        agent: answer.agent,
        protocols: answer.protocols,
        key_type: key.map(|key| key.key_type().to_string()),
    })
}
