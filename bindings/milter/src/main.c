/* mailrep-milter(8). */

#include "milter.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
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
/* How long an end waits for messages under way: what systemd leaves, and less. */
#define FINISH_TENTHS 600
#define BACKLOG 256

static atomic_bool ending;
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

static bool listen_at(const struct settings *settings)
{
    const char *path = strncmp(settings->socket, "unix:", 5) == 0 ? settings->socket + 5 : NULL;
    mode_t before;
    int tries = 0;
    bool good;
    if (smfi_setconn((char *)settings->socket) != MI_SUCCESS) {
        log_line(LOG_ERR, "libmilter does not take the socket %s", settings->socket);
        return false;
    }
    smfi_setbacklog(BACKLOG);
    while (path && is_taken(path)) {
        if (++tries > PATIENCE_TENTHS) {
            log_line(LOG_ERR, "somebody listens at %s already", settings->socket);
            return false;
        }
        pause_tenth();
    }
    before = umask(0177);
    while (!(good = smfi_opensocket(true) == MI_SUCCESS) && ++tries <= PATIENCE_TENTHS && errno == EADDRINUSE)
        pause_tenth();
    umask(before);
    if (!good || (path && chmod(path, settings->socket_mode) != 0)) {
        log_line(LOG_ERR, "%s cannot be listened at: %s", settings->socket, strerror(errno));
        return false;
    }
    return true;
}

/* Reloads, saves now and then. SIGUSR1 is blocked in all threads; only this one takes it. */
static void *keep_house(void *unused)
{
    sigset_t reload;
    (void)unused;
    sigemptyset(&reload);
    sigaddset(&reload, SIGUSR1);
    while (!atomic_load(&ending)) {
        if (sigtimedwait(&reload, NULL, &(struct timespec){.tv_nsec = 250000000}) == SIGUSR1)
            policy_reload();
        policy_save(false);
    }
    return NULL;
}

static int work(void)
{
    struct settings settings;
    struct rlimit files;
    pthread_t house;
    int result;
    /* A thread for each connection: they share what the allocator keeps. */
    mallopt(M_ARENA_MAX, 2);
    signal(SIGPIPE, SIG_IGN);
    if (!policy_start(config, &settings))
        return EX_CONFIG;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < 65536 ? files.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (smfi_register(callbacks) != MI_SUCCESS) {
        log_line(LOG_ERR, "libmilter does not take the callbacks");
        return EX_SOFTWARE;
    }
    if (!listen_at(&settings))
        return EX_UNAVAILABLE;
    if (pthread_create(&house, NULL, keep_house, NULL) != 0) {
        log_line(LOG_ERR, "no thread can be started");
        return EX_OSERR;
    }
    log_line(LOG_INFO, "mailrep %s listens at %s", mailrep_version(), settings.socket);
    supervise_ready();
    result = smfi_main();
    for (int tenths = 0; callbacks_under_way() > 0 && tenths < FINISH_TENTHS; tenths++)
        pause_tenth();
    atomic_store(&ending, true);
    pthread_join(house, NULL);
    policy_save(true);
    policy_free();
    log_line(LOG_INFO, "ended");
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
    struct settings settings;
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
