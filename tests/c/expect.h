/* Counting expectations, for the programs beside this file. */

#ifndef EXPECT_H
#define EXPECT_H

#include <stdio.h>
#include <string.h>

static int expectations, disappointments;

#define EXPECT(condition)                                                            \
    do {                                                                             \
        expectations++;                                                              \
        if (!(condition)) {                                                          \
            disappointments++;                                                       \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
        }                                                                            \
    } while (0)

#define EXPECT_STATUS(wanted, call)                                                                       \
    do {                                                                                                  \
        int got = (call);                                                                                 \
        expectations++;                                                                                   \
        if (got != (wanted)) {                                                                            \
            disappointments++;                                                                            \
            fprintf(stderr, "%s:%d: %s: status %d, not %s\n", __FILE__, __LINE__, #call, got, #wanted);   \
        }                                                                                                 \
    } while (0)

static int expected(void)
{
    printf("%d of %d expectations were met\n", expectations - disappointments, expectations);
    return disappointments || !expectations ? 1 : 0;
}

/* A world for tests: one domain that may send from 192.0.2.1 and asks that forgeries be rejected. */
static const char world[] =
    "example.org. 300 TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "_dmarc.example.org. 300 TXT \"v=DMARC1; p=reject\"\n"
    "mail.example.org. 300 A 192.0.2.1\n"
    "1.2.0.192.in-addr.arpa. 300 PTR mail.example.org.\n";

static const char message[] =
    "Authentication-Results: mx.example.net; spf=pass\r\n"
    "From: ada@example.org\r\n"
    "Subject: a test\r\n"
    "\r\n"
    "Hello\r\n";

static const char authserv_id[] = "mx.example.net";

#endif
