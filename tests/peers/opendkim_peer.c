/*
 * Signs and verifies by libopendkim, at the time that the first argument gives: a request a line in, an answer a line out.
 *
 * In: `sign ALGORITHM HEADER BODY DOMAIN SELECTOR KEY MESSAGE` or `verify RECORD MESSAGE`, with key (PEM), record and message in
 * hexadecimal. Out: `signed FIELD` in hexadecimal, `pass`, `fail WHY`, or `refused WHY`. The first line out says whether the library
 * knows Ed25519: `ed25519` or `rsa`.
 */
#define _GNU_SOURCE
#include <sys/types.h>

#include <dkim.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ID ((const unsigned char *)"peer")

static const char *record;
static time_t now;

/* The library takes this for the system's clock. */
time_t time(time_t *where)
{
    if (where != NULL) *where = now;
    return now;
}

static DKIM_CBSTAT look_up(DKIM *dkim, DKIM_SIGINFO *signature, u_char *buffer, size_t size)
{
    (void)dkim;
    (void)signature;
    if (strlen(record) >= size) return DKIM_CBSTAT_ERROR;
    strcpy((char *)buffer, record);
    return DKIM_CBSTAT_CONTINUE;
}

/* Decodes in place, and adds a NUL that does not count. */
static size_t decode(char *text)
{
    size_t length = strlen(text) / 2;
    for (size_t at = 0; at < length; at++) {
        char digits[3] = {text[2 * at], text[2 * at + 1], 0};
        text[at] = (char)strtoul(digits, NULL, 16);
    }
    text[length] = 0;
    return length;
}

/* Gives the message to the library as mail filters do: field by field, then the body. */
static DKIM_STAT feed(DKIM *dkim, char *message, size_t length)
{
    char *rest = message;
    char *end = message + length;
    while (rest < end && strncmp(rest, "\r\n", 2) != 0) {
        char *next = rest;
        do {
            char *line_end = memmem(next, (size_t)(end - next), "\r\n", 2);
            next = line_end == NULL ? end : line_end + 2;
        } while (next < end && (*next == ' ' || *next == '\t'));
        size_t field = (size_t)(next - rest);
        if (field >= 2 && memcmp(next - 2, "\r\n", 2) == 0) field -= 2;
        DKIM_STAT status = dkim_header(dkim, (u_char *)rest, field);
        if (status != DKIM_STAT_OK) return status;
        rest = next;
    }
    DKIM_STAT status = dkim_eoh(dkim);
    if (status != DKIM_STAT_OK) return status;
    if (end - rest > 2) {
        status = dkim_body(dkim, (u_char *)rest + 2, (size_t)(end - rest) - 2);
        if (status != DKIM_STAT_OK) return status;
    }
    return dkim_eom(dkim, NULL);
}

static const char *why(DKIM *dkim, DKIM_STAT status)
{
    const char *error = dkim == NULL ? NULL : dkim_geterror(dkim);
    return error != NULL && *error != 0 ? error : dkim_getresultstr(status);
}

static dkim_canon_t canonicalization(const char *word)
{
    return strcmp(word, "relaxed") == 0 ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
}

static void sign(DKIM_LIB *library, char **words)
{
    dkim_alg_t algorithm = strcmp(words[1], "rsa-sha256") == 0 ? DKIM_SIGN_RSASHA256 : DKIM_SIGN_ED25519SHA256;
    decode(words[6]);
    size_t length = decode(words[7]);
    DKIM_STAT status;
    DKIM *dkim = dkim_sign(library, ID, NULL, (dkim_sigkey_t)words[6], (u_char *)words[5], (u_char *)words[4],
                           canonicalization(words[2]), canonicalization(words[3]), algorithm, -1, &status);
    /* For Ed25519 it folds before b= what it signed without that fold, which breaks its own signature if the header is simple. */
    if (dkim != NULL && algorithm == DKIM_SIGN_ED25519SHA256) dkim_set_margin(dkim, 0);
    if (dkim != NULL) status = feed(dkim, words[7], length);
    u_char *value = NULL;
    size_t octets = 0;
    if (status == DKIM_STAT_OK) status = dkim_getsighdr_d(dkim, strlen(DKIM_SIGNHEADER ": "), &value, &octets);
    if (status == DKIM_STAT_OK) {
        const char *name = DKIM_SIGNHEADER ": ";
        printf("signed ");
        for (const char *at = name; *at != 0; at++) printf("%02x", (unsigned char)*at);
        for (size_t at = 0; at < octets; at++) printf("%02x", value[at]);
        printf("0d0a\n");
    } else {
        printf("refused %s\n", why(dkim, status));
    }
    if (dkim != NULL) dkim_free(dkim);
}

static void verify(DKIM_LIB *library, char **words)
{
    decode(words[1]);
    size_t length = decode(words[2]);
    record = words[1];
    DKIM_STAT status;
    DKIM *dkim = dkim_verify(library, ID, NULL, &status);
    if (dkim != NULL) status = feed(dkim, words[2], length);
    if (status == DKIM_STAT_OK) {
        printf("pass\n");
    } else {
        DKIM_SIGINFO *signature = dkim == NULL ? NULL : dkim_getsignature(dkim);
        const char *error = signature == NULL ? "" : dkim_sig_geterrorstr(dkim_sig_geterror(signature));
        bool body = signature != NULL && dkim_sig_getbh(signature) == DKIM_SIGBH_MISMATCH;
        printf("fail %s; %s%s\n", why(dkim, status), error, body ? "; body hash" : "");
    }
    if (dkim != NULL) dkim_free(dkim);
}

int main(int count, char **arguments)
{
    DKIM_LIB *library = dkim_init(NULL, NULL);
    if (count != 2 || library == NULL) return 1;
    now = (time_t)strtoll(arguments[1], NULL, 10);
    dkim_set_key_lookup(library, look_up);
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts(dkim_libfeature(library, DKIM_FEATURE_ED25519) ? "ed25519" : "rsa");
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        char *words[8] = {NULL};
        char *rest = line;
        for (int at = 0; at < 8 && rest != NULL; at++) words[at] = strsep(&rest, " \n");
        if (strcmp(words[0], "sign") == 0 && words[7] != NULL) {
            sign(library, words);
        } else if (strcmp(words[0], "verify") == 0 && words[2] != NULL) {
            verify(library, words);
        } else {
            return 1;
        }
    }
    free(line);
    dkim_close(library);
    return 0;
}
