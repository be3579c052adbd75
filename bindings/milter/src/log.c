/* The log. */

#include "milter.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Octets of a line; what is longer is cut. */
#define LONGEST_LINE 8192

static const struct {
    const char *name;
    int facility;
} facilities[] = {
    {"mail", LOG_MAIL},     {"daemon", LOG_DAEMON}, {"user", LOG_USER},     {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},
    {"local7", LOG_LOCAL7},
};

static bool to_syslog;
static bool with_priority;

static int facility_of(const char *name)
{
    for (size_t at = 0; at < sizeof facilities / sizeof facilities[0]; at++)
        if (strcmp(facilities[at].name, name) == 0)
            return facilities[at].facility;
    return LOG_MAIL;
}

void log_open(const char *to, const char *facility)
{
    to_syslog = strcmp(to, "syslog") == 0;
    /* The journal takes the priority from the beginning of a line: sd-daemon(3). */
    with_priority = getenv("JOURNAL_STREAM") != NULL;
    openlog(PROGRAM, LOG_PID, facility_of(facility));
}

void log_quotable(char *place, size_t size, const void *octets, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = octets;
    char *to = place;
    for (size_t at = 0; at < length && (size_t)(to - place) + 5 < size; at++) {
        if (from[at] >= ' ' && from[at] <= '~' && from[at] != '\\') {
            *to++ = from[at] == '"' ? '\'' : (char)from[at];
            continue;
        }
        *to++ = '\\';
        *to++ = 'x';
        *to++ = digits[from[at] >> 4];
        *to++ = digits[from[at] & 15];
    }
    *to = 0;
}

void log_line(int priority, const char *format, ...)
{
    char line[LONGEST_LINE];
    va_list arguments;
    int length, start = 0;
    if (!to_syslog && with_priority)
        start = snprintf(line, sizeof line, "<%d>", priority);
    va_start(arguments, format);
    length = vsnprintf(line + start, sizeof line - 1 - (size_t)start, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    /* What strangers chose comes escaped; this is for what does not. */
    for (char *octet = line + start; *octet; octet++)
        if ((unsigned char)*octet < 0x20 || *octet == 0x7f)
            *octet = '?';
    if (to_syslog) {
        syslog(priority, "%s", line);
        return;
    }
    length = (int)strlen(line);
    line[length++] = '\n';
    /* One call, so that lines of threads do not mix. A log that cannot be written stops nothing. */
    if (write(STDERR_FILENO, line, (size_t)length) < 0)
        return;
}

void log_lines(int priority, const char *what, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        log_line(priority, "%s%.*s", what, (int)length, text);
        text += length + (text[length] == '\n');
    }
}
