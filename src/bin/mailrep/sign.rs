//! `mailrep sign`: a message with its DKIM-Signature fields on top.

use super::cli::{Global, Sign};
use super::failure::{Failure, system, tell};
use super::input::Message;
use super::page::print_json;
use mailrep::clock::UnixTime;
use mailrep::dkim::{
    MessageSigning, SignError, SignatureField, Signer, SignerOptions, SigningKey, TransferCheck,
};
use mailrep::{Limits, json};
use std::io::{self, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use tempfile::SpooledTempFile;

/// Octets of a message that are kept in memory until it is signed; a longer one goes to a temporary file.
const MOST_IN_MEMORY: usize = 4 << 20;

pub(crate) fn run(command: Sign, global: Global) -> Result<(), Failure> {
    let now = global.now.unwrap_or_else(UnixTime::now);
    let signers = signers(&command)?;
    let message = Message::open(&command.file)?;
    let mut signing = MessageSigning::new(signers.clone(), &Limits::default());
    let mut transfer = TransferCheck::default();
    let mut kept = SpooledTempFile::new(MOST_IN_MEMORY);
    let lf = message.pass(
        |raw| kept.write_all(raw).map_err(|why| unkept(&why)),
        |octets| {
            transfer.data(octets);
            signing.data(octets).map_err(refused)
        },
    )?;
    let fields = signing.finish(now).map_err(refused)?;
    let risks = transfer.finish();
    if global.json {
        return print_json(&json::signatures(&signers, &fields, &risks));
    }
    for risk in &risks {
        tell(&format!("warning: {risk}"));
    }
    print(&fields, lf, kept)
}

fn signers(command: &Sign) -> Result<Vec<Arc<Signer>>, Failure> {
    let mut options = SignerOptions {
        identity: command.identity.clone(),
        expires_after: command.expires_after,
        ..SignerOptions::default()
    };
    if let Some((header, body)) = command.canonicalization {
        (options.header, options.body) = (header, body);
    }
    options.signed.extend(command.field.iter().cloned());
    let also = command.also.iter().map(|(selector, file)| (selector, file));
    let mut signers = Vec::new();
    for (selector, file) in std::iter::once((&command.selector, &command.key)).chain(also) {
        let key = read_key(file)?;
        let signer = Signer::new(&command.domain, selector, Arc::new(key), options.clone())
            .map_err(|why| Failure::Usage(why.to_string()))?;
        signers.push(Arc::new(signer));
    }
    Ok(signers)
}

/// Reads a key, and warns if others can read it too.
pub(crate) fn read_key(file: &Path) -> Result<SigningKey, Failure> {
    let read = SigningKey::read(file)?;
    if read.open_to_others {
        tell(&format!(
            "warning: every user of this host can read or write the key file '{0}', and sign with it; 'chmod o= {0}' mends it",
            file.display()
        ));
    }
    Ok(read.key)
}

fn refused(why: SignError) -> Failure {
    match why {
        SignError::Refused => Failure::NoVerdict(why.to_string()),
        _ => Failure::Input(format!("cannot sign: {why}")),
    }
}

fn unkept(why: &io::Error) -> Failure {
    Failure::NoVerdict(format!(
        "cannot keep the message in a temporary file: {}",
        system(why)
    ))
}

/// The new fields have the line ends of the file.
fn print(fields: &[SignatureField], lf: bool, mut kept: SpooledTempFile) -> Result<(), Failure> {
    kept.rewind().map_err(|why| unkept(&why))?;
    let mut out = io::stdout().lock();
    let mut write = || {
        for field in fields {
            let text = field.to_string();
            let text = if lf { text.replace("\r\n", "\n") } else { text };
            out.write_all(text.as_bytes())?;
        }
        io::copy(&mut kept, &mut out)?;
        out.flush()
    };
    write().map_err(|why| Failure::output(&why))
}
