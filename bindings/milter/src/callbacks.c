/* libmilter's callbacks. Each runs in the thread of its connection. Whatever fails here, mail goes on: it is accepted as it came, and
 * the log says why. */

#include "milter.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WANTED_ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGFROM | SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_QUARANTINE)
/* The MTA need not wait for answers that are always the same. That to DATA is one, and is given all the same: Postfix hands the connection
 * to another process then, and without an answer what that sends first waits for TCP's delayed acknowledgement, 40 ms. (Not to be told of
 * DATA does not help: of its macros Postfix tells anyway.) */
#define WANTED_STEPS \
    (SMFIP_HDR_LEADSPC | SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)
/* Lines that smfi_setmlreply() takes here; the filter gives at most as many. */
#define MOST_LINES 8
/* Octets of an account in the log, with a zero. */
#define LONGEST_SHOWN 1024

struct connection {
    mailrep_filter_session *session;
    /* SMFIP_NR_... that both sides have agreed on. */
    unsigned long silent;
    /* Which policy the session has. */
    unsigned generation;
    /* A message is past DATA: an end waits for it. Before, there is nothing to lose. */
    bool in_message;
    /* The filter failed at this message: it goes on its way as it is. */
    bool given_up;
    char address[INET6_ADDRSTRLEN];
    char *daemon;
    char *helo;
};

static atomic_int under_way;
static atomic_bool closed;

int callbacks_under_way(void)
{
    return atomic_load(&under_way);
}

void callbacks_close(void)
{
    atomic_store(&closed, true);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static const char *macro(SMFICTX *ctx, const char *name)
{
    return or_empty(smfi_getsymval(ctx, (char *)name));
}

/* What is kept of the connection; NULL if there is no memory. */
static struct connection *connection_of(SMFICTX *ctx)
{
    struct connection *connection = smfi_getpriv(ctx);
    if (connection)
        return connection;
    connection = calloc(1, sizeof *connection);
    if (!connection)
        log_line(LOG_ERR, "no memory: a connection is accepted as it is");
    else
        smfi_setpriv(ctx, connection);
    return connection;
}

static void message_begins(struct connection *connection)
{
    if (!connection->in_message)
        atomic_fetch_add(&under_way, 1);
    connection->in_message = true;
}

static void message_ends(struct connection *connection)
{
    if (connection->in_message)
        atomic_fetch_sub(&under_way, 1);
    connection->in_message = false;
    connection->given_up = false;
}

/* Tells a new session about the connection. */
static bool connected(struct connection *connection)
{
    if (connection->session)
        return true;
    connection->session = policy_session(&connection->generation);
    if (!connection->session)
        return false;
    return mailrep_filter_session_connect(connection->session, connection->address, strlen(connection->address),
                                          or_empty(connection->daemon), strlen(or_empty(connection->daemon)))
               == MAILREP_OK
           && mailrep_filter_session_helo(connection->session, or_empty(connection->helo), strlen(or_empty(connection->helo)))
                  == MAILREP_OK;
}

/* A call failed. The message goes on its way, and the next one gets a new session. */
static void give_up(SMFICTX *ctx, struct connection *connection, const char *call)
{
    log_line(LOG_ERR, "queue=%s client=%s failed=%s: accepted as it is: %s", macro(ctx, "i"), connection->address, call,
             connection->session ? mailrep_filter_session_error(connection->session) : "no memory");
    mailrep_filter_session_free(connection->session);
    connection->session = NULL;
    connection->given_up = true;
}

static sfsistat silently(const struct connection *connection, unsigned long step)
{
    return connection->silent & step ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2, unsigned long f3,
                          unsigned long *used_actions, unsigned long *used_steps, unsigned long *unused2, unsigned long *unused3)
{
    struct connection *connection = connection_of(ctx);
    (void)f2;
    (void)f3;
    if (!connection)
        return SMFIS_ACCEPT;
    *used_actions = actions & WANTED_ACTIONS;
    *used_steps = steps & WANTED_STEPS;
    *unused2 = *unused3 = 0;
    connection->silent = *used_steps;
    if (actions & SMFIF_SETSYMLIST) {
        /* What is needed, whatever milter_..._macros of the site say. */
        *used_actions |= SMFIF_SETSYMLIST;
        smfi_setsymlist(ctx, SMFIM_CONNECT, "{daemon_name}");
        smfi_setsymlist(ctx, SMFIM_ENVFROM, "{auth_authen}");
        smfi_setsymlist(ctx, SMFIM_EOM, "i");
    }
    if ((actions & WANTED_ACTIONS) != WANTED_ACTIONS || !(steps & SMFIP_HDR_LEADSPC))
        log_line(LOG_WARNING, "the MTA does not offer all that is needed: actions %#lx, steps %#lx", actions, steps);
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, struct sockaddr *from)
{
    struct connection *connection = connection_of(ctx);
    (void)name;
    if (!connection)
        return SMFIS_ACCEPT;
    if (from && from->sa_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)from)->sin_addr, connection->address, sizeof connection->address);
    else if (from && from->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)from)->sin6_addr, connection->address, sizeof connection->address);
    connection->daemon = strdup(macro(ctx, "{daemon_name}"));
    if (!connected(connection))
        give_up(ctx, connection, "connect");
    return silently(connection, SMFIP_NR_CONN);
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    struct connection *connection = connection_of(ctx);
    char *kept;
    if (!connection)
        return SMFIS_ACCEPT;
    kept = strdup(or_empty(name));
    free(connection->helo);
    connection->helo = kept;
    if (connection->session && mailrep_filter_session_helo(connection->session, or_empty(name), strlen(or_empty(name))) != MAILREP_OK)
        give_up(ctx, connection, "helo");
    return silently(connection, SMFIP_NR_HELO);
}

static sfsistat on_mail_from(SMFICTX *ctx, char **arguments)
{
    struct connection *connection = connection_of(ctx);
    const char *login = macro(ctx, "{auth_authen}");
    if (!connection)
        return SMFIS_ACCEPT;
    message_ends(connection);
    if (atomic_load(&closed))
        return SMFIS_TEMPFAIL;
    /* Open connections take part in a reload with their next message. */
    if (connection->session && connection->generation != policy_generation()) {
        mailrep_filter_session_free(connection->session);
        connection->session = NULL;
    }
    if (!connected(connection)
        || mailrep_filter_session_mail_from(connection->session, arguments[0], strlen(arguments[0]), login, strlen(login)) != MAILREP_OK)
        give_up(ctx, connection, "mail_from");
    return SMFIS_CONTINUE;
}

/* Sites have the login come later. */
static void late_login(SMFICTX *ctx, struct connection *connection)
{
    const char *login = macro(ctx, "{auth_authen}");
    if (*login && mailrep_filter_session_login(connection->session, login, strlen(login)) != MAILREP_OK)
        give_up(ctx, connection, "login");
}

/* The lines of a refusal: what there is not is NULL. */
static void refuse(SMFICTX *ctx, int code, const char *enhanced, const char *const lines[MOST_LINES])
{
    char number[8];
    char *l[MOST_LINES];
    number[0] = (char)('0' + code / 100 % 10);
    number[1] = (char)('0' + code / 10 % 10);
    number[2] = (char)('0' + code % 10);
    number[3] = 0;
    for (int at = 0; at < MOST_LINES; at++)
        l[at] = (char *)lines[at];
    if (smfi_setmlreply(ctx, number, (char *)enhanced, l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7], NULL) != MI_SUCCESS)
        log_line(LOG_WARNING, "libmilter does not take this answer: %s %s %s", number, or_empty(enhanced), or_empty(lines[0]));
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
    struct connection *connection = connection_of(ctx);
    mailrep_filter_session *session;
    const char *lines[MOST_LINES];
    int reply;
    if (!connection)
        return SMFIS_ACCEPT;
    if (connection->given_up)
        return SMFIS_CONTINUE;
    session = connection->session;
    if (mailrep_filter_session_rcpt(session, arguments[0], strlen(arguments[0])) != MAILREP_OK) {
        give_up(ctx, connection, "rcpt");
        return SMFIS_CONTINUE;
    }
    reply = mailrep_filter_session_reply(session);
    if (reply != MAILREP_REPLY_DEFER && reply != MAILREP_REPLY_REJECT)
        return SMFIS_CONTINUE;
    for (size_t at = 0; at < MOST_LINES; at++)
        lines[at] = mailrep_filter_session_reply_line(session, at).data;
    refuse(ctx, mailrep_filter_session_reply_code(session), mailrep_filter_session_reply_enhanced(session).data, lines);
    log_line(LOG_INFO, "client=%s recipient refused: %d %s %s", connection->address, mailrep_filter_session_reply_code(session),
             or_empty(mailrep_filter_session_reply_enhanced(session).data), or_empty(lines[0]));
    return reply == MAILREP_REPLY_DEFER ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

static sfsistat on_data(SMFICTX *ctx)
{
    struct connection *connection = connection_of(ctx);
    if (!connection)
        return SMFIS_ACCEPT;
    /* In this order: what is counted is waited for. */
    message_begins(connection);
    if (atomic_load(&closed)) {
        message_ends(connection);
        return SMFIS_TEMPFAIL;
    }
    if (!connection->given_up)
        late_login(ctx, connection);
    if (!connection->given_up && mailrep_filter_session_data(connection->session) != MAILREP_OK)
        give_up(ctx, connection, "data");
    return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct connection *connection = connection_of(ctx);
    if (!connection)
        return SMFIS_ACCEPT;
    /* For MTAs that do not tell of DATA. */
    message_begins(connection);
    if (!connection->given_up
        && mailrep_filter_session_header(connection->session, name, strlen(name), or_empty(value), strlen(or_empty(value))) != MAILREP_OK)
        give_up(ctx, connection, "header");
    return silently(connection, SMFIP_NR_HDR);
}

static sfsistat on_end_of_headers(SMFICTX *ctx)
{
    struct connection *connection = connection_of(ctx);
    if (!connection)
        return SMFIS_ACCEPT;
    if (!connection->given_up)
        late_login(ctx, connection);
    if (!connection->given_up && mailrep_filter_session_end_of_headers(connection->session) != MAILREP_OK)
        give_up(ctx, connection, "end_of_headers");
    return silently(connection, SMFIP_NR_EOH);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *octets, size_t length)
{
    struct connection *connection = connection_of(ctx);
    if (!connection)
        return SMFIS_ACCEPT;
    if (!connection->given_up && mailrep_filter_session_body(connection->session, octets, length) != MAILREP_OK)
        give_up(ctx, connection, "body");
    return silently(connection, SMFIP_NR_BODY);
}

static const char *action_words[] = {"delete a header field", "insert a header field", "change the sender", "add a recipient",
                                     "delete a recipient",    "hold the message"};

/* Carries out what was decided. */
static sfsistat carry_out(SMFICTX *ctx, const mailrep_decision *decision)
{
    size_t count = mailrep_decision_action_count(decision);
    for (size_t at = 0; at < count; at++) {
        int kind = mailrep_decision_action_kind(decision, at);
        char *name = (char *)mailrep_decision_action_name(decision, at).data;
        char *value = (char *)mailrep_decision_action_value(decision, at).data;
        int number = mailrep_decision_action_number(decision, at);
        int done = MI_SUCCESS;
        const char *lines[MOST_LINES];
        switch (kind) {
        case MAILREP_ACTION_DELETE_HEADER: done = smfi_chgheader(ctx, name, number, NULL); break;
        case MAILREP_ACTION_INSERT_HEADER: done = smfi_insheader(ctx, number, name, value); break;
        case MAILREP_ACTION_CHANGE_SENDER: done = smfi_chgfrom(ctx, value, NULL); break;
        case MAILREP_ACTION_ADD_RECIPIENT: done = smfi_addrcpt(ctx, value); break;
        case MAILREP_ACTION_DELETE_RECIPIENT: done = smfi_delrcpt(ctx, value); break;
        case MAILREP_ACTION_HOLD: done = smfi_quarantine(ctx, (char *)mailrep_decision_action_line(decision, at, 0).data); break;
        case MAILREP_ACTION_DEFER:
        case MAILREP_ACTION_REJECT:
            for (size_t line = 0; line < MOST_LINES; line++)
                lines[line] = mailrep_decision_action_line(decision, at, line).data;
            refuse(ctx, mailrep_decision_action_code(decision, at), mailrep_decision_action_enhanced(decision, at).data, lines);
            return kind == MAILREP_ACTION_DEFER ? SMFIS_TEMPFAIL : SMFIS_REJECT;
        default: break;
        }
        if (done != MI_SUCCESS)
            log_line(LOG_ERR, "queue=%s the MTA does not let us %s", macro(ctx, "i"), action_words[kind]);
    }
    return SMFIS_CONTINUE;
}

static sfsistat on_end_of_message(SMFICTX *ctx)
{
    struct connection *connection = connection_of(ctx);
    const char *queue_id = macro(ctx, "i");
    mailrep_decision *decision = NULL;
    sfsistat answer = SMFIS_CONTINUE;
    mailrep_octets account;
    if (!connection)
        return SMFIS_ACCEPT;
    if (!connection->given_up
        && mailrep_filter_session_end(connection->session, queue_id, strlen(queue_id), &decision) != MAILREP_OK)
        give_up(ctx, connection, "end");
    if (decision) {
        bool alarm = mailrep_decision_alarm_is_new(decision) == 1;
        answer = carry_out(ctx, decision);
        log_line(LOG_INFO, "%s", or_empty(mailrep_decision_log(decision).data));
        if (alarm) {
            char shown[LONGEST_SHOWN];
            account = mailrep_decision_alarm_account(decision);
            log_quotable(shown, sizeof shown, account.data, account.length);
            log_line(LOG_WARNING, "ALARM account=\"%s\" cause=%s reason=\"%s\"", shown,
                     or_empty(mailrep_decision_alarm_cause(decision).data), or_empty(mailrep_decision_alarm_reason(decision).data));
        }
        if (mailrep_decision_host_alarm(decision).data)
            log_line(LOG_WARNING, "ALARM of the whole host: %s", mailrep_decision_host_alarm(decision).data);
        policy_told(decision);
        mailrep_decision_free(decision);
    }
    message_ends(connection);
    return answer;
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct connection *connection = smfi_getpriv(ctx);
    if (connection) {
        mailrep_filter_session_abort(connection->session);
        message_ends(connection);
    }
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    struct connection *connection = smfi_getpriv(ctx);
    if (connection) {
        message_ends(connection);
        mailrep_filter_session_free(connection->session);
        free(connection->daemon);
        free(connection->helo);
        free(connection);
        smfi_setpriv(ctx, NULL);
    }
    return SMFIS_CONTINUE;
}

struct smfiDesc callbacks = {
    .xxfi_name = PROGRAM,
    .xxfi_version = SMFI_VERSION,
    .xxfi_flags = WANTED_ACTIONS | SMFIF_SETSYMLIST,
    .xxfi_connect = on_connect,
    .xxfi_helo = on_helo,
    .xxfi_envfrom = on_mail_from,
    .xxfi_envrcpt = on_rcpt,
    .xxfi_header = on_header,
    .xxfi_eoh = on_end_of_headers,
    .xxfi_body = on_body,
    .xxfi_eom = on_end_of_message,
    .xxfi_abort = on_abort,
    .xxfi_close = on_close,
    .xxfi_data = on_data,
    .xxfi_negotiate = negotiate,
};
