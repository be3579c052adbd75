/* A mail filter by a policy: what glue for an MTA does, right and wrong. */

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "expect.h"
#include "mailrep.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 4, PATH_OCTETS = 600 };

static char folder[PATH_OCTETS / 2];

static const char reject[] =
    "authserv_id = \"mx.example.net\"\n"
    "[dns]\n"
    "zone_files = [\"zone\"]\n"
    "[dmarc]\n"
    "honour_policy = true\n";

static char *in_folder(char *path, const char *name)
{
    snprintf(path, PATH_OCTETS, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    char path[PATH_OCTETS];
    FILE *file = fopen(in_folder(path, name), "wb");
    EXPECT(file != NULL);
    if (file) {
        EXPECT(fputs(text, file) >= 0);
        EXPECT(fclose(file) == 0);
    }
}

static mailrep_filter *filter_of(const char *text)
{
    mailrep_filter *filter = NULL;
    mailrep_error *error = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_parse(text, strlen(text), "mailrep.toml", folder, &filter, &error));
    if (error)
        fprintf(stderr, "it says: %s\n", mailrep_error_text(error));
    mailrep_error_free(error);
    return filter;
}

static void refused(const char *text, const char *words)
{
    mailrep_filter *filter = (mailrep_filter *)&filter;
    mailrep_error *error = NULL;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_filter_parse(text, strlen(text), "mailrep.toml", folder, &filter, &error));
    EXPECT(filter == NULL);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_error_status(error));
    EXPECT(strstr(mailrep_error_text(error), words) != NULL);
    if (!strstr(mailrep_error_text(error), words))
        fprintf(stderr, "it says: %s\n", mailrep_error_text(error));
    mailrep_error_free(error);
}

static void bad_policies(void)
{
    mailrep_filter *filter = NULL;
    mailrep_error *error = NULL;
    char path[PATH_OCTETS];
    refused("[dmarc]\nhonor_policy = true\n", "mailrep.toml:2:1: there is no key 'honor_policy' in [dmarc]; did you mean 'honour_policy'?");
    refused("authserv_id = 7\n", "mailrep.toml:1:15: ");
    refused("[dmarc\n", "mailrep.toml:1:");
    /* Each fault has a line of its own. */
    refused("a = 1\nb = 2\n", "\nmailrep.toml:2:1: ");
    refused("[dns]\nzone_files = [\"no-such-zone\"]\n", "no-such-zone");
    EXPECT_STATUS(MAILREP_IO, mailrep_filter_read(in_folder(path, "no-such-policy"), &filter, &error));
    EXPECT(filter == NULL);
    EXPECT(strstr(mailrep_error_text(error), "no-such-policy") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_NULL, mailrep_filter_read(NULL, &filter, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_filter_read("x", NULL, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_filter_parse(NULL, 1, NULL, NULL, &filter, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_filter_reload(NULL, "x", &filter, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_filter_save_state(NULL, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_filter_acknowledge(NULL, "a", 1, NULL));
    mailrep_filter_free(NULL);
}

static int text_is(mailrep_text text, const char *expected)
{
    return text.data && strcmp(text.data, expected) == 0 && text.length == strlen(expected);
}

static int octets_are(mailrep_octets octets, const char *expected)
{
    return octets.data && strcmp((const char *)octets.data, expected) == 0 && octets.length == strlen(expected);
}

static int begins(const void *data, const char *expected)
{
    return data && strncmp((const char *)data, expected, strlen(expected)) == 0;
}

static mailrep_filter_session *connected(const mailrep_filter *filter, int glue, const char *ip)
{
    mailrep_filter_session *session = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_new(filter, glue, &session));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_connect(session, ip, strlen(ip), "smtpd", 5));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_helo(session, "mail.example.org", 16));
    return session;
}

/* The events of one message, as libmilter's callbacks bring them. */
static mailrep_decision *passed(mailrep_filter_session *session, const char *from, const char *login)
{
    static const char results[] = " mx.example.net;\n\tspf=pass";
    mailrep_decision *decision = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_mail_from(session, "<ada@example.org>", 17, login, login ? strlen(login) : 0));
    EXPECT(mailrep_filter_session_reply(session) == MAILREP_REPLY_CONTINUE);
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_rcpt(session, "<bo@example.net>", 16));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_data(session));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_header(session, "Authentication-Results", 22, results, sizeof results - 1));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_header(session, "From", 4, from, strlen(from)));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_end_of_headers(session));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_body(session, "Hel", 3));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_body(session, "lo\r\n", 4));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_end(session, "4XyZ", 4, &decision));
    return decision;
}

static void accepted_message(const mailrep_filter *filter)
{
    mailrep_filter_session *session = connected(filter, MAILREP_GLUE_BARE_LF, "192.0.2.1");
    mailrep_decision *decision = passed(session, " ada@example.org", NULL);
    mailrep_octets value;
    EXPECT(mailrep_decision_treatment(decision) == MAILREP_TREATMENT_ACCEPT);
    EXPECT(text_is(mailrep_decision_cause(decision), "none"));
    EXPECT(mailrep_decision_action_count(decision) == 2);
    /* Deletions come before insertions. */
    EXPECT(mailrep_decision_action_kind(decision, 0) == MAILREP_ACTION_DELETE_HEADER);
    EXPECT(octets_are(mailrep_decision_action_name(decision, 0), "Authentication-Results"));
    EXPECT(mailrep_decision_action_number(decision, 0) == 1);
    EXPECT(mailrep_decision_action_value(decision, 0).data == NULL);
    EXPECT(mailrep_decision_action_kind(decision, 1) == MAILREP_ACTION_INSERT_HEADER);
    EXPECT(octets_are(mailrep_decision_action_name(decision, 1), "Authentication-Results"));
    EXPECT(mailrep_decision_action_number(decision, 1) == 0);
    value = mailrep_decision_action_value(decision, 1);
    /* With libmilter's line ends, and with the blank after the colon. */
    EXPECT(begins(value.data, " mx.example.net;\n    spf=pass "));
    EXPECT(value.data && !strchr((const char *)value.data, '\r'));
    EXPECT(mailrep_decision_action_kind(decision, 2) == MAILREP_ABSENT);
    EXPECT(mailrep_decision_action_code(decision, 1) == MAILREP_ABSENT);
    EXPECT(mailrep_decision_action_line_count(decision, 1) == 0);
    EXPECT(begins(mailrep_decision_log(decision).data, "queue=4XyZ client=192.0.2.1 origin=outside "));
    EXPECT(begins(mailrep_decision_json(decision).data, "{\"actions\":["));
    EXPECT(mailrep_decision_note_count(decision) == 1);
    EXPECT(begins(mailrep_decision_note(decision, 0).data, "1 Authentication-Results fields claim"));
    EXPECT(mailrep_decision_note(decision, 1).data == NULL);
    EXPECT(mailrep_decision_alarm_is_new(decision) == MAILREP_ABSENT);
    EXPECT(mailrep_decision_alarm_account(decision).data == NULL);
    EXPECT(mailrep_decision_host_alarm(decision).data == NULL);
    /* A decision outlives its session. */
    mailrep_filter_session_free(session);
    EXPECT(text_is(mailrep_decision_reason(decision), "SPF passed for example.org, the domain in From"));
    mailrep_decision_free(decision);
}

static void rejected_message(const mailrep_filter *filter)
{
    mailrep_filter_session *session = connected(filter, 0, "192.0.2.66");
    mailrep_decision *decision = passed(session, " ada@example.org", NULL);
    EXPECT(mailrep_decision_treatment(decision) == MAILREP_TREATMENT_REJECT);
    EXPECT(text_is(mailrep_decision_cause(decision), "dmarc_reject"));
    EXPECT(mailrep_decision_action_count(decision) == 1);
    EXPECT(mailrep_decision_action_kind(decision, 0) == MAILREP_ACTION_REJECT);
    EXPECT(mailrep_decision_action_code(decision, 0) == 550);
    EXPECT(text_is(mailrep_decision_action_enhanced(decision, 0), "5.7.1"));
    EXPECT(mailrep_decision_action_line_count(decision, 0) == 1);
    EXPECT(begins(mailrep_decision_action_line(decision, 0, 0).data, "DMARC: example.org asks to reject "));
    EXPECT(mailrep_decision_action_line(decision, 0, 1).data == NULL);
    EXPECT(mailrep_decision_action_number(decision, 0) == MAILREP_ABSENT);
    mailrep_decision_free(decision);
    /* The next message over the same connection, from somebody without a policy. */
    decision = passed(session, " x@example.com", NULL);
    EXPECT(mailrep_decision_treatment(decision) == MAILREP_TREATMENT_ACCEPT);
    mailrep_decision_free(decision);
    mailrep_filter_session_free(session);
}

static void out_of_turn(const mailrep_filter *filter)
{
    mailrep_filter_session *session = NULL;
    mailrep_decision *decision = (mailrep_decision *)&decision;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_filter_session_new(filter, 64, &session));
    EXPECT(session == NULL);
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_new(filter, 0, &session));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_filter_session_mail_from(session, "", 0, NULL, 0));
    EXPECT(strstr(mailrep_filter_session_error(session), "mail_from came out of turn") != NULL);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_filter_session_connect(session, "nonsense", 8, NULL, 0));
    EXPECT(strstr(mailrep_filter_session_error(session), "nonsense") != NULL);
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_connect(session, NULL, 0, NULL, 0));
    EXPECT(strcmp(mailrep_filter_session_error(session), "") == 0);
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_filter_session_connect_local(session, NULL, 0));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_filter_session_rcpt(session, "a@b", 3));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_filter_session_data(session));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_filter_session_login(session, "ada", 3));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_filter_session_header(session, "From", 4, " x", 2));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_filter_session_end_of_headers(session));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_filter_session_body(session, "x", 1));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_filter_session_end(session, NULL, 0, &decision));
    EXPECT(decision == NULL);
    EXPECT_STATUS(MAILREP_NULL, mailrep_filter_session_end(session, NULL, 0, NULL));
    /* What is given up leaves the connection. */
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_abort(session));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_mail_from(session, "a@b", 3, NULL, 0));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_abort(session));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_mail_from(session, "a@b", 3, NULL, 0));
    EXPECT_STATUS(MAILREP_NULL, mailrep_filter_session_rcpt(session, NULL, 3));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_end(session, NULL, 0, &decision));
    mailrep_decision_free(decision);
    mailrep_filter_session_free(session);
    EXPECT_STATUS(MAILREP_NULL, mailrep_filter_session_data(NULL));
    EXPECT(mailrep_filter_session_reply(NULL) == MAILREP_ABSENT);
    EXPECT(strcmp(mailrep_filter_session_error(NULL), "") == 0);
    EXPECT(mailrep_decision_treatment(NULL) == MAILREP_ABSENT);
    EXPECT(mailrep_decision_action_count(NULL) == 0);
    EXPECT(mailrep_decision_json(NULL).data == NULL);
    mailrep_filter_session_free(NULL);
    mailrep_decision_free(NULL);
}

static void refused_recipient(void)
{
    static const char policy[] =
        "local_domains = [\"example.net\"]\n"
        "[dns]\nzone_files = [\"zone\"]\n"
        "[srs]\ndomain = \"srs.example.net\"\nsecret_file = \"secret\"\n";
    static const char tampered[] = "<SRS0=AAAA=56=example.com=alice@srs.example.net>";
    static const char ours[] = "SRS0=VhX5=BB=example.com=alice@srs.example.net";
    mailrep_filter *filter = filter_of(policy);
    mailrep_filter_session *session = connected(filter, 0, "192.0.2.1");
    mailrep_decision *decision = NULL;
    mailrep_filter_free(filter); /* a session keeps what it needs */
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_set_time(session, 1772355660.0));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_mail_from(session, "<>", 2, NULL, 0));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_rcpt(session, tampered, sizeof tampered - 1));
    EXPECT(mailrep_filter_session_reply(session) == MAILREP_REPLY_REJECT);
    EXPECT(mailrep_filter_session_reply_code(session) == 550);
    EXPECT(text_is(mailrep_filter_session_reply_enhanced(session), "5.1.1"));
    EXPECT(mailrep_filter_session_reply_line_count(session) == 1);
    EXPECT(mailrep_filter_session_reply_line(session, 0).length > 10);
    EXPECT(mailrep_filter_session_reply_line(session, 1).data == NULL);
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_rcpt(session, ours, sizeof ours - 1));
    EXPECT(mailrep_filter_session_reply(session) == MAILREP_REPLY_CONTINUE);
    EXPECT(mailrep_filter_session_reply_code(session) == MAILREP_ABSENT);
    EXPECT(mailrep_filter_session_reply_line_count(session) == 0);
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_header(session, "From", 4, " x@example.com", 14));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_end(session, NULL, 0, &decision));
    EXPECT(mailrep_decision_action_count(decision) == 3);
    EXPECT(mailrep_decision_action_kind(decision, 1) == MAILREP_ACTION_DELETE_RECIPIENT);
    EXPECT(octets_are(mailrep_decision_action_value(decision, 1), ours));
    EXPECT(mailrep_decision_action_kind(decision, 2) == MAILREP_ACTION_ADD_RECIPIENT);
    EXPECT(octets_are(mailrep_decision_action_value(decision, 2), "alice@example.com"));
    mailrep_decision_free(decision);
    mailrep_filter_session_free(session);
}

/* One message a second to strangers, by an account or by a user of this host. */
static mailrep_decision *sends(mailrep_filter_session *session, const char *login, int number)
{
    char address[64];
    mailrep_decision *decision = NULL;
    snprintf(address, sizeof address, "stranger%d@example.net", number);
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_set_time(session, 1772355660.5 + number));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_mail_from(session, "a@b", 3, NULL, 0));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_rcpt(session, address, strlen(address)));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_login(session, login, strlen(login)));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_session_end(session, NULL, 0, &decision));
    return decision;
}

static void stolen_account(void)
{
    static const char policy[] =
        "[dns]\nzone_files = [\"zone\"]\n"
        "[outbound]\nstate_file = \"state\"\non_alarm = \"reject\"\n"
        "[milter]\nlisten = [\"a\", \"b\"]\nverbose = true\nthreads = 7\n";
    static const char *const known[] = {"listen", "verbose", "thread"};
    char path[PATH_OCTETS];
    int news = 0, alarms = 0, was_open = -1;
    mailrep_filter *filter = NULL, *next = NULL;
    mailrep_filter_session *session;
    mailrep_decision *decision;
    mailrep_error *error = NULL;
    write_file("mailrep.toml", policy);
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_read(in_folder(path, "mailrep.toml"), &filter, &error));
    EXPECT(error == NULL);
    /* Sections of the program's own. */
    EXPECT(text_is(mailrep_filter_setting(filter, "milter", "listen"), "a\nb"));
    EXPECT(text_is(mailrep_filter_setting(filter, "milter", "verbose"), "true"));
    EXPECT(mailrep_filter_setting(filter, "milter", "listen").data == mailrep_filter_setting(filter, "milter", "listen").data);
    EXPECT(mailrep_filter_setting(filter, "milter", "user").data == NULL);
    EXPECT(mailrep_filter_setting(filter, "log", "listen").data == NULL);
    EXPECT(mailrep_filter_setting(filter, NULL, "listen").data == NULL);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_filter_check_section(filter, "milter", known, 3, &error));
    EXPECT(strstr(mailrep_error_text(error), "mailrep.toml:9:1: there is no key 'threads' in [milter]; did you mean 'thread'?") != NULL);
    mailrep_error_free(error);
    /* They are none of mailrep-milter's, each of which is told of with its line. */
    EXPECT_STATUS(MAILREP_INVALID, mailrep_daemon_check_settings(filter, &error));
    EXPECT(strstr(mailrep_error_text(error), "mailrep.toml:7:1: there is no key 'listen' in [milter]") != NULL);
    EXPECT(strstr(mailrep_error_text(error), "mailrep.toml:9:1: there is no key 'threads' in [milter]") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_NULL, mailrep_daemon_check_settings(NULL, NULL));

    session = connected(filter, MAILREP_GLUE_BARE_LF, "203.0.113.66");
    for (int number = 0; number < 30; number++) {
        decision = sends(session, "ada", number);
        news += mailrep_decision_alarm_is_new(decision) == 1;
        alarms += mailrep_decision_treatment(decision) == MAILREP_TREATMENT_REJECT;
        if (mailrep_decision_alarm_is_new(decision) == 1) {
            EXPECT(octets_are(mailrep_decision_alarm_account(decision), "ada"));
            EXPECT(mailrep_decision_alarm_cause(decision).length > 3);
            EXPECT(strstr(mailrep_decision_alarm_reason(decision).data, "too many") != NULL);
        }
        mailrep_decision_free(decision);
    }
    /* It is news once. */
    EXPECT(news == 1);
    EXPECT(alarms > 20);
    mailrep_filter_session_free(session);

    /* A policy taken anew goes on with what was known, and so does another process by the file. */
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_reload(filter, path, &next, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_save_state(filter, NULL));
    mailrep_filter_free(filter);
    for (int round = 0; round < 2; round++) {
        session = connected(next, 0, "203.0.113.66");
        decision = sends(session, "ada", 40);
        EXPECT(mailrep_decision_treatment(decision) == MAILREP_TREATMENT_REJECT);
        EXPECT(mailrep_decision_alarm_is_new(decision) == 0);
        mailrep_decision_free(decision);
        mailrep_filter_session_free(session);
        mailrep_filter_free(next);
        EXPECT_STATUS(MAILREP_OK, mailrep_filter_read(path, &next, NULL));
    }
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_acknowledge(next, "ada", 3, &was_open));
    EXPECT(was_open == 1);
    EXPECT_STATUS(MAILREP_OK, mailrep_filter_acknowledge(next, "ada", 3, NULL));
    session = connected(next, 0, "203.0.113.66");
    decision = sends(session, "ada", 50);
    EXPECT(mailrep_decision_treatment(decision) == MAILREP_TREATMENT_ACCEPT);
    mailrep_decision_free(decision);
    mailrep_filter_session_free(session);

    /* A policy that cannot be used leaves the old one as good as before. */
    write_file("mailrep.toml", "nonsense = 1\n");
    filter = NULL;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_filter_reload(next, path, &filter, &error));
    EXPECT(filter == NULL);
    EXPECT(strstr(mailrep_error_text(error), ":1:1: ") != NULL);
    mailrep_error_free(error);
    EXPECT(mailrep_filter_authserv_id(next).length > 0);
    mailrep_filter_free(next);
}

static void *many_messages(void *filter)
{
    intptr_t rejected = 0;
    for (int number = 0; number < 20; number++) {
        mailrep_filter_session *session;
        mailrep_decision *decision;
        if (mailrep_filter_session_new((const mailrep_filter *)filter, 0, &session) != MAILREP_OK)
            return NULL;
        mailrep_filter_session_connect(session, "192.0.2.66", 10, NULL, 0);
        mailrep_filter_session_mail_from(session, "eve@example.com", 15, NULL, 0);
        mailrep_filter_session_rcpt(session, "bo@example.net", 14);
        mailrep_filter_session_header(session, "From", 4, " ada@example.org", 16);
        if (mailrep_filter_session_end(session, NULL, 0, &decision) == MAILREP_OK) {
            rejected += mailrep_decision_treatment(decision) == MAILREP_TREATMENT_REJECT;
            mailrep_decision_free(decision);
        }
        mailrep_filter_session_free(session);
    }
    return (void *)rejected;
}

static void threads_share_a_filter(mailrep_filter *filter)
{
    pthread_t threads[THREADS];
    intptr_t rejected = 0;
    for (int at = 0; at < THREADS; at++)
        EXPECT(pthread_create(&threads[at], NULL, many_messages, filter) == 0);
    for (int at = 0; at < THREADS; at++) {
        void *result = NULL;
        EXPECT(pthread_join(threads[at], &result) == 0);
        rejected += (intptr_t)result;
    }
    EXPECT(rejected == 20 * THREADS);
}

int main(void)
{
    static const char *const files[] = {"zone", "secret", "state", "mailrep.toml"};
    const char *temporary = getenv("TMPDIR");
    mailrep_filter *filter;
    snprintf(folder, sizeof folder, "%s/mailrep-filter-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    write_file("zone", world);
    write_file("secret", "a-secret-of-tests\n");
    bad_policies();
    filter = filter_of(reject);
    EXPECT(text_is(mailrep_filter_authserv_id(filter), authserv_id));
    EXPECT(mailrep_filter_authserv_id(NULL).data == NULL);
    /* Zone files are for tests. */
    EXPECT(mailrep_filter_danger_count(filter) == 1);
    EXPECT(begins(mailrep_filter_danger(filter, 0).data, "no nameserver is asked: "));
    EXPECT(mailrep_filter_danger(filter, 1).data == NULL);
    EXPECT(mailrep_filter_danger_count(NULL) == 0);
    EXPECT(begins(mailrep_filter_explanation_json(filter).data, "{"));
    EXPECT(strstr(mailrep_filter_explanation_json(filter).data, "no nameserver is asked") != NULL);
    EXPECT(mailrep_filter_explanation_json(NULL).data == NULL);
    accepted_message(filter);
    rejected_message(filter);
    out_of_turn(filter);
    threads_share_a_filter(filter);
    mailrep_filter_free(filter);
    refused_recipient();
    stolen_account();
    for (size_t at = 0; at < sizeof files / sizeof files[0]; at++) {
        char path[PATH_OCTETS];
        unlink(in_folder(path, files[at]));
    }
    EXPECT(rmdir(folder) == 0);
    (void)message;
    return expected();
}
