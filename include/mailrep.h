/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * mailrep: SPF, DKIM and DMARC verdicts that explain themselves.
 *
 * Compile and link:   cc program.c $(pkg-config --cflags --libs mailrep)
 *
 *
 * RECIPE 1: a message from a file, checked against a zone file, without a network
 *
 *     #include <mailrep.h>
 *     #include <stdio.h>
 *     #include <string.h>
 *
 *     int main(int argc, char **argv)
 *     {
 *         if (argc != 3) {
 *             fprintf(stderr, "usage: %s ZONE MESSAGE\n", argv[0]);
 *             return 2;
 *         }
 *
 *         mailrep_options options;
 *         mailrep_options_init(&options, sizeof options);
 *         options.zone_file = argv[1];              // leave this out to ask the system's nameservers
 *         options.authserv_id = "mx.example.net";
 *
 *         mailrep_context *context;
 *         mailrep_error *error;
 *         if (mailrep_context_new(&options, &context, &error) != MAILREP_OK) {
 *             fprintf(stderr, "%s\n", mailrep_error_text(error));
 *             mailrep_error_free(error);
 *             return 1;
 *         }
 *
 *         mailrep_transaction *transaction;
 *         mailrep_verdict *verdict = NULL;
 *         int status = mailrep_transaction_new(context, &transaction);
 *         const char *ip = "192.0.2.1", *helo = "mail.example.org", *from = "ada@example.org";
 *         if (status == MAILREP_OK) status = mailrep_transaction_connect(transaction, ip, strlen(ip));
 *         if (status == MAILREP_OK) status = mailrep_transaction_helo(transaction, helo, strlen(helo));
 *         if (status == MAILREP_OK) status = mailrep_transaction_mail_from(transaction, from, strlen(from));
 *
 *         FILE *file = fopen(argv[2], "rb");
 *         char chunk[8192];
 *         size_t length;
 *         while (file && status == MAILREP_OK && (length = fread(chunk, 1, sizeof chunk, file)) > 0)
 *             status = mailrep_transaction_file_data(transaction, chunk, length);
 *         if (!file || ferror(file)) {                  // what could not be read must not be judged
 *             perror(argv[2]);
 *             if (status == MAILREP_OK) status = MAILREP_IO;
 *         }
 *         if (file) fclose(file);
 *
 *         if (status == MAILREP_OK) status = mailrep_transaction_finish(transaction, &verdict);
 *         if (status == MAILREP_OK) {
 *             int result = mailrep_verdict_dmarc_result(verdict);
 *             printf("dmarc=%s: %s\n", mailrep_dmarc_result_text(result), mailrep_verdict_dmarc_reason(verdict).data);
 *             printf("Authentication-Results: %s\n", mailrep_verdict_authentication_results(verdict).data);
 *         } else if (status != MAILREP_IO) {
 *             fprintf(stderr, "%s\n", mailrep_transaction_error(transaction));
 *         }
 *         mailrep_verdict_free(verdict);
 *         mailrep_transaction_free(transaction);
 *         mailrep_context_free(context);
 *         return status == MAILREP_OK ? 0 : 1;
 *     }
 *
 *
 * RECIPE 2: in the callbacks of a mail filter (libmilter's, or another's)
 *
 * One context serves all connections and threads; each message has a transaction. SPF runs while the client still sends
 * recipients, keys and policies are looked up while the body arrives, so that finish seldom has to wait.
 *
 *     #include <mailrep.h>
 *     #include <string.h>
 *
 *     struct message {
 *         mailrep_transaction *transaction;
 *     };
 *
 *     // MAIL FROM: the connection's data are told here, since one connection can bring several messages.
 *     int on_mail_from(const mailrep_context *context, struct message *message,
 *                      const char *ip, const char *helo, const char *address)
 *     {
 *         int status = mailrep_transaction_new(context, &message->transaction);
 *         if (status == MAILREP_OK && ip)
 *             status = mailrep_transaction_connect(message->transaction, ip, strlen(ip));
 *         if (status == MAILREP_OK && helo)
 *             status = mailrep_transaction_helo(message->transaction, helo, strlen(helo));
 *         if (status == MAILREP_OK)
 *             status = mailrep_transaction_mail_from(message->transaction, address, strlen(address));
 *         return status;
 *     }
 *
 *     // A header field. Negotiate that the blank after the colon is kept (SMFIP_HDR_LEADSPC), and make folds CRLF.
 *     int on_header(struct message *message, const char *name, const char *value)
 *     {
 *         return mailrep_transaction_header(message->transaction, name, strlen(name), value, strlen(value));
 *     }
 *
 *     int on_end_of_headers(struct message *message)
 *     {
 *         return mailrep_transaction_end_of_headers(message->transaction);
 *     }
 *
 *     int on_body(struct message *message, const unsigned char *chunk, size_t length)
 *     {
 *         return mailrep_transaction_body(message->transaction, chunk, length);
 *     }
 *
 *     // The end. The value's folds are CRLF, as on the wire; libmilter's smfi_insheader() wants LF there: drop each CR.
 *     // Returns 1 if the domain owner asks that the message be rejected.
 *     int on_end_of_message(struct message *message, void (*remove_field)(void *to, int place),
 *                           void (*insert_field)(void *to, const char *name, const char *value), void *to)
 *     {
 *         mailrep_verdict *verdict;
 *         int reject = 0;
 *         if (mailrep_transaction_finish(message->transaction, &verdict) == MAILREP_OK) {
 *             size_t count = mailrep_verdict_headers_to_remove_count(verdict);
 *             for (size_t at = 0; at < count; at++)
 *                 remove_field(to, mailrep_verdict_header_to_remove(verdict, at));
 *             insert_field(to, "Authentication-Results", mailrep_verdict_authentication_results(verdict).data);
 *             reject = mailrep_verdict_dmarc_disposition(verdict) == MAILREP_POLICY_REJECT;
 *             mailrep_verdict_free(verdict);
 *         }
 *         mailrep_transaction_free(message->transaction);
 *         message->transaction = NULL;
 *         return reject;
 *     }
 *
 *     // The message was given up on the way.
 *     void on_abort(struct message *message)
 *     {
 *         mailrep_transaction_free(message->transaction);
 *         message->transaction = NULL;
 *     }
 *
 *
 * RULES, which hold for every function
 *
 * Status   Functions that can fail return MAILREP_OK (0) or another MAILREP_... status. The handle keeps the words for the
 *          log: mailrep_transaction_error(); a context that could not be made leaves a mailrep_error. A verdict, however
 *          bad, is not an error: it is data. Nothing throws into the program and nothing ends it.
 * Pointers A pointer is NULL or valid. NULL where it is not allowed is MAILREP_NULL (or MAILREP_ABSENT from a verdict), never
 *          a crash. A handle must not be used after its free.
 * Octets   What goes in is a pointer and a length in octets; it is read during the call only. What comes out is a borrowed view
 *          that lives as long as the handle it came from (what mailrep_transaction_error() returns: until the next call).
 * Freeing  Every handle has one owner, the program, and a free that takes NULL. Handles may be freed in any order.
 * Threads  const on a handle means that any number of threads may make such calls at a time. No const means one thread at a
 *          time, not always the same one.
 * Signals  The library installs no signal handlers and changes no global state. It starts one thread for a context, when
 *          it is first needed.
 * Growth   Structures that the program fills begin with their size. Unknown codes can come from a newer library.
 */

#ifndef MAILREP_H
#define MAILREP_H

/* Generated from src/ffi by `make header`; changes belong there. */

#include <stddef.h>
#include <stdint.h>

/**
 * The call did its work.
 */
#define MAILREP_OK 0

/**
 * A pointer was NULL that must not be.
 */
#define MAILREP_NULL 1

/**
 * An argument or an option cannot be used.
 */
#define MAILREP_INVALID 2

/**
 * The call came out of its turn; nothing was changed.
 */
#define MAILREP_SEQUENCE 3

/**
 * No nameserver was given and the system names none.
 */
#define MAILREP_NO_NAMESERVER 4

/**
 * A zone has a fault; the message gives line and column.
 */
#define MAILREP_ZONE 5

/**
 * A file cannot be read.
 */
#define MAILREP_IO 6

/**
 * The system refused a thread, a socket or memory.
 */
#define MAILREP_SYSTEM 7

/**
 * A fault in mailrep itself, caught at the border; please report it. The handle can only be freed.
 */
#define MAILREP_PANIC 8

/**
 * What a verdict's code is where there is nothing to tell: the check was not made, the index is beyond the last, the
 * handle is NULL.
 */
#define MAILREP_ABSENT -1

/**
 * The domain does not say who may send for it, or there is no domain (RFC 7208 section 2.6).
 */
#define MAILREP_SPF_NONE 0

/**
 * The domain says nothing about this client.
 */
#define MAILREP_SPF_NEUTRAL 1

/**
 * The client may send for the domain.
 */
#define MAILREP_SPF_PASS 2

/**
 * The client may not send for the domain.
 */
#define MAILREP_SPF_FAIL 3

/**
 * The client probably may not send for the domain.
 */
#define MAILREP_SPF_SOFTFAIL 4

/**
 * The DNS did not answer; a later attempt might succeed.
 */
#define MAILREP_SPF_TEMPERROR 5

/**
 * The published record cannot be used.
 */
#define MAILREP_SPF_PERMERROR 6

/**
 * The reverse-path was checked.
 */
#define MAILREP_IDENTITY_MAILFROM 0

/**
 * The HELO name was checked, because the reverse-path is null.
 */
#define MAILREP_IDENTITY_HELO 1

/**
 * The message is not signed (RFC 8601 section 2.7.1; a signature never has it).
 */
#define MAILREP_DKIM_NONE 0

/**
 * The signature is genuine.
 */
#define MAILREP_DKIM_PASS 1

/**
 * The signature does not match the message.
 */
#define MAILREP_DKIM_FAIL 2

/**
 * The signature is not accepted here, such as one too many.
 */
#define MAILREP_DKIM_POLICY 3

/**
 * The signature cannot be read.
 */
#define MAILREP_DKIM_NEUTRAL 4

/**
 * The DNS did not answer; a later attempt might succeed.
 */
#define MAILREP_DKIM_TEMPERROR 5

/**
 * The signature or its key can never be used.
 */
#define MAILREP_DKIM_PERMERROR 6

/**
 * The author domain has no policy.
 */
#define MAILREP_DMARC_NONE 0

/**
 * An aligned identifier was authenticated.
 */
#define MAILREP_DMARC_PASS 1

/**
 * No aligned identifier was authenticated.
 */
#define MAILREP_DMARC_FAIL 2

/**
 * It cannot be told now; a later attempt might succeed.
 */
#define MAILREP_DMARC_TEMPERROR 3

/**
 * The message or the policy record is unusable.
 */
#define MAILREP_DMARC_PERMERROR 4

/**
 * The domain owner asks for nothing.
 */
#define MAILREP_POLICY_NONE 0

/**
 * The domain owner asks that the message be treated as suspicious.
 */
#define MAILREP_POLICY_QUARANTINE 1

/**
 * The domain owner asks that the message be rejected.
 */
#define MAILREP_POLICY_REJECT 2

/**
 * The client's address and name point to each other (RFC 8601 section 2.7.3).
 */
#define MAILREP_IPREV_PASS 0

/**
 * The client's address and name do not point to each other.
 */
#define MAILREP_IPREV_FAIL 1

/**
 * The DNS did not answer; a later attempt might succeed.
 */
#define MAILREP_IPREV_TEMPERROR 2

/**
 * The client's address has no name.
 */
#define MAILREP_IPREV_PERMERROR 3

/**
 * A resolver with its cache, the options, and the thread that asks. One for a program is enough; any number of
 * threads may use it at a time.
 */
typedef struct mailrep_context mailrep_context;

/**
 * Why a handle could not be made; the caller frees it with mailrep_error_free().
 */
typedef struct mailrep_error mailrep_error;

/**
 * One message on its way through, used by one thread at a time (not always the same one).
 *
 * The calls come in the order of SMTP: connect, helo, authenticated, mail_from, rcpt, then header ... end_of_headers, body ..., or
 * else data ..., then finish. Those for which there is nothing to tell are left out. A call out of turn is refused
 * with MAILREP_SEQUENCE and changes nothing.
 */
typedef struct mailrep_transaction mailrep_transaction;

/**
 * What the checks said about one message. It never changes, any number of threads may read it, and it needs neither
 * the transaction nor the context that it came from. All its texts live until mailrep_verdict_free().
 */
typedef struct mailrep_verdict mailrep_verdict;

/**
 * An SPF record that stands for whatever its domain publishes: see spf_records of mailrep_options.
 */
typedef struct mailrep_spf_record {
  /**
   * The domain, such as "example.org".
   */
  const char *domain;
  /**
   * The record, such as "v=spf1 mx -all".
   */
  const char *record;
} mailrep_spf_record;

/**
 * What becomes of failing messages of an author domain: see dmarc_exceptions of mailrep_options.
 */
typedef struct mailrep_dmarc_exception {
  /**
   * The author domain, such as "example.org", or "*.example.org" for all below it.
   */
  const char *domain;
  /**
   * MAILREP_POLICY_NONE to MAILREP_POLICY_REJECT: the strictest disposition.
   */
  int disposition;
} mailrep_dmarc_exception;

/**
 * How a context resolves names and judges messages.
 *
 * Always begin with mailrep_options_init(), which fills in the defaults, and change what you want different. Numbers
 * are taken as they stand: 0 is none, not "the default". Pointers are only read by mailrep_context_new(), which copies
 * what it needs.
 *
 * Names are answered from zone_file or zone_text (offline), or by nameservers, or, if none of them is set, by the system's
 * nameservers (/etc/resolv.conf). A zone and nameservers together are MAILREP_INVALID.
 */
typedef struct mailrep_options {
  /**
   * sizeof(mailrep_options) of the header that the program was compiled with; set by mailrep_options_init().
   */
  size_t size;
  /**
   * Addresses of recursive nameservers, each as "192.0.2.53", "192.0.2.53:5353", "2001:db8::53" or
   * "[2001:db8::53]:5353". Default NULL.
   */
  const char *const *nameservers;
  /**
   * How many, at most 64. Default 0: the system's.
   */
  size_t nameserver_count;
  /**
   * The path of an RFC 1035 master file. With it no network is used: what it does not hold does not exist.
   * Default NULL.
   */
  const char *zone_file;
  /**
   * The octets of a master file, as for zone_file; if both are set, both are read. Default NULL.
   */
  const void *zone_text;
  /**
   * How many octets zone_text has. Default 0.
   */
  size_t zone_text_length;
  /**
   * The name under which results are written, as in "Authentication-Results: mx.example.net; ..."; also SPF's
   * %{r}. Fields of the message that claim this name are listed for removal. Default NULL: "localhost".
   */
  const char *authserv_id;
  /**
   * Octets of all header fields together. Beyond, DKIM is not evaluated and DMARC is permerror. Default 1 MiB.
   */
  size_t header_octets;
  /**
   * Number of header fields; beyond, as for header_octets. Default 16,384.
   */
  size_t header_fields;
  /**
   * DKIM signatures that are verified; those beyond get the result policy. Default 10.
   */
  size_t signatures;
  /**
   * Names evaluated for one SPF mx or ptr. Default 10 (RFC 7208 section 4.6.4).
   */
  size_t spf_names;
  /**
   * Steps that a trace keeps. Default 10,000.
   */
  size_t trace_steps;
  /**
   * Answers that the cache keeps, shared by all transactions of the context. Default 65,536.
   */
  size_t cache_entries;
  /**
   * Octets of all answers that the cache keeps. Default 32 MiB.
   */
  size_t cache_octets;
  /**
   * Milliseconds that all DNS of one check may take, from its start. Beyond, the result is temperror. Default
   * 20,000 (RFC 7208 section 4.6.4).
   */
  uint32_t dns_time_ms;
  /**
   * Milliseconds that one try at one nameserver waits. Default 3,000.
   */
  uint32_t dns_try_time_ms;
  /**
   * How often each nameserver is tried for one question; 0 counts as 1. Default 3.
   */
  uint32_t dns_tries;
  /**
   * DNS questions for one check; beyond, a question fails without being asked. Default 256.
   */
  uint32_t dns_questions;
  /**
   * SPF terms that ask the DNS; beyond, permerror. Default 10 (RFC 7208 section 4.6.4).
   */
  uint32_t spf_dns_lookups;
  /**
   * SPF terms that ask for what does not exist; beyond, permerror. Default 2 (RFC 7208 section 4.6.4).
   */
  uint32_t spf_void_lookups;
  /**
   * Not 0: mailrep_verdict_json() tells every step. Default 0.
   */
  int trace;
  /**
   * Must be 0.
   */
  uint32_t reserved;
  /**
   * Networks whose clients SPF does not check, which are relays of one's own: each an address, or one with a prefix
   * length, such as "192.0.2.25", "192.0.2.0/24" or "2001:db8::/32". SPF's result is none for them, with the cause
   * "trusted_client", DMARC rests on DKIM, and its disposition is none whatever the policy. Default NULL.
   */
  const char *const *spf_trusted;
  /**
   * How many, at most 1,024. Default 0.
   */
  size_t spf_trusted_count;
  /**
   * SPF records that stand for whatever their domains publish, one for a domain: to try a record before it is published,
   * or in place of one that is known to be wrong. They stand wherever the domain's record is needed, for another's include
   * too. A result that rests on one says so in its reason. Default NULL.
   */
  const struct mailrep_spf_record *spf_records;
  /**
   * How many, at most 1,024. Default 0.
   */
  size_t spf_record_count;
  /**
   * The explanation of a fail where the domain gives none, which mailrep_verdict_spf_explanation() returns: a
   * macro-string (RFC 7208 section 7), such as "%{i} may not send for %{d}". Default NULL: none.
   */
  const char *spf_explanation;
  /**
   * Networks whose clients are trusted to forward mail, and to check it before: for messages from there DMARC's disposition is
   * none, whatever the policy. Each as in spf_trusted. SPF is checked all the same. Default NULL.
   */
  const char *const *dmarc_trusted;
  /**
   * How many, at most 1,024. Default 0.
   */
  size_t dmarc_trusted_count;
  /**
   * Mailing lists that may change messages, by the identifier in List-Id (RFC 2919): "dev.lists.example.net", or
   * "*.lists.example.net" for all below, or "*" for all that there are. For messages of these DMARC's disposition is none, if SPF or
   * a signature passed for a domain that the identifier is within. Default NULL.
   */
  const char *const *dmarc_lists;
  /**
   * How many, at most 1,024. Default 0.
   */
  size_t dmarc_list_count;
  /**
   * The dispositions that failing messages of author domains have at most, whatever the policy. Default NULL.
   */
  const struct mailrep_dmarc_exception *dmarc_exceptions;
  /**
   * How many, at most 1,024. Default 0.
   */
  size_t dmarc_exception_count;
  /**
   * Not 0: organizational domains are those of the public suffix list, as RFC 7489 has it, and not those of the tree walk of
   * RFC 9989. Default 0.
   */
  int dmarc_psl;
  /**
   * Must be 0.
   */
  uint32_t reserved2;
} mailrep_options;

/**
 * A text that belongs to a handle and lives until that handle is freed.
 *
 * Where there is nothing to tell, data is NULL and length 0. Otherwise data[length] is 0, so that the text can be
 * used as a C string. Texts are UTF-8.
 */
typedef struct mailrep_text {
  /**
   * The octets, or NULL.
   */
  const char *data;
  /**
   * How many there are, without the closing 0.
   */
  size_t length;
} mailrep_text;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The library's version, such as "0.1.0". Before 1.0 a change of the second number may change the ABI; the soname
 * carries it.
 *
 * @return text that is never freed
 */
const char *mailrep_version(void);

/**
 * What a status means, in a few words. What exactly happened is told by the handle: mailrep_transaction_error(),
 * mailrep_error_text().
 *
 * @param status  one of MAILREP_OK to MAILREP_PANIC; other numbers are "unknown status"
 * @return        text that is never freed
 */
const char *mailrep_status_text(int status);

/**
 * The word for an SPF result, such as "softfail".
 *
 * @param result  one of MAILREP_SPF_NONE to MAILREP_SPF_PERMERROR
 * @return        text that is never freed; "" for any other number
 */
const char *mailrep_spf_result_text(int result);

/**
 * The word for a DKIM result, such as "neutral".
 *
 * @param result  one of MAILREP_DKIM_NONE to MAILREP_DKIM_PERMERROR
 * @return        text that is never freed; "" for any other number
 */
const char *mailrep_dkim_result_text(int result);

/**
 * The word for a DMARC result, such as "fail".
 *
 * @param result  one of MAILREP_DMARC_NONE to MAILREP_DMARC_PERMERROR
 * @return        text that is never freed; "" for any other number
 */
const char *mailrep_dmarc_result_text(int result);

/**
 * The word for a DMARC policy or disposition, such as "quarantine".
 *
 * @param policy  one of MAILREP_POLICY_NONE to MAILREP_POLICY_REJECT
 * @return        text that is never freed; "" for any other number
 */
const char *mailrep_policy_text(int policy);

/**
 * The word for an iprev result, such as "pass".
 *
 * @param result  one of MAILREP_IPREV_PASS to MAILREP_IPREV_PERMERROR
 * @return        text that is never freed; "" for any other number
 */
const char *mailrep_iprev_result_text(int result);

/**
 * The sentence that says what went wrong, for a log.
 *
 * @param error  may be NULL
 * @return       text that lives as long as the error; "" for NULL
 */
const char *mailrep_error_text(const struct mailrep_error *error);

/**
 * The status that came with the error.
 *
 * @param error  may be NULL
 * @return       one of MAILREP_NULL to MAILREP_PANIC; MAILREP_OK for NULL
 */
int mailrep_error_status(const struct mailrep_error *error);

/**
 * Frees an error and its text.
 *
 * @param error  may be NULL
 */
void mailrep_error_free(struct mailrep_error *error);

/**
 * Fills in the defaults.
 *
 *   mailrep_options options;
 *   mailrep_options_init(&options, sizeof options);
 *
 * @param options  the structure to fill
 * @param size     sizeof(mailrep_options)
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
 */
int mailrep_options_init(struct mailrep_options *options, size_t size);

/**
 * Makes a context. Nothing is asked of the network yet, and no thread is started.
 *
 * A context made before fork() works in the child, with a cache and a thread of its own there.
 *
 * @param options  from mailrep_options_init(), or NULL for all defaults; not needed any more after the call
 * @param out      where the context is left, to be freed with mailrep_context_free(); NULL is left on failure
 * @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The
 *                 argument may be NULL if words are not wanted
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used;
 *                 MAILREP_NO_NAMESERVER; MAILREP_ZONE; MAILREP_IO
 */
int mailrep_context_new(const struct mailrep_options *options,
                        struct mailrep_context **out,
                        struct mailrep_error **error);

/**
 * Frees a context. Transactions and verdicts that came from it stay usable.
 *
 * @param context  may be NULL
 */
void mailrep_context_free(struct mailrep_context *context);

/**
 * Begins a message that takes place now.
 *
 * @param context  may be used by other threads at the same time
 * @param out      where the transaction is left, to be freed with mailrep_transaction_free(); NULL is left on failure
 * @return         MAILREP_OK; MAILREP_NULL
 */
int mailrep_transaction_new(const struct mailrep_context *context,
                            struct mailrep_transaction **out);

/**
 * Begins a message that takes place at a given time, for tests and for mail that was received earlier.
 *
 * @param context  may be used by other threads at the same time
 * @param now      seconds since 1970-01-01T00:00:00Z; signatures expire by it (t=, x=), and SPF's %{t} is it. Time
 *                 limits on DNS do not go by it
 * @param out      where the transaction is left, to be freed with mailrep_transaction_free(); NULL is left on failure
 * @return         MAILREP_OK; MAILREP_NULL
 */
int mailrep_transaction_new_at(const struct mailrep_context *context,
                               int64_t now,
                               struct mailrep_transaction **out);

/**
 * The client's address. Without it neither SPF nor iprev is checked. The look-up of the client's name begins.
 *
 * @param transaction  no other call has come before
 * @param address      an IPv4 or IPv6 address as text, without brackets: "192.0.2.1", "2001:db8::1". It need not be
 *                     closed by 0
 * @param length       octets of address
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when it is no address; MAILREP_SEQUENCE
 */
int mailrep_transaction_connect(struct mailrep_transaction *transaction,
                                const char *address,
                                size_t length);

/**
 * The client's address in network order, as a struct in_addr or in6_addr holds it; otherwise like
 * mailrep_transaction_connect().
 *
 * @param transaction  no other call has come before
 * @param address      4 octets (IPv4) or 16 (IPv6, of which ::ffff:0:0/96 is IPv4)
 * @param length       4 or 16
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for another length; MAILREP_SEQUENCE
 */
int mailrep_transaction_connect_octets(struct mailrep_transaction *transaction,
                                       const void *address,
                                       size_t length);

/**
 * The name that the client gave with HELO or EHLO. If it is given several times, the last one counts.
 *
 * @param transaction  before mail_from
 * @param name         any octets
 * @param length       octets of name
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_transaction_helo(struct mailrep_transaction *transaction, const char *name, size_t length);

/**
 * The client has logged in (RFC 4954), so that the message is submitted here and not received from elsewhere. SPF, iprev and
 * DMARC are not checked then: the Authentication-Results field has auth=pass in their place, without the client's
 * address, DMARC's result is none with the cause "authenticated", and signatures are verified if there are any.
 *
 * (With libmilter: what the macro {auth_authen} gives in the callback of MAIL FROM, unless it is NULL or empty.)
 *
 * @param transaction  before mail_from
 * @param account      the name that was logged in with, any octets
 * @param length       octets of account, 1 to 1,024
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an empty account, or one that is too long;
 *                     MAILREP_SEQUENCE
 */
int mailrep_transaction_authenticated(struct mailrep_transaction *transaction,
                                      const char *account,
                                      size_t length);

/**
 * The reverse-path of MAIL FROM. SPF begins.
 *
 * If this call is left out and there was a connect, the null reverse-path is assumed.
 *
 * @param transaction  once, before rcpt and the header
 * @param address      any octets, with angle brackets or without; "" and "<>" are the null reverse-path
 * @param length       octets of address
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_transaction_mail_from(struct mailrep_transaction *transaction,
                                  const char *address,
                                  size_t length);

/**
 * A recipient, once for each. No check looks at recipients yet.
 *
 * @param transaction  after mail_from, before the header
 * @param address      any octets, with angle brackets or without
 * @param length       octets of address
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_transaction_rcpt(struct mailrep_transaction *transaction, const char *address, size_t length);

/**
 * A header field, in the order of the message.
 *
 * The octets must be those that were received, for DKIM hashes them: the value begins right after the colon, with its
 * blank if there is one, and its folds are CRLF. (With libmilter: negotiate SMFIP_HDR_LEADSPC, and turn the LF that it
 * has in folds into CRLF.)
 *
 * @param transaction   before end_of_headers
 * @param name          the field's name, without the colon
 * @param name_length   octets of name
 * @param value         what stands after the colon, without the closing CRLF
 * @param value_length  octets of value
 * @return              MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_transaction_header(struct mailrep_transaction *transaction,
                               const char *name,
                               size_t name_length,
                               const char *value,
                               size_t value_length);

/**
 * The header is complete. Look-ups of keys and policies begin and go on while the body arrives.
 *
 * @param transaction  after the header fields
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE
 */
int mailrep_transaction_end_of_headers(struct mailrep_transaction *transaction);

/**
 * Octets of the body, in chunks of any size, split anywhere. They are hashed and not kept.
 *
 * @param transaction  after end_of_headers
 * @param octets       with line ends as they were received, CRLF; may be NULL if length is 0
 * @param length       how many
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_transaction_body(struct mailrep_transaction *transaction, const void *octets, size_t length);

/**
 * Octets of the whole message, header and body, in chunks of any size, split anywhere; in place of header,
 * end_of_headers and body.
 *
 * @param transaction  before end_of_headers
 * @param octets       with line ends as they were received, CRLF; may be NULL if length is 0
 * @param length       how many
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_transaction_data(struct mailrep_transaction *transaction, const void *octets, size_t length);

/**
 * Like mailrep_transaction_data(), for a message that was stored in a file, where line ends may be LF. The first line
 * end decides: if it is LF, every LF without a CR before it becomes CRLF; if it is CRLF, the octets stay as they are.
 *
 * @param transaction  before end_of_headers
 * @param octets       the file's octets in order; may be NULL if length is 0
 * @param length       how many
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_transaction_file_data(struct mailrep_transaction *transaction,
                                  const void *octets,
                                  size_t length);

/**
 * The message is complete: waits for the look-ups that are still open, no longer than dns_time_ms, and judges.
 *
 * A message that ends within its header, or is empty, has a verdict too. DNS trouble is a verdict (temperror), not an
 * error.
 *
 * @param transaction  takes no other call afterwards, except for its error and free
 * @param out          where the verdict is left, to be freed with mailrep_verdict_free(); NULL is left on failure
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE when it was finished already; MAILREP_SYSTEM when
 *                     the system refused the thread that asks
 */
int mailrep_transaction_finish(struct mailrep_transaction *transaction,
                               struct mailrep_verdict **out);

/**
 * What the last call on this transaction said, as a sentence for a log.
 *
 * @param transaction  may be NULL
 * @return             text that lives until the next call on this transaction; "" if that call succeeded, or for NULL
 */
const char *mailrep_transaction_error(const struct mailrep_transaction *transaction);

/**
 * Frees a transaction, at any time: what is still under way is given up.
 *
 * @param transaction  may be NULL
 */
void mailrep_transaction_free(struct mailrep_transaction *transaction);

/**
 * The account that the client has logged in to, as mailrep_transaction_authenticated() had it.
 *
 * @param verdict  may be NULL
 * @return         absent for mail that comes from elsewhere
 */
struct mailrep_text mailrep_verdict_account(const struct mailrep_verdict *verdict);

/**
 * SPF's result: that of the reverse-path, or of the HELO name where the reverse-path is null.
 *
 * @param verdict  may be NULL
 * @return         MAILREP_SPF_NONE to MAILREP_SPF_PERMERROR; MAILREP_ABSENT when SPF was not checked (no connect)
 */
int mailrep_verdict_spf_result(const struct mailrep_verdict *verdict);

/**
 * Whose result that is.
 *
 * @param verdict  may be NULL
 * @return         MAILREP_IDENTITY_MAILFROM or MAILREP_IDENTITY_HELO; MAILREP_ABSENT when SPF was not checked (no connect)
 */
int mailrep_verdict_spf_identity(const struct mailrep_verdict *verdict);

/**
 * The domain that SPF checked, made printable.
 *
 * @param verdict  may be NULL
 * @return         "" where there is none; absent when SPF was not checked (no connect)
 */
struct mailrep_text mailrep_verdict_spf_domain(const struct mailrep_verdict *verdict);

/**
 * The directive that decided, as the domain publishes it, such as "ip4:192.0.2.0/24" or "-all".
 *
 * @param verdict  may be NULL
 * @return         absent where none matched
 */
struct mailrep_text mailrep_verdict_spf_mechanism(const struct mailrep_verdict *verdict);

/**
 * The domain's own explanation of a fail (RFC 7208 section 6.2), which is a stranger's text; where it gives none, that of
 * spf_explanation.
 *
 * @param verdict  may be NULL
 * @return         absent where there is none
 */
struct mailrep_text mailrep_verdict_spf_explanation(const struct mailrep_verdict *verdict);

/**
 * Terms that caused DNS queries, counted against the limit.
 *
 * @param verdict  may be NULL
 * @return         0 or more; MAILREP_ABSENT when SPF was not checked (no connect)
 */
int mailrep_verdict_spf_dns_lookups(const struct mailrep_verdict *verdict);

/**
 * Queries that had no answer, counted against the limit.
 *
 * @param verdict  may be NULL
 * @return         0 or more; MAILREP_ABSENT when SPF was not checked (no connect)
 */
int mailrep_verdict_spf_void_lookups(const struct mailrep_verdict *verdict);

/**
 * Why SPF came out so, as a sentence; it names the domains whose record one of spf_records replaced.
 *
 * @param verdict  may be NULL
 * @return         absent when SPF was not checked (no connect)
 */
struct mailrep_text mailrep_verdict_spf_reason(const struct mailrep_verdict *verdict);

/**
 * The same as a stable code for programs, such as "directive_matched".
 *
 * @param verdict  may be NULL
 * @return         absent when SPF was not checked (no connect)
 */
struct mailrep_text mailrep_verdict_spf_cause(const struct mailrep_verdict *verdict);

/**
 * SPF's result for the HELO name.
 *
 * @param verdict  may be NULL
 * @return         MAILREP_SPF_NONE to MAILREP_SPF_PERMERROR; MAILREP_ABSENT where it was not checked
 */
int mailrep_verdict_helo_result(const struct mailrep_verdict *verdict);

/**
 * The HELO name that SPF checked.
 *
 * @param verdict  may be NULL
 * @return         absent where it was not checked
 */
struct mailrep_text mailrep_verdict_helo_domain(const struct mailrep_verdict *verdict);

/**
 * Why that came out so, as a sentence.
 *
 * @param verdict  may be NULL
 * @return         absent where it was not checked
 */
struct mailrep_text mailrep_verdict_helo_reason(const struct mailrep_verdict *verdict);

/**
 * The same as a stable code.
 *
 * @param verdict  may be NULL
 * @return         absent where it was not checked
 */
struct mailrep_text mailrep_verdict_helo_cause(const struct mailrep_verdict *verdict);

/**
 * How many DKIM signatures the message has. They are numbered in the order of the message.
 *
 * @param verdict  may be NULL
 * @return         0 for an unsigned message and for NULL
 */
size_t mailrep_verdict_dkim_count(const struct mailrep_verdict *verdict);

/**
 * A signature's result.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         MAILREP_DKIM_PASS to MAILREP_DKIM_PERMERROR; MAILREP_ABSENT beyond the last
 */
int mailrep_verdict_dkim_result(const struct mailrep_verdict *verdict, size_t index);

/**
 * The signing domain (d=).
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         absent where the signature does not say it legibly
 */
struct mailrep_text mailrep_verdict_dkim_domain(const struct mailrep_verdict *verdict, size_t index);

/**
 * The selector (s=).
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         absent where the signature does not say it legibly
 */
struct mailrep_text mailrep_verdict_dkim_selector(const struct mailrep_verdict *verdict, size_t index);

/**
 * The agent or user identifier (i=), or what stands for it where it is left out.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         absent where the signature does not say it legibly
 */
struct mailrep_text mailrep_verdict_dkim_identity(const struct mailrep_verdict *verdict, size_t index);

/**
 * The algorithm (a=), such as "rsa-sha256".
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         absent where the signature does not say it legibly
 */
struct mailrep_text mailrep_verdict_dkim_algorithm(const struct mailrep_verdict *verdict, size_t index);

/**
 * The size of the key in bits.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         MAILREP_ABSENT where no key was read
 */
int mailrep_verdict_dkim_key_bits(const struct mailrep_verdict *verdict, size_t index);

/**
 * Whether the key says that its domain is testing DKIM (t=y).
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         0 or 1; MAILREP_ABSENT beyond the last
 */
int mailrep_verdict_dkim_testing(const struct mailrep_verdict *verdict, size_t index);

/**
 * Why a signature's result came out so, as a sentence.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         absent beyond the last
 */
struct mailrep_text mailrep_verdict_dkim_reason(const struct mailrep_verdict *verdict, size_t index);

/**
 * The same as a stable code.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         absent beyond the last
 */
struct mailrep_text mailrep_verdict_dkim_cause(const struct mailrep_verdict *verdict, size_t index);

/**
 * What became of the message after signing, as a sentence: which signed field was changed, from what to what, where the signature
 * proves it, and what is likely where it does not. It changes no result. The JSON has it in parts.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         absent unless the message differs from what was signed
 */
struct mailrep_text mailrep_verdict_dkim_hint(const struct mailrep_verdict *verdict,
                                              size_t index);

/**
 * DMARC's result.
 *
 * @param verdict  may be NULL
 * @return         MAILREP_DMARC_NONE to MAILREP_DMARC_PERMERROR; MAILREP_ABSENT for NULL
 */
int mailrep_verdict_dmarc_result(const struct mailrep_verdict *verdict);

/**
 * The author domain, from the From field.
 *
 * @param verdict  may be NULL
 * @return         absent where it cannot be told
 */
struct mailrep_text mailrep_verdict_dmarc_from_domain(const struct mailrep_verdict *verdict);

/**
 * The domain whose policy applies.
 *
 * @param verdict  may be NULL
 * @return         absent without a policy
 */
struct mailrep_text mailrep_verdict_dmarc_policy_domain(const struct mailrep_verdict *verdict);

/**
 * The author domain's organizational domain.
 *
 * @param verdict  may be NULL
 * @return         absent where it was not found
 */
struct mailrep_text mailrep_verdict_dmarc_organizational_domain(const struct mailrep_verdict *verdict);

/**
 * The policy that the domain publishes for this author domain.
 *
 * @param verdict  may be NULL
 * @return         MAILREP_POLICY_NONE to MAILREP_POLICY_REJECT; MAILREP_ABSENT without a policy
 */
int mailrep_verdict_dmarc_policy(const struct mailrep_verdict *verdict);

/**
 * What is to be done with this message, by the policy or by what overrides it: MAILREP_POLICY_NONE unless DMARC failed.
 *
 * @param verdict  may be NULL
 * @return         MAILREP_POLICY_NONE to MAILREP_POLICY_REJECT; MAILREP_ABSENT without a policy
 */
int mailrep_verdict_dmarc_disposition(const struct mailrep_verdict *verdict);

/**
 * Why the disposition is not what the policy asks for: a word of RFC 9990, "local_policy", "mailing_list", "policy_test_mode" or
 * "trusted_forwarder".
 *
 * @param verdict  may be NULL
 * @return         absent where it is what the policy asks for
 */
struct mailrep_text mailrep_verdict_dmarc_override_type(const struct mailrep_verdict *verdict);

/**
 * The same in words.
 *
 * @param verdict  may be NULL
 * @return         absent where it is what the policy asks for
 */
struct mailrep_text mailrep_verdict_dmarc_override_comment(const struct mailrep_verdict *verdict);

/**
 * Whether SPF passed for a domain that is aligned with the author domain.
 *
 * @param verdict  may be NULL
 * @return         0 or 1; MAILREP_ABSENT for NULL
 */
int mailrep_verdict_dmarc_spf_aligned(const struct mailrep_verdict *verdict);

/**
 * Whether a signature passed whose domain is aligned with the author domain.
 *
 * @param verdict  may be NULL
 * @return         0 or 1; MAILREP_ABSENT for NULL
 */
int mailrep_verdict_dmarc_dkim_aligned(const struct mailrep_verdict *verdict);

/**
 * Why DMARC came out so, as a sentence.
 *
 * @param verdict  may be NULL
 * @return         absent for NULL
 */
struct mailrep_text mailrep_verdict_dmarc_reason(const struct mailrep_verdict *verdict);

/**
 * The same as a stable code.
 *
 * @param verdict  may be NULL
 * @return         absent for NULL
 */
struct mailrep_text mailrep_verdict_dmarc_cause(const struct mailrep_verdict *verdict);

/**
 * Whether the client's address and name point to each other.
 *
 * @param verdict  may be NULL
 * @return         MAILREP_IPREV_PASS to MAILREP_IPREV_PERMERROR; MAILREP_ABSENT where it was not checked (no connect)
 */
int mailrep_verdict_iprev_result(const struct mailrep_verdict *verdict);

/**
 * The client's name, verified.
 *
 * @param verdict  may be NULL
 * @return         absent unless iprev passed
 */
struct mailrep_text mailrep_verdict_iprev_name(const struct mailrep_verdict *verdict);

/**
 * Why that came out so, as a sentence.
 *
 * @param verdict  may be NULL
 * @return         absent where it was not checked
 */
struct mailrep_text mailrep_verdict_iprev_reason(const struct mailrep_verdict *verdict);

/**
 * The same as a stable code.
 *
 * @param verdict  may be NULL
 * @return         absent where it was not checked
 */
struct mailrep_text mailrep_verdict_iprev_cause(const struct mailrep_verdict *verdict);

/**
 * What is odd about the message's form, such as a header beyond the limits, as a sentence.
 *
 * @param verdict  may be NULL
 * @return         absent where nothing is
 */
struct mailrep_text mailrep_verdict_anomaly_reason(const struct mailrep_verdict *verdict);

/**
 * The same as a stable code.
 *
 * @param verdict  may be NULL
 * @return         absent where nothing is
 */
struct mailrep_text mailrep_verdict_anomaly_code(const struct mailrep_verdict *verdict);

/**
 * The value of the Authentication-Results field (RFC 8601) to insert at the top of the message, without the field's name,
 * the blank after its colon and the last line end. Its folds are CRLF; for libmilter, which wants LF in them, leave the CR
 * out.
 *
 * @param verdict  may be NULL
 * @return         absent for NULL
 */
struct mailrep_text mailrep_verdict_authentication_results(const struct mailrep_verdict *verdict);

/**
 * How many header fields of the message claim to be results of this host and have to be removed (RFC 8601 section 5).
 *
 * @param verdict  may be NULL
 * @return         0 for NULL
 */
size_t mailrep_verdict_headers_to_remove_count(const struct mailrep_verdict *verdict);

/**
 * One of these fields, as its place among all header fields of the message, counted from 0. They come in descending
 * order, so that removing one does not move the next.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         0 or more; MAILREP_ABSENT beyond the last
 */
int mailrep_verdict_header_to_remove(const struct mailrep_verdict *verdict,
                                     size_t index);

/**
 * The whole verdict as one line of JSON, the same that "mailrep --json check" prints, and with the trace if the
 * context's options ask for it.
 *
 * @param verdict  may be NULL
 * @return         absent for NULL
 */
struct mailrep_text mailrep_verdict_json(const struct mailrep_verdict *verdict);

/**
 * Frees a verdict and all its texts.
 *
 * @param verdict  may be NULL
 */
void mailrep_verdict_free(struct mailrep_verdict *verdict);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MAILREP_H */
