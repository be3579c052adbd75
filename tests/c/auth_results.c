/* Authentication-Results fields: written, read, and told from those that claim to be ours. */

#include "expect.h"
#include "mailrep.h"

#include <stdint.h>
#include <stdlib.h>

static int is(mailrep_text text, const char *wanted)
{
    return text.data && text.length == strlen(wanted) && strcmp(text.data, wanted) == 0;
}

static void written_and_read(void)
{
    mailrep_auth_results *results = NULL, *again = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_new("mx.example.org", &results, NULL));
    EXPECT(is(mailrep_auth_results_value(results), "mx.example.org; none"));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_auth_results_add_property(results, "smtp", "mailfrom", "a", 1, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_add(results, "spf", "pass", NULL, NULL, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_add_property(results, "smtp", "mailfrom", "ann@example.net", 15, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_add(results, "dmarc", "fail", "policy of the domain", "p=reject", NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_add_property(results, "header", "from", "a\r\nX-Evil: 1", 12, NULL));
    mailrep_text value = mailrep_auth_results_value(results);
    EXPECT(strstr(value.data, "\r\nX-Evil") == NULL);
    EXPECT(strstr(mailrep_auth_results_unfolded(results).data, "\r\n") == NULL);
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_parse(value.data, value.length, 0, &again, NULL));
    EXPECT(is(mailrep_auth_results_authserv_id(again), "mx.example.org"));
    EXPECT(mailrep_auth_results_count(again) == 2);
    EXPECT(is(mailrep_auth_results_method(again, 0), "spf"));
    EXPECT(is(mailrep_auth_results_result(again, 0), "pass"));
    EXPECT(mailrep_auth_results_reason(again, 0).data == NULL);
    EXPECT(is(mailrep_auth_results_reason(again, 1), "policy of the domain"));
    EXPECT(is(mailrep_auth_results_comment(again, 1), "p=reject"));
    EXPECT(mailrep_auth_results_property_count(again, 0) == 1);
    EXPECT(is(mailrep_auth_results_property_type(again, 0, 0), "smtp"));
    EXPECT(is(mailrep_auth_results_property_name(again, 0, 0), "mailfrom"));
    EXPECT(is(mailrep_auth_results_property_value(again, 0, 0), "ann@example.net"));
    EXPECT(mailrep_auth_results_method(again, 2).data == NULL);
    EXPECT(mailrep_auth_results_property_value(again, 0, 1).data == NULL);
    EXPECT(mailrep_auth_results_property_value(again, SIZE_MAX, SIZE_MAX).data == NULL);
    EXPECT(mailrep_auth_results_property_count(again, 2) == 0);
    mailrep_auth_results_free(again);
    mailrep_auth_results_free(results);
}

static void strict_and_lenient(void)
{
    static const char odd[] = "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.net; dmarc=pass action=none header.from=example.net";
    mailrep_auth_results *results = NULL;
    mailrep_error *error = NULL;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_auth_results_parse(odd, sizeof odd - 1, 0, &results, &error));
    EXPECT(results == NULL && strstr(mailrep_error_text(error), "is missing at octet") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_parse(odd, sizeof odd - 1, 1, &results, &error));
    EXPECT(is(mailrep_auth_results_authserv_id(results), ""));
    EXPECT(mailrep_auth_results_count(results) == 2);
    EXPECT(is(mailrep_auth_results_property_value(results, 1, 0), "example.net"));
    mailrep_auth_results_free(results);
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_parse(NULL, 0, 1, &results, NULL));
    EXPECT(mailrep_auth_results_count(results) == 0);
    mailrep_auth_results_free(results);
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_parse("\xff\0;;=;\"(", 8, 1, &results, NULL));
    mailrep_auth_results_free(results);
}

static void claims(void)
{
    static const char ours[] = " (hi) \"MX.example.org\" 1; spf=pass", theirs[] = "mx.example.org.example.net; spf=pass";
    EXPECT_STATUS(1, mailrep_auth_results_claims(ours, sizeof ours - 1, "mx.example.org"));
    EXPECT_STATUS(0, mailrep_auth_results_claims(theirs, sizeof theirs - 1, "mx.example.org"));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_auth_results_claims(NULL, 1, "mx.example.org"));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_auth_results_claims(ours, sizeof ours - 1, NULL));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_auth_results_claims(ours, SIZE_MAX, "mx.example.org"));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_auth_results_claims(ours, sizeof ours - 1, "\xff"));
}

static void misuse(void)
{
    mailrep_auth_results *results = NULL;
    mailrep_error *error = NULL;
    EXPECT_STATUS(MAILREP_NULL, mailrep_auth_results_new(NULL, &results, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_auth_results_new("", &results, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_auth_results_new("\xff", &results, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_auth_results_new("a", NULL, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_auth_results_parse(NULL, 1, 0, &results, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_auth_results_parse("a", SIZE_MAX, 1, &results, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_auth_results_add(NULL, "spf", "pass", NULL, NULL, NULL));
    EXPECT(mailrep_auth_results_value(NULL).data == NULL);
    EXPECT(mailrep_auth_results_count(NULL) == 0);
    mailrep_auth_results_free(NULL);
    EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_new("a", &results, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_auth_results_add(results, NULL, "pass", NULL, NULL, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_auth_results_add(results, "spf", "\xff", NULL, NULL, &error));
    EXPECT(strstr(mailrep_error_text(error), "UTF-8") != NULL);
    mailrep_error_free(error);
    for (int at = 0; at < 1024; at++)
        EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_add(results, "x", "y", NULL, NULL, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_auth_results_add(results, "x", "y", NULL, NULL, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_auth_results_add_property(results, "smtp", NULL, "a", 1, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_auth_results_add_property(results, "smtp", "x", NULL, 1, NULL));
    for (int at = 0; at < 1024; at++)
        EXPECT_STATUS(MAILREP_OK, mailrep_auth_results_add_property(results, "smtp", "x", "y", 1, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_auth_results_add_property(results, "smtp", "x", "y", 1, NULL));
    EXPECT(mailrep_auth_results_count(results) == 1024);
    EXPECT(mailrep_auth_results_property_count(results, 1023) == 1024);
    mailrep_auth_results_free(results);
    EXPECT_STATUS(MAILREP_HANDLE, mailrep_auth_results_add(results, "x", "y", NULL, NULL, NULL));
    EXPECT(mailrep_auth_results_value(results).data == NULL);
    mailrep_auth_results_free(results);
}

int main(void)
{
    written_and_read();
    strict_and_lenient();
    claims();
    misuse();
    return expected();
}
