/* mailrep-milter(8). */

#include "milter.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* How long a start waits for the socket of one that ends. */
#define PATIENCE_TENTHS 100
/* How long an end waits for messages under way, and up to when others may begin meanwhile. */
#define FINISH_TENTHS 600
#define SERVE_TENTHS 50
#define BACKLOG 256
#define MOST_FDS_AT_START 256

static struct settings settings;
static const char *config = "/etc/mailrep/mailrep.toml";

static void pause_tenth(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

/* Whether somebody listens at this path. */
static bool is_taken(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd;
    bool taken;
    if (strlen(path) >= sizeof at.sun_path)
        return false;
    strcpy(at.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    taken = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0)
        close(fd);
    return taken;
}

/* What is done to a message are several short packets, which are not to wait for acknowledgements of each other. Connections have it from
 * the socket that libmilter listens at; which of ours that is it does not tell, and no other is the worse for it. */
static void send_at_once(void)
{
    for (int fd = 3; fd < MOST_FDS_AT_START; fd++) {
        int listens = 0, on = 1;
        socklen_t size = sizeof listens;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

static bool listen_now(void)
{
    const char *path = strncmp(settings.socket, "unix:", 5) == 0 ? settings.socket + 5 : NULL;
    mode_t before;
    int tries = 0;
    bool good;
    if (smfi_setconn((char *)settings.socket) != MI_SUCCESS) {
        log_line(LOG_ERR, "libmilter does not take the socket %s", settings.socket);
        return false;
    }
    smfi_setbacklog(BACKLOG);
    while (path && is_taken(path)) {
        if (++tries > PATIENCE_TENTHS) {
            log_line(LOG_ERR, "somebody listens at %s already", settings.socket);
            return false;
        }
        pause_tenth();
    }
    before = umask(0177);
    while (!(good = smfi_opensocket(true) == MI_SUCCESS) && ++tries <= PATIENCE_TENTHS && errno == EADDRINUSE)
        pause_tenth();
    umask(before);
    if (!good || (path && chmod(path, settings.socket_mode) != 0)) {
        log_line(LOG_ERR, "%s cannot be listened at: %s", settings.socket, strerror(errno));
        return false;
    }
    send_at_once();
    return true;
}

/* Ends in good order: messages under way are finished, what was learned is saved. libmilter itself would drop them. */
static void end(void)
{
    int tenths = 0;
    log_line(LOG_INFO, "ending: %d messages are under way", callbacks_under_way());
    while (callbacks_under_way() > 0 && tenths++ < SERVE_TENTHS)
        pause_tenth();
    callbacks_close();
    while (callbacks_under_way() > 0 && tenths++ < FINISH_TENTHS)
        pause_tenth();
    if (callbacks_under_way() > 0)
        log_line(LOG_WARNING, "%d messages are under way still, and are not waited for", callbacks_under_way());
    policy_save(true);
    if (callbacks_under_way() == 0)
        policy_end();
    if (strncmp(settings.socket, "unix:", 5) == 0)
        unlink(settings.socket + 5);
    log_line(LOG_INFO, "ended");
    /* Threads of libmilter wait for commands still. */
    _exit(EX_OK);
}

/* Reloads, ends, saves now and then. The signals are blocked in all threads; only this one takes them. */
static void *keep_house(void *unused)
{
    sigset_t orders;
    (void)unused;
    sigemptyset(&orders);
    sigaddset(&orders, SIGUSR1);
    sigaddset(&orders, SIGUSR2);
    for (;;) {
        int order = sigtimedwait(&orders, NULL, &(struct timespec){.tv_nsec = 250000000});
        if (order == SIGUSR1)
            policy_reload();
        if (order == SIGUSR2)
            end();
        policy_save(false);
    }
    return NULL;
}

static int work(void)
{
    struct rlimit files;
    pthread_t house;
    int result;
    /* A thread for each connection: they share what the allocator keeps. */
    mallopt(M_ARENA_MAX, 2);
    signal(SIGPIPE, SIG_IGN);
    if ((result = policy_start(config, &settings)) != EX_OK)
        return result;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < 65536 ? files.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (smfi_register(callbacks) != MI_SUCCESS) {
        log_line(LOG_ERR, "libmilter does not take the callbacks");
        return EX_SOFTWARE;
    }
    if (!listen_now())
        return EX_UNAVAILABLE;
    if (pthread_create(&house, NULL, keep_house, NULL) != 0) {
        log_line(LOG_ERR, "no thread can be started");
        return EX_OSERR;
    }
    log_line(LOG_INFO, "mailrep %s listens at %s", mailrep_version(), settings.socket);
    supervise_ready();
    result = smfi_main();
    /* libmilter ended by itself, by a signal that was not for us to see. */
    policy_save(true);
    log_line(LOG_WARNING, "libmilter ended");
    return result == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
}

static void usage(FILE *to)
{
    fprintf(to, "Usage: " PROGRAM " [-c FILE] [-t]\n\n"
                "A milter for Postfix: SPF, DKIM, DMARC, SRS, and a watch over accounts.\n\n"
                "  -c FILE  the policy, /etc/mailrep/mailrep.toml by default\n"
                "  -t       read the policy, say what is wrong with it, and end\n"
                "  -V       print the version\n"
                "  -h       print this\n\n"
                "SIGHUP reads the policy and all that it names anew; SIGTERM ends when messages under way are done. See " PROGRAM "(8).\n");
}

int main(int count, char **arguments)
{
    bool only_check = false;
    int option;
    while ((option = getopt(count, arguments, "c:thV")) != -1)
        switch (option) {
        case 'c': config = optarg; break;
        case 't': only_check = true; break;
        case 'h': usage(stdout); return EX_OK;
        case 'V': printf(PROGRAM " %s\n", mailrep_version()); return EX_OK;
        default: usage(stderr); return EX_USAGE;
        }
    if (optind < count) {
        usage(stderr);
        return EX_USAGE;
    }
    log_open("stderr", "mail");
    if (only_check) {
        if (!policy_read(config, &settings))
            return EX_CONFIG;
        policy_free();
        printf("%s can be used; the socket is %s\n", config, settings.socket);
        return EX_OK;
    }
    return supervise(work);
}
