//! What a piece of work costs: wall time, and CPU time of the whole process.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// The cost of some work, or of one of its parts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// Of user and system together.
    pub(crate) cpu: Duration,
    /// The kernel counts it by ticks of up to 10 ms, so that it says something for long work only.
    pub(crate) user: Duration,
}

impl Cost {
    /// Of each of `parts` equal parts.
    pub(crate) fn each(self, parts: usize) -> Cost {
        let parts = u32::try_from(parts).unwrap();
        Cost {
            wall: self.wall / parts,
            cpu: self.cpu / parts,
            user: self.user / parts,
        }
    }
}

/// The cost of `work` to this process, children not included.
pub(crate) fn of(work: impl FnOnce()) -> Cost {
    let (begun, cpu, user) = (Instant::now(), cpu(), user());
    work();
    Cost {
        wall: begun.elapsed(),
        cpu: self::cpu() - cpu,
        user: self::user() - user,
    }
}

/// The medians of wall and CPU time, and the mean of user time, of which the ticks say little in one round.
pub(crate) fn typical(costs: &[Cost]) -> Cost {
    let median = |figure: fn(&Cost) -> Duration| {
        let mut all: Vec<Duration> = costs.iter().map(figure).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    let rounds = u32::try_from(costs.len()).unwrap();
    Cost {
        wall: median(|cost| cost.wall),
        cpu: median(|cost| cost.cpu),
        user: costs.iter().map(|cost| cost.user).sum::<Duration>() / rounds,
    }
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// proc(5): `utime` is the 14th field of `/proc/self/stat`, the twelfth after the name in parentheses, in ticks of 10 ms.
fn user() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields
        .split_whitespace()
        .nth(11)
        .and_then(|ticks| ticks.parse().ok());
    Duration::from_millis(ticks.unwrap_or(0) * 10)
}
