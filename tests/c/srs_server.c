/* SRS served to Postfix: started, asked, told other secrets, stopped. */

#define _POSIX_C_SOURCE 200809L

#include "expect.h"
#include "mailrep.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static mailrep_srs *rewriter(const char *secret)
{
    mailrep_srs_options options;
    mailrep_srs *srs = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_options_init(&options, sizeof options));
    options.domain = "srs.example.org";
    options.secrets = secret;
    options.secrets_length = strlen(secret);
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_new(&options, &srs, NULL));
    return srs;
}

static mailrep_srs_server_options options_for(const mailrep_srs_listen *listen, size_t count)
{
    mailrep_srs_server_options options;
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_server_options_init(&options, sizeof options));
    EXPECT(options.listen == NULL && options.listen_count == 0 && options.allow_public == 0);
    EXPECT(options.connections == 2000 && options.idle_ms == 1800000 && options.socket_mode == 0660);
    options.listen = listen;
    options.listen_count = count;
    return options;
}

/* A connection to "127.0.0.1:PORT" or "unix:PATH"; -1 if there is none. */
static int connected(const char *address)
{
    int to = -1, failed = 1;
    if (strncmp(address, "unix:", 5) == 0) {
        struct sockaddr_un name;
        memset(&name, 0, sizeof name);
        name.sun_family = AF_UNIX;
        strncpy(name.sun_path, address + 5, sizeof name.sun_path - 1);
        to = socket(AF_UNIX, SOCK_STREAM, 0);
        failed = connect(to, (struct sockaddr *)&name, sizeof name);
    } else {
        struct sockaddr_in name;
        memset(&name, 0, sizeof name);
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        name.sin_port = htons((unsigned short)atoi(strchr(address, ':') + 1));
        to = socket(AF_INET, SOCK_STREAM, 0);
        failed = connect(to, (struct sockaddr *)&name, sizeof name);
    }
    if (failed) {
        close(to);
        return -1;
    }
    return to;
}

/* What is answered to one request, until a line or a netstring ends. */
static const char *asked(int to, const char *request)
{
    static char reply[512];
    size_t length = 0;
    ssize_t octets;
    EXPECT(write(to, request, strlen(request)) == (ssize_t)strlen(request));
    while (length < sizeof reply - 1 && (octets = read(to, reply + length, sizeof reply - 1 - length)) > 0) {
        length += (size_t)octets;
        if (reply[length - 1] == '\n' || reply[length - 1] == ',')
            break;
    }
    reply[length] = 0;
    return reply;
}

static void a_server_answers_and_stops(void)
{
    char folder[] = "/tmp/mailrep-srs-XXXXXX", path[64], before[512];
    mailrep_srs_server *server = NULL;
    mailrep_srs *srs = rewriter("the first secret of a test"), *other = rewriter("the second secret of a test");
    EXPECT(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "unix:%s/socket", folder);
    mailrep_srs_listen listen[3];
    listen[0].service = MAILREP_SRS_TCP_FORWARD;
    listen[0].address = "127.0.0.1:0";
    listen[1].service = MAILREP_SRS_TCP_REVERSE;
    listen[1].address = "localhost:0";
    listen[2].service = MAILREP_SRS_SOCKETMAP;
    listen[2].address = path;
    mailrep_srs_server_options options = options_for(listen, 3);
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_server_start(srs, &options, &server, NULL));
    /* What answers may go. */
    mailrep_srs_free(srs);
    EXPECT(strncmp(mailrep_srs_server_address(server, 0).data, "127.0.0.1:", 10) == 0);
    EXPECT(strncmp(mailrep_srs_server_address(server, 1).data, "127.0.0.1:", 10) == 0);
    EXPECT(strcmp(mailrep_srs_server_address(server, 2).data, path) == 0);
    EXPECT(mailrep_srs_server_address(server, 3).data == NULL);

    int forward = connected(mailrep_srs_server_address(server, 0).data);
    int reverse = connected(mailrep_srs_server_address(server, 1).data);
    int both = connected(path);
    strcpy(before, asked(forward, "get ada@example.com\n"));
    EXPECT(strncmp(before, "200 SRS0=", 9) == 0);
    char request[600];
    snprintf(request, sizeof request, "get %s", before + 4);
    EXPECT(strcmp(asked(reverse, request), "200 ada@example.com\n") == 0);
    EXPECT(strcmp(asked(both, "14:forward nobody,"), "9:NOTFOUND ,") == 0);

    EXPECT_STATUS(MAILREP_OK, mailrep_srs_server_exchange(server, other));
    mailrep_srs_free(other);
    EXPECT(strncmp(asked(reverse, request), "500 ", 4) == 0);
    EXPECT(strcmp(asked(forward, "get ada@example.com\n"), before) != 0);

    mailrep_srs_server_stop(server);
    char octet;
    EXPECT(read(forward, &octet, 1) == 0 && read(reverse, &octet, 1) == 0 && read(both, &octet, 1) == 0);
    EXPECT(connected(path) == -1);
    close(forward);
    close(reverse);
    close(both);
    EXPECT(rmdir(folder) == 0);
}

/* The words of a start that has to fail with this status. */
static void refused(int status, const mailrep_srs *srs, const mailrep_srs_server_options *options, const char *words)
{
    mailrep_srs_server *server = (mailrep_srs_server *)1;
    mailrep_error *error = NULL;
    EXPECT_STATUS(status, mailrep_srs_server_start(srs, options, &server, &error));
    EXPECT(server == NULL);
    EXPECT(strstr(mailrep_error_text(error), words) != NULL);
    if (!strstr(mailrep_error_text(error), words))
        fprintf(stderr, "it says: %s\n", mailrep_error_text(error));
    mailrep_error_free(error);
}

static void what_cannot_be_served_is_said(void)
{
    mailrep_srs *srs = rewriter("the first secret of a test");
    mailrep_srs_server *server = NULL;
    mailrep_srs_listen listen;
    listen.service = MAILREP_SRS_SOCKETMAP;
    listen.address = "127.0.0.1:0";
    mailrep_srs_server_options options = options_for(&listen, 1);
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_server_start(srs, &options, &server, NULL));

    mailrep_srs_listen again = listen;
    again.address = mailrep_srs_server_address(server, 0).data;
    options.listen = &again;
    refused(MAILREP_SYSTEM, srs, &options, "in use");
    again.address = "0.0.0.0:0";
    refused(MAILREP_INVALID, srs, &options, "other hosts");
    options.allow_public = 1;
    mailrep_srs_server *open = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_srs_server_start(srs, &options, &open, NULL));
    mailrep_srs_server_stop(open);
    again.address = "somewhere";
    refused(MAILREP_INVALID, srs, &options, "IP:PORT");
    again.address = NULL;
    refused(MAILREP_NULL, srs, &options, "address");
    again = listen;
    again.service = 3;
    refused(MAILREP_INVALID, srs, &options, "service 3");
    options.listen_count = 0;
    refused(MAILREP_INVALID, srs, &options, "no address");
    options.listen_count = 65;
    refused(MAILREP_INVALID, srs, &options, "at most 64");
    options.listen_count = 1;
    options.listen = NULL;
    refused(MAILREP_NULL, srs, &options, "listen");
    options.listen = &listen;
    options.connections = 0;
    refused(MAILREP_INVALID, srs, &options, "connections");
    options.connections = 1;
    options.socket_mode = 01777;
    refused(MAILREP_INVALID, srs, &options, "socket_mode");
    options.size = 3;
    refused(MAILREP_INVALID, srs, &options, "size");
    refused(MAILREP_NULL, srs, NULL, "options");
    options = options_for(&listen, 1);
    refused(MAILREP_NULL, NULL, &options, "srs");

    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_server_start(srs, &options, NULL, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_server_options_init(NULL, sizeof options));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_srs_server_options_init(&options, sizeof options - 1));
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_server_exchange(NULL, srs));
    EXPECT_STATUS(MAILREP_NULL, mailrep_srs_server_exchange(server, NULL));
    EXPECT(mailrep_srs_server_address(NULL, 0).data == NULL);
    mailrep_srs_server_stop(NULL);
    mailrep_srs_server_stop(server);
    mailrep_srs_free(srs);
}

int main(void)
{
    a_server_answers_and_stops();
    what_cannot_be_served_is_said();
    return expected();
}
