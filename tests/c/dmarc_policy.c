/* Local overrides of DMARC's dispositions, submissions, and what became of a message. */

#include "expect.h"
#include "mailrep.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static const char policies[] = "_dmarc.example.org. TXT \"v=DMARC1; p=reject\"\n"
                               "_dmarc.lighthouse.test. TXT \"v=DMARC1; p=none; sp=quarantine; np=reject\"\n"
                               "lists.example.net. TXT \"v=spf1 ip4:203.0.113.9 -all\"\n";
static const char forged[] = "List-Id: Orchard <dev.lists.example.net>\r\nFrom: ada@example.org\r\n\r\nHello\r\n";

static mailrep_options offline(void)
{
    mailrep_options options;
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    EXPECT(options.dmarc_trusted == NULL && options.dmarc_trusted_count == 0);
    EXPECT(options.dmarc_lists == NULL && options.dmarc_list_count == 0);
    EXPECT(options.dmarc_exceptions == NULL && options.dmarc_exception_count == 0);
    EXPECT(options.dmarc_psl == 0 && options.reserved2 == 0);
    options.zone_text = policies;
    options.zone_text_length = sizeof policies - 1;
    options.authserv_id = authserv_id;
    return options;
}

static mailrep_verdict *judged(const mailrep_options *options, const char *account, const char *octets)
{
    mailrep_context *context = NULL;
    mailrep_transaction *transaction = NULL;
    mailrep_verdict *verdict = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(options, &context, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_new_at(context, 1772355660, &transaction));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_connect(transaction, "203.0.113.9", 11));
    if (account)
        EXPECT_STATUS(MAILREP_OK, mailrep_transaction_authenticated(transaction, account, strlen(account)));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_mail_from(transaction, "a@lists.example.net", 19));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_authenticated(transaction, "a", 1));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_data(transaction, octets, strlen(octets)));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    mailrep_transaction_free(transaction);
    mailrep_context_free(context);
    return verdict;
}

/* What the disposition is, and why it is not what the policy asks for. */
static void disposes(const mailrep_options *options, int disposition, const char *type)
{
    mailrep_verdict *verdict = judged(options, NULL, forged);
    mailrep_text why = mailrep_verdict_dmarc_override_type(verdict);
    EXPECT_STATUS(MAILREP_DMARC_FAIL, mailrep_verdict_dmarc_result(verdict));
    EXPECT_STATUS(MAILREP_POLICY_REJECT, mailrep_verdict_dmarc_policy(verdict));
    EXPECT_STATUS(disposition, mailrep_verdict_dmarc_disposition(verdict));
    EXPECT(type ? why.data && strcmp(why.data, type) == 0 : why.data == NULL);
    EXPECT((mailrep_verdict_dmarc_override_comment(verdict).data != NULL) == (type != NULL));
    mailrep_verdict_free(verdict);
}

static void overrides(void)
{
    const char *networks[] = {"2001:db8::/32", "203.0.113.0/24"}, *lists[] = {"*.lists.example.net"};
    mailrep_dmarc_exception exceptions[] = {{"*.example.org", MAILREP_POLICY_NONE}, {"example.org", MAILREP_POLICY_QUARANTINE}};
    mailrep_options options = offline();
    disposes(&options, MAILREP_POLICY_REJECT, NULL);
    options.dmarc_trusted = networks;
    options.dmarc_trusted_count = 1;
    disposes(&options, MAILREP_POLICY_REJECT, NULL);
    options.dmarc_trusted_count = 2;
    disposes(&options, MAILREP_POLICY_NONE, "trusted_forwarder");
    options = offline();
    options.dmarc_lists = lists;
    options.dmarc_list_count = 1;
    disposes(&options, MAILREP_POLICY_NONE, "mailing_list");
    options.dmarc_exceptions = exceptions;
    options.dmarc_exception_count = 2;
    disposes(&options, MAILREP_POLICY_QUARANTINE, "local_policy");
}

static void public_suffixes(void)
{
    mailrep_options options = offline();
    mailrep_verdict *verdict = judged(&options, NULL, "From: a@ghost.lighthouse.test\r\n\r\n");
    EXPECT_STATUS(MAILREP_POLICY_REJECT, mailrep_verdict_dmarc_policy(verdict));
    mailrep_verdict_free(verdict);
    options.dmarc_psl = 1;
    verdict = judged(&options, NULL, "From: a@ghost.lighthouse.test\r\n\r\n");
    EXPECT_STATUS(MAILREP_POLICY_QUARANTINE, mailrep_verdict_dmarc_policy(verdict));
    mailrep_verdict_free(verdict);
}

static void submissions(void)
{
    mailrep_options options = offline();
    mailrep_verdict *verdict = judged(&options, "ada", forged);
    mailrep_context *context = NULL;
    mailrep_transaction *transaction = NULL;
    EXPECT(strcmp(mailrep_verdict_account(verdict).data, "ada") == 0);
    EXPECT(strstr(mailrep_verdict_authentication_results(verdict).data, "auth=pass smtp.auth=ada") != NULL);
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_spf_result(verdict));
    EXPECT_STATUS(MAILREP_DMARC_NONE, mailrep_verdict_dmarc_result(verdict));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_verdict_dmarc_disposition(verdict));
    mailrep_verdict_free(verdict);
    verdict = judged(&options, NULL, forged);
    EXPECT(mailrep_verdict_account(verdict).data == NULL);
    EXPECT(mailrep_verdict_dkim_hint(verdict, 0).data == NULL);
    mailrep_verdict_free(verdict);

    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(&options, &context, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_new(context, &transaction));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_transaction_authenticated(transaction, "", 0));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_authenticated(transaction, NULL, 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_transaction_authenticated(NULL, "a", 1));
    mailrep_transaction_free(transaction);
    mailrep_context_free(context);
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

static void wrong_options(void)
{
    const char *bad[] = {"192.0.2.0/33"}, *lists[] = {"a..b"};
    mailrep_dmarc_exception exceptions[] = {{"example.org", MAILREP_POLICY_NONE}, {"example.org", 7}};
    mailrep_options options = offline();
    options.dmarc_trusted_count = 1;
    refused(&options, MAILREP_NULL, "dmarc_trusted is NULL");
    options.dmarc_trusted = bad;
    refused(&options, MAILREP_INVALID, "dmarc_trusted[0]: '192.0.2.0/33' is no network");
    options.dmarc_trusted_count = SIZE_MAX;
    refused(&options, MAILREP_INVALID, "at most 1024");
    options = offline();
    options.dmarc_lists = lists;
    options.dmarc_list_count = 1;
    refused(&options, MAILREP_INVALID, "dmarc_lists[0]: 'a..b' is no identifier of a mailing list");
    options = offline();
    options.dmarc_exceptions = exceptions;
    options.dmarc_exception_count = 2;
    refused(&options, MAILREP_INVALID, "dmarc_exceptions[1].disposition is 7");
    exceptions[1].disposition = MAILREP_POLICY_REJECT;
    refused(&options, MAILREP_INVALID, "dmarc_exceptions[1]: there is an exception for 'example.org' already");
    exceptions[0].domain = NULL;
    refused(&options, MAILREP_NULL, "dmarc_exceptions[0].domain is NULL");
    options = offline();
    options.reserved2 = 1;
    refused(&options, MAILREP_INVALID, "does not know");
}

int main(void)
{
    overrides();
    public_suffixes();
    submissions();
    wrong_options();
    return expected();
}
