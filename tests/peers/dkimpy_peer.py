"""Signs and verifies by dkimpy, at the time that the first argument gives: a request a line in, an answer a line out.

In: `sign ALGORITHM HEADER BODY DOMAIN SELECTOR KEY MESSAGE` or `verify RECORD MESSAGE`, with key (PEM), record and message in
hexadecimal. Out: `signed FIELD` in hexadecimal, `pass`, `fail WHY`, or `refused WHY`.
"""

import base64
import sys
import time

import dkim


def private_key(algorithm, pem):
    if algorithm == b"rsa-sha256":
        return pem
    # dkimpy takes the 32 octets alone, which end PKCS#8 (RFC 8410 section 7).
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    return base64.b64encode(der[-32:])


def sign(algorithm, header, body, domain, selector, key, message):
    algorithm = algorithm.encode()
    signer = dkim.DKIM(bytes.fromhex(message), signature_algorithm=algorithm)
    field = signer.sign(
        selector.encode(),
        domain.encode(),
        private_key(algorithm, bytes.fromhex(key)),
        canonicalize=(header.encode(), body.encode()),
        # By default it takes some fields only.
        include_headers=[name for name in signer.all_sign_headers() if name.lower() != b"dkim-signature"],
    )
    return f"signed {field.hex()}"


def verify(record, message):
    record = bytes.fromhex(record)
    signed = dkim.DKIM(bytes.fromhex(message))
    genuine = signed.verify(dnsfunc=lambda name, timeout: record)
    return "pass" if genuine else "fail signature"


def answer(line):
    command, *arguments = line.split()
    try:
        return {"sign": sign, "verify": verify}[command](*arguments)
    except dkim.DKIMException as error:
        word = "refused" if command == "sign" else "fail"
        return f"{word} {str(error)!r}"
    except Exception as error:
        return f"refused {error!r}"


now = float(sys.argv[1])
time.time = lambda: now
for line in sys.stdin:
    print(answer(line), flush=True)
