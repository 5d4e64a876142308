//! Prices: unsigned integers of at most 32 bytes (PRES-8).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A price: an unsigned 256-bit integer, kept as its 32 big-endian bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Price([u8; 32]);

/// The bytes are no price: PRES-8 allows at most 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a price has at most 32 bytes, this one has {0}")]
pub struct PriceTooLong(pub usize);

impl Price {
    /// Nothing to pay.
    pub const ZERO: Price = Price([0; 32]);

    /// Reads 0 to 32 big-endian bytes; none at all mean zero (PRES-8).
    pub fn from_big_endian(bytes: &[u8]) -> Result<Self, PriceTooLong> {
        let mut price = [0; 32];
        let start = 32usize
            .checked_sub(bytes.len())
            .ok_or(PriceTooLong(bytes.len()))?;
        price[start..].copy_from_slice(bytes);
        Ok(Price(price))
    }

    /// All 32 bytes, most significant first: what nodes send.
    pub fn to_big_endian(self) -> [u8; 32] {
        self.0
    }

    /// The sum, or `None` when it needs more than 32 bytes.
    pub fn checked_add(self, other: Price) -> Option<Price> {
        let mut sum = [0; 32];
        let mut carry = 0u16;
        for i in (0..32).rev() {
            let digit = u16::from(self.0[i]) + u16::from(other.0[i]) + carry;
            sum[i] = digit.to_be_bytes()[1];
            carry = digit >> 8;
        }
        (carry == 0).then_some(Price(sum))
    }
}

impl From<u64> for Price {
    fn from(value: u64) -> Self {
        let mut price = [0; 32];
        price[24..].copy_from_slice(&value.to_be_bytes());
        Price(price)
    }
}

impl fmt::Display for Price {
    /// Hexadecimal without leading zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        let digits = digits.trim_start_matches('0');
        f.write_str("0x")?;
        f.write_str(if digits.is_empty() { "0" } else { digits })
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Price({self})")
    }
}
