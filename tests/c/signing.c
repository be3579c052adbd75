/* Keys, signers, tables and messages that are signed; what is signed here is verified here. */

#define _POSIX_C_SOURCE 200809L

#include "expect.h"
#include "mailrep.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __cplusplus
#define LAYOUT(condition) static_assert(condition, #condition)
#else
#define LAYOUT(condition) _Static_assert(condition, #condition)
#endif
LAYOUT(offsetof(mailrep_signer_options, key) == 3 * sizeof(void *));
LAYOUT(offsetof(mailrep_signer_options, expires_after_s) == 9 * sizeof(void *));
LAYOUT(sizeof(mailrep_signer_options) == 9 * sizeof(void *) + 16);

enum { NOW = 1772355660 };

static mailrep_key *new_key(int kind)
{
    mailrep_key *key = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_key_generate(kind, &key, NULL));
    return key;
}

static mailrep_signer *new_signer(const char *selector, const mailrep_key *key)
{
    mailrep_signer_options options;
    mailrep_signer *signer = NULL;
    mailrep_error *error = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_signer_options_init(&options, sizeof options));
    options.domain = "example.org";
    options.selector = selector;
    options.key = key;
    EXPECT_STATUS(MAILREP_OK, mailrep_signer_new(&options, &signer, &error));
    mailrep_error_free(error);
    return signer;
}

/* Writes the signed message to a buffer; returns its length. */
static size_t put_on_top(const mailrep_signing *signing, const char *rest, char *out, size_t room)
{
    size_t length = 0;
    for (size_t at = 0; at < mailrep_signing_count(signing); at++) {
        int more = snprintf(out + length, room - length, "DKIM-Signature: %s\r\n", mailrep_signing_field(signing, at).data);
        EXPECT(more > 0 && (size_t)more < room - length);
        length += (size_t)more;
    }
    return length + (size_t)snprintf(out + length, room - length, "%s", rest);
}

static void verifies(const char *zone, const char *text, size_t length, size_t signatures)
{
    mailrep_options options;
    mailrep_context *context = NULL;
    mailrep_transaction *transaction = NULL;
    mailrep_verdict *verdict = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    options.zone_text = zone;
    options.zone_text_length = strlen(zone);
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(&options, &context, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_new_at(context, NOW, &transaction));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_data(transaction, text, length));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    EXPECT(mailrep_verdict_dkim_count(verdict) == signatures);
    for (size_t at = 0; at < signatures; at++) {
        EXPECT_STATUS(MAILREP_DKIM_PASS, mailrep_verdict_dkim_result(verdict, at));
        if (mailrep_verdict_dkim_result(verdict, at) != MAILREP_DKIM_PASS)
            fprintf(stderr, "%s\n", mailrep_verdict_dkim_reason(verdict, at).data);
    }
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);
    mailrep_context_free(context);
}

/* Each way of telling a message gives the same signatures, and they verify. */
static void signed_and_verified(void)
{
    mailrep_key *keys[2] = {new_key(MAILREP_KEY_RSA_2048), new_key(MAILREP_KEY_ED25519)};
    mailrep_signer *signers[2] = {new_signer("rsa", keys[0]), new_signer("ed", keys[1])};
    const mailrep_signer *list[2] = {signers[0], signers[1]};
    static char zone[4096], whole[8192];
    mailrep_signing *signing = NULL;
    EXPECT(strcmp(mailrep_signer_key_name(signers[0]).data, "rsa._domainkey.example.org") == 0);
    EXPECT(strncmp(mailrep_key_record(keys[1]).data, "v=DKIM1; k=ed25519; p=", 22) == 0);
    EXPECT(strcmp(mailrep_key_algorithm(keys[0]).data, "rsa-sha256") == 0);
    EXPECT(strcmp(mailrep_key_algorithm(keys[1]).data, "ed25519-sha256") == 0);
    EXPECT_STATUS(2048, mailrep_key_bits(keys[0]));
    EXPECT_STATUS(256, mailrep_key_bits(keys[1]));
    EXPECT_STATUS(0, mailrep_key_open_to_others(keys[1]));
    snprintf(zone, sizeof zone, "%s\n%s\n", mailrep_signer_zone_entry(signers[0]).data, mailrep_signer_zone_entry(signers[1]).data);
    mailrep_key_free(keys[0]);
    mailrep_key_free(keys[1]);

    for (int way = 0; way < 3; way++) {
        EXPECT_STATUS(MAILREP_OK, mailrep_signing_new(list, 2, &signing));
        EXPECT(mailrep_signing_count(signing) == 0);
        if (way == 0) {
            for (size_t at = 0; at + 1 < sizeof message; at++)
                EXPECT_STATUS(MAILREP_OK, mailrep_signing_data(signing, message + at, 1));
        } else if (way == 1) {
            static const char file[] = "Authentication-Results: mx.example.net; spf=pass\nFrom: ada@example.org\nSubject: a test\n\nHello\n";
            EXPECT_STATUS(MAILREP_OK, mailrep_signing_file_data(signing, file, sizeof file - 1));
        } else {
            static const char claimed[] = " mx.example.net; spf=pass";
            EXPECT_STATUS(MAILREP_OK, mailrep_signing_header(signing, "Authentication-Results", 22, claimed, sizeof claimed - 1));
            EXPECT_STATUS(MAILREP_OK, mailrep_signing_header(signing, "From", 4, " ada@example.org", 16));
            EXPECT_STATUS(MAILREP_OK, mailrep_signing_header(signing, "Subject", 7, " a test", 7));
            EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_signing_body(signing, "H", 1));
            EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_signing_data(signing, "H", 1));
            EXPECT_STATUS(MAILREP_OK, mailrep_signing_end_of_headers(signing));
            EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_signing_end_of_headers(signing));
            EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_signing_header(signing, "To", 2, " b", 2));
            EXPECT(strstr(mailrep_signing_error(signing), "out of turn") != NULL);
            EXPECT_STATUS(MAILREP_OK, mailrep_signing_body(signing, "Hello\r\n", 7));
        }
        EXPECT_STATUS(MAILREP_OK, mailrep_signing_finish(signing, NOW));
        EXPECT(mailrep_signing_count(signing) == 2);
        EXPECT(mailrep_signing_refusal(signing).data == NULL);
        EXPECT(mailrep_signing_field(signing, 2).data == NULL);
        EXPECT(strstr(mailrep_signing_field(signing, 1).data, "a=ed25519-sha256;") != NULL);
        size_t length = put_on_top(signing, message, whole, sizeof whole);
        verifies(zone, whole, length, 2);
        EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_signing_finish(signing, NOW));
        EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_signing_data(signing, "a", 1));
        mailrep_signing_free(signing);
    }
    mailrep_signer_free(signers[0]);
    mailrep_signer_free(signers[1]);
}

static void key_files(void)
{
    char path[] = "/tmp/mailrep-c-key-XXXXXX";
    mailrep_key *key = new_key(MAILREP_KEY_ED25519), *again = NULL;
    mailrep_error *error = NULL;
    struct stat status;
    int file = mkstemp(path);
    EXPECT(file >= 0);
    close(file);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_key_write(key, path, &error));
    EXPECT(strstr(mailrep_error_text(error), path) != NULL);
    mailrep_error_free(error);
    unlink(path);
    EXPECT_STATUS(MAILREP_OK, mailrep_key_write(key, path, NULL));
    EXPECT(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
    EXPECT_STATUS(MAILREP_OK, mailrep_key_read(path, &again, NULL));
    EXPECT(strcmp(mailrep_key_record(key).data, mailrep_key_record(again).data) == 0);
    EXPECT_STATUS(0, mailrep_key_open_to_others(again));
    mailrep_key_free(again);
    chmod(path, 0644);
    EXPECT_STATUS(MAILREP_OK, mailrep_key_read(path, &again, NULL));
    EXPECT_STATUS(1, mailrep_key_open_to_others(again));
    mailrep_key_free(again);
    unlink(path);
    EXPECT_STATUS(MAILREP_IO, mailrep_key_read(path, &again, &error));
    EXPECT(again == NULL && strstr(mailrep_error_text(error), path) != NULL);
    mailrep_error_free(error);
    mailrep_key_free(key);

    static const struct {
        const char *text, *word;
    } wrong[] = {
        {"", "empty"},
        {"abc", "no PEM"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "public key"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "damaged"},
        {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "passphrase"},
    };
    for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at++) {
        EXPECT_STATUS(MAILREP_INVALID, mailrep_key_parse(wrong[at].text, strlen(wrong[at].text), &key, &error));
        EXPECT(key == NULL && strstr(mailrep_error_text(error), wrong[at].word) != NULL);
        mailrep_error_free(error);
    }
    EXPECT_STATUS(MAILREP_INVALID, mailrep_key_parse("a", SIZE_MAX, &key, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_key_parse(NULL, 1, &key, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_key_read(NULL, &key, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_key_generate(MAILREP_KEY_ED25519, NULL, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_key_generate(4, &key, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_key_write(NULL, "/nonexistent/key", NULL));
    EXPECT_STATUS(MAILREP_ABSENT, mailrep_key_bits(NULL));
    EXPECT(mailrep_key_record(NULL).data == NULL);
    mailrep_key_free(NULL);
}

static void wrong_signers(void)
{
    mailrep_key *key = new_key(MAILREP_KEY_ED25519);
    mailrep_signer_options options;
    mailrep_signer *signer = NULL;
    mailrep_error *error = NULL;
    const char *names[2] = {"From", NULL};
    EXPECT_STATUS(MAILREP_NULL, mailrep_signer_options_init(NULL, sizeof options));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signer_options_init(&options, sizeof options - 8));
    EXPECT_STATUS(MAILREP_OK, mailrep_signer_options_init(&options, sizeof options));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signer_new(NULL, &signer, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signer_new(&options, &signer, NULL));
    options.domain = "org";
    options.selector = "s";
    EXPECT_STATUS(MAILREP_NULL, mailrep_signer_new(&options, &signer, NULL));
    options.key = key;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signer_new(&options, &signer, &error));
    EXPECT(strstr(mailrep_error_text(error), "'org'") != NULL);
    mailrep_error_free(error);
    options.domain = "example.org";
    options.selector = "no good";
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signer_new(&options, &signer, NULL));
    options.selector = "s";
    options.identity = "@example.net";
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signer_new(&options, &signer, NULL));
    options.identity = "\xff@example.org";
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signer_new(&options, &signer, NULL));
    options.identity = NULL;
    options.header = 2;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signer_new(&options, &signer, NULL));
    options.header = MAILREP_SIMPLE;
    options.signed_names = names;
    options.signed_count = 2;
    EXPECT_STATUS(MAILREP_NULL, mailrep_signer_new(&options, &signer, NULL));
    options.signed_count = SIZE_MAX;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signer_new(&options, &signer, NULL));
    options.signed_names = NULL;
    options.signed_count = 1;
    EXPECT_STATUS(MAILREP_NULL, mailrep_signer_new(&options, &signer, NULL));
    options.signed_names = names;
    options.signed_count = 0;
    options.oversigned_names = names;
    options.oversigned_count = 0;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signer_new(&options, &signer, &error));
    EXPECT(strstr(mailrep_error_text(error), "From") != NULL);
    mailrep_error_free(error);
    options.oversigned_count = 1;
    options.expires_after_s = 3600;
    EXPECT_STATUS(MAILREP_OK, mailrep_signer_new(&options, &signer, NULL));

    const mailrep_signer *list[2] = {signer, NULL};
    mailrep_signing *signing = NULL;
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_new(list, 2, &signing));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_new(NULL, 1, &signing));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signing_new(list, SIZE_MAX, &signing));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_new(list, 1, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_new(list, 1, &signing));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_data(signing, NULL, 1));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signing_data(signing, "a", SIZE_MAX));
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_data(signing, message, sizeof message - 1));
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_finish(signing, NOW));
    EXPECT(strstr(mailrep_signing_field(signing, 0).data, "c=simple/relaxed;") != NULL);
    EXPECT(strstr(mailrep_signing_field(signing, 0).data, "h=from:from;") != NULL);
    EXPECT(strstr(mailrep_signing_field(signing, 0).data, "x=1772359260;") != NULL);
    mailrep_signing_free(signing);

    /* A message that cannot be signed: said by the call that finds out, and again by finish. */
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_new(list, 1, &signing));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signing_data(signing, "Subject: x\r\n\r\n", 14));
    EXPECT(strstr(mailrep_signing_error(signing), "no From field") != NULL);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signing_finish(signing, NOW));
    EXPECT(mailrep_signing_count(signing) == 0);
    mailrep_signing_free(signing);
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_finish(NULL, 0));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_data(NULL, "a", 1));
    EXPECT(strcmp(mailrep_signing_error(NULL), "") == 0);
    EXPECT(mailrep_signing_count(NULL) == 0);
    mailrep_signing_free(NULL);
    mailrep_signer_free(signer);
    mailrep_signer_free(NULL);
    mailrep_key_free(key);
}

static const mailrep_signing_table *shared;

/* Signs by the shared table for an account, and says whether it was signed, and else by which code not. */
static const char *by_table(const char *account, char *code, size_t room)
{
    mailrep_signing *signing = NULL;
    if (mailrep_signing_new_by_table(shared, account, account ? strlen(account) : 0, &signing) != MAILREP_OK)
        return "no signing";
    if (mailrep_signing_data(signing, message, sizeof message - 1) != MAILREP_OK || mailrep_signing_finish(signing, NOW) != MAILREP_OK)
        return "an error";
    mailrep_text refusal = mailrep_signing_refusal_code(signing);
    snprintf(code, room, "%s", refusal.data ? refusal.data : mailrep_signing_count(signing) == 1 ? "signed" : "nothing");
    mailrep_signing_free(signing);
    return code;
}

static void *many_times(void *argument)
{
    char code[32];
    for (int round = 0; round < 50; round++)
        if (strcmp(by_table("ada@example.org", code, sizeof code), "signed") != 0)
            return argument;
    return NULL;
}

static void tables(void)
{
    mailrep_key *key = new_key(MAILREP_KEY_ED25519);
    mailrep_signer *signer = new_signer("s", key);
    const mailrep_signer *list[1] = {signer};
    const char *accounts[2] = {"bob@example.net", "@example.com"};
    mailrep_signing_table *table = NULL, *other = NULL;
    mailrep_error *error = NULL;
    char code[32];
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_table_new(NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_table_new(&table));
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_table_new(&other));
    shared = other;
    EXPECT(strcmp(by_table("ada@example.org", code, sizeof code), "no_rule") == 0);
    shared = table;
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_table_add(table, "example.org", list, 1, MAILREP_SENDERS_OWN_DOMAIN, NULL, 0, &error));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signing_table_add(table, "example.org", list, 1, MAILREP_SENDERS_ANYONE, NULL, 0, &error));
    EXPECT(strstr(mailrep_error_text(error), "example.org") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signing_table_add(table, "no good", list, 1, MAILREP_SENDERS_ANYONE, NULL, 0, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signing_table_add(table, "*", list, 1, 3, NULL, 0, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_table_add(table, "*", NULL, 1, MAILREP_SENDERS_ANYONE, NULL, 0, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_table_add(table, NULL, list, 1, MAILREP_SENDERS_ANYONE, NULL, 0, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_table_add(NULL, "*", list, 1, MAILREP_SENDERS_ANYONE, NULL, 0, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_table_add(table, "*", list, 1, MAILREP_SENDERS_ACCOUNTS, NULL, 1, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_table_add(other, "*", list, 1, MAILREP_SENDERS_ACCOUNTS, accounts, 2, NULL));
    mailrep_signer_free(signer);
    mailrep_key_free(key);

    EXPECT(strcmp(by_table("ada@example.org", code, sizeof code), "signed") == 0);
    EXPECT(strcmp(by_table("eve@example.net", code, sizeof code), "not_allowed") == 0);
    EXPECT(strcmp(by_table(NULL, code, sizeof code), "not_allowed") == 0);
    pthread_t threads[4];
    void *wrong;
    for (int at = 0; at < 4; at++)
        EXPECT(pthread_create(&threads[at], NULL, many_times, code) == 0);
    for (int at = 0; at < 4; at++)
        EXPECT(pthread_join(threads[at], &wrong) == 0 && wrong == NULL);
    shared = other;
    EXPECT(strcmp(by_table("BOB@example.net", code, sizeof code), "signed") == 0);
    EXPECT(strcmp(by_table("whoever@example.com", code, sizeof code), "signed") == 0);
    EXPECT(strcmp(by_table("ada@example.org", code, sizeof code), "not_allowed") == 0);

    /* A table that is freed while a message is being signed. */
    mailrep_signing *signing = NULL;
    EXPECT_STATUS(MAILREP_NULL, mailrep_signing_new_by_table(NULL, NULL, 0, &signing));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_signing_new_by_table(table, "a", SIZE_MAX, &signing));
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_new_by_table(table, "ada@example.org", 15, &signing));
    mailrep_signing_table_free(table);
    mailrep_signing_table_free(other);
    mailrep_signing_table_free(NULL);
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_data(signing, message, sizeof message - 1));
    EXPECT_STATUS(MAILREP_OK, mailrep_signing_finish(signing, NOW));
    EXPECT(mailrep_signing_count(signing) == 1);
    mailrep_signing_free(signing);
}

int main(void)
{
    signed_and_verified();
    key_files();
    wrong_signers();
    tables();
    return expected();
}
