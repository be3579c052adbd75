/*
 * Judges the same message again and again by libopendmarc, in one thread, and prints what it took.
 *
 * Usage: libopendmarc SUFFIXES RECORD FROM SPF DKIM DECISION COUNT: a file of public suffixes, what SPF and DKIM passed for, and the
 * decision that there has to be, as the header's number. Prints wall, user and system time in nanoseconds and how many had it.
 */
#define _GNU_SOURCE
#include <sys/types.h>

#include <opendmarc/dmarc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define TEXT(text) ((u_char *)(text))

static long long nanoseconds(long seconds, long fraction, long factor)
{
    return seconds * 1000000000LL + (long long)fraction * factor;
}

static int judge(char **arguments)
{
    DMARC_POLICY_T *policy = opendmarc_policy_connect_init(TEXT("192.0.2.1"), 0);
    opendmarc_policy_store_from_domain(policy, TEXT(arguments[3]));
    opendmarc_policy_store_spf(policy, TEXT(arguments[4]), DMARC_POLICY_SPF_OUTCOME_PASS, DMARC_POLICY_SPF_ORIGIN_MAILFROM, NULL);
    opendmarc_policy_store_dkim(policy, TEXT(arguments[5]), NULL, DMARC_POLICY_DKIM_OUTCOME_PASS, NULL);
    int decision = -1;
    if (opendmarc_policy_parse_dmarc(policy, TEXT(arguments[3]), TEXT(arguments[2])) == DMARC_PARSE_OKAY)
        decision = opendmarc_get_policy_to_enforce(policy);
    opendmarc_policy_connect_shutdown(policy);
    return decision;
}

int main(int count, char **arguments)
{
    static OPENDMARC_LIB_T library;
    if (count != 8 || strlen(arguments[1]) >= sizeof library.tld_source_file)
        return 2;
    library.tld_type = OPENDMARC_TLD_TYPE_MOZILLA;
    strcpy((char *)library.tld_source_file, arguments[1]);
    if (opendmarc_policy_library_init(&library) != DMARC_PARSE_OKAY)
        return 1;
    int expected = atoi(arguments[6]);
    long messages = atol(arguments[7]), right = 0;

    struct timespec begun, ended;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (long number = 0; number < messages; number++)
        right += judge(arguments) == expected;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    getrusage(RUSAGE_SELF, &after);
    opendmarc_policy_library_shutdown(&library);

    printf("%lld %lld %lld %ld\n",
           nanoseconds(ended.tv_sec - begun.tv_sec, ended.tv_nsec - begun.tv_nsec, 1),
           nanoseconds(after.ru_utime.tv_sec - before.ru_utime.tv_sec, after.ru_utime.tv_usec - before.ru_utime.tv_usec, 1000),
           nanoseconds(after.ru_stime.tv_sec - before.ru_stime.tv_sec, after.ru_stime.tv_usec - before.ru_stime.tv_usec, 1000),
           right);
    return 0;
}
