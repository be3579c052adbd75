/* SPF checks by libspf2: libspf2 PORT FIRST COUNT
 *
 * Asks the nameserver on 127.0.0.1:PORT about the senders FIRST, FIRST + 1, ... of the bench's zone and prints the
 * nanoseconds of wall time, of user and of system CPU time that all checks together took, and how many passed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

#include <spf2/spf.h>

static unsigned short port;

/* libspf2 asks the system's resolver, whose configuration knows no ports. The call by which it sets up that resolver
 * comes here, because the program's symbols go before those of libraries; everything after is as always. */
int res_ninit(res_state state)
{
    static int (*real)(res_state);
    if (real == NULL) {
        /* The name behind the macro. */
        *(void **)&real = dlsym(RTLD_NEXT, "__res_ninit");
        if (real == NULL)
            abort();
    }
    int status = real(state);
    if (status == 0) {
        state->nscount = 1;
        state->nsaddr_list[0].sin_family = AF_INET;
        state->nsaddr_list[0].sin_port = htons(port);
        state->nsaddr_list[0].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    return status;
}

static long long nanoseconds(long seconds, long fraction, long factor)
{
    return seconds * 1000000000LL + (long long)fraction * factor;
}

static int check(SPF_server_t *server, long number)
{
    char sender[64];
    SPF_response_t *response = NULL;
    SPF_request_t *request = SPF_request_new(server);
    snprintf(sender, sizeof sender, "alice@s%ld.bench.test", number);
    SPF_request_set_ipv4_str(request, "192.0.2.1");
    SPF_request_set_helo_dom(request, "mail.example.org");
    SPF_request_set_env_from(request, sender);
    SPF_request_query_mailfrom(request, &response);
    int passed = response != NULL && SPF_response_result(response) == SPF_RESULT_PASS;
    SPF_response_free(response);
    SPF_request_free(request);
    return passed;
}

int main(int count, char **arguments)
{
    if (count != 4) {
        fprintf(stderr, "usage: libspf2 PORT FIRST COUNT\n");
        return 2;
    }
    port = (unsigned short)atoi(arguments[1]);
    long first = atol(arguments[2]), checks = atol(arguments[3]), passed = 0;
    SPF_server_t *server = SPF_server_new(SPF_DNS_CACHE, 0);
    if (server == NULL)
        return 1;

    struct timespec begun, ended;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (long number = first; number < first + checks; number++)
        passed += check(server, number);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    getrusage(RUSAGE_SELF, &after);
    SPF_server_free(server);

    printf("%lld %lld %lld %ld\n",
           nanoseconds(ended.tv_sec - begun.tv_sec, ended.tv_nsec - begun.tv_nsec, 1),
           nanoseconds(after.ru_utime.tv_sec - before.ru_utime.tv_sec, after.ru_utime.tv_usec - before.ru_utime.tv_usec, 1000),
           nanoseconds(after.ru_stime.tv_sec - before.ru_stime.tv_sec, after.ru_stime.tv_usec - before.ru_stime.tv_usec, 1000),
           passed);
    return 0;
}
