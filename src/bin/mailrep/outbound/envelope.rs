//! What was usual for an account and what would have been too many, day by day: the part of a chart that shows why there was an alarm.

use mailrep::outbound::Habits;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A counter's day.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// The counter, as a place in [`Counters`].
    counter: u8,
    /// Its highest value.
    peak: Logarithm,
    /// The highest value of a usual day, and the limit, as they were at the day's last message.
    usual: Logarithm,
    limit: Logarithm,
}

/// ln of one more than a counter, from 0 to some nine million, in two octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Logarithm(u16);

impl Logarithm {
    const STEPS: f64 = 4_096.0;
    const NONE: Logarithm = Logarithm(u16::MAX);

    fn of(value: f64) -> Logarithm {
        if value.is_finite() {
            let steps = (value.max(0.0).ln_1p() * Self::STEPS).round();
            Logarithm((steps as u16).min(Self::NONE.0 - 1))
        } else {
            Self::NONE
        }
    }

    fn value(self) -> Option<f64> {
        (self != Self::NONE).then(|| (f64::from(self.0) / Self::STEPS).exp_m1())
    }
}

/// The counters that there are: their codes, and what they count in words.
#[derive(Debug, Default)]
pub(super) struct Counters(Vec<(&'static str, String)>);

/// Counters' days, of one account and one day.
#[derive(Debug, Default, Clone)]
pub(super) struct Envelope(Vec<Point>);

impl Counters {
    /// The place of a counter.
    fn place(&mut self, code: &'static str, words: impl FnOnce() -> String) -> Option<u8> {
        let found = self.0.iter().position(|(other, _)| *other == code);
        let place = found.unwrap_or_else(|| {
            self.0.push((code, words()));
            self.0.len() - 1
        });
        u8::try_from(place).ok()
    }

    /// Takes notice of what an account's counters are after a message.
    pub(super) fn add(&mut self, envelope: &mut Envelope, habits: &Habits) {
        for habit in &habits.channels {
            let Some(counter) = self.place(habit.code, || habit.to_string()) else {
                continue;
            };
            let now = Point {
                counter,
                peak: Logarithm::of(habit.count.into()),
                usual: habit.usual.map_or(Logarithm::NONE, Logarithm::of),
                limit: Logarithm::of(habit.limit.into()),
            };
            match envelope.0.iter_mut().find(|point| point.counter == counter) {
                Some(point) => {
                    let peak = point.peak.max(now.peak);
                    *point = Point { peak, ..now };
                }
                None => envelope.0.push(now),
            }
        }
    }

    /// A row of a chart for the counter with this code: its highest value on each day, what was usual and the limit. `x` is where a day is;
    /// the row goes from `top` down by `height`. Nothing if nothing is known of the counter.
    pub(super) fn row<'a>(
        &self,
        code: &str,
        days: impl Iterator<Item = (i64, &'a Envelope)>,
        x: impl Fn(i64) -> f64,
        (top, width, height): (f64, f64, f64),
        date: impl Fn(i64) -> String,
    ) -> Option<String> {
        let counter = self.0.iter().position(|(other, _)| *other == code)?;
        let (_, words) = &self.0[counter];
        let of_counter = |envelope: &Envelope| {
            let point = envelope
                .0
                .iter()
                .find(|point| usize::from(point.counter) == counter);
            point.copied()
        };
        let points: BTreeMap<i64, Point> = days
            .filter_map(|(day, envelope)| Some((day, of_counter(envelope)?)))
            .collect();
        let values = |of: fn(&Point) -> Logarithm| points.values().filter_map(move |point| of(point).value());
        let highest = values(|point| point.peak)
            .chain(values(|point| point.limit))
            .fold(2.0, f64::max);
        let scale = (highest + 1.0).log10();
        let y = |value: f64| top + height - (value + 1.0).log10() / scale * height;
        let line = |of: fn(&Point) -> Logarithm| {
            let mut corners = String::new();
            let mut last = None;
            for (&day, point) in &points {
                let Some(value) = of(point).value() else {
                    continue;
                };
                // A step: what was learned holds until it is seen again.
                let next = y(value);
                if let Some(last) = last.replace(next) {
                    let _ = write!(corners, "{:.1},{last:.1} ", x(day));
                }
                let _ = write!(corners, "{:.1},{next:.1} ", x(day));
            }
            corners
        };
        let mut row = format!("<text x=\"0\" y=\"{:.1}\">{words}</text>\n", top - 5.0);
        let mut mark = 1.0;
        while mark <= highest {
            let at = y(mark);
            let _ = writeln!(
                row,
                "<line class=\"grid\" x1=\"0\" x2=\"{width}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text x=\"-4\" y=\"{:.1}\" text-anchor=\"end\">{mark}</text>",
                at + 4.0
            );
            mark *= 10.0;
        }
        for (class, corners) in [
            ("usual", line(|point| point.usual)),
            ("limit", line(|point| point.limit)),
        ] {
            let _ = writeln!(
                row,
                "<polyline class=\"{class}\" points=\"{}\"/>",
                corners.trim_end()
            );
        }
        for (&day, point) in &points {
            let Some(peak) = point.peak.value() else {
                continue;
            };
            let limit = point.limit.value();
            let class = if limit.is_some_and(|limit| peak > limit) {
                "stopped"
            } else {
                "sent"
            };
            let told =
                |value: Option<f64>| value.map_or("none yet".to_owned(), |value| format!("{value:.1}"));
            let _ = writeln!(
                row,
                "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2\"><title>{}: {peak:.1} at most; usual: {}, an alarm above {}</title></circle>",
                x(day),
                y(peak),
                date(day),
                told(point.usual.value()),
                limit.map_or("nothing, since it is not watched".to_owned(), |limit| format!(
                    "{limit:.1}"
                )),
            );
        }
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn counters_are_kept_within_a_thousandth_and_none_is_none() {
        for value in [0.0, 0.5, 1.0, 3.5, 16.4, 500.0, 1e6] {
            let kept = Logarithm::of(value).value().unwrap();
            assert!((kept - value).abs() <= 1e-3 * (value + 1.0), "{value}: {kept}");
        }
        assert!(Logarithm::of(1e30).value().unwrap() > 8e6);
        assert_eq!(Logarithm::of(f64::INFINITY).value(), None);
        assert_eq!(Logarithm::of(f64::NAN).value(), None);
    }
}
