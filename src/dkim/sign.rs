//! Signing a message that streams (RFC 6376 section 5).

use super::body::{BodyHasher, BodyPlan};
use super::header_hash::header_hash;
use super::signer::{Chosen, SignError, Signer};
use super::verify::FIELD;
use crate::clock::UnixTime;
use crate::limits::Limits;
use crate::message::{Anomaly, HeaderFields, Splitter};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

/// A DKIM-Signature field, to be put above all others of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureField {
    value: String,
}

impl SignatureField {
    /// The name of the field.
    pub const NAME: &str = FIELD;

    /// The value, folded with CRLF. Between the colon and it stands one space.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// The whole field as it stands in a message, its CRLF included.
impl std::fmt::Display for SignatureField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{FIELD}: {}\r\n", self.value)
    }
}

/// A message whose header is complete and whose body is still coming, signed by any number of signers in one pass. Memory
/// does not grow with the body.
///
/// The octets must be those that go over the wire: line ends are CRLF, and no dots are doubled. They are signed as they come;
/// [`TransferCheck`](super::TransferCheck) tells what of them will not arrive as it is.
///
/// ```
/// use mailrep::dkim::{NewKey, Signer, SignerOptions, Signing, SigningKey};
/// use mailrep::{clock::UnixTime, message::HeaderFields};
/// use std::sync::Arc;
/// let key = SigningKey::generate(NewKey::Ed25519)?;
/// let signer = Signer::new("example.org", "s2026", key.into(), SignerOptions::default())?;
/// let mut header = HeaderFields::default();
/// header.push(b"From: alice@example.org\r\n");
/// let mut signing = Signing::new(header, vec![Arc::new(signer)])?;
/// signing.body(b"Hel");
/// signing.body(b"lo\r\n");
/// let fields = signing.finish(UnixTime(1_795_347_080))?;
/// assert!(fields[0].value().starts_with("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org;"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Signing {
    header: HeaderFields,
    signers: Vec<(Arc<Signer>, Chosen)>,
    body: BodyHasher,
}

impl Signing {
    /// Begins with the complete header. With no signers, there will be no field.
    ///
    /// # Errors
    /// [`SignError`]: the message cannot be signed, by any of the signers.
    pub fn new(header: HeaderFields, signers: Vec<Arc<Signer>>) -> Result<Signing, SignError> {
        let mut chosen = Vec::with_capacity(signers.len());
        for signer in signers {
            let fields = signer.choose(&header)?;
            chosen.push((signer, fields));
        }
        Ok(Signing {
            body: BodyHasher::new(chosen.iter().map(|(signer, _)| plan(signer))),
            header,
            signers: chosen,
        })
    }

    /// How many digests of the body are computed: one for each distinct canonicalization.
    pub fn digests(&self) -> usize {
        self.body.digests()
    }

    /// Octets of the body, in chunks of any size.
    pub fn body(&mut self, octets: &[u8]) {
        self.body.update(octets);
    }

    /// The message is complete. Gives one field for each signer, in their order; none of them covers another, so that they can
    /// be put above the message in any order. `now` is written to `t=`.
    ///
    /// # Errors
    /// [`SignError::Refused`].
    pub fn finish(self, now: UnixTime) -> Result<Vec<SignatureField>, SignError> {
        let hashes = self.body.finish();
        let mut fields = Vec::with_capacity(self.signers.len());
        for (signer, chosen) in &self.signers {
            let body = hashes.get(plan(signer)).ok_or(SignError::Refused)?;
            let body_hash = STANDARD.encode(body.hash.octets());
            let mut lines = signer.unsigned_value(&chosen.names, &body_hash, now);
            let own = format!("{FIELD}: {}", lines.as_str());
            let hash = header_hash(
                signer.options().header,
                &self.header,
                chosen.places.iter().copied(),
                own.as_bytes(),
            );
            let signature = signer.key().sign(&hash).ok_or(SignError::Refused)?;
            lines.breakable(&STANDARD.encode(signature));
            fields.push(SignatureField { value: lines.text() });
        }
        Ok(fields)
    }
}

/// Signs the whole body; `l=` is an open door (RFC 6376 section 8.2).
fn plan(signer: &Signer) -> BodyPlan {
    BodyPlan {
        canonicalization: signer.options().body,
        length: None,
    }
}

/// As [`Signing`], for a message that comes as octets of header and body together, in chunks of any size.
///
/// ```
/// use mailrep::dkim::{MessageSigning, NewKey, Signer, SignerOptions, SigningKey};
/// use mailrep::{Limits, clock::UnixTime};
/// let key = SigningKey::generate(NewKey::Ed25519)?;
/// let signer = Signer::new("example.org", "s2026", key.into(), SignerOptions::default())?;
/// let mut signing = MessageSigning::new(vec![signer.into()], &Limits::default());
/// signing.data(b"From: alice@example.org\r\n\r\nHello\r\n")?;
/// assert_eq!(signing.finish(UnixTime(1_795_347_080))?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MessageSigning {
    state: State,
}

#[derive(Debug)]
enum State {
    Header(Box<Splitter>, Choice),
    Body(Box<Signing>),
    Failed(SignError),
}

/// Says who signs, once the header is complete.
struct Choice(Box<Choose>);

type Choose = dyn FnOnce(&HeaderFields) -> Vec<Arc<Signer>> + Send;

impl std::fmt::Debug for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Choice")
    }
}

impl MessageSigning {
    /// Begins. Of the limits those of the header count.
    pub fn new(signers: Vec<Arc<Signer>>, limits: &Limits) -> MessageSigning {
        Self::chosen_by(|_| signers, limits)
    }

    /// As [`MessageSigning::new`]; who signs is told by `choose`, which gets the complete header: by its author domain, say, and a
    /// [`SigningTable`](super::SigningTable). With no signers, there will be no field.
    pub fn chosen_by(
        choose: impl FnOnce(&HeaderFields) -> Vec<Arc<Signer>> + Send + 'static,
        limits: &Limits,
    ) -> MessageSigning {
        let choice = Choice(Box::new(choose));
        MessageSigning {
            state: State::Header(Box::new(Splitter::new(limits)), choice),
        }
    }

    /// A header field, as mail filters get it: the value as it stands after the colon, with CRLF in its folds. In place of
    /// [`MessageSigning::data`], and before [`MessageSigning::end_of_headers`].
    ///
    /// # Errors
    /// [`SignError`] as for [`MessageSigning::data`]. A field that comes after the header has ended is left out of account.
    pub fn header(&mut self, name: &[u8], value: &[u8]) -> Result<(), SignError> {
        match &mut self.state {
            State::Failed(error) => Err(*error),
            State::Body(_) => Ok(()),
            State::Header(splitter, _) => {
                splitter.field(name, value);
                Ok(())
            }
        }
    }

    /// The header is complete, after [`MessageSigning::header`]; what follows by [`MessageSigning::data`] is the body.
    ///
    /// # Errors
    /// [`SignError`]: the message cannot be signed.
    pub fn end_of_headers(&mut self) -> Result<(), SignError> {
        match &mut self.state {
            State::Failed(error) => Err(*error),
            State::Body(_) => Ok(()),
            State::Header(splitter, _) => {
                splitter.end_of_header();
                self.begin(&[], &[])
            }
        }
    }

    /// The header has ended; `before` and `rest` are octets of the body.
    fn begin(&mut self, before: &[u8], rest: &[u8]) -> Result<(), SignError> {
        let taken = std::mem::replace(&mut self.state, State::Failed(SignError::NoFrom));
        let State::Header(splitter, choice) = taken else {
            self.state = taken;
            return Ok(());
        };
        match begin(*splitter, choice, before) {
            Ok(mut signing) => {
                signing.body(rest);
                self.state = State::Body(Box::new(signing));
                Ok(())
            }
            Err(error) => {
                self.state = State::Failed(error);
                Err(error)
            }
        }
    }

    /// Octets of the message.
    ///
    /// # Errors
    /// [`SignError`] as soon as it is known that the message cannot be signed, and again from then on.
    pub fn data(&mut self, octets: &[u8]) -> Result<(), SignError> {
        match &mut self.state {
            State::Failed(error) => Err(*error),
            State::Body(signing) => {
                signing.body(octets);
                Ok(())
            }
            State::Header(splitter, _) => {
                let Some(begun) = splitter.push(octets) else {
                    return Ok(());
                };
                self.begin(&begun.before, &octets[begun.offset..])
            }
        }
    }

    /// The message is complete; see [`Signing::finish`].
    ///
    /// # Errors
    /// [`SignError`].
    pub fn finish(self, now: UnixTime) -> Result<Vec<SignatureField>, SignError> {
        match self.state {
            State::Failed(error) => Err(error),
            State::Body(signing) => signing.finish(now),
            State::Header(mut splitter, choice) => {
                let before = splitter.end_of_message();
                begin(*splitter, choice, &before)?.finish(now)
            }
        }
    }
}

/// The header has ended; `before` are octets that turned out to be body.
fn begin(splitter: Splitter, choice: Choice, before: &[u8]) -> Result<Signing, SignError> {
    let (header, anomaly) = splitter.into_parts();
    let signers = (choice.0)(&header);
    match anomaly {
        // Nobody signs, whatever the message is like.
        _ if signers.is_empty() => {}
        // A message without a body is complete. Servers mend the others in ways of their own, which would break the
        // signature.
        None | Some(Anomaly::NoBody) => {}
        Some(anomaly) => return Err(SignError::Form(anomaly)),
    }
    let mut signing = Signing::new(header, signers)?;
    signing.body(before);
    Ok(signing)
}
