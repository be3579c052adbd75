/* Checks a message through the streaming calls and prints the verdict as a line of JSON:
 *
 *     check_message [--zone FILE | --nameserver ADDRESS]... [--now SECONDS] [--ip IP] [--helo NAME] [--mail-from ADDRESS]
 *                   [--login ACCOUNT] [--authserv-id ID] [--spf-trust NETWORK]... [--spf-record DOMAIN=RECORD]...
 *                   [--spf-explanation TEXT] [--dmarc-trust NETWORK]... [--dmarc-list LIST]...
 *                   [--dmarc-except DOMAIN=DISPOSITION]... [--dmarc-psl]
 *                   [--trace] [--chunk OCTETS] [--by-field|--at-once] FILE|-
 *
 * --by-field tells the header field by field, as a mail filter does; it needs CRLF and a header without faults. --at-once is mailrep_check()
 * and mailrep_check_all().
 * Exit status: 0 a verdict, 1 the input cannot be used, 2 wrong usage, 3 --by-field cannot tell this message. */

#include "mailrep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

struct arguments {
    mailrep_options options;
    const char *nameservers[MOST];
    const char *trusted[MOST], *dmarc_trusted[MOST], *lists[MOST];
    mailrep_spf_record records[MOST];
    mailrep_dmarc_exception exceptions[MOST];
    const char *ip, *helo, *account, *mail_from, *file;
    const char *now;
    size_t chunk;
    int by_field;
    int at_once;
};

static void usage(const char *why)
{
    fprintf(stderr, "check_message: %s\n", why);
    exit(2);
}

static void read_arguments(struct arguments *arguments, int argc, char **argv)
{
    memset(arguments, 0, sizeof *arguments);
    if (mailrep_options_init(&arguments->options, sizeof arguments->options) != MAILREP_OK)
        usage("mailrep_options_init");
    arguments->options.nameservers = arguments->nameservers;
    arguments->options.spf_trusted = arguments->trusted;
    arguments->options.spf_records = arguments->records;
    arguments->options.dmarc_trusted = arguments->dmarc_trusted;
    arguments->options.dmarc_lists = arguments->lists;
    arguments->options.dmarc_exceptions = arguments->exceptions;
    arguments->chunk = 65536;
    for (int at = 1; at < argc; at++) {
        const char *name = argv[at];
        if (strcmp(name, "--trace") == 0) {
            arguments->options.trace = 1;
        } else if (strcmp(name, "--dmarc-psl") == 0) {
            arguments->options.dmarc_psl = 1;
        } else if (strcmp(name, "--by-field") == 0) {
            arguments->by_field = 1;
        } else if (strcmp(name, "--at-once") == 0) {
            arguments->at_once = 1;
        } else if (strncmp(name, "--", 2) == 0) {
            if (++at == argc)
                usage("an option lacks its value");
            if (strcmp(name, "--zone") == 0) {
                arguments->options.zone_file = argv[at];
            } else if (strcmp(name, "--nameserver") == 0) {
                if (arguments->options.nameserver_count == MOST)
                    usage("too many nameservers");
                arguments->nameservers[arguments->options.nameserver_count++] = argv[at];
            } else if (strcmp(name, "--now") == 0) {
                arguments->now = argv[at];
            } else if (strcmp(name, "--ip") == 0) {
                arguments->ip = argv[at];
            } else if (strcmp(name, "--helo") == 0) {
                arguments->helo = argv[at];
            } else if (strcmp(name, "--mail-from") == 0) {
                arguments->mail_from = argv[at];
            } else if (strcmp(name, "--authserv-id") == 0) {
                arguments->options.authserv_id = argv[at];
            } else if (strcmp(name, "--spf-trust") == 0) {
                if (arguments->options.spf_trusted_count == MOST)
                    usage("too many networks");
                arguments->trusted[arguments->options.spf_trusted_count++] = argv[at];
            } else if (strcmp(name, "--spf-record") == 0) {
                char *equals = strchr(argv[at], '=');
                if (!equals || arguments->options.spf_record_count == MOST)
                    usage("no DOMAIN=RECORD, or too many");
                *equals = '\0';
                arguments->records[arguments->options.spf_record_count].domain = argv[at];
                arguments->records[arguments->options.spf_record_count++].record = equals + 1;
            } else if (strcmp(name, "--login") == 0) {
                arguments->account = argv[at];
            } else if (strcmp(name, "--dmarc-trust") == 0) {
                if (arguments->options.dmarc_trusted_count == MOST)
                    usage("too many networks");
                arguments->dmarc_trusted[arguments->options.dmarc_trusted_count++] = argv[at];
            } else if (strcmp(name, "--dmarc-list") == 0) {
                if (arguments->options.dmarc_list_count == MOST)
                    usage("too many lists");
                arguments->lists[arguments->options.dmarc_list_count++] = argv[at];
            } else if (strcmp(name, "--dmarc-except") == 0) {
                char *equals = strchr(argv[at], '=');
                if (!equals || arguments->options.dmarc_exception_count == MOST)
                    usage("no DOMAIN=DISPOSITION, or too many");
                *equals = '\0';
                mailrep_dmarc_exception *exception = &arguments->exceptions[arguments->options.dmarc_exception_count++];
                exception->domain = argv[at];
                exception->disposition = strcmp(equals + 1, "reject") == 0       ? MAILREP_POLICY_REJECT
                                         : strcmp(equals + 1, "quarantine") == 0 ? MAILREP_POLICY_QUARANTINE
                                                                                 : MAILREP_POLICY_NONE;
            } else if (strcmp(name, "--spf-explanation") == 0) {
                arguments->options.spf_explanation = argv[at];
            } else if (strcmp(name, "--chunk") == 0) {
                arguments->chunk = (size_t)strtoul(argv[at], NULL, 10);
            } else {
                usage("unknown option");
            }
        } else if (arguments->file) {
            usage("more than one file");
        } else {
            arguments->file = name;
        }
    }
    if (!arguments->file || arguments->chunk == 0)
        usage("no file, or chunks of nothing");
}

/* The whole file, to be freed; a zero stands behind its end. */
static char *read_file(const char *path, size_t *length)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    size_t capacity = 65536;
    char *octets = (char *)malloc(capacity + 1);
    *length = 0;
    if (!file || !octets) {
        free(octets);
        return NULL;
    }
    for (;;) {
        size_t count = fread(octets + *length, 1, capacity - *length, file);
        *length += count;
        if (count == 0)
            break;
        if (*length == capacity) {
            char *more = (char *)realloc(octets, 2 * capacity + 1);
            if (!more) {
                free(octets);
                octets = NULL;
                break;
            }
            octets = more;
            capacity *= 2;
        }
    }
    if (file != stdin)
        fclose(file);
    if (octets)
        octets[*length] = '\0';
    return octets;
}

static int tell_envelope(mailrep_transaction *transaction, const struct arguments *arguments)
{
    int status = MAILREP_OK;
    if (arguments->ip)
        status = mailrep_transaction_connect(transaction, arguments->ip, strlen(arguments->ip));
    if (status == MAILREP_OK && arguments->helo)
        status = mailrep_transaction_helo(transaction, arguments->helo, strlen(arguments->helo));
    if (status == MAILREP_OK && arguments->account)
        status = mailrep_transaction_authenticated(transaction, arguments->account, strlen(arguments->account));
    if (status == MAILREP_OK && arguments->mail_from) {
        static const char recipient[] = "<postmaster@example.net>";
        status = mailrep_transaction_mail_from(transaction, arguments->mail_from, strlen(arguments->mail_from));
        if (status == MAILREP_OK)
            status = mailrep_transaction_rcpt(transaction, recipient, sizeof recipient - 1);
    }
    return status;
}

static int tell_in_chunks(mailrep_transaction *transaction, const char *octets, size_t length, size_t chunk)
{
    int status = MAILREP_OK;
    for (size_t at = 0; at < length && status == MAILREP_OK; at += chunk) {
        size_t count = length - at < chunk ? length - at : chunk;
        /* A copy of just that many octets, so that a memory checker notices when one too many is read. */
        char *copy = (char *)malloc(count);
        if (!copy)
            return MAILREP_SYSTEM;
        memcpy(copy, octets + at, count);
        status = mailrep_transaction_file_data(transaction, copy, count);
        free(copy);
    }
    return status;
}

/* Returns -1 for a message that cannot be told in this way. */
static int tell_by_field(mailrep_transaction *transaction, const char *octets, size_t length, size_t chunk)
{
    const char *end = octets + length, *at = octets;
    while (end - at < 2 || memcmp(at, "\r\n", 2) != 0) {
        const char *colon = (const char *)memchr(at, ':', (size_t)(end - at));
        const char *stop = at;
        do {
            const char *feed = (const char *)memchr(stop, '\n', (size_t)(end - stop));
            if (!feed || feed == stop || feed[-1] != '\r')
                return -1;
            stop = feed + 1;
        } while (stop < end && (*stop == ' ' || *stop == '\t'));
        if (!colon || colon >= stop - 2)
            return -1;
        for (const char *name = at; name < colon; name++)
            if (*name <= ' ' || *name > '~')
                return -1;
        int status = mailrep_transaction_header(transaction, at, (size_t)(colon - at), colon + 1,
                                                (size_t)(stop - 2 - (colon + 1)));
        if (status != MAILREP_OK)
            return status;
        at = stop;
    }
    int status = mailrep_transaction_end_of_headers(transaction);
    for (at += 2; at < end && status == MAILREP_OK; at += chunk) {
        size_t count = (size_t)(end - at) < chunk ? (size_t)(end - at) : chunk;
        status = mailrep_transaction_body(transaction, at, count);
    }
    return status;
}

static size_t length_of(const char *text)
{
    return text ? strlen(text) : 0;
}

static void print(const mailrep_verdict *verdict)
{
    mailrep_text json = mailrep_verdict_json(verdict);
    fwrite(json.data, 1, json.length, stdout);
    putchar('\n');
}

static mailrep_octets lend(const char *text)
{
    mailrep_octets octets = {text, length_of(text)};
    return octets;
}

/* The same by mailrep_check_all(), beside a message whose client has no address: 0 if both are told as they should. */
static int check_all(const mailrep_context *context, const struct arguments *a, const char *octets, size_t length, int64_t now,
                     const mailrep_verdict *expected)
{
    mailrep_message messages[2];
    mailrep_checked results[2];
    mailrep_checks *checks = NULL;
    mailrep_error *error = NULL;
    mailrep_text json = mailrep_verdict_json(expected);
    messages[0].ip = lend(a->ip);
    messages[0].helo = lend(a->helo);
    messages[0].account = lend(a->account);
    messages[0].mail_from = lend(a->mail_from);
    messages[0].message.data = octets;
    messages[0].message.length = length;
    messages[0].now = now;
    messages[1] = messages[0];
    messages[1].ip = lend("nowhere");
    int good = mailrep_check_all(context, messages, 2, results, &checks, &error) == MAILREP_OK;
    /* Traces have times in them. */
    good = good && results[0].status == MAILREP_OK
           && (a->options.trace
               || (results[0].text.length == json.length && memcmp(results[0].text.data, json.data, json.length) == 0));
    good = good && results[1].status == MAILREP_INVALID && strstr(results[1].text.data, "nowhere");
    mailrep_checks_free(checks);
    good = good && mailrep_check_all(context, NULL, 1, results, &checks, NULL) == MAILREP_NULL && !checks;
    if (!good)
        fprintf(stderr, "check_message: mailrep_check_all() tells otherwise: %s\n", error ? mailrep_error_text(error) : "");
    mailrep_error_free(error);
    return good ? 0 : 1;
}

static int check_at_once(const mailrep_context *context, const struct arguments *a, const char *octets, size_t length)
{
    mailrep_verdict *verdict = NULL;
    mailrep_error *error = NULL;
    int64_t now = a->now ? (int64_t)strtoll(a->now, NULL, 10) : INT64_MIN;
    /* Just that many octets, so that a memory checker notices when one too many is read. */
    char *copy = (char *)malloc(length ? length : 1);
    if (!copy)
        return 1;
    memcpy(copy, octets, length);
    int status = mailrep_check(context, a->ip, length_of(a->ip), a->helo, length_of(a->helo), a->account, length_of(a->account),
                               a->mail_from, length_of(a->mail_from), copy, length, now, &verdict, &error);
    int result = status == MAILREP_OK ? check_all(context, a, copy, length, now, verdict) : 1;
    free(copy);
    if (status != MAILREP_OK)
        fprintf(stderr, "check_message: %s: %s\n", mailrep_status_text(status), mailrep_error_text(error));
    else
        print(verdict);
    mailrep_error_free(error);
    mailrep_verdict_free(verdict);
    return result;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    read_arguments(&arguments, argc, argv);

    mailrep_context *context;
    mailrep_error *error;
    if (mailrep_context_new(&arguments.options, &context, &error) != MAILREP_OK) {
        fprintf(stderr, "check_message: %s\n", mailrep_error_text(error));
        mailrep_error_free(error);
        return 1;
    }
    size_t length;
    char *octets = read_file(arguments.file, &length);
    if (!octets) {
        fprintf(stderr, "check_message: cannot read %s\n", arguments.file);
        mailrep_context_free(context);
        return 1;
    }

    if (arguments.at_once) {
        int result = check_at_once(context, &arguments, octets, length);
        free(octets);
        mailrep_context_free(context);
        return result;
    }

    mailrep_transaction *transaction;
    mailrep_verdict *verdict = NULL;
    int status = arguments.now
        ? mailrep_transaction_new_at(context, (int64_t)strtoll(arguments.now, NULL, 10), &transaction)
        : mailrep_transaction_new(context, &transaction);
    /* Transactions do not need the program's context any more. */
    mailrep_context_free(context);
    if (status == MAILREP_OK)
        status = tell_envelope(transaction, &arguments);
    if (status == MAILREP_OK)
        status = arguments.by_field ? tell_by_field(transaction, octets, length, arguments.chunk)
                                    : tell_in_chunks(transaction, octets, length, arguments.chunk);
    free(octets);
    if (status == MAILREP_OK)
        status = mailrep_transaction_finish(transaction, &verdict);
    if (status > MAILREP_OK)
        fprintf(stderr, "check_message: %s: %s\n", mailrep_status_text(status), mailrep_transaction_error(transaction));
    mailrep_transaction_free(transaction);
    if (status == MAILREP_OK)
        print(verdict);
    mailrep_verdict_free(verdict);
    return status == MAILREP_OK ? 0 : status < 0 ? 3 : 1;
}
