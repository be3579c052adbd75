#!/usr/bin/env python3
"""A mail filter in 60 lines: writes Authentication-Results, and rejects what author domains ask to reject (DMARC)."""

import argparse

import Milter

import mailrep


class Filter(Milter.Base):
    def connect(self, hostname, family, address):
        self.ip, self.name = address[0] if isinstance(address, tuple) else None, None
        return Milter.CONTINUE

    def hello(self, name):
        self.name = name
        return Milter.CONTINUE

    def envfrom(self, address, *parameters):
        self.fields, self.transaction = [], self.checker.transaction()
        if self.ip:
            self.transaction.connect(self.ip)
        if self.name:
            self.transaction.helo(self.name)
        if login := self.getsymval("{auth_authen}"):
            self.transaction.authenticated(login)
        self.transaction.mail_from(address)
        return Milter.CONTINUE

    @Milter.decode("bytes")
    def header(self, name, value):
        self.fields.append(name)
        blank = b"" if self._protocol & Milter.P_HDR_LEADSPC else b" "
        self.transaction.header(name, blank + value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        return Milter.CONTINUE

    def eoh(self):
        self.transaction.end_of_headers()
        return Milter.CONTINUE

    def body(self, chunk):
        self.transaction.body(chunk)
        return Milter.CONTINUE

    def eom(self):
        verdict = self.transaction.finish()
        for place in verdict.headers_to_remove:  # the last first: numbers stay right
            alike = [name for name in self.fields[: place + 1] if name.lower() == self.fields[place].lower()]
            self.chgheader(self.fields[place], len(alike), "")
        blank = " " if self._protocol & Milter.P_HDR_LEADSPC else ""
        self.addheader("Authentication-Results", blank + verdict.authentication_results.replace("\r\n", "\n"), 0)
        if verdict.dmarc.disposition is mailrep.Policy.REJECT:
            self.setreply("550", "5.7.1", f"{verdict.dmarc.from_domain} asks to reject this (DMARC)")
            return Milter.REJECT
        return Milter.ACCEPT


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket", help="where Postfix finds it: unix:PATH or inet:PORT@HOST")
    parser.add_argument("--zone", help="a master file, in place of the system's nameservers")
    parser.add_argument("--authserv-id", help="the name that results are written under; by default the host's")
    options = parser.parse_args()
    Filter.checker = mailrep.Checker(zone=options.zone, authserv_id=options.authserv_id)
    # Header values with the blank after the colon, as they were signed.
    Milter.factory = Milter.enable_protocols(Filter, Milter.P_HDR_LEADSPC)
    Milter.set_flags(Milter.ADDHDRS | Milter.CHGHDRS)
    Milter.runmilter("mailrep", options.socket, 60)
