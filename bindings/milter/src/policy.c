/* The filter that is in force. */

#include "milter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

/* Saving takes at most this part of the time, and is done no more and no less often than so many seconds. */
#define SAVING_PART 50
#define SAVE_AT_LEAST 60.0
#define SAVE_AT_MOST 2.0

static const char *file;
static struct settings in_force;
/* The lock is for the pointer: whoever holds it may use the filter, and sessions keep what they need. */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static mailrep_filter *filter;
static unsigned generation;
static mailrep_daemon *beside;

static atomic_bool changed;
static atomic_bool alarmed;
/* Of the thread that saves. */
static double next_save, last_save;
static bool save_failed;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void say_error(const char *what, mailrep_error *error)
{
    log_lines(LOG_ERR, what, error ? mailrep_error_text(error) : "no memory");
    mailrep_error_free(error);
}

/* A setting, or what stands for it. */
static bool setting(const mailrep_filter *of, const char *section, const char *key, const char *standard, char *place, size_t size)
{
    mailrep_text text = mailrep_filter_setting(of, section, key);
    const char *value = text.data ? text.data : standard;
    if (strlen(value) >= size) {
        log_line(LOG_ERR, "%s: '%s' in [%s] is longer than %zu octets", file, key, section, size - 1);
        return false;
    }
    strcpy(place, value);
    return true;
}

static void notice(int severity, const char *text, void *unused)
{
    (void)unused;
    log_lines(severity == MAILREP_NOTICE_ERROR ? LOG_ERR : severity == MAILREP_NOTICE_WARNING ? LOG_WARNING : LOG_INFO, "", text);
}

static bool settings_read(const mailrep_filter *of, struct settings *settings)
{
    mailrep_error *error = NULL;
    char mode[8];
    if (mailrep_daemon_check_settings(of, &error) != MAILREP_OK) {
        say_error("", error);
        return false;
    }
    if (!setting(of, "milter", "socket", "inet:8891@127.0.0.1", settings->socket, sizeof settings->socket)
        || !setting(of, "milter", "socket_mode", "660", mode, sizeof mode)
        || !setting(of, "log", "to", "stderr", settings->log_to, sizeof settings->log_to)
        || !setting(of, "log", "facility", "mail", settings->log_facility, sizeof settings->log_facility))
        return false;
    settings->socket_mode = (mode_t)strtoul(mode, NULL, 8);
    return true;
}

bool policy_read(const char *path, struct settings *settings)
{
    mailrep_error *error = NULL;
    file = path;
    if (mailrep_filter_read(path, &filter, &error) != MAILREP_OK) {
        say_error("", error);
        return false;
    }
    return settings_read(filter, &in_force) && (*settings = in_force, true);
}

int policy_start(const char *path, struct settings *settings)
{
    mailrep_error *error = NULL, *aside = NULL;
    int status;
    file = path;
    if (mailrep_filter_read_aside(path, &filter, &aside, &error) != MAILREP_OK) {
        say_error("", error);
        return EX_CONFIG;
    }
    if (!settings_read(filter, &in_force))
        return EX_CONFIG;
    *settings = in_force;
    log_open(settings->log_to, settings->log_facility);
    if (aside)
        say_error("", aside);
    status = mailrep_daemon_start(filter, notice, NULL, &beside, &error);
    if (status != MAILREP_OK) {
        say_error("", error);
        /* Somebody else at an address may go away; a policy does not change by itself. */
        return status == MAILREP_SYSTEM ? EX_UNAVAILABLE : EX_CONFIG;
    }
    next_save = seconds() + SAVE_AT_MOST;
    return EX_OK;
}

void policy_reload(void)
{
    mailrep_error *error = NULL;
    mailrep_filter *next = NULL, *before;
    struct settings settings;
    /* Only this thread exchanges the pointer. */
    if (mailrep_filter_reload(filter, file, &next, &error) != MAILREP_OK) {
        say_error("", error);
        log_line(LOG_ERR, "the policy was not taken anew; the one before stays in force");
        return;
    }
    if (!settings_read(next, &settings)) {
        mailrep_filter_free(next);
        log_line(LOG_ERR, "the policy was not taken anew; the one before stays in force");
        return;
    }
    if (strcmp(settings.socket, in_force.socket) != 0 || settings.socket_mode != in_force.socket_mode)
        log_line(LOG_WARNING, "another socket needs a restart; until then it is %s", in_force.socket);
    /* Before any session begins with it: what the control socket allowed is allowed by the new one, too. */
    mailrep_daemon_exchange(beside, next);
    pthread_rwlock_wrlock(&lock);
    before = filter;
    filter = next;
    generation++;
    pthread_rwlock_unlock(&lock);
    mailrep_filter_free(before);
    log_open(settings.log_to, settings.log_facility);
    log_line(LOG_INFO, "the policy was taken anew");
}

void policy_end(void)
{
    mailrep_daemon_stop(beside);
    beside = NULL;
}

void policy_free(void)
{
    pthread_rwlock_wrlock(&lock);
    mailrep_filter_free(filter);
    filter = NULL;
    pthread_rwlock_unlock(&lock);
}

unsigned policy_generation(void)
{
    unsigned now;
    pthread_rwlock_rdlock(&lock);
    now = generation;
    pthread_rwlock_unlock(&lock);
    return now;
}

mailrep_filter_session *policy_session(unsigned *of)
{
    mailrep_filter_session *session = NULL;
    pthread_rwlock_rdlock(&lock);
    *of = generation;
    if (mailrep_filter_session_new(filter, MAILREP_GLUE_BARE_LF, &session) != MAILREP_OK)
        session = NULL;
    pthread_rwlock_unlock(&lock);
    return session;
}

void policy_told(const mailrep_decision *decision)
{
    mailrep_daemon_told(beside, decision);
    atomic_store(&changed, true);
    if (mailrep_decision_alarm_is_new(decision) == 1)
        atomic_store(&alarmed, true);
}

void policy_save(bool now)
{
    mailrep_error *error = NULL;
    double begin = seconds(), took, pause;
    if (!atomic_load(&changed) || (!now && begin < (atomic_load(&alarmed) ? last_save + SAVE_AT_MOST : next_save)))
        return;
    atomic_store(&changed, false);
    atomic_store(&alarmed, false);
    if (mailrep_daemon_save(beside, &error) != MAILREP_OK) {
        say_error("", error);
        atomic_store(&changed, true);
        save_failed = true;
    } else if (save_failed) {
        log_line(LOG_INFO, "the state of accounts is written again");
        save_failed = false;
    }
    took = seconds() - begin;
    pause = save_failed ? SAVE_AT_LEAST : took * SAVING_PART;
    if (pause < SAVE_AT_MOST)
        pause = SAVE_AT_MOST;
    if (pause > SAVE_AT_LEAST)
        pause = SAVE_AT_LEAST;
    last_save = begin + took;
    next_save = last_save + pause;
}
