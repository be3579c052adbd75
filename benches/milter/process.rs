//! What processes have used: proc(5).

use std::fs;
use std::time::Duration;

/// A process, and those that it started.
pub(crate) struct Process(Vec<u32>);

impl Process {
    pub(crate) fn with_children(pid: u32) -> Process {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let children = children.split_whitespace().map(|pid| pid.parse().unwrap());
        Process(std::iter::once(pid).chain(children).collect())
    }

    /// User and system time, in ticks of 10 ms.
    pub(crate) fn cpu(&self) -> Duration {
        let ticks = |pid: &u32| -> u64 {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
            fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
        };
        Duration::from_millis(10 * self.0.iter().map(ticks).sum::<u64>())
    }

    /// Resident memory in octets, now and at most.
    pub(crate) fn resident(&self) -> (u64, u64) {
        let of = |field: &str| -> u64 {
            let kibibytes = |pid: &u32| -> u64 {
                let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
                let line = status.lines().find(|line| line.starts_with(field)).unwrap();
                line.split_whitespace().nth(1).unwrap().parse().unwrap()
            };
            1024 * self.0.iter().map(kibibytes).sum::<u64>()
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

pub(crate) fn mebibytes(octets: u64) -> f64 {
    octets as f64 / f64::from(1 << 20)
}
