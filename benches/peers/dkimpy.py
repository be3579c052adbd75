"""DKIM verification by dkimpy: dkimpy.py RECORD MESSAGE COUNT

Verifies the message in the file MESSAGE so many times, whose key's text record is in the file RECORD, and prints the
nanoseconds of wall time, of user and of system CPU time that it took, and how often it passed.
"""

import pathlib
import resource
import sys
import time

import dkim


def main() -> None:
    record, message = (pathlib.Path(name).read_bytes() for name in sys.argv[1:3])
    before = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.monotonic_ns()
    passed = 0
    for _ in range(int(sys.argv[3])):
        passed += dkim.verify(message, dnsfunc=lambda name, timeout=5: record)
    wall = time.monotonic_ns() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    print(wall, int(user * 1e9), int(system * 1e9), passed)


main()
