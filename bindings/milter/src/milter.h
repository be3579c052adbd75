/* mailrep-milter: libmilter's callbacks to the filter of libmailrep and back. */

#ifndef MAILREP_MILTER_H
#define MAILREP_MILTER_H

#include <libmilter/mfapi.h>
#include <mailrep.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <syslog.h>

#define PROGRAM "mailrep-milter"

/* log.c: one line an event, to syslog or to the standard error output, by any thread. */
void log_open(const char *to, const char *facility);
/* Makes of octets what can stand between quotes in a line: others than printable ones of ASCII become a backslash, x and two digits. */
void log_quotable(char *place, size_t size, const void *octets, size_t length);
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Each line of a text by itself. */
void log_lines(int priority, const char *what, const char *text);

/* policy.c: the filter that is in force, and the sections of the policy file that are ours. */
struct settings {
    char socket[256];
    mode_t socket_mode;
    char log_to[16];
    char log_facility[16];
};
/* Reads the file. False: it has been said why. */
bool policy_read(const char *path, struct settings *settings);
/* The same, and begins what runs beside the filter; the exit status for what is wrong, else 0. */
int policy_start(const char *path, struct settings *settings);
/* Reads the file anew; what cannot be used leaves all as it was. */
void policy_reload(void);
void policy_free(void);
/* Ends what runs beside the filter. No message may be under way. */
void policy_end(void);
/* A session of the filter that is in force; NULL if there is no memory. */
mailrep_filter_session *policy_session(unsigned *generation);
/* Which policy is in force: a number that grows. */
unsigned policy_generation(void);
/* A message was decided about: the state differs from the file's, and is saved soon if there is a new alarm. */
void policy_told(const mailrep_decision *decision);
/* Saves the state if it is time, or at any rate. */
void policy_save(bool now);

/* callbacks.c */
extern struct smfiDesc callbacks;
/* Messages that are under way. */
int callbacks_under_way(void);
/* From now on no message begins: clients are asked to try again. */
void callbacks_close(void);

/* supervise.c: a process that does the work, and one that keeps it alive and passes on signals. */
int supervise(int (*work)(void));
/* The work can begin. */
void supervise_ready(void);

#endif
