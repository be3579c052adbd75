"""Answers SPF checks by pyspf: a JSON object a line in, one a line out.

In: `zone` (name -> type -> values; a value of null is a failure of the DNS), `client`, `helo`, `sender`, `receiver`, `now`.
Out: `result`, `explanation` and `problem`, as pyspf says them.
"""

import json
import sys

import spf


class Zone:
    """Answers from a table instead of the network."""

    def __init__(self, table):
        self.table = table

    def look_up(self, name, qtype, strict=True, timeout=20):
        answers = []
        for value in self.table.get(name.lower(), {}).get(qtype, []):
            if value is None:
                raise spf.TempError("DNS failure")
            if qtype == "TXT":
                value = (value.encode("latin-1"),)
            elif qtype == "MX":
                value = tuple(value)
            answers.append(((name, qtype), value))
        return answers


def answer(case):
    spf.DNSLookup = Zone(case["zone"]).look_up
    query = spf.query(case["client"], case["sender"], case["helo"], receiver=case["receiver"])
    query.t = str(case["now"])
    try:
        result, _, explanation = query.check()
    except Exception as error:
        return {"result": "crash", "explanation": "", "problem": repr(error)}
    return {"result": result, "explanation": explanation, "problem": getattr(query, "prob", "")}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
