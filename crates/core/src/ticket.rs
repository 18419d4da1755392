//! The ticket: signed text that proves acceptance, and a bearer capability to see the state, nothing else.
//!
//! ```text
//! {form}.{base64url( kid:1 ‖ id:16 ‖ issued_at:4 ‖ tag:8 ‖ mac:16 )}      60 characters after the dot
//!
//! tag = HMAC(key, "counterfoil/content/1" ‖ id ‖ content)[..8]      which content it was made for
//! mac = HMAC(key, "counterfoil/ticket/1" ‖ len stage ‖ stage ‖ len form ‖ form ‖ kid … tag)[..16]
//! ```
//!
//! The tag is keyed, because a holder could guess small payloads from a plain hash. A length is 32 bits,
//! big-endian; `issued_at` is seconds since 1970.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use subtle::ConstantTimeEq;

use crate::form::FormId;
use crate::keys::{HmacSha256, Key, Keyring, framed};
use crate::payload::ContentHash;
use crate::submission::{SubmissionId, SubmissionRef};
use crate::time::Timestamp;

const SIGNED: usize = 1 + 16 + 4 + 8;
const RAW: usize = SIGNED + 16;
/// Characters after the dot.
const TEXT: usize = RAW / 3 * 4;

/// Times that a ticket is signed, at most, for the sake of its last sign: none in 10⁴⁸ needs more.
const TRIES: u32 = 32;

/// Is its last sign one of base64's last two, `-` and `_`?
fn is_cut_off(raw: &[u8; RAW]) -> bool {
    raw[RAW - 1] & 0x3f >= 62
}

/// A ticket that this house signed: nobody outside of this file has another one.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    form: FormId,
    raw: [u8; RAW],
}

impl Ticket {
    /// Signs a ticket with the first key of `keys`, at `issued_at` or a few seconds before: mail programs leave a sign at the end
    /// of an address out of the link when it is no letter and no digit, so no ticket ends in one.
    #[must_use]
    pub fn mint(
        keys: &Keyring,
        of: &SubmissionRef,
        issued_at: Timestamp,
        content: &ContentHash,
    ) -> Self {
        let key = keys.signing();
        let mut raw = [0; RAW];
        raw[0] = key.kid;
        raw[1..17].copy_from_slice(of.id.as_bytes());
        raw[21..29].copy_from_slice(&tag(key, of.id, content));
        let at = issued_at.as_secs();
        // One in 32 ends in such a sign.
        for earlier in 0..TRIES {
            raw[17..21].copy_from_slice(&at.saturating_sub(earlier).to_be_bytes());
            let mac = sign(key, &of.form, &raw);
            raw[SIGNED..].copy_from_slice(&mac);
            if !is_cut_off(&raw) {
                break;
            }
        }
        Self {
            form: of.form.clone(),
            raw,
        }
    }

    /// Reads a ticket and checks that we signed it. `None` for anything else: malformed, forged, of another
    /// stage or an unknown key look alike to the caller.
    #[must_use]
    pub fn verify(keys: &Keyring, text: &str) -> Option<Self> {
        let claimed = Self::claimed(text)?;
        let key = keys.find(claimed.raw[0])?;
        let genuine: bool = sign(key, &claimed.form, &claimed.raw)
            .ct_eq(&claimed.raw[SIGNED..])
            .into();
        genuine.then_some(claimed)
    }

    /// Which submission a text names that has the shape of a ticket, by itself or at the end of its address
    /// (`…/tickets/{ticket}`). Who signed it is not looked at: this is for people who may read every submission anyway, and
    /// proves nothing.
    #[must_use]
    pub fn named(text: &str) -> Option<SubmissionRef> {
        let address = text
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .trim_end_matches('/');
        let ticket = match address.rsplit_once("/tickets/") {
            Some((_, ticket)) => ticket,
            None => text,
        };
        Self::claimed(ticket).map(|claimed| claimed.submission())
    }

    /// Reads what has the shape of a ticket.
    fn claimed(text: &str) -> Option<Self> {
        let (form, proof) = text.rsplit_once('.')?;
        let form = FormId::parse(form)?;
        if proof.len() != TEXT {
            return None;
        }
        let raw = URL_SAFE_NO_PAD.decode(proof).ok()?.try_into().ok()?;
        Some(Self { form, raw })
    }

    /// Which submission it is for.
    #[must_use]
    pub fn submission(&self) -> SubmissionRef {
        let mut id = [0; 16];
        id.copy_from_slice(&self.raw[1..17]);
        SubmissionRef {
            form: self.form.clone(),
            id: SubmissionId::from_bytes(id),
        }
    }

    /// When it was signed, to the second.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        let mut secs = [0; 4];
        secs.copy_from_slice(&self.raw[17..21]);
        Timestamp::from_secs(u32::from_be_bytes(secs))
    }

    /// Was it made for this content? False when another submission took the same idempotency key.
    #[must_use]
    pub fn is_for(&self, keys: &Keyring, content: &ContentHash) -> bool {
        let id = self.submission().id;
        keys.find(self.raw[0])
            .is_some_and(|key| tag(key, id, content).ct_eq(&self.raw[21..29]).into())
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.form, URL_SAFE_NO_PAD.encode(self.raw))
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever reads a log must not be able to poll with it.
        write!(f, "Ticket({})", self.submission())
    }
}

fn tag(key: &Key, id: SubmissionId, content: &ContentHash) -> [u8; 8] {
    let mut mac = key.mac();
    mac.update(b"counterfoil/content/1");
    mac.update(id.as_bytes());
    mac.update(content.as_bytes());
    first(mac)
}

fn sign(key: &Key, form: &FormId, raw: &[u8; RAW]) -> [u8; 16] {
    let mut mac = key.mac();
    mac.update(b"counterfoil/ticket/1");
    framed(&mut mac, &[key.stage.as_bytes(), form.as_str().as_bytes()]);
    mac.update(&raw[..SIGNED]);
    first(mac)
}

fn first<const N: usize>(mac: HmacSha256) -> [u8; N] {
    let digest: [u8; 32] = mac.finalize().into_bytes().into();
    let mut out = [0; N];
    out.copy_from_slice(&digest[..N]);
    out
}

#[cfg(test)]
#[path = "ticket_tests.rs"]
mod tests;
