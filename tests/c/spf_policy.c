/* Local SPF policy: networks that are trusted, records that stand for published ones, an explanation of one's own. */

#include "expect.h"
#include "mailrep.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What the structure was before it had these options. */
static const size_t older_size = offsetof(mailrep_options, spf_trusted);

static mailrep_options offline(void)
{
    mailrep_options options;
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    EXPECT(options.spf_trusted == NULL && options.spf_trusted_count == 0);
    EXPECT(options.spf_records == NULL && options.spf_record_count == 0);
    EXPECT(options.spf_explanation == NULL);
    options.zone_text = world;
    options.zone_text_length = sizeof world - 1;
    options.authserv_id = authserv_id;
    return options;
}

/* The verdict on the message of expect.h, from a client that example.org does not know. */
static mailrep_verdict *judged(const mailrep_options *options)
{
    mailrep_context *context = NULL;
    mailrep_transaction *transaction = NULL;
    mailrep_verdict *verdict = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(options, &context, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_new_at(context, 1772355660, &transaction));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_connect(transaction, "203.0.113.9", 11));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_helo(transaction, "mail.example.org", 16));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_mail_from(transaction, "ada@example.org", 15));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_data(transaction, message, sizeof message - 1));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    mailrep_transaction_free(transaction);
    mailrep_context_free(context);
    return verdict;
}

static int says(mailrep_text text, const char *words)
{
    int found = text.data && strstr(text.data, words) != NULL;
    if (!found)
        fprintf(stderr, "it says: %s\n", text.data ? text.data : "nothing");
    return found;
}

static void without_policy(void)
{
    mailrep_options options = offline();
    mailrep_verdict *verdict = judged(&options);
    EXPECT_STATUS(MAILREP_SPF_FAIL, mailrep_verdict_spf_result(verdict));
    EXPECT(mailrep_verdict_spf_explanation(verdict).data == NULL);
    EXPECT(strstr(mailrep_verdict_spf_reason(verdict).data, "local policy") == NULL);
    EXPECT(says(mailrep_verdict_json(verdict), "\"local_records\":[]"));
    mailrep_verdict_free(verdict);
}

static void trusted_clients(void)
{
    /* Strings and lists may go once the context is made. */
    char network[] = "203.0.113.0/24";
    const char *trusted[2];
    mailrep_options options = offline();
    mailrep_context *context = NULL;
    trusted[0] = "2001:db8::25";
    trusted[1] = network;
    options.spf_trusted = trusted;
    options.spf_trusted_count = 2;
    mailrep_verdict *verdict = judged(&options);
    EXPECT_STATUS(MAILREP_SPF_NONE, mailrep_verdict_spf_result(verdict));
    EXPECT(strcmp(mailrep_verdict_spf_cause(verdict).data, "trusted_client") == 0);
    EXPECT(strcmp(mailrep_verdict_helo_cause(verdict).data, "trusted_client") == 0);
    EXPECT(says(mailrep_verdict_spf_reason(verdict), "trusted by local policy"));
    EXPECT_STATUS(MAILREP_DMARC_FAIL, mailrep_verdict_dmarc_result(verdict));
    EXPECT(says(mailrep_verdict_dmarc_reason(verdict), "local policy trusts the client"));
    mailrep_verdict_free(verdict);

    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(&options, &context, NULL));
    memset(network, 'x', sizeof network - 1);
    mailrep_context_free(context);

    options.spf_trusted_count = 1;
    verdict = judged(&options);
    EXPECT_STATUS(MAILREP_SPF_FAIL, mailrep_verdict_spf_result(verdict));
    mailrep_verdict_free(verdict);
}

static void records(void)
{
    const mailrep_spf_record given[] = {
        {"Example.ORG", "v=spf1 include:_spf.example.net -all"},
        {"_spf.example.net", "v=spf1 ip4:203.0.113.0/24"},
    };
    mailrep_options options = offline();
    options.spf_records = given;
    options.spf_record_count = 2;
    mailrep_verdict *verdict = judged(&options);
    EXPECT_STATUS(MAILREP_SPF_PASS, mailrep_verdict_spf_result(verdict));
    EXPECT(strcmp(mailrep_verdict_spf_mechanism(verdict).data, "include:_spf.example.net") == 0);
    EXPECT(says(mailrep_verdict_spf_reason(verdict),
                "local policy replaces the SPF records of example.org and _spf.example.net"));
    EXPECT_STATUS(MAILREP_DMARC_PASS, mailrep_verdict_dmarc_result(verdict));
    EXPECT(says(mailrep_verdict_dmarc_reason(verdict), "local policy replaces the SPF records of"));
    EXPECT(says(mailrep_verdict_json(verdict), "\"local_records\":[\"example.org\",\"_spf.example.net\"]"));
    mailrep_verdict_free(verdict);
}

static void explanation(void)
{
    mailrep_options options = offline();
    options.spf_explanation = "%{i} may not send for %{d}, says %{r}";
    mailrep_verdict *verdict = judged(&options);
    EXPECT(says(mailrep_verdict_spf_explanation(verdict), "203.0.113.9 may not send for example.org, says mx.example.net"));
    EXPECT(says(mailrep_verdict_json(verdict), "\"local_explanation\":true"));
    mailrep_verdict_free(verdict);
}

/* The status, and words that the message must have. */
static void refused(const mailrep_options *options, int status, const char *words)
{
    mailrep_context *context = (mailrep_context *)&context;
    mailrep_error *error = NULL;
    EXPECT_STATUS(status, mailrep_context_new(options, &context, &error));
    EXPECT(context == NULL);
    EXPECT(strstr(mailrep_error_text(error), words) != NULL);
    if (!strstr(mailrep_error_text(error), words))
        fprintf(stderr, "it says: %s\n", mailrep_error_text(error));
    mailrep_error_free(error);
}

static void wrong_networks(void)
{
    const char *trusted[2] = {"192.0.2.0/24", "192.0.2.0/33"};
    mailrep_options options = offline();
    options.spf_trusted_count = 2;
    refused(&options, MAILREP_NULL, "spf_trusted is NULL");
    options.spf_trusted = trusted;
    refused(&options, MAILREP_INVALID, "spf_trusted[1]: '192.0.2.0/33' is no network");
    trusted[1] = NULL;
    refused(&options, MAILREP_NULL, "spf_trusted[1] is NULL");
    trusted[0] = "\xff";
    refused(&options, MAILREP_INVALID, "spf_trusted[0] '\\xff' is not UTF-8");
    options.spf_trusted_count = 1025;
    refused(&options, MAILREP_INVALID, "spf_trusted_count is 1025; at most 1024");
    options.spf_trusted_count = SIZE_MAX;
    refused(&options, MAILREP_INVALID, "at most 1024");
}

static void wrong_records(void)
{
    mailrep_spf_record given[2] = {{"example.org", "v=spf1 -all"}, {"example.net", "v=spf1 ipv4:192.0.2.1"}};
    mailrep_options options = offline();
    options.spf_record_count = 2;
    refused(&options, MAILREP_NULL, "spf_records is NULL");
    options.spf_records = given;
    refused(&options, MAILREP_INVALID, "spf_records[1]: the SPF record given for example.net is broken: 'ipv4:192.0.2.1'");
    given[1].record = NULL;
    refused(&options, MAILREP_NULL, "spf_records[1].record is NULL");
    given[1].record = "";
    refused(&options, MAILREP_INVALID, "spf_records[1]");
    given[1].record = "v=spf1 \xff";
    refused(&options, MAILREP_INVALID, "spf_records[1].record");
    given[1].record = "v=spf1 -all";
    given[1].domain = "EXAMPLE.org.";
    refused(&options, MAILREP_INVALID, "spf_records[1]: two SPF records are given for example.org");
    given[1].domain = "localhost";
    refused(&options, MAILREP_INVALID, "spf_records[1]: 'localhost' has one label only");
    given[1].domain = "a..b";
    refused(&options, MAILREP_INVALID, "spf_records[1]: 'a..b' cannot be a domain name");
    given[0].domain = NULL;
    refused(&options, MAILREP_NULL, "spf_records[0].domain is NULL");
    options.spf_record_count = SIZE_MAX;
    refused(&options, MAILREP_INVALID, "spf_record_count");
}

static void wrong_explanations(void)
{
    mailrep_options options = offline();
    options.spf_explanation = "100%";
    refused(&options, MAILREP_INVALID, "spf_explanation: ");
    options.spf_explanation = "\xff";
    refused(&options, MAILREP_INVALID, "spf_explanation '\\xff' is not UTF-8");
}

/* A program that was compiled with the older, smaller structure: nothing beyond it is read or written. */
static void older_options(void)
{
    mailrep_options *options = (mailrep_options *)malloc(older_size);
    mailrep_context *context = NULL;
    EXPECT(options != NULL);
    if (!options)
        return;
    memset(options, 0x5a, older_size);
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(options, older_size));
    EXPECT(options->size == older_size && options->reserved == 0);
    options->zone_text = world;
    options->zone_text_length = sizeof world - 1;
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(options, &context, NULL));
    mailrep_context_free(context);
    free(options);
}

/* A size between two versions would cut a pointer in two. */
static void half_a_field(void)
{
    mailrep_options options = offline();
    for (size_t size = older_size + 1; size < sizeof options; size++) {
        /* What the structure was before it had DMARC's overrides, and before programs could answer DNS questions. */
        if (size == offsetof(mailrep_options, dmarc_trusted) || size == offsetof(mailrep_options, resolve))
            continue;
        options.size = sizeof options;
        EXPECT_STATUS(MAILREP_INVALID, mailrep_options_init(&options, size));
        EXPECT(options.size == sizeof options);
        options.size = size;
        refused(&options, MAILREP_INVALID, "mailrep_options_init");
    }
}

/* SPF before there is a message: what a whole verdict says, and nothing that it need not know. */
static void spf_alone(void)
{
    mailrep_options options = offline();
    mailrep_context *context = NULL;
    mailrep_spf *spf = NULL;
    mailrep_error *error = NULL;
    mailrep_verdict *verdict = judged(&options);
    const char *ip = "203.0.113.9", *helo = "mail.example.org", *from = "<ada@example.org>";
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(&options, &context, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_spf_check(context, ip, 11, helo, 16, from, 17, 1772355660, &spf, &error));
    EXPECT(error == NULL);
    EXPECT_STATUS(MAILREP_SPF_FAIL, mailrep_spf_result(spf));
    EXPECT(says(mailrep_spf_reason(spf), mailrep_verdict_spf_reason(verdict).data));
    EXPECT(says(mailrep_spf_cause(spf), mailrep_verdict_spf_cause(verdict).data));
    EXPECT(says(mailrep_spf_json(spf), "\"helo\":{") && says(mailrep_spf_json(spf), "\"trace\":null"));
    mailrep_spf_free(spf);
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_spf_result(spf)); /* freed */
    EXPECT_STATUS(MAILREP_OK, mailrep_spf_check(context, "192.0.2.1", 9, "example.org", 11, NULL, 0, INT64_MIN, &spf, NULL));
    EXPECT_STATUS(MAILREP_SPF_PASS, mailrep_spf_result(spf));
    EXPECT(says(mailrep_spf_json(spf), "\"identity\":\"helo\""));
    mailrep_spf_free(spf);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_spf_check(context, "192.0.2.999", 11, NULL, 0, NULL, 0, 0, &spf, &error));
    EXPECT(spf == NULL && strstr(mailrep_error_text(error), "192.0.2.999") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_NULL, mailrep_spf_check(NULL, ip, 11, NULL, 0, NULL, 0, 0, &spf, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_spf_check(context, NULL, 11, NULL, 0, NULL, 0, 0, &spf, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_spf_check(context, ip, 11, NULL, 0, NULL, 0, 0, NULL, NULL));
    mailrep_context_free(context);
    options.zone_text = NULL;
    options.zone_text_length = 0;
    options.questions = 1;
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(&options, &context, NULL));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_spf_check(context, ip, 11, NULL, 0, NULL, 0, 0, &spf, NULL));
    mailrep_context_free(context);
    mailrep_verdict_free(verdict);
    mailrep_spf_free(NULL);
    EXPECT(mailrep_spf_json(NULL).data == NULL && mailrep_spf_reason(NULL).data == NULL && mailrep_spf_cause(NULL).data == NULL);
}

int main(void)
{
    spf_alone();
    without_policy();
    trusted_clients();
    records();
    explanation();
    wrong_networks();
    wrong_records();
    wrong_explanations();
    older_options();
    half_a_field();
    return expected();
}
