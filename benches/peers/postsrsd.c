/*
 * Rewrites the same address again and again by PostSRSd's own code, in one thread, and prints what it took.
 *
 * Usage: postsrsd SECRET ALIAS ADDRESS COUNT: an SRS address is reversed, another rewritten. Prints wall, user and system time in
 * nanoseconds and how many had an address for an answer.
 */
#define _GNU_SOURCE
#include <srs2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static long long nanoseconds(long seconds, long fraction, long factor)
{
    return seconds * 1000000000LL + (long long)fraction * factor;
}

int main(int count, char **arguments)
{
    if (count != 5)
        return 2;
    const char *alias = arguments[2], *address = arguments[3];
    int reverse = strncmp(address, "SRS", 3) == 0;
    long times = atol(arguments[4]), right = 0;
    char answer[1024];
    srs_t *srs = srs_new();
    if (!srs || srs_add_secret(srs, arguments[1]) != SRS_SUCCESS || srs_set_separator(srs, '=') != SRS_SUCCESS)
        return 1;

    struct timespec begun, ended;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (long number = 0; number < times; number++) {
        int status = reverse ? srs_reverse(srs, answer, sizeof answer, address)
                             : srs_forward(srs, answer, sizeof answer, address, alias);
        right += status == SRS_SUCCESS && strchr(answer, '@') != NULL;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    getrusage(RUSAGE_SELF, &after);
    srs_free(srs);

    printf("%lld %lld %lld %ld\n",
           nanoseconds(ended.tv_sec - begun.tv_sec, ended.tv_nsec - begun.tv_nsec, 1),
           nanoseconds(after.ru_utime.tv_sec - before.ru_utime.tv_sec, after.ru_utime.tv_usec - before.ru_utime.tv_usec, 1000),
           nanoseconds(after.ru_stime.tv_sec - before.ru_stime.tv_sec, after.ru_stime.tv_usec - before.ru_stime.tv_usec, 1000),
           right);
    return 0;
}
