"""Reads Authentication-Results values with the package authres: a value a line in, what was read a line out.

In: the value in hexadecimal. Out: JSON of the authserv-id and, for each result, method, result, reason and properties; or
`{"error": WHY}`.
"""

import json
import sys

import authres


def read(value):
    header = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
    results = [
        {
            "method": result.method,
            "result": result.result,
            "reason": result.reason,
            "properties": [[found.type, found.name, found.value] for found in result.properties],
        }
        for result in header.results
    ]
    return {"authserv_id": header.authserv_id, "results": results}


for line in sys.stdin:
    try:
        answer = read(bytes.fromhex(line).decode())
    except authres.AuthResError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
