"""Reads mails with DMARC reports by parsedmarc: a mail in base64 a line in, a JSON object a line out.

Out: `type`, `report` (as parsedmarc has it) and `warnings`: all that it logs or warns of, and why it failed if it did.
"""

import base64
import json
import logging
import sys
import warnings

import parsedmarc


class Kept(logging.Handler):
    """Keeps what is logged as a warning, or worse."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.told = []

    def emit(self, record):
        self.told.append(record.getMessage())


def answer(mail):
    kept = Kept()
    logging.getLogger().addHandler(kept)
    logger = logging.getLogger("parsedmarc")
    logger.handlers = [kept]
    logger.propagate = False
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            # It asks nobody: no DNS, no download of its lists.
            found = parsedmarc.parse_report_email(mail, offline=True, always_use_local_files=True)
        except Exception as error:
            found = {"report_type": None, "report": None}
            kept.told.append(repr(error))
    logging.getLogger().removeHandler(kept)
    told = kept.told + [str(one.message) for one in warned]
    return {"type": found["report_type"], "report": found["report"], "warnings": told}


def main():
    for line in sys.stdin:
        print(json.dumps(answer(base64.b64decode(line)), default=str))


if __name__ == "__main__":
    main()
