//! A Postfix of the test's own: configuration, queue and data in a temporary folder, ports on loopback, ended with the test. The
//! system's instance is neither read nor touched.

use super::smtp::{Client, PATIENCE, Reply};
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What every instance has in its main.cf.
const MAIN: &str = "\
compatibility_level = 3.6
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mail_owner = postfix
maillog_file = $queue_directory/log
maillog_file_prefixes = $queue_directory
# Trouble that passes shall pass soon. Not sooner: what is tried again in the second in which it was put off is found locked, and then
# left for five minutes.
queue_run_delay = 1s
minimal_backoff_time = 3s
maximal_backoff_time = 3s
smtp_tls_security_level = none
smtpd_tls_security_level = none
alias_maps =
alias_database =
";

/// Postfix's own master.cf without what is not needed. As with Debian, those who ask maps are in a chroot.
const MASTER: &str = "\
pickup    unix  n  -  n  60  1  pickup
cleanup   unix  n  -  y  -   0  cleanup
qmgr      unix  n  -  n  300 1  qmgr
rewrite   unix  -  -  n  -   -  trivial-rewrite
bounce    unix  -  -  n  -   0  bounce
defer     unix  -  -  n  -   0  bounce
trace     unix  -  -  n  -   0  bounce
verify    unix  -  -  n  -   1  verify
flush     unix  n  -  n  1000? 0  flush
proxymap  unix  -  -  n  -   -  proxymap
smtp      unix  -  -  n  -   -  smtp
relay     unix  -  -  n  -   -  smtp
error     unix  -  -  n  -   -  error
retry     unix  -  -  n  -   -  error
discard   unix  -  -  n  -   -  discard
local     unix  -  n  n  -   -  local
virtual   unix  -  n  n  -   -  virtual
anvil     unix  -  -  n  -   1  anvil
postlog   unix-dgram n - n  -   1  postlogd
";

/// A running instance.
pub struct Postfix {
    folder: TempDir,
    address: SocketAddr,
    master: Child,
}

impl Postfix {
    /// Why a test cannot have one on this machine.
    pub fn missing() -> Option<&'static str> {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            Some("Postfix (its master runs as root only)")
        } else if daemons().is_none() || passwd("postfix").is_none() {
            Some("Postfix is not installed")
        } else {
            None
        }
    }

    /// Starts one and waits until it answers. `main` and `master` are added to its main.cf and master.cf; of parameters that are given
    /// twice, the last one counts.
    pub fn start(main: &str, master: &str) -> Postfix {
        let folder = tempfile::tempdir().unwrap();
        // Its daemons and users have to get through.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let (queue, data, conf, spool) = ["queue", "data", "conf", "spool"]
            .map(|name| make(&folder.path().join(name), 0o755))
            .into();
        let (user, group) = passwd("postfix").unwrap();
        chown(&data, Some(user), Some(group)).unwrap();
        fs::set_permissions(&spool, fs::Permissions::from_mode(0o1777)).unwrap();
        for name in [
            "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop",
            "private", "public", "saved", "trace",
        ] {
            let made = make(&queue.join(name), if name == "public" { 0o755 } else { 0o700 });
            chown(&made, Some(user), Some(group)).unwrap();
        }
        make(&queue.join("pid"), 0o755);
        // What Debian copies into the chroot.
        let etc = make(&queue.join("etc"), 0o755);
        for name in ["hosts", "services", "nsswitch.conf"] {
            let _ = fs::copy(Path::new("/etc").join(name), etc.join(name));
        }

        let port = port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let places = format!(
            "queue_directory = {}\ndata_directory = {}\nmail_spool_directory = {}/\nforward_path = {}/$user.forward\n",
            queue.display(),
            data.display(),
            spool.display(),
            conf.display(),
        );
        fs::write(
            conf.join("main.cf"),
            last_of_each(&format!("{MAIN}{places}{main}")),
        )
        .unwrap();
        let smtpd = format!("127.0.0.1:{port} inet n - y - - smtpd\n");
        fs::write(conf.join("master.cf"), format!("{smtpd}{MASTER}{master}")).unwrap();

        // It ends with this thread even if that is killed; and it kills the group that it leads when it ends.
        let master = Command::new("setpriv")
            .args(["--pdeathsig", "TERM"])
            .arg(daemons().unwrap().join("master"))
            .arg("-c")
            .arg(&conf)
            .arg("-d")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut postfix = Postfix {
            folder,
            address,
            master,
        };
        postfix.wait_until("it answers", |postfix| {
            if let Ok(Some(status)) = postfix.master.try_wait() {
                panic!("master ended: {status}");
            }
            TcpStream::connect(address).is_ok()
        });
        postfix
    }

    /// The directory of its queue, in which its daemons are, with a chroot or without.
    pub fn queue(&self) -> PathBuf {
        self.folder.path().join("queue")
    }

    /// Where it takes mail.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands it one message; see [`Client::send`].
    pub fn send(&self, sender: &str, recipient: &str, content: &str) -> Reply {
        Client::connect(self.address).send(sender, recipient, content)
    }

    /// Makes mail to a system user go elsewhere, as a file `.forward` in the user's home does.
    pub fn forward(&self, user: &str, to: &str) {
        let file = self.folder.path().join("conf").join(format!("{user}.forward"));
        fs::write(file, format!("{to}\n")).unwrap();
    }

    /// Waits for the message of this subject in the mailbox of a system user, and returns it whole.
    pub fn mailbox(&mut self, user: &str, subject: &str) -> String {
        let folder = self.folder.path().join("spool").join(user).join("new");
        let line = format!("Subject: {subject}\n");
        let mut found = None;
        self.wait_until(&format!("'{subject}' is in the mailbox of {user}"), |_| {
            let files = fs::read_dir(&folder).into_iter().flatten();
            found = files
                .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
                .find(|message| message.contains(&line));
            found.is_some()
        });
        found.unwrap()
    }

    /// Waits until its log has a line with all these words.
    pub fn wait_for_log(&mut self, words: &[&str]) {
        self.wait_until(&format!("the log has a line with {words:?}"), |postfix| {
            postfix
                .log()
                .lines()
                .any(|line| words.iter().all(|word| line.contains(word)))
        });
    }

    /// How many messages are on hold.
    pub fn held(&self) -> usize {
        fs::read_dir(self.queue().join("hold")).unwrap().count()
    }

    /// Hands it one message as a user of this host does, by sendmail(1), and says whether it was taken.
    pub fn sendmail(&self, sender: &str, recipient: &str, content: &str) -> bool {
        let mut child = Command::new("/usr/sbin/sendmail")
            .arg("-C")
            .arg(self.folder.path().join("conf"))
            .args(["-f", sender, recipient])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), content.as_bytes()).unwrap();
        child.wait().unwrap().success()
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.queue().join("log")).unwrap_or_default()
    }

    fn wait_until(&mut self, what: &str, mut is_so: impl FnMut(&mut Postfix) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "waited in vain until {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of Postfix:\n{}", self.log());
        }
        let pid = self.master.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.master.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.master.kill();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The parameters of a main.cf, of those that are given twice the last. Each daemon would warn of them when it starts, and with ten datagrams that
/// wait for postlogd(8) when that starts, it waits for itself.
fn last_of_each(main: &str) -> String {
    let mut parameters: Vec<(&str, String)> = Vec::new();
    for line in main.lines().filter(|line| !line.trim().is_empty()) {
        let name = line.split('=').next().unwrap().trim_end();
        match parameters.last_mut() {
            // A line that goes on.
            Some((_, text)) if line.starts_with([' ', '\t']) => text.push_str(&format!("\n{line}")),
            _ => {
                parameters.retain(|(before, _)| *before != name);
                parameters.push((name, line.to_owned()));
            }
        }
    }
    parameters.iter().map(|(_, text)| format!("{text}\n")).collect()
}

/// A free port of 127.0.0.1 below those that the system gives out by itself, so that nobody gets it in the meantime; nor any other test,
/// since a file for each port is locked as long as this process lives.
pub fn port() -> u16 {
    let folder = std::env::temp_dir().join("mailrep-test-ports");
    fs::create_dir_all(&folder).unwrap();
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 20_000;
    const PORTS: u16 = 12_000;
    let of_process = u16::try_from(std::process::id() % u32::from(PORTS)).unwrap();
    loop {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        // Processes that start one after the other begin far apart.
        let port = FIRST + of_process.wrapping_mul(37).wrapping_add(next) % PORTS;
        let claim = File::create(folder.join(port.to_string())).unwrap();
        if claim.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            // The system unlocks it when the process ends.
            std::mem::forget(claim);
            return port;
        }
    }
}

/// User and group of an account of the system.
pub fn passwd(account: &str) -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(account))?;
    let mut fields = line.split(':').skip(2).map(str::parse);
    Some((fields.next()?.ok()?, fields.next()?.ok()?))
}

/// The folder of Postfix's daemons.
fn daemons() -> Option<PathBuf> {
    let found = Command::new("postconf")
        .args(["-dh", "daemon_directory"])
        .output();
    let output = found.or_else(|_| {
        Command::new("/usr/sbin/postconf")
            .args(["-dh", "daemon_directory"])
            .output()
    });
    let folder = PathBuf::from(String::from_utf8(output.ok()?.stdout).ok()?.trim());
    folder.join("master").is_file().then_some(folder)
}

fn make(folder: &Path, mode: u32) -> PathBuf {
    fs::create_dir(folder).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
    folder.to_owned()
}
