//! Names of hosts in multiaddresses: `/dns`, `/dns4` and `/dns6` become the address that the system's
//! resolver gives.

use std::net::IpAddr;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;

/// Why the name in an address stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The resolver failed.
    #[error("{name} is not resolved: {cause}")]
    Failed {
        /// The name.
        name: String,
        /// What the system says.
        cause: String,
    },
    /// The name has no address of the kind that is asked for.
    #[error("{name} has no {kind} address")]
    NoAddress {
        /// The name.
        name: String,
        /// `IPv4`, `IPv6` or `IP`.
        kind: &'static str,
    },
}

/// The address with its name resolved. One without a name stays as it is.
///
/// # Errors
///
/// When the name stands for no address of its kind.
pub async fn resolve(address: &Multiaddr) -> Result<Multiaddr, ResolveError> {
    let mut resolved = Multiaddr::empty();
    for protocol in address {
        match protocol {
            Protocol::Dns(name) => resolved.push(ip(&name, "IP", |_| true).await?),
            Protocol::Dns4(name) => resolved.push(ip(&name, "IPv4", IpAddr::is_ipv4).await?),
            Protocol::Dns6(name) => resolved.push(ip(&name, "IPv6", IpAddr::is_ipv6).await?),
            other => resolved.push(other),
        }
    }
    Ok(resolved)
}

async fn ip(
    name: &str,
    kind: &'static str,
    is_kind: impl Fn(&IpAddr) -> bool,
) -> Result<Protocol<'static>, ResolveError> {
    let found = tokio::net::lookup_host((name, 0)).await;
    let mut found = found.map_err(|error| ResolveError::Failed {
        name: name.to_owned(),
        cause: error.to_string(),
    })?;
    let of_kind = found.find(|socket| is_kind(&socket.ip()));
    of_kind
        .map(|socket| Protocol::from(socket.ip()))
        .ok_or_else(|| ResolveError::NoAddress {
            name: name.to_owned(),
            kind,
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn a_name_becomes_an_address_and_the_rest_stays() {
        let named: Multiaddr = "/dns4/localhost/tcp/8070".parse().unwrap();
        let resolved = resolve(&named).await.unwrap();
        assert_eq!(resolved, "/ip4/127.0.0.1/tcp/8070".parse().unwrap());
        let plain: Multiaddr = "/ip4/10.0.0.1/tcp/1".parse().unwrap();
        assert_eq!(resolve(&plain).await, Ok(plain.clone()));
    }

    #[tokio::test]
    async fn a_name_that_stands_for_nothing_is_named() {
        let named: Multiaddr = "/dns4/nobody.invalid/tcp/1".parse().unwrap();
        let error = resolve(&named).await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("nobody.invalid is not resolved"),
            "{error}"
        );
    }
}
