/* DKIM verification by libopendkim: libopendkim RECORD MESSAGE COUNT
 *
 * Verifies the message in the file MESSAGE so many times, whose key's text record is in the file RECORD, and prints the
 * nanoseconds of wall time, of user and of system CPU time that it took, and how often it passed. Header fields are found
 * beforehand; the body comes in chunks of 64 KiB.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

#include <opendkim/dkim.h>

enum { MOST_FIELDS = 64, CHUNK = 65536 };

static char *record;

struct text {
    unsigned char *octets;
    size_t length;
};

static struct text read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        perror(name);
        exit(1);
    }
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    struct text text = {malloc(length + 1), length};
    if (text.octets == NULL || fread(text.octets, 1, length, file) != length)
        exit(1);
    text.octets[length] = 0;
    fclose(file);
    return text;
}

static DKIM_CBSTAT find_key(DKIM *dkim, DKIM_SIGINFO *signature, unsigned char *buffer, size_t length)
{
    (void)dkim;
    (void)signature;
    snprintf((char *)buffer, length, "%s", record);
    return DKIM_CBSTAT_CONTINUE;
}

static int verify(DKIM_LIB *library, const struct text *fields, int count, struct text body)
{
    DKIM_STAT status;
    DKIM *dkim = dkim_verify(library, (const unsigned char *)"bench", NULL, &status);
    if (dkim == NULL)
        return 0;
    for (int at = 0; at < count; at++)
        dkim_header(dkim, fields[at].octets, fields[at].length);
    status = dkim_eoh(dkim);
    for (size_t at = 0; at < body.length && status == DKIM_STAT_OK; at += CHUNK) {
        size_t length = body.length - at < CHUNK ? body.length - at : CHUNK;
        status = dkim_body(dkim, body.octets + at, length);
    }
    if (status == DKIM_STAT_OK)
        status = dkim_eom(dkim, NULL);
    dkim_free(dkim);
    return status == DKIM_STAT_OK;
}

static long long nanoseconds(long seconds, long fraction, long factor)
{
    return seconds * 1000000000LL + (long long)fraction * factor;
}

int main(int count, char **arguments)
{
    if (count != 4) {
        fprintf(stderr, "usage: libopendkim RECORD MESSAGE COUNT\n");
        return 2;
    }
    record = (char *)read_file(arguments[1]).octets;
    struct text message = read_file(arguments[2]);
    long rounds = atol(arguments[3]), passed = 0;

    struct text fields[MOST_FIELDS], body;
    int found = 0;
    unsigned char *at = message.octets;
    while (memcmp(at, "\r\n", 2) != 0 && found < MOST_FIELDS) {
        unsigned char *end = at;
        do
            end = (unsigned char *)strstr((char *)end, "\r\n") + 2;
        while (*end == ' ' || *end == '\t');
        fields[found].octets = at;
        fields[found++].length = (size_t)(end - 2 - at);
        at = end;
    }
    body.octets = at + 2;
    body.length = (size_t)(message.octets + message.length - body.octets);

    DKIM_LIB *library = dkim_init(NULL, NULL);
    if (library == NULL)
        return 1;
    dkim_set_key_lookup(library, find_key);
    /* Once beforehand, for what is set up at the first use. */
    verify(library, fields, found, body);

    struct timespec begun, ended;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (long round = 0; round < rounds; round++)
        passed += verify(library, fields, found, body);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    getrusage(RUSAGE_SELF, &after);
    dkim_close(library);

    printf("%lld %lld %lld %ld\n",
           nanoseconds(ended.tv_sec - begun.tv_sec, ended.tv_nsec - begun.tv_nsec, 1),
           nanoseconds(after.ru_utime.tv_sec - before.ru_utime.tv_sec, after.ru_utime.tv_usec - before.ru_utime.tv_usec, 1000),
           nanoseconds(after.ru_stime.tv_sec - before.ru_stime.tv_sec, after.ru_stime.tv_usec - before.ru_stime.tv_usec, 1000),
           passed);
    return 0;
}
