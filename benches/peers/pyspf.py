"""SPF checks by pyspf: pyspf.py PORT FIRST COUNT

Asks the nameserver on 127.0.0.1:PORT about the senders FIRST, FIRST + 1, ... of the bench's zone and prints the
nanoseconds of wall time, of user and of system CPU time that all checks together took, and how many passed.
"""

import resource
import sys
import time
import warnings

import dns.resolver

warnings.filterwarnings("ignore")
import spf  # noqa: E402 (it warns while it is imported)


def main() -> None:
    port, first, count = map(int, sys.argv[1:])
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = port
    dns.resolver.default_resolver = resolver
    before = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.monotonic_ns()
    passed = 0
    for number in range(first, first + count):
        result, _ = spf.check2("192.0.2.1", f"alice@s{number}.bench.test", "mail.example.org")
        passed += result == "pass"
    wall = time.monotonic_ns() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    print(wall, int(user * 1e9), int(system * 1e9), passed)


main()
