/* Two processes. libmilter takes SIGHUP for an end, and whoever runs this expects a reload; and when it ends, it drops the messages that are
 * under way. So the work is done by a child that is told by SIGUSR1 to reload and by SIGUSR2 to end, and its parent passes signals on. The parent also starts another child when one has crashed, since no mail shall stop for that. */

#include "milter.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int ready_pipe[2];

/* sd_notify(3), without the library. */
static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd;
    if (!path || strlen(path) >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (to.sun_path[0] == '@')
        to.sun_path[0] = 0;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)))
        < 0)
        log_line(LOG_WARNING, "systemd cannot be told: %s", strerror(errno));
    close(fd);
}

void supervise_ready(void)
{
    if (write(ready_pipe[1], "", 1) < 0)
        log_line(LOG_WARNING, "the parent is gone");
    close(ready_pipe[1]);
}

static pid_t begin(int (*work)(void))
{
    pid_t parent = getpid(), child;
    sigset_t blocked;
    if (pipe(ready_pipe) != 0)
        return -1;
    child = fork();
    if (child == 0) {
        close(ready_pipe[0]);
        /* When the parent is killed outright, the child finishes what is in flight and ends. */
        prctl(PR_SET_PDEATHSIG, SIGUSR2);
        if (getppid() != parent)
            _exit(1);
        /* No thread shall be ended by a signal: libmilter's takes those that end it, and one of ours takes the reload. */
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGHUP);
        sigaddset(&blocked, SIGTERM);
        sigaddset(&blocked, SIGINT);
        sigaddset(&blocked, SIGUSR1);
        sigaddset(&blocked, SIGUSR2);
        sigprocmask(SIG_SETMASK, &blocked, NULL);
        exit(work());
    }
    close(ready_pipe[1]);
    return child;
}

/* Whether the child said that it is ready; false if it ended before. */
static bool is_ready(void)
{
    char octet;
    ssize_t got;
    do
        got = read(ready_pipe[0], &octet, 1);
    while (got < 0 && errno == EINTR);
    close(ready_pipe[0]);
    return got == 1;
}

int supervise(int (*work)(void))
{
    sigset_t ours;
    pid_t child;
    int status = 0, signal;
    bool ending = false, was_ready = false;
    sigemptyset(&ours);
    sigaddset(&ours, SIGHUP);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    for (;;) {
        child = begin(work);
        if (child < 0) {
            log_line(LOG_ERR, "no process can be started: %s", strerror(errno));
            return 1;
        }
        if (is_ready()) {
            if (!was_ready)
                notify("READY=1");
            was_ready = true;
        }
        for (;;) {
            if (waitpid(child, &status, WNOHANG) == child)
                break;
            if (sigwait(&ours, &signal) != 0)
                continue;
            if (signal == SIGHUP)
                kill(child, SIGUSR1);
            if (signal == SIGTERM || signal == SIGINT) {
                ending = true;
                notify("STOPPING=1");
                kill(child, SIGUSR2);
            }
        }
        if (ending || !was_ready || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
            break;
        if (WIFSIGNALED(status))
            log_line(LOG_CRIT, "the process that does the work was ended by signal %d; another is started", WTERMSIG(status));
        else
            log_line(LOG_CRIT, "the process that does the work ended with status %d; another is started", WEXITSTATUS(status));
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
