//! `mailrep outbound fit`.

use super::arguments::Fit;
use super::lines::{Line, Lines, Read};
use crate::failure::Failure;
use mailrep::outbound::{Sent, fit};
use std::collections::HashMap;
use std::io::{self, Write as _};

pub(crate) fn run(command: &Fit) -> Result<(), Failure> {
    let mut sent = Vec::new();
    let mut accounts: HashMap<(usize, String), u64> = HashMap::new();
    for (file, path) in command.files.iter().enumerate() {
        let mut lines = Lines::new(super::open(path)?);
        loop {
            let number = lines.number + 1;
            let why = |what: String| Failure::Input(format!("{}, line {number}: {what}", path.display()));
            let line = match lines
                .next(|| Ok(()))
                .map_err(|why| super::unreadable(path, &why))?
            {
                Read::End => break,
                Read::Blank => continue,
                Read::Unusable(what) => return Err(why(what)),
                Read::Line(line) if line.control.is_some() => continue,
                Read::Line(line) => line,
            };
            let (Some(time), Some(account), Some(all), Some(new)) =
                (line.time, line.account, line.recipients, line.new_recipients)
            else {
                return Err(why(
                    "it needs \"time\", \"account\", \"recipients\" and \"new_recipients\"".to_owned(),
                ));
            };
            let next = accounts.len() as u64;
            sent.push(Sent {
                account: *accounts.entry((file, account)).or_insert(next),
                time,
                recipients: Line::count(all, "recipients").map_err(why)?,
                new: Line::count(new, "new_recipients").map_err(why)?,
            });
        }
    }
    let prior = fit(&sent).map_err(|error| Failure::Input(error.to_string()))?;
    io::stdout()
        .write_all(prior.to_json().as_bytes())
        .map_err(|why| Failure::output(&why))
}
