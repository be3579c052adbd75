"""A Debian that has nothing but itself, in a folder, with namespaces of its own."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

ENVIRONMENT = [
    "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LC_ALL=C.UTF-8",
    "DEBIAN_FRONTEND=noninteractive",
]
DEBIAN_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Is process 1 of the namespaces, brings up their network, and takes children that nobody waits for.
HOLD = """\
import fcntl, signal, socket, struct, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any:
    def interface(order, name, rest):
        fcntl.ioctl(any, order, struct.pack("16s16s", name.encode(), rest))
    interface(0x8914, "lo", struct.pack("H", 0x41))
    for number, address in enumerate(sys.argv[1:]):
        interface(0x8916, f"lo:{number}", struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(address)))
        interface(0x891C, f"lo:{number}", struct.pack("HH4s", socket.AF_INET, 0, b"\\xff\\xff\\xff\\xff"))
print("ready", flush=True)
signal.pause()
"""


class Impossible(Exception):
    """Why there is none on this machine."""


def run(command: list, **more) -> subprocess.CompletedProcess:
    more.setdefault("timeout", 300)
    words = [str(word) for word in command]
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", **more)
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(words, -1, "", f"it took longer than {error.timeout} s")


def codename() -> str:
    found = re.search(r"^VERSION_CODENAME=(\w+)$", pathlib.Path("/etc/os-release").read_text(), re.M)
    if not found:
        raise Impossible("this is no Debian")
    return found[1]


def sources() -> list[list[str]]:
    """Where this machine's apt has Debian from: address, release, component."""
    words = [
        "apt-get",
        "indextargets",
        "--format",
        "$(REPO_URI) $(RELEASE) $(COMPONENT)",
        "Created-By: Packages",
        "Origin: Debian",
    ]
    return [line.split() for line in run(words).stdout.splitlines() if line.endswith(" main")]


def without_addresses(text: str) -> str:
    """Mirrors are the machine's own business."""
    return re.sub(r"//[^/\s]+", "//...", text)


class Root:
    """While it is open; the addresses are those of its loopback interface."""

    def __init__(self, folder: pathlib.Path, addresses: list[str]) -> None:
        self.folder = folder
        self.path = folder / "root"
        self.addresses = addresses
        self.holder: subprocess.Popen | None = None
        self.children: list[subprocess.Popen] = []

    def __enter__(self) -> "Root":
        if os.getuid() != 0:
            raise Impossible("only root can make one")
        if missing := [tool for tool in ("debootstrap", "unshare", "nsenter", "nsd", "smtp-sink") if not shutil.which(tool)]:
            raise Impossible(f"no {', '.join(missing)}")
        if run(["unshare", "--mount", "--pid", "--net", "--fork", "true"]).returncode != 0:
            raise Impossible("no namespaces can be made here")
        self.clean()
        self.folder.mkdir(parents=True)
        # Users of the clean root get through, as to those of Debian's folders that are for all.
        self.folder.chmod(0o755)
        try:
            self.bootstrap()
        except BaseException:
            self.clean()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.holder:
            self.holder.kill()
            self.holder.wait()
        for child in self.children:
            child.wait()
        self.clean()

    def clean(self) -> None:
        # Nothing is mounted there outside of the namespaces; a removal that goes wrong all the same stays on this file system.
        run(["rm", "-rf", "--one-file-system", self.folder])

    def bootstrap(self) -> None:
        name = codename()
        found = sources()
        mirrors = [address for address, release, _ in found if release == name]
        if not mirrors:
            raise Impossible(f"apt has no source of Debian {name} here")
        result = run(["debootstrap", "--variant=minbase", name, self.path, mirrors[0]], timeout=900)
        if result.returncode != 0:
            raise Impossible(f"debootstrap: {without_addresses(result.stdout + result.stderr)[-400:]}")
        etc = self.path / "etc"
        lines = [f"deb [signed-by={DEBIAN_KEYS}] {' '.join(words)}\n" for words in found]
        (etc / "apt/sources.list").write_text("".join(lines))
        # How this machine gets to its mirrors, and whom it trusts.
        settings = run(["apt-config", "dump"]).stdout.splitlines()
        ours = [line for line in settings if line.startswith("Acquire::http")]
        ours += ['APT::Get::Assume-Yes "true";', 'APT::Install-Recommends "false";', 'Dpkg::Use-Pty "0";']
        (etc / "apt/apt.conf").write_text("\n".join(ours) + "\n")
        for path in ("resolv.conf", "hosts", "ssl/certs/ca-certificates.crt", "apt/auth.conf"):
            if pathlib.Path("/etc", path).exists():
                (etc / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(f"/etc/{path}", etc / path)
        shutil.copytree("/etc/apt/auth.conf.d", etc / "apt/auth.conf.d", dirs_exist_ok=True)
        # No service starts by itself, and what the guide has systemd do is noted.
        self.program("usr/sbin/policy-rc.d", "exit 101")
        self.program("usr/local/sbin/systemctl", 'echo "$*" >> /run/systemctl')
        result = self.inside("apt-get", "update")
        if result.returncode != 0:
            raise Impossible(f"apt-get update in it: {without_addresses(result.stdout + result.stderr)[-400:]}")

    def program(self, path: str, line: str) -> None:
        (self.path / path).write_text(f"#!/bin/sh\n{line}\n")
        (self.path / path).chmod(0o755)

    def leave_the_network(self) -> None:
        """From now on it has no network but its own."""
        (self.path / "etc/hosts").write_text("127.0.0.1 localhost\n127.0.1.1 mx.example.org mx\n")
        (self.path / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        own = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--net", "--uts", "--fork", "--kill-child"]
        # For the chroot: proc is that of its processes.
        mount = 'mount -t proc proc "$0/proc" && hostname mx && exec "$@"'
        hold = [sys.executable, "-c", HOLD, *self.addresses]
        self.holder = subprocess.Popen(
            [*own, "sh", "-c", mount, self.path, *hold], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        if self.holder.stdout.readline() != b"ready\n":
            raise Impossible("its network cannot be brought up")

    def within(self, *namespaces: str) -> list[str]:
        pid = self.holder.pid
        # setpriv and unshare are one process; its child is the first one of the namespaces.
        first = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
        return ["nsenter", "--target", first, *namespaces]

    def entering(self, cwd: str) -> list[str]:
        chroot = ["chroot", str(self.path), "/usr/bin/env", "-i", "-C", cwd, *ENVIRONMENT]
        if self.holder:
            return [*self.within("--mount", "--pid", "--net", "--uts"), *chroot]
        mount = 'mount -t proc proc "$0/proc" && exec "$@"'
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", mount, str(self.path), *chroot]

    def inside(self, *command: str, cwd: str = "/root") -> subprocess.CompletedProcess:
        """Runs a command in the clean root."""
        return run([*self.entering(cwd), *command])

    def start_inside(self, *command: str, log: str) -> int:
        """Starts a program there that stays, and returns its process id. Its output is a file beside the root."""
        return self.start([*self.entering("/"), *command], self.folder / f"{log}.log")

    def beside(self, *command: str) -> subprocess.CompletedProcess:
        """Runs a command of this machine in the network of the clean root."""
        return run([*self.within("--net", "--pid"), *command])

    def start_beside(self, *command: str) -> int:
        """Starts a program of this machine there that stays."""
        return self.start([*self.within("--net", "--pid"), *command], self.folder / f"{command[0]}.log")

    def start(self, command: list[str], log: pathlib.Path) -> int:
        with log.open("a") as output:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.children.append(child)
        return child.pid

    def signal(self, child: int, number: signal.Signals) -> None:
        """Sends a signal to a program that was started: nsenter's child."""
        for pid in pathlib.Path(f"/proc/{child}/task/{child}/children").read_text().split():
            os.kill(int(pid), number)
