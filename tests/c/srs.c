/* SRS: what a program can do, right and wrong; and, with options, addresses from lines, for the tables of cases. */

#include "expect.h"
#include "mailrep.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
#define LAYOUT(condition) static_assert(condition, #condition)
#else
#define LAYOUT(condition) _Static_assert(condition, #condition)
#endif
LAYOUT(offsetof(mailrep_srs_options, further) == 5 * sizeof(void *));
LAYOUT(offsetof(mailrep_srs_options, max_age) == 13 * sizeof(void *));
LAYOUT(sizeof(mailrep_srs_options) == 13 * sizeof(void *) + 24);
LAYOUT(sizeof(mailrep_srs_alias) == 3 * sizeof(void *));
LAYOUT(sizeof(mailrep_octets) == 2 * sizeof(void *));

enum { MOST = 8, LINE = 1 << 20 };

static const char secret[] = "a-secret-of-tests\n";
static const char ours[] = "SRS0=7YZb=56=example.com=alice@srs.example.org";
static const int64_t now = 1763812800;

static mailrep_srs_options defaults(void)
{
    mailrep_srs_options options;
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_options_init(&options, sizeof options));
    options.domain = "srs.example.org";
    options.secrets = secret;
    options.secrets_length = sizeof secret - 1;
    return options;
}

static void refused(const mailrep_srs_options *options, int status, const char *word)
{
    mailrep_srs *srs = (mailrep_srs *)&srs;
    mailrep_error *error = NULL;
    EXPECT_STATUS(status, mailrep_srs_new(options, &srs, &error));
    EXPECT(srs == NULL);
    EXPECT_STATUS(status, mailrep_error_status(error));
    EXPECT(strstr(mailrep_error_text(error), word) != NULL);
    if (!strstr(mailrep_error_text(error), word))
        fprintf(stderr, "it says: %s\n", mailrep_error_text(error));
    mailrep_error_free(error);
}

static void bad_options(void)
{
    mailrep_srs_options options;
    mailrep_srs *srs;
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_options_init(NULL, sizeof options));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_srs_options_init(&options, sizeof options - 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_new(NULL, &srs, NULL));
    options = defaults();
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_new(&options, NULL, NULL));
    options.size = 1;
    refused(&options, MAILREP_INVALID, "mailrep_srs_options_init");
    options = defaults();
    options.domain = NULL;
    refused(&options, MAILREP_NULL, "domain");
    options.domain = "srs.example.org.";
    refused(&options, MAILREP_INVALID, "take out the dot");
    options = defaults();
    options.secrets = NULL;
    refused(&options, MAILREP_NULL, "secrets");
    options.secrets_length = 0;
    refused(&options, MAILREP_INVALID, "there is no secret");
    options.secret_file = "/nonexistent/secret";
    refused(&options, MAILREP_IO, "/nonexistent/secret");
    options.secrets = secret;
    refused(&options, MAILREP_INVALID, "both");
    options = defaults();
    options.secrets = "short";
    options.secrets_length = 5;
    refused(&options, MAILREP_INVALID, "fewer than 16");
    options = defaults();
    options.hash_length = 28;
    refused(&options, MAILREP_INVALID, "4 to 27 letters");
    options = defaults();
    options.max_age = 100000;
    refused(&options, MAILREP_INVALID, "1 to 1022 days");
    options = defaults();
    options.separator = 'x';
    refused(&options, MAILREP_INVALID, "separator");
    options = defaults();
    options.mac = 2;
    refused(&options, MAILREP_INVALID, "mac is 2");
    options = defaults();
    options.accept = -1;
    refused(&options, MAILREP_INVALID, "accept is -1");
    options.accept = MAILREP_SRS_ACCEPT_STRONG;
    refused(&options, MAILREP_INVALID, "make them strong too");
    options = defaults();
    options.local_count = 1;
    refused(&options, MAILREP_NULL, "local");
    options.local_count = SIZE_MAX;
    refused(&options, MAILREP_INVALID, "local_count");
    options = defaults();
    options.further_count = 1;
    refused(&options, MAILREP_NULL, "further");
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_create_secret(NULL, NULL));
    EXPECT_STATUS(MAILREP_IO, mailrep_srs_create_secret("/nonexistent/secret", NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_srs_create_secret("/", NULL));
}

static int is(mailrep_octets octets, const char *text)
{
    return octets.data && octets.length == strlen(text) && !memcmp(octets.data, text, octets.length + 1);
}

static void addresses(void)
{
    mailrep_srs_options options = defaults();
    mailrep_srs *srs = NULL;
    mailrep_srs_outcome *outcome = NULL;
    mailrep_octets many[4] = {{"alice@example.com", 17}, {"", 0}, {NULL, 0}, {"a\0b@example.com", 15}};
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_new(&options, &srs, NULL));

    EXPECT_STATUS(MAILREP_OK, mailrep_srs_forward(srs, "alice@example.com", 17, now, &outcome));
    EXPECT(mailrep_srs_outcome_count(outcome) == 1);
    EXPECT(mailrep_srs_outcome_kind(outcome, 0) == MAILREP_SRS_REWRITTEN);
    EXPECT(is(mailrep_srs_outcome_address(outcome, 0), ours));
    EXPECT(!strcmp(mailrep_srs_outcome_cause(outcome, 0).data, "srs0"));
    EXPECT(strstr(mailrep_srs_outcome_reason(outcome, 0).data, "alias domain") != NULL);
    EXPECT(mailrep_srs_outcome_kind(outcome, 1) == MAILREP_ABSENT);
    EXPECT(mailrep_srs_outcome_address(outcome, 1).data == NULL);
    EXPECT(mailrep_srs_outcome_reason(outcome, SIZE_MAX).data == NULL);
    mailrep_srs_outcome_free(outcome);

    EXPECT_STATUS(MAILREP_OK, mailrep_srs_reverse(srs, ours, sizeof ours - 1, now, &outcome));
    EXPECT(is(mailrep_srs_outcome_address(outcome, 0), "alice@example.com"));
    mailrep_srs_outcome_free(outcome);

    EXPECT_STATUS(MAILREP_OK, mailrep_srs_forward_all(srs, many, 4, now, &outcome));
    mailrep_srs_free(srs);
    EXPECT(mailrep_srs_outcome_count(outcome) == 4);
    EXPECT(is(mailrep_srs_outcome_address(outcome, 0), ours));
    EXPECT(mailrep_srs_outcome_kind(outcome, 1) == MAILREP_SRS_UNCHANGED);
    EXPECT(is(mailrep_srs_outcome_address(outcome, 1), ""));
    EXPECT(mailrep_srs_outcome_kind(outcome, 2) == MAILREP_SRS_UNCHANGED);
    EXPECT(mailrep_srs_outcome_kind(outcome, 3) == MAILREP_SRS_REFUSED);
    EXPECT(mailrep_srs_outcome_address(outcome, 3).data == NULL);
    EXPECT(!strcmp(mailrep_srs_outcome_cause(outcome, 3).data, "bad_octet"));
    mailrep_srs_outcome_free(outcome);
}

static void misuse(void)
{
    mailrep_srs_options options = defaults();
    mailrep_srs *srs = NULL;
    mailrep_srs_outcome *outcome = (mailrep_srs_outcome *)&options;
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_new(&options, &srs, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_forward(NULL, "a", 1, now, &outcome));
    EXPECT(outcome == NULL);
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_forward(srs, NULL, 1, now, &outcome));
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_reverse(srs, "a", 1, now, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_reverse_all(srs, NULL, 1, now, &outcome));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_srs_reverse_all(srs, (mailrep_octets *)&options, SIZE_MAX, now, &outcome));
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_reverse_all(srs, NULL, 0, now, &outcome));
    EXPECT(mailrep_srs_outcome_count(outcome) == 0);
    mailrep_srs_outcome_free(outcome);
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_forward(srs, "a@b", 3, INT64_MIN, &outcome));
    EXPECT(mailrep_srs_outcome_kind(outcome, 0) == MAILREP_SRS_REWRITTEN);
    mailrep_srs_outcome_free(outcome);
    mailrep_srs_free(srs);
    mailrep_srs_free(NULL);
    mailrep_srs_outcome_free(NULL);
    EXPECT(mailrep_srs_outcome_count(NULL) == 0);
    EXPECT(mailrep_srs_outcome_kind(NULL, 0) == MAILREP_ABSENT);
    EXPECT(mailrep_srs_outcome_address(NULL, 0).data == NULL);
    EXPECT(mailrep_srs_outcome_cause(NULL, 0).data == NULL);
}

/* Addresses as lines of hexadecimal on the standard input; for each a line with kind, cause and the address in hexadecimal. */
static int lines(int count, char **options)
{
    static char line[LINE];
    static unsigned char address[LINE / 2];
    const char *local[MOST], *excluded[MOST];
    mailrep_srs_alias further[MOST];
    mailrep_srs_options chosen;
    mailrep_srs *srs;
    mailrep_error *error;
    int64_t at = 0;
    int reverse = 0;
    mailrep_srs_options_init(&chosen, sizeof chosen);
    chosen.local = local;
    chosen.excluded = excluded;
    chosen.further = further;
    for (int place = 0; place + 1 < count; place += 2) {
        const char *name = options[place], *value = options[place + 1];
        int number = atoi(value);
        if (!strcmp(name, "op")) reverse = !strcmp(value, "reverse");
        else if (!strcmp(name, "now")) at = strtoll(value, NULL, 10);
        else if (!strcmp(name, "domain")) chosen.domain = value;
        else if (!strcmp(name, "secrets")) chosen.secrets = value, chosen.secrets_length = strlen(value);
        else if (!strcmp(name, "separator")) chosen.separator = *value;
        else if (!strcmp(name, "hash_length")) chosen.hash_length = (size_t)number;
        else if (!strcmp(name, "hash_minimum")) chosen.hash_minimum = (size_t)number;
        else if (!strcmp(name, "max_age")) chosen.max_age = (uint32_t)number;
        else if (!strcmp(name, "always")) chosen.always = !strcmp(value, "True");
        else if (!strcmp(name, "long")) chosen.long_local_parts = !strcmp(value, "refuse");
        else if (!strcmp(name, "mac")) chosen.mac = !strcmp(value, "strong");
        else if (!strcmp(name, "accept")) chosen.accept = !strcmp(value, "strong");
        else if (!strcmp(name, "local") && chosen.local_count < MOST) local[chosen.local_count++] = value;
        else if (!strcmp(name, "excluded") && chosen.excluded_count < MOST) excluded[chosen.excluded_count++] = value;
        else if (!strcmp(name, "further") && chosen.further_count < MOST) further[chosen.further_count].domain = value;
        else if (!strcmp(name, "its-secrets") && chosen.further_count < MOST) {
            further[chosen.further_count].secrets = value;
            further[chosen.further_count++].secrets_length = strlen(value);
        } else return 2;
    }
    if (mailrep_srs_new(&chosen, &srs, &error) != MAILREP_OK) {
        fprintf(stderr, "%s\n", mailrep_error_text(error));
        mailrep_error_free(error);
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        size_t length = strcspn(line, "\n") / 2;
        mailrep_srs_outcome *outcome = NULL;
        for (size_t place = 0; place < length; place++) {
            char pair[3] = {line[2 * place], line[2 * place + 1], 0};
            address[place] = (unsigned char)strtoul(pair, NULL, 16);
        }
        int status = reverse ? mailrep_srs_reverse(srs, address, length, at, &outcome)
                             : mailrep_srs_forward(srs, address, length, at, &outcome);
        if (status != MAILREP_OK) return 1;
        mailrep_octets new_address = mailrep_srs_outcome_address(outcome, 0);
        printf("%d %s ", mailrep_srs_outcome_kind(outcome, 0), mailrep_srs_outcome_cause(outcome, 0).data);
        for (size_t place = 0; place < new_address.length; place++)
            printf("%02x", ((const unsigned char *)new_address.data)[place]);
        puts("");
        mailrep_srs_outcome_free(outcome);
    }
    mailrep_srs_free(srs);
    return 0;
}

int main(int count, char **arguments)
{
    if (count > 1) return lines(count - 1, arguments + 1);
    bad_options();
    addresses();
    misuse();
    return expected();
}
