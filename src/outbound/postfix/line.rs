//! One line of a log: its time in either of two forms, who wrote it, and what it says of a message.

const DAY: i64 = 86_400;

/// Which year a line is of that tells none (RFC 3164 section 4.1.2): the latest one in which it is not after a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    now: i64,
}

impl Clock {
    /// Local times are up to 14 hours ahead of UTC, and lines do not tell by how much.
    const AHEAD: i64 = 14 * 3_600;

    /// The log was read at `now`, in seconds since 1970. Times without a zone are taken for UTC.
    pub fn until(now: i64) -> Clock {
        Clock {
            now: now.clamp(0, 253_402_300_799),
        }
    }

    /// When a line of a log was written, in milliseconds since 1970; none if it is no line of a log.
    pub fn time_of(&self, line: &[u8]) -> Option<i64> {
        split(line, self).map(|line| line.time)
    }

    fn seconds(self, month: i64, day: i64, of_day: i64) -> Option<i64> {
        let this = year_of(self.now + Self::AHEAD);
        // 29 February may be eight years ago.
        (this - 8..=this)
            .rev()
            .filter(|year| is_date(*year, month, day))
            .map(|year| days(year, month, day) * DAY + of_day)
            .find(|time| *time <= self.now + Self::AHEAD)
    }
}

/// A line of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Milliseconds since 1970.
    pub(super) time: i64,
    pub(super) host: &'a [u8],
    /// The instance of Postfix, such as `postfix` or `postfix-out`.
    pub(super) instance: &'a [u8],
    /// The queue id, where something is said of a message.
    pub(super) id: &'a [u8],
    pub(super) said: Said<'a>,
}

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// Another program wrote it.
    Other,
    /// Nothing that matters here.
    Nothing,
    /// It is not whole.
    CutOff,
    /// Who authenticated to send a message.
    Accepted { account: &'a [u8] },
    /// The queue manager has taken it.
    Queued { count: u32 },
    /// A recipient.
    To { address: &'a [u8], bounced: bool },
    /// It is done with.
    Removed,
}

/// Takes a line apart; none if it is no line of a log.
pub(super) fn split<'a>(line: &'a [u8], clock: &Clock) -> Option<Line<'a>> {
    let (time, rest) = match line.first()? {
        b'0'..=b'9' => rfc_3339(line)?,
        _ => rfc_3164(line, *clock)?,
    };
    let (host, rest) = split_once(rest, b" ").filter(|(host, _)| !host.is_empty() && host.len() <= 255)?;
    let mut line = Line {
        time,
        host,
        instance: b"",
        id: b"",
        said: Said::Other,
    };
    let Some((tag, text)) = split_once(rest, b": ") else {
        if rest.starts_with(b"postfix") {
            line.said = Said::CutOff;
        }
        return Some(line);
    };
    // What looks like a tag: "postfix/smtpd[123]".
    let program = tag.split(|octet| *octet == b'[').next()?;
    let mut names = program.split(|octet| *octet == b'/');
    let instance = names.next()?;
    let service = names.next_back();
    let is_ours = instance.starts_with(b"postfix") && instance.len() <= 64;
    let Some(service) = service.filter(|_| is_ours) else {
        return Some(line);
    };
    line.instance = instance;
    line.said = Said::Nothing;
    if let Some((id, text)) = split_once(text, b": ").filter(|(id, _)| is_queue_id(id)) {
        line.id = id;
        line.said = said(service, text);
    }
    Some(line)
}

fn said<'a>(service: &[u8], text: &'a [u8]) -> Said<'a> {
    match service {
        b"smtpd" | b"submission" | b"smtps" if text.starts_with(b"client=") => {
            let Some((_, account)) = split_once(text, b", sasl_username=") else {
                return Said::Nothing;
            };
            // What may follow it; commas may stand in a name.
            let end = [
                b", sasl_sender=".as_slice(),
                b", orig_queue_id=",
                b", orig_client=",
            ]
            .iter()
            .filter_map(|next| split_once(account, next))
            .map(|(account, _)| account)
            .min_by_key(|account| account.len());
            match end.unwrap_or(account).trim_ascii() {
                b"" => Said::CutOff,
                account => Said::Accepted { account },
            }
        }
        b"qmgr" if text == b"removed" => Said::Removed,
        // Others are "status=expired, returned to sender" and "status=force-expired".
        b"qmgr" if text.starts_with(b"from=<") && split_once(text, b">, status=").is_none() => {
            // A sender may be anything in quotes: the last one counts.
            let count = memchr::memmem::rfind(text, b", nrcpt=").map(|at| &text[at + 8..]);
            let count = count
                .and_then(|text| split_once(text, b" "))
                .map(|(count, _)| count);
            match count.and_then(number) {
                Some(count) => Said::Queued {
                    count: u32::try_from(count).unwrap_or(u32::MAX),
                },
                None => Said::CutOff,
            }
        }
        _ => match text.strip_prefix(b"to=<").map(|text| split_once(text, b">, ")) {
            None => Said::Nothing,
            Some(None) => Said::CutOff,
            Some(Some((to, rest))) => {
                let original = rest
                    .strip_prefix(b"orig_to=<")
                    .and_then(|rest| split_once(rest, b">, "));
                // Before it are relay and delays, behind it what the other server said.
                let status = split_once(rest, b", status=").map(|(_, status)| status);
                Said::To {
                    address: original.map_or(to, |(original, _)| original),
                    bounced: status.is_some_and(|status| status.starts_with(b"bounced")),
                }
            }
        },
    }
}

/// Short ones are hexadecimal; long ones have all letters but vowels.
fn is_queue_id(id: &[u8]) -> bool {
    (5..=32).contains(&id.len())
        && id.iter().all(u8::is_ascii_alphanumeric)
        && id != b"NOQUEUE"
        && id != b"warning"
}

/// `2026-11-26T15:19:55.123456+01:00 `, and what follows (RFC 3339 section 5.6).
fn rfc_3339(line: &[u8]) -> Option<(i64, &[u8])> {
    let (time, rest) = split_once(line, b" ")?;
    let (date, time) = time.split_at_checked(11)?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T'] = date else {
        return None;
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    if year < 1970 || !is_date(year, month, day) {
        return None;
    }
    let (of_day, zone) = time.split_at_checked(8)?;
    let mut time = days(year, month, day) * DAY + time_of_day(of_day)?;
    let (mut milliseconds, mut zone) = (0, zone);
    if let Some(fraction) = zone.strip_prefix(b".") {
        let length = fraction.iter().take_while(|octet| octet.is_ascii_digit()).count();
        let (digits, rest) = fraction.split_at(length);
        for at in 0..3 {
            milliseconds = milliseconds * 10 + digits.get(at).map_or(0, |digit| i64::from(digit - b'0'));
        }
        zone = rest;
    }
    if zone != b"Z" {
        let (sign, zone) = zone.split_first()?;
        let (hours, minutes) = match zone {
            [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (number(&[*h1, *h2])?, number(&[*m1, *m2])?),
            _ => return None,
        };
        let ahead = (hours * 60 + minutes) * 60;
        time -= match sign {
            b'+' => ahead,
            b'-' => -ahead,
            _ => return None,
        };
    }
    let time = time.checked_mul(1_000)? + milliseconds;
    (time >= 0).then_some((time, rest))
}

/// `Nov 26 15:19:55 `, and what follows (RFC 3164 section 4.1.2).
fn rfc_3164(line: &[u8], clock: Clock) -> Option<(i64, &[u8])> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
    ];
    let (time, rest) = line.split_at_checked(16)?;
    let (month, time) = time.split_first_chunk::<3>()?;
    let month = MONTHS.iter().position(|name| *name == month)?;
    let &[b' ', tens, ones, b' ', ref time @ .., b' '] = time else {
        return None;
    };
    let day = match tens {
        b' ' => number(&[ones])?,
        _ => number(&[tens, ones])?,
    };
    let seconds = clock.seconds(i64::try_from(month).ok()? + 1, day, time_of_day(time)?)?;
    (seconds >= 0).then_some((seconds * 1_000, rest))
}

/// `15:19:55`, in seconds. A leap second is the second after it.
fn time_of_day(text: &[u8]) -> Option<i64> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = text else {
        return None;
    };
    let (hours, minutes, seconds) = (number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?);
    (hours < 24 && minutes < 60 && seconds <= 60).then_some((hours * 60 + minutes) * 60 + seconds)
}

fn number(digits: &[u8]) -> Option<i64> {
    let all = !digits.is_empty() && digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit);
    all.then(|| {
        digits
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    })
}

fn split_once<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = memchr::memmem::find(text, at)?;
    Some((&text[..place], &text[place + at.len()..]))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn is_date(year: i64, month: i64, day: i64) -> bool {
    let last = match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// Days from 1970 to a date of the Gregorian calendar, years being taken to begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, month) = (year.div_euclid(400), (month + 9) % 12);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn year_of(seconds: i64) -> i64 {
    let day = seconds.div_euclid(DAY);
    let mut year = 1970 + day / 366;
    while days(year + 1, 1, 1) <= day {
        year += 1;
    }
    year
}
