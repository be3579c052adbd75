/* Outbound detection: what a program can do, right and wrong, and from many threads. */

#define _POSIX_C_SOURCE 200809L

#include "expect.h"
#include "mailrep.h"

#include <math.h>
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
LAYOUT(offsetof(mailrep_monitor_options, novelty_octets) == 5 * sizeof(void *));
LAYOUT(offsetof(mailrep_monitor_options, forget_days) == 7 * sizeof(void *));
LAYOUT(sizeof(void *) != 8 || sizeof(mailrep_monitor_options) == 9 * sizeof(void *));
LAYOUT(offsetof(mailrep_judged, score) == 16);
LAYOUT(sizeof(mailrep_judged) == 20);

enum { THREADS = 8, ACCOUNTS = 40, MANY = 64 };

static const char key[] = "0123456789abcdef";
static const double begin = 1700000000.0;
static char folder[] = "/tmp/mailrep-outbound-XXXXXX";

static const char *in_folder(const char *name)
{
    static char paths[4][64];
    static int at;
    at = (at + 1) % 4;
    snprintf(paths[at], sizeof paths[at], "%s/%s", folder, name);
    return paths[at];
}

static mailrep_monitor_options defaults(void)
{
    mailrep_monitor_options options;
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_options_init(&options, sizeof options));
    options.key = key;
    options.key_length = 16;
    options.novelty_octets = 1 << 16;
    return options;
}

static mailrep_monitor *new_monitor(void)
{
    mailrep_monitor_options options = defaults();
    mailrep_monitor *monitor = NULL;
    if (mailrep_monitor_new(&options, &monitor, NULL) != MAILREP_OK)
        abort();
    return monitor;
}

/* Whether an alarm is open after a message to so many, of whom so many are new. */
static int alarm_after(const mailrep_monitor *monitor, const char *account, double time, uint32_t all, uint32_t fresh)
{
    mailrep_assessment *assessment = NULL;
    mailrep_error *error = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_observe_counted(monitor, account, strlen(account), time, all, fresh,
                                                              &assessment, &error));
    int alarm = mailrep_assessment_alarm(assessment);
    mailrep_assessment_free(assessment);
    return alarm;
}

/* A message a second to strangers: how many until the alarm. */
static int theft(const mailrep_monitor *monitor, const char *account, double time)
{
    int messages = 1;
    while (messages < 600 && !alarm_after(monitor, account, time + messages, 1, 1))
        messages++;
    return messages;
}

static int has_alarm(const mailrep_monitor *monitor, const char *account)
{
    mailrep_assessment *assessment = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_alarm(monitor, account, strlen(account), &assessment));
    int alarm = mailrep_assessment_alarm(assessment);
    EXPECT(alarm == (mailrep_assessment_reason(assessment).data != NULL));
    mailrep_assessment_free(assessment);
    return alarm;
}

static void refused(const mailrep_monitor_options *options, int status, const char *word)
{
    mailrep_monitor *monitor = (mailrep_monitor *)&monitor;
    mailrep_error *error = NULL;
    EXPECT_STATUS(status, mailrep_monitor_new(options, &monitor, &error));
    EXPECT(monitor == NULL);
    EXPECT_STATUS(status, mailrep_error_status(error));
    EXPECT(strstr(mailrep_error_text(error), word) != NULL);
    if (!strstr(mailrep_error_text(error), word))
        fprintf(stderr, "it says: %s\n", mailrep_error_text(error));
    mailrep_error_free(error);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

static void bad_options(void)
{
    struct {
        mailrep_monitor_options options;
        char more[8];
    } newer;
    mailrep_monitor_options options;
    mailrep_monitor *monitor;
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_options_init(NULL, sizeof options));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_options_init(&options, sizeof options - 1));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_options_init(&options, SIZE_MAX));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_new(NULL, &monitor, NULL));
    options = defaults();
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_new(&options, NULL, NULL));
    options.size = 1;
    refused(&options, MAILREP_INVALID, "mailrep_monitor_options_init");
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_options_init(&newer.options, sizeof newer));
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_new(&newer.options, &monitor, NULL));
    mailrep_monitor_free(monitor);
    newer.more[7] = 1;
    refused(&newer.options, MAILREP_INVALID, "does not know");

    options = defaults();
    for (size_t length = 0; length <= 17; length++) {
        options.key_length = length;
        if (length != 16)
            refused(&options, MAILREP_INVALID, "needs 16");
    }
    options.key_length = SIZE_MAX;
    refused(&options, MAILREP_INVALID, "memory");
    options.key = NULL;
    refused(&options, MAILREP_NULL, "key");
    options = defaults();
    options.key_file = in_folder("key");
    refused(&options, MAILREP_INVALID, "both");
    options.key_length = 0;
    refused(&options, MAILREP_INVALID, "both");
    options.key = NULL;
    options.create_key_file = 0;
    refused(&options, MAILREP_IO, options.key_file);
    options.create_key_file = 1;
    options.key_file = in_folder("none/key");
    refused(&options, MAILREP_IO, options.key_file);
    options.key_file = in_folder("no-key");
    write_file(options.key_file, "hello\n");
    refused(&options, MAILREP_INVALID, "32 hexadecimal digits");

    options = defaults();
    options.prior_file = in_folder("none");
    refused(&options, MAILREP_IO, options.prior_file);
    options.prior_file = in_folder("no-prior");
    write_file(options.prior_file, "{}");
    refused(&options, MAILREP_INVALID, "it is no prior");
    write_file(options.prior_file, "\xff\xfe");
    refused(&options, MAILREP_INVALID, "UTF-8");
    options = defaults();
    options.forget_days = 65536;
    refused(&options, MAILREP_INVALID, "forget_days");
    options = defaults();
    const double tolerances[] = {0.0, -1.0, 10.5, NAN, INFINITY};
    for (size_t at = 0; at < sizeof tolerances / sizeof *tolerances; at++) {
        options.false_alarms_per_account_year = tolerances[at];
        refused(&options, MAILREP_INVALID, "false alarms");
    }
}

static void key_file(void)
{
    mailrep_monitor_options options = defaults();
    mailrep_monitor *first = NULL, *second = NULL, *other = NULL;
    struct stat status;
    options.key = NULL;
    options.key_length = 0;
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_new(&options, &other, NULL));
    options.key_file = in_folder("key");
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_new(&options, &first, NULL));
    EXPECT(stat(options.key_file, &status) == 0 && (status.st_mode & 0777) == 0600);
    options.create_key_file = 0;
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_new(&options, &second, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_merge(first, second, NULL));
    mailrep_error *error = NULL;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_merge(first, other, &error));
    EXPECT(strstr(mailrep_error_text(error), "different keys") != NULL);
    mailrep_error_free(error);
    mailrep_monitor_free(first);
    mailrep_monitor_free(second);
    mailrep_monitor_free(other);
}

static void a_theft(void)
{
    mailrep_monitor *monitor = new_monitor();
    mailrep_assessment *assessment = NULL;
    EXPECT(mailrep_monitor_accounts(monitor) == 0 && mailrep_monitor_alarmed(monitor) == 0);

    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_observe(monitor, "ada", 3, begin, 1, &assessment, NULL));
    EXPECT(mailrep_assessment_alarm(assessment) == 0);
    EXPECT(mailrep_assessment_host_alarm(assessment) == 0);
    EXPECT(mailrep_assessment_watched(assessment) == 1);
    EXPECT(mailrep_assessment_score(assessment) > 0 && mailrep_assessment_score(assessment) <= 1);
    EXPECT(mailrep_assessment_reason(assessment).data == NULL);
    EXPECT(mailrep_assessment_cause(assessment).data == NULL);
    EXPECT(mailrep_assessment_since(assessment) == MAILREP_ABSENT);
    mailrep_assessment_free(assessment);
    EXPECT(mailrep_monitor_accounts(monitor) == 1 && mailrep_monitor_octets(monitor) > 100);

    /* Twice the same stranger is no stranger: only the recipients' addresses tell. */
    int alarms = 0;
    for (int message = 0; message < 100; message++) {
        char address[32];
        mailrep_octets both[2] = {{"bob@example.net", 15}, {address, 0}};
        snprintf(address, sizeof address, "v%d@example.net", message);
        both[1].length = strlen(address);
        EXPECT_STATUS(MAILREP_OK, mailrep_monitor_observe_addresses(monitor, "eve", 3, begin + 60 + message, both, 2,
                                                                    &assessment, NULL));
        alarms += mailrep_assessment_alarm(assessment);
        mailrep_assessment_free(assessment);
        EXPECT_STATUS(MAILREP_OK, mailrep_monitor_observe_addresses(monitor, "ada", 3, begin + 60 + message, both, 1,
                                                                    &assessment, NULL));
        EXPECT(mailrep_assessment_alarm(assessment) == 0);
        mailrep_assessment_free(assessment);
    }
    EXPECT(alarms > 80);
    EXPECT(has_alarm(monitor, "eve") && !has_alarm(monitor, "ada") && !has_alarm(monitor, "nobody"));
    EXPECT(mailrep_monitor_alarmed(monitor) == 1);
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_alarm(monitor, "eve", 3, &assessment));
    EXPECT(mailrep_assessment_score(assessment) > 1);
    EXPECT(strstr(mailrep_assessment_reason(assessment).data, "too many") != NULL);
    EXPECT(strstr(mailrep_assessment_cause(assessment).data, "new_") != NULL);
    EXPECT(mailrep_assessment_since(assessment) >= (int64_t)(begin + 60) * 1000);
    EXPECT(mailrep_assessment_count(assessment) > mailrep_assessment_limit(assessment));
    EXPECT(mailrep_assessment_usual(assessment) >= 0);
    mailrep_monitor_free(monitor);
    /* It outlives the monitor. */
    EXPECT(mailrep_assessment_reason(assessment).length > 20);
    mailrep_assessment_free(assessment);
}

static void administration(void)
{
    mailrep_monitor *monitor = new_monitor();
    mailrep_error *error = NULL;
    int was = -1;
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_release(monitor, "ada", 3, &was));
    EXPECT(was == 0);
    int first = theft(monitor, "ada", begin);
    EXPECT(first < 20);
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_release(monitor, "ada", 3, &was));
    EXPECT(was == 1 && !has_alarm(monitor, "ada"));
    EXPECT(!alarm_after(monitor, "ada", begin + 30, 1, 1));
    EXPECT(theft(monitor, "ada", begin + 3600) <= first);
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_acknowledge(monitor, "ada", 3, &was));
    EXPECT(was == 1 && !has_alarm(monitor, "ada"));
    EXPECT(theft(monitor, "ada", begin + 2 * 86400) > first);
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_reset(monitor, "ada", 3, NULL));
    EXPECT(mailrep_monitor_accounts(monitor) == 0);
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_reset(monitor, "ada", 3, &was));
    EXPECT(was == 0);

    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_failed(monitor, "nobody", 6, 3));
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_allow(monitor, "news", 4, 1000));
    EXPECT(!alarm_after(monitor, "news", begin, 1000, 1000));
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_allow(monitor, "news", 4, 0));
    EXPECT(alarm_after(monitor, "news", begin + 1, 1000, 1000));

    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_set_tolerance(monitor, "eve", 3, 10.0, NULL));
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_set_tolerance(monitor, "bob", 3, 1e-6, NULL));
    EXPECT(theft(monitor, "eve", begin) < first && theft(monitor, "bob", begin) > first);
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_set_tolerance(monitor, "eve", 3, 0.0, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_set_tolerance(monitor, "eve", 3, -1.0, &error));
    EXPECT(strstr(mailrep_error_text(error), "-1 false alarms") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_set_tolerance(monitor, "eve", 3, NAN, NULL));
    mailrep_monitor_free(monitor);
}

static void batches(void)
{
    static char names[MANY][8], words[MANY][24];
    mailrep_octets accounts[MANY], addresses[MANY];
    double times[MANY];
    uint32_t recipients[MANY], fresh[MANY];
    mailrep_judged results[MANY];
    mailrep_monitor *monitor = new_monitor(), *single = new_monitor();
    mailrep_error *error = NULL;
    for (int at = 0; at < MANY; at++) {
        snprintf(names[at], sizeof names[at], "user%d", at % 2);
        snprintf(words[at], sizeof words[at], "v%d@example.net", at);
        accounts[at].data = names[at];
        accounts[at].length = 5;
        addresses[at].data = words[at];
        addresses[at].length = strlen(words[at]);
        times[at] = begin + at;
        recipients[at] = 1;
        fresh[at] = (uint32_t)(at % 2);
    }
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_observe_all(monitor, accounts, times, recipients, fresh, MANY, results, &error));
    int alarms = 0;
    for (int at = 0; at < MANY; at++) {
        EXPECT(results[at].status == MAILREP_OK && results[at].watched == 1 && results[at].host_alarm == 0);
        EXPECT(results[at].alarm == alarm_after(single, names[at], times[at], 1, fresh[at]));
        alarms += results[at].alarm;
        EXPECT(!results[at].alarm || at % 2 == 1);
    }
    EXPECT(alarms > 10 && has_alarm(monitor, "user1") && !has_alarm(monitor, "user0"));
    mailrep_monitor_free(single);
    mailrep_monitor_free(monitor);

    /* The same with addresses, and with some that cannot be. */
    monitor = new_monitor();
    times[4] = NAN;
    accounts[6].length = 0;
    accounts[8].data = NULL;
    recipients[10] = 0;
    recipients[12] = 2;
    accounts[14].length = SIZE_MAX;
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_observe_all_addresses(monitor, accounts, times, recipients, MANY, addresses,
                                                                    MANY, results, &error));
    int bad = 0;
    for (int at = 0; at < MANY; at++)
        bad += results[at].status != MAILREP_OK;
    EXPECT(bad == 5);
    EXPECT(results[4].status == MAILREP_INVALID && results[4].watched == 0 && results[4].score == 0);
    EXPECT(results[8].status == MAILREP_NULL && results[14].status == MAILREP_INVALID);
    EXPECT(results[MANY - 1].alarm == 1 && results[12].status == MAILREP_OK);
    accounts[8].data = names[8];
    accounts[14].length = 5;

    recipients[12] = 1;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe_all_addresses(monitor, accounts, times, recipients, MANY,
                                                                         addresses, MANY, results, &error));
    EXPECT(strstr(mailrep_error_text(error), "address_count is 64, and the messages have 63") != NULL);
    mailrep_error_free(error);
    addresses[2].data = NULL;
    recipients[12] = 2;
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_observe_all_addresses(monitor, accounts, times, recipients, MANY, addresses,
                                                                    MANY, results, NULL));
    EXPECT(results[2].status == MAILREP_NULL && results[3].status == MAILREP_OK);

    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_observe_all(monitor, NULL, NULL, NULL, NULL, 0, NULL, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe_all(NULL, accounts, times, recipients, NULL, 1, results, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe_all(monitor, NULL, times, recipients, NULL, 1, results, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe_all(monitor, accounts, NULL, recipients, NULL, 1, results, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe_all(monitor, accounts, times, NULL, NULL, 1, results, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe_all(monitor, accounts, times, recipients, NULL, 1, NULL, NULL));
    EXPECT_STATUS(MAILREP_INVALID,
                  mailrep_monitor_observe_all(monitor, accounts, times, recipients, NULL, SIZE_MAX, results, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe_all(monitor, accounts, times, recipients, NULL,
                                                               SIZE_MAX / sizeof *results, results, NULL));
    EXPECT_STATUS(MAILREP_INVALID,
                  mailrep_monitor_observe_all(monitor, accounts, (const double *)(const void *)(words[0] + 1), recipients,
                                              NULL, 1, results, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe_all_addresses(monitor, accounts, times, recipients, 1, NULL, 1,
                                                                      results, NULL));
    mailrep_monitor_free(monitor);
}

static void keeping(void)
{
    mailrep_monitor_options options = defaults();
    mailrep_monitor *monitor = new_monitor(), *restored = NULL, *other = new_monitor();
    mailrep_error *error = NULL;
    struct stat status;
    const char *path = in_folder("state");
    theft(monitor, "ada", begin);
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_save(monitor, path, NULL));
    EXPECT(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_restore(path, &options, &restored, NULL));
    EXPECT(mailrep_monitor_accounts(restored) == 1 && has_alarm(restored, "ada"));

    alarm_after(other, "bob", begin, 1, 1);
    size_t before = mailrep_monitor_octets(restored);
    EXPECT_STATUS(MAILREP_OK, mailrep_monitor_merge(restored, other, NULL));
    EXPECT(mailrep_monitor_accounts(restored) == 2 && mailrep_monitor_accounts(other) == 1);
    EXPECT(mailrep_monitor_octets(restored) >= before);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_merge(restored, restored, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_merge(restored, NULL, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_merge(NULL, restored, NULL));
    mailrep_monitor_free(restored);
    mailrep_monitor_free(other);

    EXPECT_STATUS(MAILREP_IO, mailrep_monitor_save(monitor, in_folder("none/state"), &error));
    EXPECT(strstr(mailrep_error_text(error), "none/state cannot be written") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_save(monitor, NULL, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_save(monitor, "\xff", NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_save(NULL, path, NULL));
    restored = (mailrep_monitor *)&options;
    EXPECT_STATUS(MAILREP_IO, mailrep_monitor_restore(in_folder("none"), &options, &restored, &error));
    EXPECT(restored == NULL && strstr(mailrep_error_text(error), "none cannot be read") != NULL);
    mailrep_error_free(error);
    const char *foreign = in_folder("foreign");
    write_file(foreign, "hello");
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_restore(foreign, &options, &restored, &error));
    EXPECT(strstr(mailrep_error_text(error), "foreign cannot be used: it is no snapshot") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_restore(NULL, &options, &restored, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_restore(path, NULL, &restored, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_restore(path, &options, NULL, NULL));
    options.false_alarms_per_account_year = 0;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_restore(path, &options, &restored, NULL));
    mailrep_monitor_free(monitor);
}

static void misuse(void)
{
    static char long_name[1025];
    mailrep_monitor *monitor = new_monitor();
    mailrep_assessment *assessment = (mailrep_assessment *)&monitor;
    mailrep_error *error = NULL;
    mailrep_octets one = {"bob@example.net", 15}, none = {NULL, 5};
    int was = 7;
    memset(long_name, 'a', sizeof long_name);
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe(NULL, "ada", 3, begin, 1, &assessment, &error));
    EXPECT(assessment == NULL && strstr(mailrep_error_text(error), "monitor is NULL") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe(monitor, "ada", 3, begin, 1, NULL, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe(monitor, NULL, 3, begin, 1, &assessment, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe(monitor, "ada", SIZE_MAX, begin, 1, &assessment, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe(monitor, "", 0, begin, 1, &assessment, &error));
    EXPECT(strstr(mailrep_error_text(error), "name is empty") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe(monitor, long_name, sizeof long_name, begin, 1, &assessment, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe(monitor, "ada", 3, NAN, 1, &assessment, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe(monitor, "ada", 3, -1, 1, &assessment, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe(monitor, "ada", 3, INFINITY, 1, &assessment, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe(monitor, "ada", 3, begin, 0, &assessment, NULL));
    assessment = (mailrep_assessment *)&monitor;
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe_addresses(monitor, "ada", 3, begin, NULL, 1, &assessment, &error));
    EXPECT(assessment == NULL && strstr(mailrep_error_text(error), "addresses is NULL") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe_addresses(monitor, "ada", 3, begin, &none, 1, &assessment, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_observe_addresses(monitor, "ada", 3, begin, &one, 1, NULL, NULL));
    EXPECT_STATUS(MAILREP_INVALID,
                  mailrep_monitor_observe_addresses(monitor, "ada", 3, begin, &one, SIZE_MAX, &assessment, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_observe_addresses(monitor, "ada", 3, begin, NULL, 0, &assessment, NULL));
    EXPECT(mailrep_monitor_accounts(monitor) == 0);
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_acknowledge(NULL, "ada", 3, &was));
    EXPECT(was == 0);
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_release(monitor, NULL, 3, &was));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_monitor_reset(monitor, "ada", SIZE_MAX, &was));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_allow(NULL, "ada", 3, 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_failed(NULL, "ada", 3, 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_set_tolerance(NULL, "ada", 3, 1, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_alarm(NULL, "ada", 3, &assessment));
    EXPECT_STATUS(MAILREP_NULL, mailrep_monitor_alarm(monitor, "ada", 3, NULL));
    mailrep_monitor_free(monitor);
    mailrep_monitor_free(NULL);
    mailrep_assessment_free(NULL);
    EXPECT(mailrep_monitor_accounts(NULL) == 0 && mailrep_monitor_octets(NULL) == 0 && mailrep_monitor_alarmed(NULL) == 0);
    EXPECT(mailrep_assessment_alarm(NULL) == MAILREP_ABSENT && mailrep_assessment_host_alarm(NULL) == MAILREP_ABSENT);
    EXPECT(mailrep_assessment_watched(NULL) == MAILREP_ABSENT && mailrep_assessment_score(NULL) == 0);
    EXPECT(mailrep_assessment_since(NULL) == MAILREP_ABSENT && mailrep_assessment_count(NULL) == 0);
    EXPECT(mailrep_assessment_reason(NULL).data == NULL && mailrep_assessment_cause(NULL).data == NULL);
}

/* Every thread has accounts of its own and one that all share. */
struct work {
    const mailrep_monitor *monitor;
    int number;
    size_t alarms;
};

static void *many_accounts(void *argument)
{
    struct work *work = (struct work *)argument;
    for (int message = 0; message < 30; message++)
        for (int account = 0; account < ACCOUNTS; account++) {
            char name[32];
            mailrep_assessment *assessment = NULL;
            snprintf(name, sizeof name, "user%d-%d", work->number, account);
            const char *sender = account ? name : "shared";
            /* One account of each thread is stolen. */
            uint32_t fresh = account == 7;
            if (mailrep_monitor_observe_counted(work->monitor, sender, strlen(sender), begin + message, 1, fresh,
                                                &assessment, NULL) != MAILREP_OK)
                abort();
            work->alarms += (size_t)mailrep_assessment_alarm(assessment);
            if (mailrep_assessment_alarm(assessment) && !mailrep_assessment_reason(assessment).data)
                abort();
            mailrep_assessment_free(assessment);
        }
    char path[96];
    snprintf(path, sizeof path, "%s/state-of-%d", folder, work->number);
    if (mailrep_monitor_save(work->monitor, path, NULL) != MAILREP_OK)
        abort();
    return NULL;
}

static void threads(void)
{
    mailrep_monitor *monitor = new_monitor();
    pthread_t threads[THREADS];
    struct work work[THREADS];
    for (int at = 0; at < THREADS; at++) {
        work[at].monitor = monitor;
        work[at].number = at;
        work[at].alarms = 0;
        if (pthread_create(&threads[at], NULL, many_accounts, &work[at]) != 0)
            abort();
    }
    for (int at = 0; at < THREADS; at++) {
        EXPECT(pthread_join(threads[at], NULL) == 0);
        EXPECT(work[at].alarms == work[0].alarms && work[at].alarms > 10 && work[at].alarms < 30);
    }
    EXPECT(mailrep_monitor_accounts(monitor) == (ACCOUNTS - 1) * THREADS + 1);
    EXPECT(mailrep_monitor_alarmed(monitor) == THREADS);
    mailrep_monitor_free(monitor);
}

static void clean(void)
{
    static const char *const names[] = {"key", "no-key", "no-prior", "state", "foreign"};
    char path[96];
    for (size_t at = 0; at < sizeof names / sizeof *names; at++)
        EXPECT(unlink(in_folder(names[at])) == 0);
    for (int at = 0; at < THREADS; at++) {
        snprintf(path, sizeof path, "%s/state-of-%d", folder, at);
        EXPECT(unlink(path) == 0);
    }
    /* Nothing else was left behind. */
    EXPECT(rmdir(folder) == 0);
}

int main(void)
{
    if (!mkdtemp(folder))
        abort();
    bad_options();
    key_file();
    a_theft();
    administration();
    batches();
    keeping();
    misuse();
    threads();
    clean();
    return expected();
}
