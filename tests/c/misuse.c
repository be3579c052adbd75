/* Everything that a program can do wrong and the library can notice: a status and words, never a crash. */

#include "expect.h"
#include "mailrep.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The layouts that src/ffi asserts as well. */
#ifdef __cplusplus
#define LAYOUT(condition) static_assert(condition, #condition)
#else
#define LAYOUT(condition) _Static_assert(condition, #condition)
#endif
LAYOUT(offsetof(mailrep_options, size) == 0);
LAYOUT(offsetof(mailrep_options, nameservers) == sizeof(void *));
LAYOUT(offsetof(mailrep_options, authserv_id) == 6 * sizeof(void *));
LAYOUT(offsetof(mailrep_options, cache_octets) == 13 * sizeof(void *));
LAYOUT(offsetof(mailrep_options, dns_time_ms) == 14 * sizeof(void *));
LAYOUT(offsetof(mailrep_options, spf_trusted) == 14 * sizeof(void *) + 32);
LAYOUT(offsetof(mailrep_options, spf_explanation) == 18 * sizeof(void *) + 32);
LAYOUT(offsetof(mailrep_options, dmarc_trusted) == 19 * sizeof(void *) + 32);
LAYOUT(offsetof(mailrep_options, dmarc_psl) == 25 * sizeof(void *) + 32);
LAYOUT(offsetof(mailrep_options, resolve) == 25 * sizeof(void *) + 40);
LAYOUT(offsetof(mailrep_options, questions) == 28 * sizeof(void *) + 40);
LAYOUT(sizeof(mailrep_options) == 28 * sizeof(void *) + 64);
LAYOUT(offsetof(mailrep_question, name) == 16);
LAYOUT(sizeof(mailrep_question) == 272);
LAYOUT(offsetof(mailrep_record, preference) == 2 * sizeof(void *));
LAYOUT(sizeof(mailrep_record) == 2 * sizeof(void *) + 8);
LAYOUT(offsetof(mailrep_dmarc_exception, disposition) == sizeof(void *));
LAYOUT(sizeof(mailrep_dmarc_exception) == 2 * sizeof(void *));
LAYOUT(offsetof(mailrep_spf_record, record) == sizeof(void *));
LAYOUT(sizeof(mailrep_spf_record) == 2 * sizeof(void *));
LAYOUT(offsetof(mailrep_text, data) == 0);
LAYOUT(offsetof(mailrep_text, length) == sizeof(void *));
LAYOUT(sizeof(mailrep_text) == 2 * sizeof(void *));

static mailrep_context *new_context(void)
{
    mailrep_options options;
    mailrep_context *context = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    options.zone_text = world;
    options.zone_text_length = sizeof world - 1;
    options.authserv_id = authserv_id;
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(&options, &context, NULL));
    return context;
}

static mailrep_transaction *new_transaction(const mailrep_context *context)
{
    mailrep_transaction *transaction = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_new_at(context, 1772355660, &transaction));
    return transaction;
}

/* Tries options that cannot be used: the status, and a word that the message must have. */
static void refused(const mailrep_options *options, int status, const char *word)
{
    mailrep_context *context = (mailrep_context *)&context;
    mailrep_error *error = NULL;
    EXPECT_STATUS(status, mailrep_context_new(options, &context, &error));
    EXPECT(context == NULL);
    EXPECT(error != NULL);
    EXPECT_STATUS(status, mailrep_error_status(error));
    EXPECT(strstr(mailrep_error_text(error), word) != NULL);
    if (!strstr(mailrep_error_text(error), word))
        fprintf(stderr, "it says: %s\n", mailrep_error_text(error));
    mailrep_error_free(error);
}

static void texts_of_codes(void)
{
    EXPECT(strcmp(mailrep_version(), "0.1.0") == 0);
    EXPECT(strcmp(mailrep_status_text(MAILREP_OK), "success") == 0);
    for (int status = MAILREP_OK; status <= MAILREP_TRUNCATED; status++)
        EXPECT(strcmp(mailrep_status_text(status), "unknown status") != 0);
    EXPECT(strcmp(mailrep_status_text(MAILREP_TRUNCATED + 1), "unknown status") == 0);
    EXPECT(strcmp(mailrep_status_text(-1), "unknown status") == 0);
    EXPECT(strcmp(mailrep_spf_result_text(MAILREP_SPF_SOFTFAIL), "softfail") == 0);
    EXPECT(strcmp(mailrep_dkim_result_text(MAILREP_DKIM_POLICY), "policy") == 0);
    EXPECT(strcmp(mailrep_dmarc_result_text(MAILREP_DMARC_PERMERROR), "permerror") == 0);
    EXPECT(strcmp(mailrep_policy_text(MAILREP_POLICY_QUARANTINE), "quarantine") == 0);
    EXPECT(strcmp(mailrep_iprev_result_text(MAILREP_IPREV_FAIL), "fail") == 0);
    EXPECT(strcmp(mailrep_spf_result_text(MAILREP_ABSENT), "") == 0);
    EXPECT(strcmp(mailrep_iprev_result_text(4711), "") == 0);
}

static void wrong_options(void)
{
    mailrep_options options;
    mailrep_context *context = NULL;
    const char *nameservers[2] = {"ns.example.org", NULL};

    EXPECT_STATUS(MAILREP_NULL, mailrep_options_init(NULL, sizeof options));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_options_init(&options, 0));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_options_init(&options, sizeof options - 1));

    mailrep_options_init(&options, sizeof options);
    EXPECT(options.size == sizeof options);
    EXPECT(options.dns_time_ms == 20000);
    EXPECT_STATUS(MAILREP_NULL, mailrep_context_new(&options, NULL, NULL));
    options.size = 0;
    refused(&options, MAILREP_INVALID, "mailrep_options_init");
    options.size = SIZE_MAX;
    refused(&options, MAILREP_INVALID, "mailrep_options_init");

    mailrep_options_init(&options, sizeof options);
    options.reserved = 1;
    refused(&options, MAILREP_INVALID, "does not know");

    mailrep_options_init(&options, sizeof options);
    options.nameservers = nameservers;
    options.nameserver_count = 1;
    refused(&options, MAILREP_INVALID, "ns.example.org");
    nameservers[0] = "192.0.2.53:0";
    options.nameserver_count = 2;
    refused(&options, MAILREP_NULL, "nameserver");
    nameservers[0] = "\xff\xfe";
    refused(&options, MAILREP_INVALID, "UTF-8");
    options.nameserver_count = SIZE_MAX;
    refused(&options, MAILREP_INVALID, "at most");
    options.nameservers = NULL;
    options.nameserver_count = 1;
    refused(&options, MAILREP_NULL, "nameservers");

    mailrep_options_init(&options, sizeof options);
    options.zone_file = "/nonexistent/zone";
    refused(&options, MAILREP_IO, "/nonexistent/zone");
    options.zone_file = NULL;
    options.zone_text_length = 5;
    options.zone_text = "@ A x";
    refused(&options, MAILREP_ZONE, ":1:");
    options.zone_text_length = SIZE_MAX;
    refused(&options, MAILREP_INVALID, "zone_text");
    options.zone_text = world;
    options.zone_text_length = sizeof world - 1;
    options.nameservers = nameservers;
    options.nameserver_count = 1;
    refused(&options, MAILREP_INVALID, "nameservers");
    options.nameserver_count = 0;
    options.authserv_id = "two words";
    refused(&options, MAILREP_INVALID, "authserv_id");
    options.authserv_id = "";
    refused(&options, MAILREP_INVALID, "authserv_id");

    /* Without a place for the error there is still the status. */
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_new(&options, &context, NULL));
    EXPECT(context == NULL);
}

/* A program that was compiled with a newer, larger structure. */
static void newer_options(void)
{
    struct newer {
        mailrep_options known;
        char more[16];
    } newer;
    mailrep_context *context = NULL;
    mailrep_error *error = NULL;
    memset(&newer, 0x5a, sizeof newer);
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&newer.known, sizeof newer));
    EXPECT(newer.more[0] == 0 && newer.more[15] == 0);
    newer.known.zone_text = "";
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(&newer.known, &context, &error));
    EXPECT(error == NULL);
    mailrep_context_free(context);
    newer.more[15] = 1;
    refused(&newer.known, MAILREP_INVALID, "does not know");
}

static void null_everywhere(const mailrep_context *context)
{
    mailrep_transaction *transaction = (mailrep_transaction *)&transaction;
    mailrep_verdict *verdict = (mailrep_verdict *)&verdict;

    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_new(NULL, &transaction));
    EXPECT(transaction == NULL);
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_new(context, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_new_at(NULL, 0, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_connect(NULL, "192.0.2.1", 9));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_connect_octets(NULL, "abcd", 4));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_helo(NULL, "a", 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_mail_from(NULL, "a", 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_rcpt(NULL, "a", 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_header(NULL, "a", 1, "b", 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_end_of_headers(NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_body(NULL, "a", 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_data(NULL, "a", 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_file_data(NULL, "a", 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_finish(NULL, &verdict));
    EXPECT(strcmp(mailrep_transaction_error(NULL), "") == 0);
    EXPECT(strcmp(mailrep_error_text(NULL), "") == 0);
    EXPECT_STATUS(MAILREP_OK, mailrep_error_status(NULL));

    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_spf_result(NULL));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_dkim_result(NULL, 0));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_dmarc_result(NULL));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_header_to_remove(NULL, 0));
    EXPECT(mailrep_verdict_dkim_count(NULL) == 0);
    EXPECT(mailrep_verdict_headers_to_remove_count(NULL) == 0);
    EXPECT(mailrep_verdict_json(NULL).data == NULL);
    EXPECT(mailrep_verdict_spf_reason(NULL).length == 0);

    mailrep_context_free(NULL);
    mailrep_transaction_free(NULL);
    mailrep_verdict_free(NULL);
    mailrep_error_free(NULL);
}

static void wrong_arguments(const mailrep_context *context)
{
    mailrep_transaction *transaction = new_transaction(context);
    EXPECT(strcmp(mailrep_transaction_error(transaction), "") == 0);
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_connect(transaction, NULL, 9));
    EXPECT(strstr(mailrep_transaction_error(transaction), "address is NULL") != NULL);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_connect(transaction, NULL, 0));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_connect(transaction, "192.0.2.999", 11));
    EXPECT(strstr(mailrep_transaction_error(transaction), "192.0.2.999") != NULL);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_connect(transaction, "\xff", 1));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_connect(transaction, "1", SIZE_MAX));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_connect_octets(transaction, "abc", 3));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_connect_octets(transaction, "abc", SIZE_MAX));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_connect_octets(transaction, NULL, 4));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_helo(transaction, "a", SIZE_MAX));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_mail_from(transaction, "a", SIZE_MAX / 2 + 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_header(transaction, NULL, 1, "b", 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_header(transaction, "a", 1, NULL, 1));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_data(transaction, "a", SIZE_MAX));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_data(transaction, NULL, 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_finish(transaction, NULL));
    /* None of that has changed anything. */
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_connect(transaction, "192.0.2.1", 9));
    EXPECT(strcmp(mailrep_transaction_error(transaction), "") == 0);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_helo(transaction, NULL, 0));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_mail_from(transaction, "\xff\0\n>@@", 6));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_data(transaction, NULL, 0));
    mailrep_transaction_free(transaction);
}

static void wrong_order(const mailrep_context *context)
{
    mailrep_verdict *verdict = NULL;
    mailrep_transaction *transaction = new_transaction(context);
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_rcpt(transaction, "a", 1));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_body(transaction, "a", 1));
    EXPECT(strlen(mailrep_transaction_error(transaction)) > 10);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_connect_octets(transaction, "\xc0\x00\x02\x01", 4));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_connect(transaction, "192.0.2.1", 9));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_helo(transaction, "mail.example.org", 16));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_mail_from(transaction, "<ada@example.org>", 17));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_helo(transaction, "mail.example.org", 16));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_mail_from(transaction, "", 0));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_rcpt(transaction, "bob@example.net", 15));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_header(transaction, "From", 4, " ada@example.org", 16));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_mail_from(transaction, "", 0));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_end_of_headers(transaction));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_end_of_headers(transaction));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_header(transaction, "To", 2, " b", 2));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_body(transaction, "Hello\r\n", 7));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    EXPECT_STATUS(MAILREP_SPF_PASS, mailrep_verdict_spf_result(verdict));
    EXPECT_STATUS(MAILREP_DMARC_PASS, mailrep_verdict_dmarc_result(verdict));
    mailrep_verdict_free(verdict);

    /* After finish nothing more is taken, and it says why. */
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_finish(transaction, &verdict));
    EXPECT(verdict == NULL);
    EXPECT(strstr(mailrep_transaction_error(transaction), "finished") != NULL);
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_body(transaction, "a", 1));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_connect(transaction, "192.0.2.1", 9));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_file_data(transaction, "a", 1));
    mailrep_transaction_free(transaction);
}

/* Every accessor, and indices beyond the last. */
static void accessors(const mailrep_context *context)
{
    mailrep_transaction *transaction = new_transaction(context);
    mailrep_verdict *verdict = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_connect(transaction, "203.0.113.9", 11));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_helo(transaction, "mail.example.org", 16));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_mail_from(transaction, "ada@example.org", 15));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_data(transaction, message, sizeof message - 1));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    mailrep_transaction_free(transaction);

    EXPECT_STATUS(MAILREP_SPF_FAIL, mailrep_verdict_spf_result(verdict));
    EXPECT_STATUS(MAILREP_IDENTITY_MAILFROM, mailrep_verdict_spf_identity(verdict));
    EXPECT(strcmp(mailrep_verdict_spf_domain(verdict).data, "example.org") == 0);
    EXPECT(mailrep_verdict_spf_domain(verdict).length == 11);
    EXPECT(strcmp(mailrep_verdict_spf_mechanism(verdict).data, "-all") == 0);
    EXPECT(mailrep_verdict_spf_explanation(verdict).data == NULL);
    EXPECT_STATUS(0, mailrep_verdict_spf_dns_lookups(verdict));
    EXPECT_STATUS(0, mailrep_verdict_spf_void_lookups(verdict));
    EXPECT(mailrep_verdict_spf_reason(verdict).length > 10);
    EXPECT(mailrep_verdict_spf_cause(verdict).length > 0);
    EXPECT_STATUS(MAILREP_SPF_NONE, mailrep_verdict_helo_result(verdict));
    EXPECT(strcmp(mailrep_verdict_helo_domain(verdict).data, "mail.example.org") == 0);
    EXPECT(mailrep_verdict_helo_reason(verdict).length > 10);
    EXPECT(mailrep_verdict_helo_cause(verdict).length > 0);

    EXPECT(mailrep_verdict_dkim_count(verdict) == 0);
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_dkim_result(verdict, 0));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_dkim_key_bits(verdict, SIZE_MAX));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_dkim_testing(verdict, 0));
    EXPECT(mailrep_verdict_dkim_domain(verdict, 0).data == NULL);
    EXPECT(mailrep_verdict_dkim_selector(verdict, 0).data == NULL);
    EXPECT(mailrep_verdict_dkim_identity(verdict, 0).data == NULL);
    EXPECT(mailrep_verdict_dkim_algorithm(verdict, 0).data == NULL);
    EXPECT(mailrep_verdict_dkim_reason(verdict, 0).data == NULL);
    EXPECT(mailrep_verdict_dkim_cause(verdict, SIZE_MAX).data == NULL);

    EXPECT_STATUS(MAILREP_DMARC_FAIL, mailrep_verdict_dmarc_result(verdict));
    EXPECT_STATUS(MAILREP_POLICY_REJECT, mailrep_verdict_dmarc_policy(verdict));
    EXPECT_STATUS(MAILREP_POLICY_REJECT, mailrep_verdict_dmarc_disposition(verdict));
    EXPECT_STATUS(0, mailrep_verdict_dmarc_spf_aligned(verdict));
    EXPECT_STATUS(0, mailrep_verdict_dmarc_dkim_aligned(verdict));
    EXPECT(strcmp(mailrep_verdict_dmarc_from_domain(verdict).data, "example.org") == 0);
    EXPECT(strcmp(mailrep_verdict_dmarc_policy_domain(verdict).data, "example.org") == 0);
    EXPECT(strcmp(mailrep_verdict_dmarc_organizational_domain(verdict).data, "example.org") == 0);
    EXPECT(mailrep_verdict_dmarc_reason(verdict).length > 10);
    EXPECT(mailrep_verdict_dmarc_cause(verdict).length > 0);

    EXPECT(mailrep_verdict_iprev_result(verdict) >= MAILREP_IPREV_FAIL);
    EXPECT(mailrep_verdict_iprev_name(verdict).data == NULL);
    EXPECT(mailrep_verdict_iprev_reason(verdict).length > 10);
    EXPECT(mailrep_verdict_iprev_cause(verdict).length > 0);
    EXPECT(mailrep_verdict_anomaly_reason(verdict).data == NULL);
    EXPECT(mailrep_verdict_anomaly_code(verdict).data == NULL);

    EXPECT(strstr(mailrep_verdict_authentication_results(verdict).data, "mx.example.net") != NULL);
    EXPECT(mailrep_verdict_headers_to_remove_count(verdict) == 1);
    EXPECT_STATUS(0, mailrep_verdict_header_to_remove(verdict, 0));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_header_to_remove(verdict, 1));

    mailrep_text json = mailrep_verdict_json(verdict);
    EXPECT(json.data[0] == '{' && json.data[json.length - 1] == '}' && json.data[json.length] == '\0');
    EXPECT(strlen(json.data) == json.length);
    EXPECT(mailrep_verdict_json(verdict).data == json.data);
    mailrep_verdict_free(verdict);
}

/* No envelope, no message at all, a message that ends within its header: there is a verdict. */
static void little_or_nothing(const mailrep_context *context)
{
    mailrep_transaction *transaction = new_transaction(context);
    mailrep_verdict *verdict = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_spf_result(verdict));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_spf_identity(verdict));
    EXPECT(mailrep_verdict_spf_reason(verdict).data == NULL);
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_helo_result(verdict));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_iprev_result(verdict));
    EXPECT(mailrep_verdict_dmarc_result(verdict) != MAILREP_DMARC_PASS);
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_dmarc_disposition(verdict));
    EXPECT(mailrep_verdict_json(verdict).length > 0);
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);

    transaction = new_transaction(context);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_data(transaction, "From: ada@exam", 14));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    EXPECT(mailrep_verdict_dmarc_result(verdict) != MAILREP_DMARC_PASS);
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);
}

/* A hundred megabytes of one line: bounded memory and a verdict that says so. */
static void endless_line(const mailrep_context *context)
{
    mailrep_transaction *transaction = new_transaction(context);
    mailrep_verdict *verdict = NULL;
    static char chunk[1 << 16];
    memset(chunk, 'x', sizeof chunk);
    int status = mailrep_transaction_data(transaction, "From: ada@example.org\r\nSubject: ", 32);
    for (int count = 0; count < 1600 && status == MAILREP_OK; count++)
        status = mailrep_transaction_data(transaction, chunk, sizeof chunk);
    EXPECT_STATUS(MAILREP_OK, status);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    EXPECT_STATUS(MAILREP_DMARC_PERMERROR, mailrep_verdict_dmarc_result(verdict));
    EXPECT(mailrep_verdict_anomaly_reason(verdict).length > 10);
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);
}

/* Handles that are used after their free, freed twice, or taken for others. */
static void wrong_handles(void)
{
    mailrep_context *context = new_context();
    mailrep_transaction *transaction = new_transaction(context), *out = NULL;
    mailrep_verdict *verdict = NULL;
    EXPECT_STATUS(MAILREP_HANDLE, mailrep_transaction_new((const mailrep_context *)transaction, &out));
    EXPECT(out == NULL);
    EXPECT_STATUS(MAILREP_HANDLE, mailrep_transaction_finish((mailrep_transaction *)context, &verdict));
    EXPECT_STATUS(MAILREP_HANDLE, mailrep_transaction_data((mailrep_transaction *)((char *)transaction + 1), "a", 1));
    mailrep_context_free((mailrep_context *)transaction);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);
    mailrep_context_free(context);
    EXPECT_STATUS(MAILREP_HANDLE, mailrep_transaction_finish(transaction, &verdict));
    EXPECT_STATUS(MAILREP_HANDLE, mailrep_transaction_data(transaction, "a", 1));
    EXPECT(strcmp(mailrep_transaction_error(transaction), "") == 0);
    mailrep_transaction_free(transaction);

    mailrep_options options;
    mailrep_error *error = NULL;
    mailrep_options_init(&options, sizeof options);
    options.authserv_id = "";
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_new(&options, &context, &error));
    mailrep_error_free(error);
    mailrep_error_free(error);
    EXPECT(strcmp(mailrep_error_text(error), "") == 0);

    context = new_context();
    mailrep_context_free(context);
    mailrep_context_free(context);
    EXPECT_STATUS(MAILREP_HANDLE, mailrep_transaction_new(context, &out));
    context = new_context();
    transaction = new_transaction(context);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    mailrep_verdict_free(verdict);
    mailrep_verdict_free(verdict);
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_dmarc_result(verdict));
    EXPECT(mailrep_verdict_json(verdict).data == NULL);
    mailrep_transaction_free(transaction);
    mailrep_context_free(context);
}

/* The steps of a trace, which are those of the JSON. */
static void traces(void)
{
    mailrep_options options;
    mailrep_context *context = NULL;
    mailrep_verdict *verdict = NULL;
    mailrep_options_init(&options, sizeof options);
    options.zone_text = world;
    options.zone_text_length = sizeof world - 1;
    options.trace = 1;
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(&options, &context, NULL));
    mailrep_transaction *transaction = new_transaction(context);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_connect(transaction, "192.0.2.1", 9));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_data(transaction, message, sizeof message - 1));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    size_t count = mailrep_verdict_trace_count(verdict), questions = 0;
    EXPECT(count > 5);
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_trace_parent(verdict, 0));
    for (size_t at = 0; at < count; at++) {
        EXPECT(mailrep_verdict_trace_parent(verdict, at) < (int)at);
        EXPECT(mailrep_verdict_trace_subject(verdict, at).length > 0);
        EXPECT(strstr(mailrep_verdict_trace_json(verdict).data, mailrep_verdict_trace_kind(verdict, at).data) != NULL);
        if (strcmp(mailrep_verdict_trace_kind(verdict, at).data, "question") == 0) {
            questions++;
            EXPECT(mailrep_verdict_trace_outcome(verdict, at).length > 0);
            EXPECT(mailrep_verdict_trace_microseconds(verdict, at) >= 0);
        }
    }
    EXPECT(questions >= 3);
    EXPECT(strstr(mailrep_verdict_json(verdict).data, mailrep_verdict_trace_json(verdict).data) != NULL);
    EXPECT(mailrep_verdict_trace_kind(verdict, count).data == NULL);
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_trace_microseconds(verdict, SIZE_MAX));
    EXPECT(mailrep_verdict_trace_count(NULL) == 0);
    EXPECT(mailrep_verdict_trace_json(NULL).data == NULL);
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);
    mailrep_context_free(context);
}

int main(void)
{
    mailrep_context *context = new_context();
    texts_of_codes();
    wrong_options();
    newer_options();
    null_everywhere(context);
    wrong_arguments(context);
    wrong_order(context);
    accessors(context);
    little_or_nothing(context);
    endless_line(context);
    wrong_handles();
    traces();
    mailrep_context_free(context);
    return expected();
}
