/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * mailrep: SPF, DKIM and DMARC verdicts that explain themselves, DKIM signatures, SRS, alarms of stolen accounts, and mail filters.
 *
 * Compile and link:   cc program.c $(pkg-config --cflags --libs mailrep)
 *
 * docs/c.md has more programs: the callbacks of a mail filter, a resolver of one's own, an event loop.
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
 * RECIPE 2: a message from a file, signed with DKIM
 *
 * A mail filter tells header fields and body instead, by mailrep_signing_header(), mailrep_signing_end_of_headers() and
 * mailrep_signing_body(); mailrep_signing_new_by_table() chooses who signs by author domain and account.
 *
 *     #include <mailrep.h>
 *     #include <stdio.h>
 *     #include <time.h>
 *
 *     // Says what went wrong and frees the error.
 *     static int failed(mailrep_error *error)
 *     {
 *         fprintf(stderr, "%s\n", mailrep_error_text(error));
 *         mailrep_error_free(error);
 *         return 1;
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *         if (argc != 5) {
 *             fprintf(stderr, "usage: %s KEYFILE DOMAIN SELECTOR MESSAGE\n", argv[0]);
 *             return 2;
 *         }
 *
 *         mailrep_key *key;
 *         mailrep_error *error;
 *         if (mailrep_key_read(argv[1], &key, &error) != MAILREP_OK)
 *             return failed(error);
 *         mailrep_signer_options options;
 *         mailrep_signer_options_init(&options, sizeof options);
 *         options.domain = argv[2];
 *         options.selector = argv[3];
 *         options.key = key;
 *         mailrep_signer *signer;
 *         int status = mailrep_signer_new(&options, &signer, &error);
 *         mailrep_key_free(key);                    // the signer keeps it
 *         if (status != MAILREP_OK)
 *             return failed(error);
 *         fprintf(stderr, "publish: %s\n", mailrep_signer_zone_entry(signer).data);
 *
 *         const mailrep_signer *signers[] = {signer};
 *         mailrep_signing *signing;
 *         status = mailrep_signing_new(signers, 1, &signing);
 *         mailrep_signer_free(signer);
 *         FILE *file = fopen(argv[4], "rb");
 *         char chunk[8192];
 *         size_t length;
 *         while (file && status == MAILREP_OK && (length = fread(chunk, 1, sizeof chunk, file)) > 0)
 *             status = mailrep_signing_file_data(signing, chunk, length);
 *         if (!file || ferror(file)) {
 *             perror(argv[4]);
 *             status = MAILREP_IO;
 *         }
 *         if (file) fclose(file);
 *         if (status == MAILREP_OK) status = mailrep_signing_finish(signing, time(NULL));
 *         if (status == MAILREP_OK)                 // to be put above all other fields
 *             printf("DKIM-Signature: %s\r\n", mailrep_signing_field(signing, 0).data);
 *         else if (status != MAILREP_IO)
 *             fprintf(stderr, "%s\n", mailrep_signing_error(signing));
 *         mailrep_signing_free(signing);
 *         return status == MAILREP_OK ? 0 : 1;
 *     }
 *
 *
 * RECIPE 3: in a submission server: stolen accounts, and the envelope sender of forwarded mail (SRS)
 *
 *     #include <mailrep.h>
 *     #include <stdio.h>
 *     #include <stdlib.h>
 *     #include <string.h>
 *     #include <time.h>
 *
 *     static void stop(mailrep_error *error)
 *     {
 *         fprintf(stderr, "%s\n", mailrep_error_text(error));
 *         mailrep_error_free(error);
 *         exit(1);
 *     }
 *
 *     // After the last RCPT TO of a client that has logged in: may the message be sent?
 *     static int may_be_sent(const mailrep_monitor *monitor, const char *account, const mailrep_octets *recipients,
 *                            size_t count)
 *     {
 *         mailrep_assessment *assessment;
 *         int status = mailrep_monitor_observe_addresses(monitor, account, strlen(account), (double)time(NULL),
 *                                                        recipients, count, &assessment, NULL);
 *         if (status != MAILREP_OK) return 1;       // such as no recipient: nothing was counted
 *         int alarm = mailrep_assessment_alarm(assessment);
 *         if (alarm) printf("451 4.7.1 held: %s\n", mailrep_assessment_reason(assessment).data);
 *         mailrep_assessment_free(assessment);
 *         return !alarm;                            // mailrep_monitor_release() when the password has been changed
 *     }
 *
 *     // The envelope sender for a message that is forwarded.
 *     static void print_sender(const mailrep_srs *srs, const char *address)
 *     {
 *         mailrep_srs_outcome *outcome;
 *         if (mailrep_srs_forward(srs, address, strlen(address), time(NULL), &outcome) != MAILREP_OK) return;
 *         mailrep_octets sender = mailrep_srs_outcome_address(outcome, 0);
 *         printf("%s (%s)\n", sender.data ? (const char *)sender.data : "refused",
 *                mailrep_srs_outcome_reason(outcome, 0).data);
 *         mailrep_srs_outcome_free(outcome);
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *         if (argc < 5) {
 *             fprintf(stderr, "usage: %s SECRETFILE STATE SENDER RECIPIENT...\n", argv[0]);
 *             return 2;
 *         }
 *         mailrep_error *error;
 *
 *         mailrep_srs_options srs_options;
 *         mailrep_srs_options_init(&srs_options, sizeof srs_options);
 *         srs_options.domain = "srs.example.org";
 *         srs_options.secret_file = argv[1];        // one secret a line, as PostSRSd has them
 *         mailrep_srs *srs;
 *         if (mailrep_srs_new(&srs_options, &srs, &error) != MAILREP_OK) stop(error);
 *
 *         mailrep_monitor_options options;          // false_alarms_per_account_year is the one dial
 *         mailrep_monitor_options_init(&options, sizeof options);
 *         mailrep_monitor *monitor;
 *         FILE *state = fopen(argv[2], "rb");       // what is known is kept from one run to the next
 *         int status = state ? mailrep_monitor_restore(argv[2], &options, &monitor, &error)
 *                            : mailrep_monitor_new(&options, &monitor, &error);
 *         if (state) fclose(state);
 *         if (status != MAILREP_OK) stop(error);
 *
 *         size_t count = (size_t)argc - 4;
 *         mailrep_octets *recipients = (mailrep_octets *)calloc(count, sizeof *recipients);
 *         for (size_t at = 0; recipients && at < count; at++) {
 *             recipients[at].data = argv[at + 4];
 *             recipients[at].length = strlen(argv[at + 4]);
 *         }
 *         if (recipients && may_be_sent(monitor, argv[3], recipients, count)) print_sender(srs, argv[3]);
 *         free(recipients);
 *
 *         // A server does so every few minutes, and when it ends.
 *         if (mailrep_monitor_save(monitor, argv[2], &error) != MAILREP_OK) stop(error);
 *         mailrep_monitor_free(monitor);
 *         mailrep_srs_free(srs);
 *         return 0;
 *     }
 *
 *
 * RECIPE 4: a mail filter that does what a policy file says (docs/filter.md), in the callbacks of libmilter or another's
 *
 * One filter serves all connections and threads; each connection has a session, through which its messages go. tests/c/filter.c tries all
 * of it.
 *
 *     #include <mailrep.h>
 *     #include <stdio.h>
 *     #include <string.h>
 *
 *     // What the mail server offers; libmilter's smfi_... functions, say.
 *     struct server {
 *         void (*delete_header)(const char *name, int occurrence);
 *         void (*insert_header)(int place, const char *name, const char *value);
 *         void (*change_sender)(const char *address);
 *         void (*add_recipient)(const char *address);
 *         void (*delete_recipient)(const char *address);
 *         void (*hold)(const char *reason);
 *         void (*refuse)(int code, const char *enhanced, const char *first_line);
 *     };
 *
 *     // When the program starts. A policy that cannot be used is told with its lines.
 *     mailrep_filter *load(const char *path)
 *     {
 *         mailrep_filter *filter;
 *         mailrep_error *error;
 *         if (mailrep_filter_read(path, &filter, &error) != MAILREP_OK) {
 *             fprintf(stderr, "%s\n", mailrep_error_text(error));
 *             mailrep_error_free(error);
 *             return NULL;
 *         }
 *         for (size_t at = 0; at < mailrep_filter_danger_count(filter); at++)
 *             fprintf(stderr, "warning: %s\n", mailrep_filter_danger(filter, at).data);
 *         return filter;
 *     }
 *
 *     // A client connects. SMFIP_HDR_LEADSPC was negotiated, and folds are LF.
 *     mailrep_filter_session *on_connect(const mailrep_filter *filter, const char *ip, const char *daemon)
 *     {
 *         mailrep_filter_session *session;
 *         if (mailrep_filter_session_new(filter, MAILREP_GLUE_BARE_LF, &session) != MAILREP_OK)
 *             return NULL;
 *         mailrep_filter_session_connect(session, ip, ip ? strlen(ip) : 0, daemon, daemon ? strlen(daemon) : 0);
 *         return session;
 *     }
 *
 *     // A recipient. Returns 0, or the code to refuse it with. The other events are told in the same way.
 *     int on_recipient(mailrep_filter_session *session, const char *address)
 *     {
 *         mailrep_filter_session_rcpt(session, address, strlen(address));
 *         if (mailrep_filter_session_reply(session) == MAILREP_REPLY_CONTINUE)
 *             return 0;
 *         return mailrep_filter_session_reply_code(session);
 *     }
 *
 *     // The end of a message.
 *     void on_end_of_message(mailrep_filter_session *session, const char *queue_id, const struct server *server)
 *     {
 *         mailrep_decision *decision;
 *         if (mailrep_filter_session_end(session, queue_id, queue_id ? strlen(queue_id) : 0, &decision) != MAILREP_OK) {
 *             fprintf(stderr, "%s\n", mailrep_filter_session_error(session));
 *             return;
 *         }
 *         for (size_t at = 0; at < mailrep_decision_action_count(decision); at++) {
 *             const char *name = (const char *)mailrep_decision_action_name(decision, at).data;
 *             const char *value = (const char *)mailrep_decision_action_value(decision, at).data;
 *             const char *line = mailrep_decision_action_line(decision, at, 0).data;
 *             int number = mailrep_decision_action_number(decision, at);
 *             switch (mailrep_decision_action_kind(decision, at)) {
 *             case MAILREP_ACTION_DELETE_HEADER: server->delete_header(name, number); break;
 *             case MAILREP_ACTION_INSERT_HEADER: server->insert_header(number, name, value); break;
 *             case MAILREP_ACTION_CHANGE_SENDER: server->change_sender(value); break;
 *             case MAILREP_ACTION_ADD_RECIPIENT: server->add_recipient(value); break;
 *             case MAILREP_ACTION_DELETE_RECIPIENT: server->delete_recipient(value); break;
 *             case MAILREP_ACTION_HOLD: server->hold(line); break;
 *             case MAILREP_ACTION_DEFER:
 *             case MAILREP_ACTION_REJECT:
 *                 server->refuse(mailrep_decision_action_code(decision, at),
 *                                mailrep_decision_action_enhanced(decision, at).data, line);
 *                 break;
 *             }
 *         }
 *         printf("%s\n", mailrep_decision_log(decision).data);
 *         mailrep_decision_free(decision);
 *     }
 *
 *
 * RULES, which hold for every function
 *
 * Status   Functions that can fail return MAILREP_OK (0) or another MAILREP_... status. The handle keeps the words for the
 *          log: mailrep_transaction_error(); a handle that could not be made leaves a mailrep_error. A verdict, however
 *          bad, is not an error: it is data. Nothing throws into the program and nothing ends it.
 * Pointers A pointer is NULL or valid. NULL where it is not allowed is MAILREP_NULL (or MAILREP_ABSENT from a verdict), never
 *          a crash. A handle must not be used after its free. Where that can be told (of the last 1,024 handles that were
 *          freed), using it is MAILREP_HANDLE, or absent, and freeing it again is nothing.
 * Octets   What goes in is a pointer and a length in octets; it is read during the call only. What comes out is a borrowed view
 *          that lives as long as the handle it came from (what mailrep_transaction_error() returns: until the next call).
 * Freeing  Every handle has one owner, the program, and a free that takes NULL. Handles may be freed in any order.
 * Threads  const on a handle means that any number of threads may make such calls at a time. No const means one thread at a
 *          time, not always the same one; a second call at the same time is MAILREP_BUSY where that can be told.
 * Signals  The library installs no signal handlers and changes no global state. It starts one thread for a context, when
 *          it is first needed (none with questions; more with threads or resolve), and one for a server of SRS.
 * Forks    What was made before fork() works in the child, with threads and a cache of its own. Messages that were begun belong to
 *          the parent: the child can only free them. No other thread may be inside a call at the moment of the fork.
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
 * A file cannot be read or written.
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
 * It cannot be told yet: questions are open. Answer them, and make the call again.
 */
#define MAILREP_AGAIN 9

/**
 * The handle was freed already, or is of another kind. It is noticed where the handle is one of the last 1,024 that were freed.
 */
#define MAILREP_HANDLE 10

/**
 * Another call on this handle is under way, in another thread or around this callback.
 */
#define MAILREP_BUSY 11

/**
 * Nobody waits for this answer: it was given already, its time is over, or the message was given up.
 */
#define MAILREP_UNASKED 12

/**
 * The DNS message was cut to fit; ask again over TCP.
 */
#define MAILREP_TRUNCATED 13

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
 * Addresses of IPv4.
 */
#define MAILREP_DNS_A 1

/**
 * Names of an address.
 */
#define MAILREP_DNS_PTR 12

/**
 * Mail exchanges.
 */
#define MAILREP_DNS_MX 15

/**
 * Texts.
 */
#define MAILREP_DNS_TXT 16

/**
 * Addresses of IPv6.
 */
#define MAILREP_DNS_AAAA 28

/**
 * The name exists, or something below it does, but not with a record of this type.
 */
#define MAILREP_DNS_NO_DATA 0

/**
 * Neither the name nor anything below it exists (NXDOMAIN, RFC 8020).
 */
#define MAILREP_DNS_NO_NAME 1

/**
 * The server said SERVFAIL.
 */
#define MAILREP_DNS_SERVFAIL 0

/**
 * The server said REFUSED.
 */
#define MAILREP_DNS_REFUSED 1

/**
 * No server answered in time.
 */
#define MAILREP_DNS_TIMEOUT 2

/**
 * An answer came that cannot be used, such as one that does not parse.
 */
#define MAILREP_DNS_MALFORMED 3

/**
 * The network or the host failed.
 */
#define MAILREP_DNS_NETWORK 4

/**
 * RSA of 2048 bits, which everybody verifies and whose record fits anywhere.
 */
#define MAILREP_KEY_RSA_2048 0

/**
 * RSA of 3072 bits.
 */
#define MAILREP_KEY_RSA_3072 1

/**
 * RSA of 4096 bits, the most that every verifier accepts (RFC 8301 section 3.2).
 */
#define MAILREP_KEY_RSA_4096 2

/**
 * Ed25519 (RFC 8463), which not everybody verifies yet: sign with RSA beside it.
 */
#define MAILREP_KEY_ED25519 3

/**
 * Blanks, letter case of names and folds may change on the way (RFC 6376 section 3.4).
 */
#define MAILREP_RELAXED 0

/**
 * Nothing may change on the way.
 */
#define MAILREP_SIMPLE 1

/**
 * Whoever may submit mail at all may send as the author domain.
 */
#define MAILREP_SENDERS_ANYONE 0

/**
 * Accounts whose name is an address at the author domain, or at a domain above it.
 */
#define MAILREP_SENDERS_OWN_DOMAIN 1

/**
 * The accounts that are listed.
 */
#define MAILREP_SENDERS_ACCOUNTS 2

/**
 * The interoperable form of the hash: HMAC-SHA1 in base64.
 */
#define MAILREP_SRS_MAC_COMPAT 0

/**
 * The strong form, which only mailrep verifies: 16 characters of base32 of HMAC-SHA256 over each part with its length.
 */
#define MAILREP_SRS_MAC_STRONG 1

/**
 * Hashes of both forms are believed.
 */
#define MAILREP_SRS_ACCEPT_BOTH 0

/**
 * Only hashes of the strong form are believed.
 */
#define MAILREP_SRS_ACCEPT_STRONG 1

/**
 * A local part may have more than 64 octets.
 */
#define MAILREP_SRS_LONG_ALLOW 0

/**
 * An address whose local part would have more than 64 octets is refused.
 */
#define MAILREP_SRS_LONG_REFUSE 1

/**
 * Another address takes the address's place.
 */
#define MAILREP_SRS_REWRITTEN 0

/**
 * The address stays as it is.
 */
#define MAILREP_SRS_UNCHANGED 1

/**
 * The address is refused.
 */
#define MAILREP_SRS_REFUSED 2

/**
 * tcp_table(5), for envelope senders: what sender_canonical_maps asks.
 */
#define MAILREP_SRS_TCP_FORWARD 0

/**
 * tcp_table(5), for recipients: what recipient_canonical_maps asks.
 */
#define MAILREP_SRS_TCP_REVERSE 1

/**
 * socketmap_table(5), with the maps "forward" and "reverse".
 */
#define MAILREP_SRS_SOCKETMAP 2

/**
 * The glue strips the blank after the colon of header fields, or does not know it. One is put there; signatures with simple
 * canonicalization may not verify. (Without SMFIP_HDR_LEADSPC.)
 */
#define MAILREP_GLUE_NO_LEADING_SPACE 1

/**
 * Folds within header values are a bare LF, as libmilter has them: they become CRLF, and values to insert have LF.
 */
#define MAILREP_GLUE_BARE_LF 2

/**
 * Go on.
 */
#define MAILREP_REPLY_CONTINUE 0

/**
 * Refuse the command for now (4xx).
 */
#define MAILREP_REPLY_DEFER 1

/**
 * Refuse the command (5xx).
 */
#define MAILREP_REPLY_REJECT 2

/**
 * The message goes on its way.
 */
#define MAILREP_TREATMENT_ACCEPT 0

/**
 * It goes on its way with a field that says why it is suspicious, which is among the actions.
 */
#define MAILREP_TREATMENT_TAG 1

/**
 * It is held back for a person.
 */
#define MAILREP_TREATMENT_HOLD 2

/**
 * The client is asked to try again.
 */
#define MAILREP_TREATMENT_DEFER 3

/**
 * It is refused.
 */
#define MAILREP_TREATMENT_REJECT 4

/**
 * Delete a header field: its name, and as number which one of that name, from 1. (smfi_chgheader() with the value NULL.)
 */
#define MAILREP_ACTION_DELETE_HEADER 0

/**
 * Insert a header field: its name, its value, and as number its place, 0 being the top. (smfi_insheader().)
 */
#define MAILREP_ACTION_INSERT_HEADER 1

/**
 * Another envelope sender, in value, without angle brackets. (smfi_chgfrom().)
 */
#define MAILREP_ACTION_CHANGE_SENDER 2

/**
 * One recipient more, in value, without angle brackets. (smfi_addrcpt().)
 */
#define MAILREP_ACTION_ADD_RECIPIENT 3

/**
 * Take the recipient in value out, without angle brackets. (smfi_delrcpt().)
 */
#define MAILREP_ACTION_DELETE_RECIPIENT 4

/**
 * Hold the message back; the reason is line 0. (smfi_quarantine().)
 */
#define MAILREP_ACTION_HOLD 5

/**
 * Ask the client to try again: code, enhanced status code, lines. (smfi_setmlreply() and SMFIS_TEMPFAIL.) It is the only action then.
 */
#define MAILREP_ACTION_DEFER 6

/**
 * Refuse the message: code, enhanced status code, lines. (smfi_setmlreply() and SMFIS_REJECT.) It is the only action then.
 */
#define MAILREP_ACTION_REJECT 7

/**
 * Something failed.
 */
#define MAILREP_NOTICE_ERROR 0

/**
 * Something an administrator should look at.
 */
#define MAILREP_NOTICE_WARNING 1

/**
 * Something that was done.
 */
#define MAILREP_NOTICE_INFO 2

/**
 * What a message says of the account that sent it, or whether an alarm is open for an account.
 */
typedef struct mailrep_assessment mailrep_assessment;

/**
 * What one host says about a message. It is filled or read first and used then: results are added while no other thread uses it;
 * otherwise any number of threads may read it at a time.
 */
typedef struct mailrep_auth_results mailrep_auth_results;

/**
 * The texts of many checks. They never change, and live until mailrep_checks_free().
 */
typedef struct mailrep_checks mailrep_checks;

/**
 * A resolver with its cache, the options, and the thread that asks. One for a program is enough; any number of
 * threads may use it at a time.
 */
typedef struct mailrep_context mailrep_context;

/**
 * What runs beside a filter: threads that tell of alarms, the control socket, SRS servers. Any number of threads may use it at a time.
 */
typedef struct mailrep_daemon mailrep_daemon;

/**
 * What is to be done with a message, and why. The actions are to be carried out in the order of their indices.
 */
typedef struct mailrep_decision mailrep_decision;

/**
 * Why a handle could not be made; the caller frees it with mailrep_error_free().
 */
typedef struct mailrep_error mailrep_error;

/**
 * A policy with all that it names loaded: keys, secrets, what is known of accounts. Any number of threads may use it at a time. It
 * never changes, but for what is learned of accounts.
 */
typedef struct mailrep_filter mailrep_filter;

/**
 * A connection and the messages that come over it, used by one thread at a time (not always the same one; libmilter runs one for each
 * connection).
 *
 * The calls come in the order of SMTP: connect or connect_local, helo, then for each message mail_from, rcpt ..., data, header ...,
 * end_of_headers, body ..., end. A message that is given up is aborted; the connection stays. A call out of turn is refused with
 * MAILREP_SEQUENCE and changes nothing.
 */
typedef struct mailrep_filter_session mailrep_filter_session;

/**
 * A private key that signs. It never changes, and any number of threads may use it at a time.
 */
typedef struct mailrep_key mailrep_key;

/**
 * Watches how accounts send, and raises an alarm for one that sends as its owner never did. Any number of threads may use it at a time;
 * two accounts seldom wait for one another.
 */
typedef struct mailrep_monitor mailrep_monitor;

/**
 * Signs for one domain with one key (DKIM, RFC 6376). It never changes, and any number of threads may use it at a time.
 */
typedef struct mailrep_signer mailrep_signer;

/**
 * A message that is being signed, used by one thread at a time (not always the same one).
 *
 * The message comes as header ... end_of_headers, body ..., or else as data ..., then finish. It has to be the message that goes over the
 * wire: line ends are CRLF, no dots are doubled, and nothing is changed afterwards.
 */
typedef struct mailrep_signing mailrep_signing;

/**
 * What SPF said of a client, for the reverse-path and for the HELO name. It never changes, any number of threads may read it, and it
 * does not need the context that it came from. All its texts live until mailrep_spf_free().
 */
typedef struct mailrep_spf mailrep_spf;

/**
 * Rewrites envelope senders (SRS). It never changes, and any number of threads may use it at a time.
 */
typedef struct mailrep_srs mailrep_srs;

/**
 * What became of one address, or of many: each has its index, from 0.
 */
typedef struct mailrep_srs_outcome mailrep_srs_outcome;

/**
 * A server with a thread of its own.
 */
typedef struct mailrep_srs_server mailrep_srs_server;

/**
 * Who signs for which author domain, and on whose behalf. It is filled first and used then: rules are added while no other thread
 * uses it; otherwise any number of threads may use it at a time.
 */
typedef struct mailrep_signing_table mailrep_signing_table;

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
 * A record of an answer.
 */
typedef struct mailrep_record {
  /**
   * By the question's kind. A: the 4 octets of the address; AAAA: its 16; TXT: the octets of the record's character-strings, joined;
   * MX and PTR: the name, as "mail.example.org" ("" is the root, as in a null MX).
   */
  const void *data;
  /**
   * Octets of data.
   */
  size_t length;
  /**
   * Of an MX record, 0 to 65,535; otherwise it is not looked at.
   */
  uint32_t preference;
  /**
   * Must be 0.
   */
  uint32_t reserved;
} mailrep_record;

/**
 * A DNS question that waits for its answer.
 */
typedef struct mailrep_question {
  /**
   * Stands for the question; a context uses no number twice.
   */
  uint64_t id;
  /**
   * What is asked for: MAILREP_DNS_A, MAILREP_DNS_PTR, MAILREP_DNS_MX, MAILREP_DNS_TXT or MAILREP_DNS_AAAA, which are the numbers
   * that the DNS has for them.
   */
  int kind;
  /**
   * Milliseconds for which somebody waits for the answer, from the moment when the question was handed out.
   */
  uint32_t wait_ms;
  /**
   * The name, absolute, in ASCII and lower case, without a dot at the end ("" is the root), closed by 0. It is not to be looked for in
   * search domains or the hosts file.
   */
  char name[256];
} mailrep_question;

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
 * A function of the program that is told of a DNS question: see resolve of mailrep_options.
 *
 * It answers by one of the mailrep_context_answer functions, before it returns or later, from any thread. It is called from threads of
 * the library, from several at a time; it may block, and others wait then if four do. It must not throw.
 *
 * user is resolve_user of the options; question lives until the function returns. 0 says that the question is or will be
 * answered; any other number is a failure: the question could not be asked.
 */
typedef int (*mailrep_resolve)(void *user, const struct mailrep_question *question);

/**
 * How a context resolves names and judges messages.
 *
 * Always begin with mailrep_options_init(), which fills in the defaults, and change what you want different. Numbers
 * are taken as they stand: 0 is none, not "the default". Pointers are only read by mailrep_context_new(), which copies
 * what it needs.
 *
 * Names are answered from zone_file or zone_text (offline), or by nameservers, or by the program (resolve or questions), or, if none of
 * them is set, by the system's nameservers (/etc/resolv.conf). Several of them together are MAILREP_INVALID.
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
  /**
   * A function of the program that is told of each DNS question, in place of nameservers or a zone: see mailrep_resolve. Default NULL.
   */
  mailrep_resolve resolve;
  /**
   * What resolve is given. Default NULL.
   */
  void *resolve_user;
  /**
   * Questions that may be open at one time, with resolve or questions; one more fails. Default 65,536.
   */
  size_t open_questions;
  /**
   * Not 0: the context starts no thread and waits for nothing; the program takes DNS questions by mailrep_context_questions() and
   * answers them when it can. Not together with resolve, nameservers or a zone. Default 0.
   */
  int questions;
  /**
   * Threads that run checks, 1 to 64. One is enough, for they only wait for the DNS and verify signatures. Default 1.
   */
  uint32_t threads;
  /**
   * DNS questions that SPF may ask ahead of its terms, so that they do not wait for one another. Default 20.
   */
  uint32_t spf_questions_ahead;
  /**
   * Seconds for which answers with records are kept at most. Default 86,400.
   */
  uint32_t cache_records_s;
  /**
   * Seconds for which it is kept at most that there is no record or no name. Default 3,600.
   */
  uint32_t cache_nothing_s;
  /**
   * Milliseconds for which failures are kept, at most 300,000. Default 5,000.
   */
  uint32_t cache_failures_ms;
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

/**
 * Octets that need not be text, such as an address: lent by the program, or belonging to a handle as texts do.
 */
typedef struct mailrep_octets {
  /**
   * The octets, or NULL.
   */
  const void *data;
  /**
   * How many there are.
   */
  size_t length;
} mailrep_octets;

/**
 * A message that is there as a whole, and how it came. What there is not to tell has NULL as its data: without an address there is no SPF.
 */
typedef struct mailrep_message {
  /**
   * The client's address as text.
   */
  struct mailrep_octets ip;
  /**
   * The name that the client gave; any octets.
   */
  struct mailrep_octets helo;
  /**
   * What the client has logged in to, as for mailrep_transaction_authenticated().
   */
  struct mailrep_octets account;
  /**
   * The reverse-path, with angle brackets or without; any octets, none for the null one.
   */
  struct mailrep_octets mail_from;
  /**
   * The message; if its first line end is LF, every LF counts as CRLF.
   */
  struct mailrep_octets message;
  /**
   * Seconds since 1970-01-01T00:00:00Z, by which signatures expire; INT64_MIN is the present.
   */
  int64_t now;
} mailrep_message;

/**
 * What became of a message of many.
 */
typedef struct mailrep_checked {
  /**
   * MAILREP_OK, or why there is no verdict, as for mailrep_check().
   */
  int status;
  /**
   * The verdict as "mailrep --json check" prints it, or why there is none, in words.
   */
  struct mailrep_text text;
} mailrep_checked;

/**
 * Who signs, and what the signatures cover.
 *
 * Always begin with mailrep_signer_options_init(), which fills in the defaults; domain, selector and key have to be set. Pointers
 * are only read by mailrep_signer_new(), which copies what it needs.
 */
typedef struct mailrep_signer_options {
  /**
   * sizeof(mailrep_signer_options) of the header that the program was compiled with; set by mailrep_signer_options_init().
   */
  size_t size;
  /**
   * The signing domain (d=), such as "example.org".
   */
  const char *domain;
  /**
   * The selector (s=), such as "s2026".
   */
  const char *selector;
  /**
   * The key, which may be freed once the signer was made.
   */
  const struct mailrep_key *key;
  /**
   * On whose behalf is signed (i=): an address, or "@" and a domain, at the signing domain or below it. Default NULL: not said.
   */
  const char *identity;
  /**
   * Names of header fields that are signed where they are present. Default NULL: those of RFC 6376 section 5.4.1, and Sender,
   * Message-ID, MIME-Version, Content-Type, Content-Transfer-Encoding and List-Unsubscribe-Post.
   */
  const char *const *signed_names;
  /**
   * How many, at most 1,024. Default 0.
   */
  size_t signed_count;
  /**
   * Names of header fields that are signed, and of which no more can be added without breaking the signature (RFC 6376 section 8.15).
   * Default NULL: From, To, Cc, Subject, Date, Reply-To, Message-ID, MIME-Version, Content-Type.
   */
  const char *const *oversigned_names;
  /**
   * How many, at most 1,024. Default 0.
   */
  size_t oversigned_count;
  /**
   * Seconds for which a signature is valid (x=), from the time of signing. Default 0: for ever.
   */
  uint64_t expires_after_s;
  /**
   * MAILREP_RELAXED or MAILREP_SIMPLE: how much the header may change on its way (c=). Default MAILREP_RELAXED.
   */
  int header;
  /**
   * The same for the body. Default MAILREP_RELAXED.
   */
  int body;
} mailrep_signer_options;

/**
 * A further alias domain: see further of mailrep_srs_options.
 */
typedef struct mailrep_srs_alias {
  /**
   * The domain, such as "old.example.org".
   */
  const char *domain;
  /**
   * Its secrets, one a line, the first one being that which minted last.
   */
  const void *secrets;
  /**
   * How many octets they have.
   */
  size_t secrets_length;
} mailrep_srs_alias;

/**
 * How a mailrep_srs rewrites.
 *
 * Always begin with mailrep_srs_options_init(), which fills in the defaults; domain and one of secrets and secret_file have to
 * be set. The defaults are PostSRSd's, and so are the addresses that they make. Pointers are only read by mailrep_srs_new(),
 * which copies what it needs.
 */
typedef struct mailrep_srs_options {
  /**
   * sizeof(mailrep_srs_options) of the header that the program was compiled with; set by mailrep_srs_options_init().
   */
  size_t size;
  /**
   * The alias domain, in which rewritten addresses are. Its MX and SPF records must name this host.
   */
  const char *domain;
  /**
   * The path of a file with the secrets, one a line: the first makes hashes, all are tried. Default NULL.
   */
  const char *secret_file;
  /**
   * The secrets themselves, as such a file has them; not together with secret_file. Default NULL.
   */
  const void *secrets;
  /**
   * How many octets secrets has. Default 0.
   */
  size_t secrets_length;
  /**
   * Further alias domains with secrets of their own, whose addresses are reversed too. Default NULL.
   */
  const struct mailrep_srs_alias *further;
  /**
   * How many, at most 1,024. Default 0.
   */
  size_t further_count;
  /**
   * Domains of this host, whose addresses it may use as they are: "example.org" is that domain alone, ".example.org" all
   * below it. Default NULL.
   */
  const char *const *local;
  /**
   * How many, at most 1,048,576. Default 0.
   */
  size_t local_count;
  /**
   * Domains that are not rewritten for another reason, in the same form. Default NULL.
   */
  const char *const *excluded;
  /**
   * How many, at most 1,048,576. Default 0.
   */
  size_t excluded_count;
  /**
   * Letters of the hash in new addresses, 4 to 27. Default 4.
   */
  size_t hash_length;
  /**
   * Letters that a hash must have to be believed, 4 to hash_length. Default 4.
   */
  size_t hash_minimum;
  /**
   * Days for which an SRS0 address can be reversed, 1 to 1022. Default 21.
   */
  uint32_t max_age;
  /**
   * What follows SRS0 and SRS1 in new addresses: '=', '+' or '-'; all are understood. Default '='.
   */
  int separator;
  /**
   * Not 0: addresses of the alias domain are rewritten too. Default 0.
   */
  int always;
  /**
   * MAILREP_SRS_LONG_...: whether a new local part may have more than 64 octets. Default MAILREP_SRS_LONG_ALLOW.
   */
  int long_local_parts;
  /**
   * MAILREP_SRS_MAC_...: the form of hash in new addresses. Default MAILREP_SRS_MAC_COMPAT.
   */
  int mac;
  /**
   * MAILREP_SRS_ACCEPT_...: the forms of hash that are believed; strong alone needs mac to be strong, too. Default
   * MAILREP_SRS_ACCEPT_BOTH.
   */
  int accept;
} mailrep_srs_options;

/**
 * What a server speaks, and where.
 */
typedef struct mailrep_srs_listen {
  /**
   * One of MAILREP_SRS_TCP_FORWARD, MAILREP_SRS_TCP_REVERSE, MAILREP_SRS_SOCKETMAP.
   */
  int service;
  /**
   * "127.0.0.1:10001", "[::1]:10001", "localhost:10001" (which is 127.0.0.1) or "unix:/path/of/a/socket". Port 0 is one that the
   * system chooses.
   */
  const char *address;
} mailrep_srs_listen;

/**
 * How a server listens.
 *
 * Always begin with mailrep_srs_server_options_init(), and change what you want different. Pointers are only read by
 * mailrep_srs_server_start(), which copies what it needs.
 */
typedef struct mailrep_srs_server_options {
  /**
   * sizeof(mailrep_srs_server_options) of the header that the program was compiled with; set by
   * mailrep_srs_server_options_init().
   */
  size_t size;
  /**
   * What is spoken where. Default NULL.
   */
  const struct mailrep_srs_listen *listen;
  /**
   * How many, 1 to 64. Default 0, with which nothing can be started.
   */
  size_t listen_count;
  /**
   * Connections at a time, at least 1; for one more, that is closed which was answered longest ago. Default 2,000.
   */
  uint32_t connections;
  /**
   * Milliseconds from an answer to the next request, after which a connection is closed. Default 1,800,000.
   */
  uint32_t idle_ms;
  /**
   * Permissions of Unix sockets. Default 0660.
   */
  uint32_t socket_mode;
  /**
   * Not 0: listen on addresses that other hosts can reach, too. Whoever can ask can make addresses that pass as ours.
   * Default 0.
   */
  int allow_public;
} mailrep_srs_server_options;

/**
 * How a mailrep_monitor judges, and what it may keep.
 *
 * Always begin with mailrep_monitor_options_init(), which fills in the defaults. Pointers are only read by mailrep_monitor_new()
 * and mailrep_monitor_restore(), which copy what they need.
 */
typedef struct mailrep_monitor_options {
  /**
   * sizeof(mailrep_monitor_options) of the header that the program was compiled with; set by mailrep_monitor_options_init().
   */
  size_t size;
  /**
   * The key by which names are hashed: 16 octets, random and secret. With the same key, names are the same to two monitors.
   * Default NULL.
   */
  const void *key;
  /**
   * How many octets key has: 16, or 0 without one. Default 0.
   */
  size_t key_length;
  /**
   * The path of a file with the key in 32 hexadecimal digits; not together with key. Default NULL; without key and key_file a
   * key is made at random, and mailrep_monitor_save() keeps it.
   */
  const char *key_file;
  /**
   * The path of a file with what is known of accounts in general, as `mailrep outbound fit` writes it (JSON). Default NULL, which is
   * what is built in.
   */
  const char *prior_file;
  /**
   * Octets of memory that remembering recipients may take, for all accounts together. Default 16,777,216, which are some
   * 9 million pairs of account and recipient.
   */
  size_t novelty_octets;
  /**
   * Accounts that are kept. Beyond, those go that sent nothing for forget_days; if there are none, further accounts are not
   * watched, and said to be so. Default 4,000,000.
   */
  size_t accounts;
  /**
   * Days without a message after which an account may be forgotten, at most 65,535. Default 400.
   */
  uint32_t forget_days;
  /**
   * Not 0: mailrep_monitor_new() makes key_file if it is not there, for its owner alone (mode 0600). Default 1.
   */
  int create_key_file;
  /**
   * The one dial: at most so many false alarms in a year of an account, above 0 and up to 10. Default 0.01, one in a hundred
   * years.
   */
  double false_alarms_per_account_year;
} mailrep_monitor_options;

/**
 * What a message of many says of the account that sent it.
 */
typedef struct mailrep_judged {
  /**
   * MAILREP_OK; MAILREP_NULL or MAILREP_INVALID for a message that cannot be: it was not counted, and the other fields are 0.
   */
  int status;
  /**
   * 1 if an alarm is open for the account, otherwise 0; mailrep_monitor_alarm() says why.
   */
  int alarm;
  /**
   * 1 if this message raised an alarm for the host.
   */
  int host_alarm;
  /**
   * 1 if the account is watched.
   */
  int watched;
  /**
   * How near the account is to an alarm; above 1 it is one.
   */
  float score;
} mailrep_judged;

/**
 * Is told what belongs into the log, by any thread and by several at a time: MAILREP_NOTICE_..., a sentence, and the pointer given beside.
 */
typedef void (*mailrep_notify)(int severity, const char *text, void *user);

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
 * @param status  one of MAILREP_OK to MAILREP_TRUNCATED; other numbers are "unknown status"
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
 * @return       one of MAILREP_NULL to MAILREP_TRUNCATED; MAILREP_OK for NULL
 */
int mailrep_error_status(const struct mailrep_error *error);

/**
 * Frees an error and its text.
 *
 * @param error  may be NULL
 */
void mailrep_error_free(struct mailrep_error *error);

/**
 * Answers a question with records, all of the type that was asked for, aliases (CNAME) followed.
 *
 * @param context  made with resolve or questions; may be used by other threads at the same time
 * @param id       that of the question
 * @param records  the records; they are copied
 * @param count    how many, at most 4,096; 0 is as MAILREP_DNS_NO_DATA
 * @param ttl      seconds for which they may be kept: the smallest of theirs and of the aliases'
 * @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may be NULL
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a record that cannot be, and then the question stays open;
 *                 MAILREP_UNASKED; MAILREP_SEQUENCE for a context that was made otherwise; MAILREP_HANDLE
 */
int mailrep_context_answer_records(const struct mailrep_context *context,
                                   uint64_t id,
                                   const struct mailrep_record *records,
                                   size_t count,
                                   uint32_t ttl,
                                   struct mailrep_error **error);

/**
 * Answers a question: there is no such record.
 *
 * @param context  made with resolve or questions; may be used by other threads at the same time
 * @param id       that of the question
 * @param nothing  MAILREP_DNS_NO_DATA or MAILREP_DNS_NO_NAME; verdicts depend on telling them apart
 * @param ttl      seconds for which that may be kept (RFC 2308: from the SOA record); -1 if the server did not say
 * @param error    as for mailrep_context_answer_records()
 * @return         as mailrep_context_answer_records()
 */
int mailrep_context_answer_nothing(const struct mailrep_context *context,
                                   uint64_t id,
                                   int nothing,
                                   int64_t ttl,
                                   struct mailrep_error **error);

/**
 * Answers a question: it is not known, now. Checks that need it end in temperror.
 *
 * @param context  made with resolve or questions; may be used by other threads at the same time
 * @param id       that of the question
 * @param failure  MAILREP_DNS_SERVFAIL to MAILREP_DNS_NETWORK
 * @param why      a few words for MAILREP_DNS_MALFORMED and MAILREP_DNS_NETWORK, which verdicts tell; may be NULL
 * @param error    as for mailrep_context_answer_records()
 * @return         as mailrep_context_answer_records()
 */
int mailrep_context_answer_failure(const struct mailrep_context *context,
                                   uint64_t id,
                                   int failure,
                                   const char *why,
                                   struct mailrep_error **error);

/**
 * Answers a question with the message that a recursive nameserver has sent (RFC 1035 section 4), such as one that was asked by
 * mailrep_question_message().
 *
 * @param context     made with resolve or questions; may be used by other threads at the same time
 * @param id          that of the question
 * @param message_id  the ID under which the nameserver was asked
 * @param message     what came, from the nameserver that was asked; without the length that goes before it over TCP
 * @param length      octets of message
 * @param error       as for mailrep_context_answer_records()
 * @return            as mailrep_context_answer_records(), and: MAILREP_INVALID if the message is no answer to this question, so that one goes
 *                    on waiting; MAILREP_TRUNCATED. The question stays open with both
 */
int mailrep_context_answer_message(const struct mailrep_context *context,
                                   uint64_t id,
                                   uint16_t message_id,
                                   const void *message,
                                   size_t length,
                                   struct mailrep_error **error);

/**
 * Makes the message that asks a recursive nameserver a question (RFC 1035 section 4), over UDP, or over TCP with its length before
 * it in two octets.
 *
 * @param question    from mailrep_context_questions(), or what resolve was given
 * @param message_id  the message's ID: a new random number each time, or strangers can guess it
 * @param message     where the message is left
 * @param capacity    octets that there is room for; 512 are always enough
 * @param length      where the number of octets is left
 * @return            MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if there is not room enough, or for a question that cannot be
 */
int mailrep_question_message(const struct mailrep_question *question,
                             uint16_t message_id,
                             void *message,
                             size_t capacity,
                             size_t *length);

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
 * Where the program answers DNS questions, nobody does afterwards: those that are open fail, so that transactions end with temperror
 * where an answer was missing. The call waits until calls of resolve in other threads have returned; resolve is not called again.
 *
 * @param context  may be NULL
 */
void mailrep_context_free(struct mailrep_context *context);

/**
 * Begins a message that takes place now.
 *
 * @param context  may be used by other threads at the same time
 * @param out      where the transaction is left, to be freed with mailrep_transaction_free(); NULL is left on failure
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_HANDLE
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
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_HANDLE
 */
int mailrep_transaction_new_at(const struct mailrep_context *context,
                               int64_t now,
                               struct mailrep_transaction **out);

/**
 * Takes the DNS questions that have not been taken yet, the oldest first. For contexts that were made with questions.
 *
 *   mailrep_question questions[16];
 *   size_t count;
 *   while (mailrep_context_questions(context, questions, 16, &count) == MAILREP_OK && count > 0)
 *       for (size_t at = 0; at < count; at++)
 *           send_query(&questions[at]);
 *
 * Each has to be answered by one of the mailrep_context_answer functions; what is not answered in its time ends in temperror.
 * A question that is asked for several messages is handed out once.
 *
 * @param context    may be used by other threads at the same time
 * @param questions  where the questions are left
 * @param capacity   how many there is room for
 * @param count      where the number of questions is left
 * @return           MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE for a context that was made otherwise; MAILREP_HANDLE
 */
int mailrep_context_questions(const struct mailrep_context *context,
                              struct mailrep_question *questions,
                              size_t capacity,
                              size_t *count);

/**
 * How long an event loop may sleep: until then no question comes to its end. For contexts that were made with questions. After
 * that time, call mailrep_context_ready().
 *
 * @param context  may be used by other threads at the same time
 * @return         milliseconds, for poll(2) or epoll_wait(2); -1 when no question is open, and for a context that was made otherwise
 */
int mailrep_context_wait_ms(const struct mailrep_context *context);

/**
 * A transaction whose mailrep_transaction_finish() returned MAILREP_AGAIN and can go on now: call it again. For contexts
 * that were made with questions; to be called until it returns NULL after answers were given, and when mailrep_context_wait_ms() is
 * over.
 *
 * @param context  may be used by other threads at the same time
 * @return         one of the transactions that the program has begun, each once; NULL if there is none
 */
struct mailrep_transaction *mailrep_context_ready(const struct mailrep_context *context);

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
 * With a context that was made with questions it does not wait: while questions are open it returns MAILREP_AGAIN, and is to be called
 * again when mailrep_context_ready() says so.
 *
 * @param transaction  takes no other call afterwards, except for its error, user and free
 * @param out          where the verdict is left, to be freed with mailrep_verdict_free(); NULL is left on failure
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE when it was finished already, or in a child of the process that
 *                     began the message; MAILREP_SYSTEM when the system refused the thread that asks; MAILREP_AGAIN; MAILREP_HANDLE;
 *                     MAILREP_BUSY
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
 * Keeps a pointer of the program's with a transaction; the library never follows it.
 *
 * @param transaction  may be NULL, and then nothing is kept
 * @param user         what mailrep_transaction_user() will return
 */
void mailrep_transaction_set_user(struct mailrep_transaction *transaction, void *user);

/**
 * The pointer that mailrep_transaction_set_user() was given last.
 *
 * @param transaction  may be NULL
 * @return             NULL if there was none, and for NULL
 */
void *mailrep_transaction_user(const struct mailrep_transaction *transaction);

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
 * How many steps the trace has. The context's options have to ask for one (trace).
 *
 * @param verdict  may be NULL
 * @return         0 for NULL, and without a trace
 */
size_t mailrep_verdict_trace_count(const struct mailrep_verdict *verdict);

/**
 * The step that a step belongs to, which stands before it. Steps form a tree.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         the index of the other; MAILREP_ABSENT at the top, and beyond the last
 */
int mailrep_verdict_trace_parent(const struct mailrep_verdict *verdict, size_t index);

/**
 * What kind of thing a step is: "check", "question", "record", "term", "signature", "limit" or "note"; more may come.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         absent beyond the last
 */
struct mailrep_text mailrep_verdict_trace_kind(const struct mailrep_verdict *verdict,
                                               size_t index);

/**
 * What was done or looked at, such as "example.org TXT".
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         absent beyond the last
 */
struct mailrep_text mailrep_verdict_trace_subject(const struct mailrep_verdict *verdict, size_t index);

/**
 * What came of a step; strangers' texts among it.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         "" where nothing came of it; absent beyond the last
 */
struct mailrep_text mailrep_verdict_trace_outcome(const struct mailrep_verdict *verdict, size_t index);

/**
 * How long a step took.
 *
 * @param verdict  may be NULL
 * @param index    from 0
 * @return         microseconds; MAILREP_ABSENT where that was not measured, and beyond the last
 */
int mailrep_verdict_trace_microseconds(const struct mailrep_verdict *verdict, size_t index);

/**
 * The trace as one line of JSON, a list of objects, as in mailrep_verdict_json().
 *
 * @param verdict  may be NULL
 * @return         "[]" without a trace; absent for NULL
 */
struct mailrep_text mailrep_verdict_trace_json(const struct mailrep_verdict *verdict);

/**
 * Checks a message that is there as a whole, as a transaction would: connect, helo, authenticated, mail_from, file_data, finish. Waits for the
 * DNS, no longer than the context's dns_time_ms. What there is not to tell is NULL: without an address there is no SPF.
 *
 * @param context           one without questions; may be used by other threads at the same time
 * @param ip                the client's address as text, or NULL
 * @param ip_length         octets of ip
 * @param helo              the name that the client gave; any octets; or NULL
 * @param helo_length       octets of helo
 * @param account           what the client has logged in to, as for mailrep_transaction_authenticated(); or NULL
 * @param account_length    octets of account
 * @param mail_from         the reverse-path, with angle brackets or without; any octets, none for the null one; or NULL
 * @param mail_from_length  octets of mail_from
 * @param octets            the message; if its first line end is LF, every LF counts as CRLF; may be NULL if length is 0
 * @param length            octets of the message
 * @param now               seconds since 1970-01-01T00:00:00Z, by which signatures expire; INT64_MIN is the present
 * @param out               where the verdict is left, to be freed with mailrep_verdict_free(); NULL is left on failure
 * @param error             where the error is left, as for mailrep_context_new()
 * @return                  MAILREP_OK, whatever the verdict; MAILREP_NULL; MAILREP_INVALID when ip is no address; MAILREP_SEQUENCE for a
 *                          context with questions, and within resolve; MAILREP_SYSTEM; MAILREP_HANDLE
 */
int mailrep_check(const struct mailrep_context *context,
                  const char *ip,
                  size_t ip_length,
                  const char *helo,
                  size_t helo_length,
                  const char *account,
                  size_t account_length,
                  const char *mail_from,
                  size_t mail_from_length,
                  const void *octets,
                  size_t length,
                  int64_t now,
                  struct mailrep_verdict **out,
                  struct mailrep_error **error);

/**
 * As mailrep_check(), for many messages one after the other, for programs to which each call is dear. A message that cannot be checked is told of
 * in its result and stops no other.
 *
 * @param context   one without questions; may be used by other threads at the same time
 * @param messages  the messages, and how they came
 * @param count     how many there are
 * @param results   where the results are left, with the same indices
 * @param out       where what their texts live in is left, to be freed with mailrep_checks_free(); NULL is left on failure
 * @param error     where the error is left, as for mailrep_context_new()
 * @return          MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory; MAILREP_SEQUENCE for a context with questions;
 *                  MAILREP_HANDLE: nothing was checked
 */
int mailrep_check_all(const struct mailrep_context *context,
                      const struct mailrep_message *messages,
                      size_t count,
                      struct mailrep_checked *results,
                      struct mailrep_checks **out,
                      struct mailrep_error **error);

/**
 * Frees the texts of many checks.
 *
 * @param checks  may be NULL
 */
void mailrep_checks_free(struct mailrep_checks *checks);

/**
 * Checks SPF alone, for a policy server or before a message is taken; the client's name is not looked up. Waits for the DNS, no longer
 * than the context's dns_time_ms.
 *
 * @param context           one without questions; may be used by other threads at the same time
 * @param ip                the client's address as text, as for mailrep_transaction_connect()
 * @param ip_length         octets of ip
 * @param helo              the name that the client gave; any octets; may be NULL if helo_length is 0
 * @param helo_length       octets of helo
 * @param mail_from         the reverse-path, with angle brackets or without; any octets; empty for the null one, for which the HELO
 *                          name is checked; may be NULL if mail_from_length is 0
 * @param mail_from_length  octets of mail_from
 * @param now               seconds since 1970-01-01T00:00:00Z, which SPF's %{t} is; INT64_MIN is the present
 * @param out               where the result is left, to be freed with mailrep_spf_free(); NULL is left on failure
 * @param error             where the error is left, as for mailrep_context_new()
 * @return                  MAILREP_OK, whatever the result; MAILREP_NULL; MAILREP_INVALID when ip is no address; MAILREP_SEQUENCE for a
 *                          context with questions, and within resolve; MAILREP_SYSTEM; MAILREP_HANDLE
 */
int mailrep_spf_check(const struct mailrep_context *context,
                      const char *ip,
                      size_t ip_length,
                      const char *helo,
                      size_t helo_length,
                      const char *mail_from,
                      size_t mail_from_length,
                      int64_t now,
                      struct mailrep_spf **out,
                      struct mailrep_error **error);

/**
 * The result for the reverse-path, or for the HELO name if that is null.
 *
 * @param spf  may be NULL
 * @return     MAILREP_SPF_NONE to MAILREP_SPF_PERMERROR; MAILREP_ABSENT for NULL
 */
int mailrep_spf_result(const struct mailrep_spf *spf);

/**
 * Why, as a sentence.
 *
 * @param spf  may be NULL
 * @return     text that lives as long as spf; absent for NULL
 */
struct mailrep_text mailrep_spf_reason(const struct mailrep_spf *spf);

/**
 * Why, as a stable code.
 *
 * @param spf  may be NULL
 * @return     text that lives as long as spf; absent for NULL
 */
struct mailrep_text mailrep_spf_cause(const struct mailrep_spf *spf);

/**
 * All of it as a JSON object, as "mailrep --json spf" prints it.
 *
 * @param spf  may be NULL
 * @return     text that lives as long as spf; absent for NULL
 */
struct mailrep_text mailrep_spf_json(const struct mailrep_spf *spf);

/**
 * Frees the result, and with it all texts that came from it.
 *
 * @param spf  may be NULL
 */
void mailrep_spf_free(struct mailrep_spf *spf);

/**
 * Reads a key file: PEM with a "PRIVATE KEY" (PKCS#8) or an "RSA PRIVATE KEY" (PKCS#1), or the bare base64 of an Ed25519 key that
 * dkimpy writes.
 *
 * @param path   the file
 * @param out    where the key is left, to be freed with mailrep_key_free(); NULL is left on failure
 * @param error  where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may be
 *               NULL if words are not wanted
 * @return       MAILREP_OK; MAILREP_NULL; MAILREP_IO; MAILREP_INVALID if the file holds no key to sign with, and the words say what it
 *               holds instead
 */
int mailrep_key_read(const char *path,
                     struct mailrep_key **out,
                     struct mailrep_error **error);

/**
 * Reads a key from the octets of such a file.
 *
 * @param octets  what the file holds
 * @param length  how many octets
 * @param out     as for mailrep_key_read()
 * @param error   as for mailrep_key_read()
 * @return        MAILREP_OK; MAILREP_NULL; MAILREP_INVALID
 */
int mailrep_key_parse(const void *octets,
                      size_t length,
                      struct mailrep_key **out,
                      struct mailrep_error **error);

/**
 * Makes a key from the system's randomness. RSA takes from some 50 ms to seconds.
 *
 * @param kind   MAILREP_KEY_RSA_2048 to MAILREP_KEY_ED25519
 * @param out    as for mailrep_key_read()
 * @param error  as for mailrep_key_read()
 * @return       MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for another kind; MAILREP_SYSTEM
 */
int mailrep_key_generate(int kind, struct mailrep_key **out, struct mailrep_error **error);

/**
 * Writes a key into a new file that its owner alone can read (mode 0600), in PEM.
 *
 * @param key    may be used by other threads at the same time
 * @param path   the file; one that is there already is not touched, and the call fails
 * @param error  as for mailrep_key_read()
 * @return       MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the file is there already; MAILREP_IO; MAILREP_HANDLE
 */
int mailrep_key_write(const struct mailrep_key *key,
                      const char *path,
                      struct mailrep_error **error);

/**
 * The record to publish for a key (RFC 6376 section 3.6.1), such as "v=DKIM1; k=rsa; p=MIIB...". Where it is published, and its line
 * for a zone file, is told by mailrep_signer_key_name() and mailrep_signer_zone_entry().
 *
 * @param key  may be NULL
 * @return     absent for NULL
 */
struct mailrep_text mailrep_key_record(const struct mailrep_key *key);

/**
 * The algorithm of a key's signatures: "rsa-sha256" or "ed25519-sha256".
 *
 * @param key  may be NULL
 * @return     absent for NULL
 */
struct mailrep_text mailrep_key_algorithm(const struct mailrep_key *key);

/**
 * Bits of the RSA modulus; 256 for Ed25519.
 *
 * @param key  may be NULL
 * @return     MAILREP_ABSENT for NULL
 */
int mailrep_key_bits(const struct mailrep_key *key);

/**
 * Whether every user of this host may read or write the file that the key was read from, so that each of them can sign as its domain:
 * tell the administrator.
 *
 * @param key  may be NULL
 * @return     1 or 0; MAILREP_ABSENT for NULL
 */
int mailrep_key_open_to_others(const struct mailrep_key *key);

/**
 * Frees a key; signers that were made with it keep it.
 *
 * @param key  may be NULL
 */
void mailrep_key_free(struct mailrep_key *key);

/**
 * Fills in the defaults.
 *
 * @param options  the structure to fill
 * @param size     sizeof(mailrep_signer_options)
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
 */
int mailrep_signer_options_init(struct mailrep_signer_options *options, size_t size);

/**
 * Makes a signer.
 *
 * @param options  from mailrep_signer_options_init(), with domain, selector and key set; not needed any more after the call
 * @param out      where the signer is left, to be freed with mailrep_signer_free(); NULL is left on failure
 * @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may be
 *                 NULL if words are not wanted
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used; MAILREP_HANDLE
 */
int mailrep_signer_new(const struct mailrep_signer_options *options,
                       struct mailrep_signer **out,
                       struct mailrep_error **error);

/**
 * The name at which the key has to be published, such as "s2026._domainkey.example.org".
 *
 * @param signer  may be NULL
 * @return        absent for NULL
 */
struct mailrep_text mailrep_signer_key_name(const struct mailrep_signer *signer);

/**
 * The record to publish, as a line for a zone file (RFC 1035 section 5.1), in as many strings as it needs.
 *
 * @param signer  may be NULL
 * @return        absent for NULL
 */
struct mailrep_text mailrep_signer_zone_entry(const struct mailrep_signer *signer);

/**
 * Frees a signer; tables and messages that are being signed keep it.
 *
 * @param signer  may be NULL
 */
void mailrep_signer_free(struct mailrep_signer *signer);

/**
 * Makes an empty table.
 *
 * @param out  where the table is left, to be freed with mailrep_signing_table_free(); NULL is left on failure
 * @return     MAILREP_OK; MAILREP_NULL
 */
int mailrep_signing_table_new(struct mailrep_signing_table **out);

/**
 * Adds a rule. Of several that a domain is within the most specific one counts, and only that one.
 *
 * @param table          used by this thread alone
 * @param pattern        an author domain, such as "example.org"; "*.example.org" for all below it; "*" for all that no other rule is for
 * @param signers        those who sign its mail, each adding a signature; the table keeps them
 * @param signer_count   how many, at most 64
 * @param senders        MAILREP_SENDERS_...: who may send as these domains
 * @param accounts       for MAILREP_SENDERS_ACCOUNTS: "ada@example.org", or "@example.org" for all accounts of a domain
 * @param account_count  how many, at most 1,048,576
 * @param error          where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may
 *                       be NULL if words are not wanted
 * @return               MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for what is no pattern, or has a rule already; MAILREP_HANDLE; MAILREP_BUSY
 */
int mailrep_signing_table_add(struct mailrep_signing_table *table,
                              const char *pattern,
                              const struct mailrep_signer *const *signers,
                              size_t signer_count,
                              int senders,
                              const char *const *accounts,
                              size_t account_count,
                              struct mailrep_error **error);

/**
 * Frees a table; messages that are being signed keep what they need.
 *
 * @param table  may be NULL
 */
void mailrep_signing_table_free(struct mailrep_signing_table *table);

/**
 * Begins a message that the given signers sign.
 *
 * @param signers  each adds a signature; they may be freed and used by other threads meanwhile
 * @param count    how many, at most 64
 * @param out      where the signing is left, to be freed with mailrep_signing_free(); NULL is left on failure
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for too many; MAILREP_HANDLE
 */
int mailrep_signing_new(const struct mailrep_signer *const *signers,
                        size_t count,
                        struct mailrep_signing **out);

/**
 * Begins a message that those sign whom a table names for its author domain, that of the From field, once the header is complete. If
 * there is nobody, or the account may not send as that domain, the message has no signature: see mailrep_signing_refusal().
 *
 * @param table    kept as it is now; it may be used by other threads at the same time
 * @param account  who has logged in, as UTF-8; NULL if nobody has
 * @param length   octets of account, at most 1,024
 * @param out      where the signing is left, to be freed with mailrep_signing_free(); NULL is left on failure
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an account that is too long; MAILREP_HANDLE; MAILREP_BUSY
 */
int mailrep_signing_new_by_table(const struct mailrep_signing_table *table,
                                 const char *account,
                                 size_t length,
                                 struct mailrep_signing **out);

/**
 * A header field, in the order of the message, as in mailrep_transaction_header().
 *
 * @param signing       before end_of_headers
 * @param name          the field's name, without the colon
 * @param name_length   octets of name
 * @param value         what stands after the colon, with its blank, without the closing CRLF; folds are CRLF
 * @param value_length  octets of value
 * @return              MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE; MAILREP_HANDLE; MAILREP_BUSY
 */
int mailrep_signing_header(struct mailrep_signing *signing,
                           const char *name,
                           size_t name_length,
                           const char *value,
                           size_t value_length);

/**
 * The header is complete.
 *
 * @param signing  after the header fields
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the message cannot be signed; MAILREP_SEQUENCE; MAILREP_HANDLE; MAILREP_BUSY
 */
int mailrep_signing_end_of_headers(struct mailrep_signing *signing);

/**
 * Octets of the body, in chunks of any size, split anywhere. They are hashed and not kept.
 *
 * @param signing  after end_of_headers
 * @param octets   with line ends as they will be sent, CRLF; may be NULL if length is 0
 * @param length   how many
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE; MAILREP_HANDLE; MAILREP_BUSY
 */
int mailrep_signing_body(struct mailrep_signing *signing, const void *octets, size_t length);

/**
 * Octets of the whole message, header and body, in chunks of any size, split anywhere; in place of header, end_of_headers and
 * body.
 *
 * @param signing  before end_of_headers
 * @param octets   with line ends as they will be sent, CRLF; may be NULL if length is 0
 * @param length   how many
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the message cannot be signed; MAILREP_SEQUENCE; MAILREP_HANDLE; MAILREP_BUSY
 */
int mailrep_signing_data(struct mailrep_signing *signing,
                         const void *octets,
                         size_t length);

/**
 * Like mailrep_signing_data(), for a message that was stored in a file, where line ends may be LF, as in
 * mailrep_transaction_file_data(): it is signed as it is sent.
 *
 * @param signing  before end_of_headers
 * @param octets   the file's octets in order; may be NULL if length is 0
 * @param length   how many
 * @return         as mailrep_signing_data()
 */
int mailrep_signing_file_data(struct mailrep_signing *signing, const void *octets, size_t length);

/**
 * The message is complete: makes the signatures.
 *
 * @param signing  takes no other call afterwards, except to read it and free it
 * @param now      seconds since 1970-01-01T00:00:00Z, such as time(NULL), which is written to t=
 * @return         MAILREP_OK, with a signature for each signer; MAILREP_NULL; MAILREP_INVALID if the message cannot be signed;
 *                 MAILREP_SEQUENCE when it was finished already; MAILREP_SYSTEM; MAILREP_HANDLE; MAILREP_BUSY
 */
int mailrep_signing_finish(struct mailrep_signing *signing,
                           int64_t now);

/**
 * How many signatures there are: 0 before finish.
 *
 * @param signing  may be NULL
 * @return         0 for NULL
 */
size_t mailrep_signing_count(const struct mailrep_signing *signing);

/**
 * The value of a DKIM-Signature field, to be put above all others of the message: "DKIM-Signature: ", this, and CRLF. Its folds are
 * CRLF (libmilter's smfi_insheader() wants LF there: drop each CR).
 *
 * @param signing  may be NULL
 * @param index    from 0, in the order of the signers
 * @return         absent beyond the last, and before finish
 */
struct mailrep_text mailrep_signing_field(const struct mailrep_signing *signing,
                                          size_t index);

/**
 * Why nobody signs a message, in words, such as "nobody signs for example.net here".
 *
 * @param signing  from mailrep_signing_new_by_table(), after finish; may be NULL
 * @return         absent if the table has signers for it
 */
struct mailrep_text mailrep_signing_refusal(const struct mailrep_signing *signing);

/**
 * The same as a stable code: "no_rule" or "not_allowed".
 *
 * @param signing  from mailrep_signing_new_by_table(), after finish; may be NULL
 * @return         absent if the table has signers for it
 */
struct mailrep_text mailrep_signing_refusal_code(const struct mailrep_signing *signing);

/**
 * What the last call on this signing said, as a sentence for a log.
 *
 * @param signing  may be NULL
 * @return         text that lives until the next call on this signing; "" if that call succeeded, or for NULL
 */
const char *mailrep_signing_error(const struct mailrep_signing *signing);

/**
 * Frees a signing, at any time, and all its texts.
 *
 * @param signing  may be NULL
 */
void mailrep_signing_free(struct mailrep_signing *signing);

/**
 * Begins a field without results.
 *
 * @param authserv_id  who says it, usually the host's name
 * @param out          where the results are left, to be freed with mailrep_auth_results_free(); NULL is left on failure
 * @param error        where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may
 *                     be NULL if words are not wanted
 * @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for what is empty or not UTF-8
 */
int mailrep_auth_results_new(const char *authserv_id,
                             struct mailrep_auth_results **out,
                             struct mailrep_error **error);

/**
 * Adds the result of one method. Whatever the texts hold, the field that is written is well-formed: what may not stand there is
 * quoted, replaced or left out.
 *
 * @param results  used by this thread alone; texts that came from it before are not valid any more
 * @param method   such as "dkim": letters, digits and hyphens
 * @param result   such as "pass": letters, digits and hyphens
 * @param reason   why, for programs (reason=); NULL for none
 * @param comment  a remark for people; NULL for none
 * @param error    as for mailrep_auth_results_new()
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for what is not UTF-8, or for more than 1,024 results; MAILREP_HANDLE;
 *                 MAILREP_BUSY
 */
int mailrep_auth_results_add(struct mailrep_auth_results *results,
                             const char *method,
                             const char *result,
                             const char *reason,
                             const char *comment,
                             struct mailrep_error **error);

/**
 * Adds a property to the result that was added last, such as smtp.mailfrom=ada@example.org.
 *
 * @param results   used by this thread alone, after a result was added; texts that came from it before are not valid any more
 * @param ptype     "smtp", "header", "body" or "policy"
 * @param property  such as "mailfrom"
 * @param value     any octets; those that are not UTF-8 become ?
 * @param length    octets of value
 * @param error     as for mailrep_auth_results_new()
 * @return          as mailrep_auth_results_add(); MAILREP_SEQUENCE if there is no result yet
 */
int mailrep_auth_results_add_property(struct mailrep_auth_results *results,
                                      const char *ptype,
                                      const char *property,
                                      const void *value,
                                      size_t length,
                                      struct mailrep_error **error);

/**
 * Reads the value of a field.
 *
 * @param value    what stands after the colon, folds included; any octets
 * @param length   octets of value, at most 1 MiB
 * @param lenient  0: what does not follow the grammar of RFC 8601 is refused. Not 0: all that can be read of it is read, as fields of large
 *                 providers need; a missing authserv-id is empty then
 * @param out      where the results are left, to be freed with mailrep_auth_results_free(); NULL is left on failure
 * @param error    as for mailrep_auth_results_new()
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID, and the words say what is missing where
 */
int mailrep_auth_results_parse(const void *value,
                               size_t length,
                               int lenient,
                               struct mailrep_auth_results **out,
                               struct mailrep_error **error);

/**
 * Whether a field says that a host of this name has written it, so that it has to be removed from mail that comes from elsewhere
 * (RFC 8601 section 5). Letter case, comments, quotes and folds make no difference; in doubt it does.
 *
 * @param value        the value of an Authentication-Results field; any octets
 * @param length       octets of value
 * @param authserv_id  the own name
 * @return             1 or 0; MAILREP_ABSENT if an argument is NULL or not UTF-8
 */
int mailrep_auth_results_claims(const void *value,
                                size_t length,
                                const char *authserv_id);

/**
 * The field's value, folded with CRLF, to stand after "Authentication-Results: ".
 *
 * @param results  may be NULL
 * @return         text that lives until the next result or property is added; absent for NULL
 */
struct mailrep_text mailrep_auth_results_value(const struct mailrep_auth_results *results);

/**
 * The same value on one line.
 *
 * @param results  may be NULL
 * @return         text that lives until the next result or property is added; absent for NULL
 */
struct mailrep_text mailrep_auth_results_unfolded(const struct mailrep_auth_results *results);

/**
 * Who says it.
 *
 * @param results  may be NULL
 * @return         "" where a field that was read leniently does not say; absent for NULL
 */
struct mailrep_text mailrep_auth_results_authserv_id(const struct mailrep_auth_results *results);

/**
 * How many results there are.
 *
 * @param results  may be NULL
 * @return         0 for NULL
 */
size_t mailrep_auth_results_count(const struct mailrep_auth_results *results);

/**
 * The method of a result, such as "spf".
 *
 * @param results  may be NULL
 * @param index    from 0
 * @return         absent beyond the last
 */
struct mailrep_text mailrep_auth_results_method(const struct mailrep_auth_results *results, size_t index);

/**
 * The word of a result, such as "pass".
 *
 * @param results  may be NULL
 * @param index    from 0
 * @return         absent beyond the last
 */
struct mailrep_text mailrep_auth_results_result(const struct mailrep_auth_results *results, size_t index);

/**
 * The reason of a result (reason=).
 *
 * @param results  may be NULL
 * @param index    from 0
 * @return         absent where there is none
 */
struct mailrep_text mailrep_auth_results_reason(const struct mailrep_auth_results *results, size_t index);

/**
 * The first comment after a result.
 *
 * @param results  may be NULL
 * @param index    from 0
 * @return         absent where there is none
 */
struct mailrep_text mailrep_auth_results_comment(const struct mailrep_auth_results *results, size_t index);

/**
 * How many properties a result has.
 *
 * @param results  may be NULL
 * @param index    from 0
 * @return         0 beyond the last
 */
size_t mailrep_auth_results_property_count(const struct mailrep_auth_results *results, size_t index);

/**
 * The type of a property, such as "smtp" in smtp.mailfrom=ada@example.org.
 *
 * @param results  may be NULL
 * @param index    of the result, from 0
 * @param at       of the property, from 0
 * @return         absent beyond the last
 */
struct mailrep_text mailrep_auth_results_property_type(const struct mailrep_auth_results *results,
                                                       size_t index,
                                                       size_t at);

/**
 * The name of a property, such as "mailfrom".
 *
 * @param results  may be NULL
 * @param index    of the result, from 0
 * @param at       of the property, from 0
 * @return         absent beyond the last
 */
struct mailrep_text mailrep_auth_results_property_name(const struct mailrep_auth_results *results,
                                                       size_t index,
                                                       size_t at);

/**
 * The value of a property, such as "ada@example.org", without quotes.
 *
 * @param results  may be NULL
 * @param index    of the result, from 0
 * @param at       of the property, from 0
 * @return         absent beyond the last
 */
struct mailrep_text mailrep_auth_results_property_value(const struct mailrep_auth_results *results,
                                                        size_t index,
                                                        size_t at);

/**
 * Frees results and all their texts.
 *
 * @param results  may be NULL
 */
void mailrep_auth_results_free(struct mailrep_auth_results *results);

/**
 * Fills in the defaults.
 *
 * @param options  the structure to fill
 * @param size     sizeof(mailrep_srs_options)
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
 */
int mailrep_srs_options_init(struct mailrep_srs_options *options, size_t size);

/**
 * Makes a rewriter.
 *
 * @param options  from mailrep_srs_options_init(), with domain and secrets or secret_file set; not needed any more after
 *                 the call
 * @param out      where the rewriter is left, to be freed with mailrep_srs_free(); NULL is left on failure
 * @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The
 *                 argument may be NULL if words are not wanted
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used, such as a secret of fewer
 *                 than 16 octets; MAILREP_IO
 */
int mailrep_srs_new(const struct mailrep_srs_options *options,
                    struct mailrep_srs **out,
                    struct mailrep_error **error);

/**
 * Frees a rewriter. Outcomes that came from it stay usable.
 *
 * @param srs  may be NULL
 */
void mailrep_srs_free(struct mailrep_srs *srs);

/**
 * Makes a secret file: one secret of 32 random octets in base64, for its owner alone (mode 0600).
 *
 * @param path   the file; one that is there already is not touched, and the call fails
 * @param error  where the error is left, as for mailrep_srs_new()
 * @return       MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the file is there already; MAILREP_IO; MAILREP_SYSTEM
 */
int mailrep_srs_create_secret(const char *path,
                              struct mailrep_error **error);

/**
 * Rewrites the envelope sender of mail that is forwarded.
 *
 * Left alone are the null sender ("" or "<>"), addresses that are rewritten already, and those in the alias domain or in a local
 * or excluded domain. An address that is none is refused, which is an outcome and no error.
 *
 * @param srs      may be used by other threads at the same time
 * @param address  the address, without angle brackets; any octets
 * @param length   how many octets
 * @param now      seconds since 1970-01-01T00:00:00Z, such as time(NULL)
 * @param out      where the outcome is left, at index 0 of it, to be freed with mailrep_srs_outcome_free(); NULL is left on
 *                 failure
 * @return         MAILREP_OK; MAILREP_NULL
 */
int mailrep_srs_forward(const struct mailrep_srs *srs,
                        const void *address,
                        size_t length,
                        int64_t now,
                        struct mailrep_srs_outcome **out);

/**
 * Gives back the address that a rewritten one stands for, so that a bounce finds its way.
 *
 * Refused is what was not made here: its hash is not ours, or it is too old, or it is no SRS address. That is an outcome and
 * no error; the recipient does not exist then.
 *
 * @param srs      may be used by other threads at the same time
 * @param address  the address, without angle brackets; any octets
 * @param length   how many octets
 * @param now      seconds since 1970-01-01T00:00:00Z, such as time(NULL)
 * @param out      where the outcome is left, as for mailrep_srs_forward()
 * @return         MAILREP_OK; MAILREP_NULL
 */
int mailrep_srs_reverse(const struct mailrep_srs *srs,
                        const void *address,
                        size_t length,
                        int64_t now,
                        struct mailrep_srs_outcome **out);

/**
 * As mailrep_srs_forward() for many addresses, whose outcomes have the same indices.
 *
 * @param srs        may be used by other threads at the same time
 * @param addresses  the addresses
 * @param count      how many
 * @param now        seconds since 1970-01-01T00:00:00Z
 * @param out        where the outcomes are left, to be freed with mailrep_srs_outcome_free(); NULL is left on failure
 * @return           MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory
 */
int mailrep_srs_forward_all(const struct mailrep_srs *srs,
                            const struct mailrep_octets *addresses,
                            size_t count,
                            int64_t now,
                            struct mailrep_srs_outcome **out);

/**
 * As mailrep_srs_reverse() for many addresses, whose outcomes have the same indices.
 *
 * @param srs        may be used by other threads at the same time
 * @param addresses  the addresses
 * @param count      how many
 * @param now        seconds since 1970-01-01T00:00:00Z
 * @param out        where the outcomes are left, to be freed with mailrep_srs_outcome_free(); NULL is left on failure
 * @return           MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory
 */
int mailrep_srs_reverse_all(const struct mailrep_srs *srs,
                            const struct mailrep_octets *addresses,
                            size_t count,
                            int64_t now,
                            struct mailrep_srs_outcome **out);

/**
 * Frees outcomes, and with them all texts and octets that came from them.
 *
 * @param outcome  may be NULL
 */
void mailrep_srs_outcome_free(struct mailrep_srs_outcome *outcome);

/**
 * How many addresses the outcomes are for.
 *
 * @param outcome  may be NULL
 * @return         1 after mailrep_srs_forward(); 0 for NULL
 */
size_t mailrep_srs_outcome_count(const struct mailrep_srs_outcome *outcome);

/**
 * What became of an address.
 *
 * @param outcome  may be NULL
 * @param at       the address's index, 0 for a single one
 * @return         MAILREP_SRS_REWRITTEN, MAILREP_SRS_UNCHANGED or MAILREP_SRS_REFUSED; MAILREP_ABSENT beyond the last
 */
int mailrep_srs_outcome_kind(const struct mailrep_srs_outcome *outcome,
                             size_t at);

/**
 * The address to use: the new one, or that which was given if it stays. After the octets comes a 0, so that it can be used as
 * a C string.
 *
 * @param outcome  may be NULL
 * @param at       the address's index, 0 for a single one
 * @return         octets that live as long as the outcome; absent (NULL) if the address is refused
 */
struct mailrep_octets mailrep_srs_outcome_address(const struct mailrep_srs_outcome *outcome,
                                                  size_t at);

/**
 * Why, in a sentence for a log.
 *
 * @param outcome  may be NULL
 * @param at       the address's index, 0 for a single one
 * @return         text that lives as long as the outcome; absent beyond the last
 */
struct mailrep_text mailrep_srs_outcome_reason(const struct mailrep_srs_outcome *outcome, size_t at);

/**
 * Why, as a code that stays, such as "already_rewritten"; mailrep-srs-forward(1) lists them.
 *
 * @param outcome  may be NULL
 * @param at       the address's index, 0 for a single one
 * @return         text that lives as long as the outcome; absent beyond the last
 */
struct mailrep_text mailrep_srs_outcome_cause(const struct mailrep_srs_outcome *outcome, size_t at);

/**
 * Fills in the defaults.
 *
 * @param options  the structure to fill
 * @param size     sizeof(mailrep_srs_server_options)
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
 */
int mailrep_srs_server_options_init(struct mailrep_srs_server_options *options, size_t size);

/**
 * Starts a server that answers Postfix from a thread of its own: tcp_table(5) and socketmap_table(5).
 *
 *   mailrep_srs_listen listen[] = {
 *       { MAILREP_SRS_TCP_FORWARD, "127.0.0.1:10001" },
 *       { MAILREP_SRS_TCP_REVERSE, "127.0.0.1:10002" },
 *   };
 *   mailrep_srs_server_options options;
 *   mailrep_srs_server_options_init(&options, sizeof options);
 *   options.listen = listen;
 *   options.listen_count = 2;
 *   status = mailrep_srs_server_start(srs, &options, &server, &error);
 *
 * An address that is not rewritten, or is refused, is not in the map. A server belongs to the process that started it: after fork()
 * the child has none, and mailrep_srs_server_stop() does nothing there.
 *
 * @param srs      what answers; it may be freed while the server runs
 * @param options  from mailrep_srs_server_options_init(); not needed any more after the call
 * @param out      where the server is left, to be ended with mailrep_srs_server_stop(); NULL is left on failure
 * @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may be
 *                 NULL if words are not wanted
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used, an address that other hosts can reach
 *                 among them; MAILREP_SYSTEM for an address that the system refuses, such as one in use
 */
int mailrep_srs_server_start(const struct mailrep_srs *srs,
                             const struct mailrep_srs_server_options *options,
                             struct mailrep_srs_server **out,
                             struct mailrep_error **error);

/**
 * Where the server listens, with the port that the system chose.
 *
 * @param server  may be used by other threads at the same time; may be NULL
 * @param index   place in the list of options.listen, from 0
 * @return        such as "127.0.0.1:10001", which lives as long as the server; absent beyond the last
 */
struct mailrep_text mailrep_srs_server_address(const struct mailrep_srs_server *server, size_t index);

/**
 * Answers with other secrets or settings from now on, in connections that are there too.
 *
 * @param server  may be used by other threads at the same time
 * @param srs     what answers from now on; it may be freed afterwards
 * @return        MAILREP_OK; MAILREP_NULL
 */
int mailrep_srs_server_exchange(const struct mailrep_srs_server *server, const struct mailrep_srs *srs);

/**
 * Ends a server and frees it: nobody new is taken, what has been asked is answered, for five seconds at most.
 *
 * @param server  may be NULL
 */
void mailrep_srs_server_stop(struct mailrep_srs_server *server);

/**
 * Fills in the defaults.
 *
 * @param options  the structure to fill
 * @param size     sizeof(mailrep_monitor_options)
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
 */
int mailrep_monitor_options_init(struct mailrep_monitor_options *options, size_t size);

/**
 * Makes a monitor that knows no account yet.
 *
 * @param options  from mailrep_monitor_options_init(); not needed any more after the call
 * @param out      where the monitor is left, to be freed with mailrep_monitor_free(); NULL is left on failure
 * @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The
 *                 argument may be NULL if words are not wanted
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used, a file that has no key or no prior
 *                 among them; MAILREP_IO; MAILREP_SYSTEM
 */
int mailrep_monitor_new(const struct mailrep_monitor_options *options,
                        struct mailrep_monitor **out,
                        struct mailrep_error **error);

/**
 * Makes a monitor as mailrep_monitor_save() wrote it, with its key. What was known is kept even if the options have less room.
 *
 * @param path     the file, which is never changed
 * @param options  from mailrep_monitor_options_init(); key and key_file are not used. Not needed any more after the call
 * @param out      where the monitor is left, to be freed with mailrep_monitor_free(); NULL is left on failure
 * @param error    where the error is left, as for mailrep_monitor_new()
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used, and for a file that is damaged, of a later
 *                 version or something else; MAILREP_IO if it cannot be read or is not there
 */
int mailrep_monitor_restore(const char *path,
                            const struct mailrep_monitor_options *options,
                            struct mailrep_monitor **out,
                            struct mailrep_error **error);

/**
 * Writes all that is known into a file, for its owner alone (mode 0600), since the key is in it. Names and addresses cannot be read back
 * from it.
 *
 * It is written beside and takes the file's place when all of it is on the disk: whatever happens, there is the old one or the new
 * one. Messages can be observed in the meantime.
 *
 * @param monitor  may be used by other threads at the same time
 * @param path     the file
 * @param error    where the error is left, as for mailrep_monitor_new()
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_IO
 */
int mailrep_monitor_save(const struct mailrep_monitor *monitor,
                         const char *path,
                         struct mailrep_error **error);

/**
 * Takes in what another host's monitor knows, as if one host had seen the messages of both. The other one stays as it is. Each message may
 * have been observed by one of them only.
 *
 * @param monitor  may be used by other threads at the same time
 * @param other    the same; a monitor that has the same key, since it was restored from the same file once, or given the key
 * @param error    where the error is left, as for mailrep_monitor_new()
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for another key, or if both are one
 */
int mailrep_monitor_merge(const struct mailrep_monitor *monitor,
                          const struct mailrep_monitor *other,
                          struct mailrep_error **error);

/**
 * Frees a monitor. Assessments that came from it stay usable.
 *
 * @param monitor  may be NULL
 */
void mailrep_monitor_free(struct mailrep_monitor *monitor);

/**
 * Takes notice of a message, of which it is not known who of its recipients is new to the account; and judges the account.
 *
 * @param monitor         may be used by other threads at the same time
 * @param account         who sent it, as the server authenticated him: 1 to 1,024 octets, compared as they are
 * @param account_length  how many octets
 * @param time            when: seconds since 1970-01-01T00:00:00Z, with fractions
 * @param recipients      how many it has, at least 1
 * @param out             where the assessment is left, to be freed with mailrep_assessment_free(); NULL is left on failure
 * @param error           where the error is left, as for mailrep_monitor_new()
 * @return                MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a message that cannot be: nothing was counted
 */
int mailrep_monitor_observe(const struct mailrep_monitor *monitor,
                            const void *account,
                            size_t account_length,
                            double time,
                            uint32_t recipients,
                            struct mailrep_assessment **out,
                            struct mailrep_error **error);

/**
 * As mailrep_monitor_observe(), of a message of which the program knows to how many of its recipients the account never wrote before.
 *
 * @param monitor         may be used by other threads at the same time
 * @param account         as for mailrep_monitor_observe()
 * @param account_length  how many octets
 * @param time            as for mailrep_monitor_observe()
 * @param recipients      how many it has, at least 1
 * @param new_recipients  how many of them are new to the account; more than recipients counts as recipients
 * @param out             as for mailrep_monitor_observe()
 * @param error           as for mailrep_monitor_observe()
 * @return                as from mailrep_monitor_observe()
 */
int mailrep_monitor_observe_counted(const struct mailrep_monitor *monitor,
                                    const void *account,
                                    size_t account_length,
                                    double time,
                                    uint32_t recipients,
                                    uint32_t new_recipients,
                                    struct mailrep_assessment **out,
                                    struct mailrep_error **error);

/**
 * As mailrep_monitor_observe(), with the recipients' addresses, of which the monitor finds out who is new. Thefts are noticed much
 * earlier so; addresses are not kept.
 *
 * @param monitor         may be used by other threads at the same time
 * @param account         as for mailrep_monitor_observe()
 * @param account_length  how many octets
 * @param time            as for mailrep_monitor_observe()
 * @param addresses       the recipients, without angle brackets; letter case does not matter
 * @param count           how many, at least 1
 * @param out             as for mailrep_monitor_observe()
 * @param error           as for mailrep_monitor_observe()
 * @return                as from mailrep_monitor_observe()
 */
int mailrep_monitor_observe_addresses(const struct mailrep_monitor *monitor,
                                      const void *account,
                                      size_t account_length,
                                      double time,
                                      const struct mailrep_octets *addresses,
                                      size_t count,
                                      struct mailrep_assessment **out,
                                      struct mailrep_error **error);

/**
 * Says that what raised the account's alarm was legitimate: the alarm ends, and as much and some more will not raise it again.
 *
 * @param monitor  may be used by other threads at the same time
 * @param account  its name
 * @param length   how many octets
 * @param was      where 1 is left if an alarm was open, and 0 if there was none and nothing was changed; may be NULL
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
 */
int mailrep_monitor_acknowledge(const struct mailrep_monitor *monitor,
                                const void *account,
                                size_t length,
                                int *was);

/**
 * Says that so many recipients of an account's messages could not be delivered to: they bounced, or were refused. It raises no alarm, but
 * lowers the account's limits for the next messages: with ten failed recipients within a day to half, with five to two thirds.
 *
 * @param monitor     may be used by other threads at the same time
 * @param account     its name
 * @param length      how many octets
 * @param recipients  how many
 * @return            MAILREP_OK, also for an account that is not known, of which nothing is kept; MAILREP_NULL; MAILREP_INVALID for a length
 *                    beyond memory
 */
int mailrep_monitor_failed(const struct mailrep_monitor *monitor,
                           const void *account,
                           size_t length,
                           uint32_t recipients);

/**
 * Says that what raised the account's alarm was a theft, and that it is over: the password has been changed. The alarm ends, no limit rises,
 * and what is left in the counters raises it no more.
 *
 * @param monitor  may be used by other threads at the same time
 * @param account  its name
 * @param length   how many octets
 * @param was      where 1 is left if an alarm was open, and 0 if there was none and nothing was changed; may be NULL
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
 */
int mailrep_monitor_release(const struct mailrep_monitor *monitor,
                            const void *account,
                            size_t length,
                            int *was);

/**
 * Forgets what an account has sent and what was acknowledged, as if it had never sent. What was declared, and a tolerance of its own,
 * stay.
 *
 * @param monitor  may be used by other threads at the same time
 * @param account  its name
 * @param length   how many octets
 * @param was      where 1 is left if it was known, otherwise 0; may be NULL
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
 */
int mailrep_monitor_reset(const struct mailrep_monitor *monitor,
                          const void *account,
                          size_t length,
                          int *was);

/**
 * Declares that an account sends to so many recipients, on a day or at once: a newsletter, a list. Of it nothing else is watched.
 *
 * @param monitor     may be used by other threads at the same time
 * @param account     its name
 * @param length      how many octets
 * @param recipients  how many; 0 takes the declaration back
 * @return            MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
 */
int mailrep_monitor_allow(const struct mailrep_monitor *monitor,
                          const void *account,
                          size_t length,
                          uint32_t recipients);

/**
 * Gives an account a tolerance of its own.
 *
 * @param monitor  may be used by other threads at the same time
 * @param account  its name
 * @param length   how many octets
 * @param false_alarms_per_account_year  above 0 and up to 10; 0 takes it back
 * @param error    where the error is left, as for mailrep_monitor_new()
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for another number, or if as many accounts have one as there may be
 */
int mailrep_monitor_set_tolerance(const struct mailrep_monitor *monitor,
                                  const void *account,
                                  size_t length,
                                  double false_alarms_per_account_year,
                                  struct mailrep_error **error);

/**
 * Whether an alarm is open for an account, and why. Nothing is counted.
 *
 * @param monitor  may be used by other threads at the same time
 * @param account  its name
 * @param length   how many octets
 * @param out      where the assessment is left, to be freed with mailrep_assessment_free(); NULL is left on failure
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
 */
int mailrep_monitor_alarm(const struct mailrep_monitor *monitor,
                          const void *account,
                          size_t length,
                          struct mailrep_assessment **out);

/**
 * How many accounts have an open alarm.
 *
 * @param monitor  may be used by other threads at the same time; may be NULL
 * @return         0 for NULL
 */
size_t mailrep_monitor_alarmed(const struct mailrep_monitor *monitor);

/**
 * How many accounts are watched.
 *
 * @param monitor  may be used by other threads at the same time; may be NULL
 * @return         0 for NULL
 */
size_t mailrep_monitor_accounts(const struct mailrep_monitor *monitor);

/**
 * How many octets of memory all takes that is kept of accounts.
 *
 * @param monitor  may be used by other threads at the same time; may be NULL
 * @return         0 for NULL
 */
size_t mailrep_monitor_octets(const struct mailrep_monitor *monitor);

/**
 * Frees an assessment and its texts.
 *
 * @param assessment  may be NULL
 */
void mailrep_assessment_free(struct mailrep_assessment *assessment);

/**
 * Whether an alarm is open for the account. It is for a day, or until it is acknowledged or released.
 *
 * @param assessment  may be NULL
 * @return            1 or 0; MAILREP_ABSENT for NULL
 */
int mailrep_assessment_alarm(const struct mailrep_assessment *assessment);

/**
 * Whether this message raised an alarm for the host: too many accounts have become unusual at once.
 *
 * @param assessment  may be NULL
 * @return            1 or 0; MAILREP_ABSENT for NULL
 */
int mailrep_assessment_host_alarm(const struct mailrep_assessment *assessment);

/**
 * Whether the account is watched: accounts of mailrep_monitor_options bounds how many are.
 *
 * @param assessment  may be NULL
 * @return            1 or 0; MAILREP_ABSENT for NULL
 */
int mailrep_assessment_watched(const struct mailrep_assessment *assessment);

/**
 * How near the account is to an alarm: the largest of its counters in proportion to its limit. Above 1 it is one. From
 * mailrep_monitor_alarm() it is that of the alarm when it was highest.
 *
 * @param assessment  may be NULL
 * @return            0 or more; 0 for NULL
 */
float mailrep_assessment_score(const struct mailrep_assessment *assessment);

/**
 * Why there is an alarm, in a sentence for an administrator.
 *
 * @param assessment  may be NULL
 * @return            text that lives as long as the assessment; absent without an alarm
 */
struct mailrep_text mailrep_assessment_reason(const struct mailrep_assessment *assessment);

/**
 * Why there is an alarm, as a code that stays: what was counted, such as "new_slots_1s", or "host".
 *
 * @param assessment  may be NULL
 * @return            text that lives as long as the assessment; absent without an alarm
 */
struct mailrep_text mailrep_assessment_cause(const struct mailrep_assessment *assessment);

/**
 * When the account's alarm began.
 *
 * @param assessment  may be NULL
 * @return            milliseconds since 1970-01-01T00:00:00Z; MAILREP_ABSENT without an alarm
 */
int64_t mailrep_assessment_since(const struct mailrep_assessment *assessment);

/**
 * The counter that the account's alarm rests on, when it was highest above its limit. Counters forget with time, so that it is no
 * whole number.
 *
 * @param assessment  may be NULL
 * @return            0 without an alarm
 */
double mailrep_assessment_count(const struct mailrep_assessment *assessment);

/**
 * Above what that counter is an alarm.
 *
 * @param assessment  may be NULL
 * @return            0 without an alarm
 */
double mailrep_assessment_limit(const struct mailrep_assessment *assessment);

/**
 * The highest value of that counter on a usual day of this account.
 *
 * @param assessment  may be NULL
 * @return            0 without an alarm
 */
double mailrep_assessment_usual(const struct mailrep_assessment *assessment);

/**
 * As mailrep_monitor_observe() or mailrep_monitor_observe_counted(), for many messages one after the other. A message that cannot be is told of in its
 * result and stops no other.
 *
 * @param monitor         may be used by other threads at the same time
 * @param accounts        who sent each
 * @param times           when each was sent: seconds since 1970-01-01T00:00:00Z
 * @param recipients      how many recipients each has
 * @param new_recipients  how many of them are new to the account; NULL if that is not known
 * @param count           how many messages there are, and so places in each array
 * @param results         where the results are left, with the same indices
 * @param error           where the error is left, as for mailrep_monitor_new()
 * @return                MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory: nothing was counted
 */
int mailrep_monitor_observe_all(const struct mailrep_monitor *monitor,
                                const struct mailrep_octets *accounts,
                                const double *times,
                                const uint32_t *recipients,
                                const uint32_t *new_recipients,
                                size_t count,
                                struct mailrep_judged *results,
                                struct mailrep_error **error);

/**
 * As mailrep_monitor_observe_addresses() for many messages one after the other.
 *
 * @param monitor        may be used by other threads at the same time
 * @param accounts       who sent each
 * @param times          when each was sent: seconds since 1970-01-01T00:00:00Z
 * @param recipients     how many recipients each has
 * @param count          how many messages there are
 * @param addresses      the recipients of the first message, then those of the second one, and so on
 * @param address_count  how many there are: the sum of recipients
 * @param results        where the results are left, with the messages' indices
 * @param error          where the error is left, as for mailrep_monitor_new()
 * @return               MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory, or if address_count is not the sum of
 *                       recipients: nothing was counted
 */
int mailrep_monitor_observe_all_addresses(const struct mailrep_monitor *monitor,
                                          const struct mailrep_octets *accounts,
                                          const double *times,
                                          const uint32_t *recipients,
                                          size_t count,
                                          const struct mailrep_octets *addresses,
                                          size_t address_count,
                                          struct mailrep_judged *results,
                                          struct mailrep_error **error);

/**
 * Reads a policy file and all that it names. docs/filter.md explains every key; "mailrep filter check FILE" says in words what a policy does.
 *
 * @param path   the file; relative paths in it are below the folder that it is in
 * @param out    where the filter is left, to be freed with mailrep_filter_free(); NULL is left on failure
 * @param error  where the error is left, to be freed with mailrep_error_free(); NULL is left on success. Its text has a line for each
 *               fault: FILE:LINE:COLUMN: what is wrong; what mends it. The argument may be NULL if words are not wanted
 * @return       MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a policy that cannot be used, or that names a file that cannot;
 *               MAILREP_IO if the policy file itself cannot be read
 */
int mailrep_filter_read(const char *path,
                        struct mailrep_filter **out,
                        struct mailrep_error **error);

/**
 * As mailrep_filter_read(), for a program that shall start in any case but that of a wrong policy: a state of accounts that cannot be used is
 * renamed (its name with ".unusable" behind), or not written if it cannot be renamed.
 *
 * @param path   as for mailrep_filter_read()
 * @param out    as for mailrep_filter_read()
 * @param aside  where a sentence about that is left if it happened, else NULL, to be freed with mailrep_error_free(); may be NULL
 * @param error  as for mailrep_filter_read()
 * @return       as for mailrep_filter_read()
 */
int mailrep_filter_read_aside(const char *path,
                              struct mailrep_filter **out,
                              struct mailrep_error **aside,
                              struct mailrep_error **error);

/**
 * As mailrep_filter_read(), for a policy that the program has as text.
 *
 * @param text    TOML; need not be closed by 0
 * @param length  octets of text
 * @param name    what to call it in errors, such as "mailrep.toml"; NULL is "policy"
 * @param folder  where relative paths begin; NULL is the folder in which the program runs
 * @param out     where the filter is left, to be freed with mailrep_filter_free(); NULL is left on failure
 * @param error   as for mailrep_filter_read()
 * @return        MAILREP_OK; MAILREP_NULL; MAILREP_INVALID
 */
int mailrep_filter_parse(const char *text,
                         size_t length,
                         const char *name,
                         const char *folder,
                         struct mailrep_filter **out,
                         struct mailrep_error **error);

/**
 * Reads a policy file anew. The new filter goes on with what the old one knows of accounts, alarms included, unless the policy names
 * another state file. Give the new one to sessions that begin from then on; the old one can be freed at once, sessions
 * that began with it keep what they need.
 *
 * @param filter  the present one, which is as good as before whatever happens; may be used by other threads at the same time
 * @param path    the file
 * @param out     where the new filter is left, to be freed with mailrep_filter_free(); NULL is left on failure
 * @param error   as for mailrep_filter_read()
 * @return        as for mailrep_filter_read()
 */
int mailrep_filter_reload(const struct mailrep_filter *filter,
                          const char *path,
                          struct mailrep_filter **out,
                          struct mailrep_error **error);

/**
 * Frees a filter. Sessions that came from it stay usable.
 *
 * @param filter  may be NULL
 */
void mailrep_filter_free(struct mailrep_filter *filter);

/**
 * Writes what is known of accounts to the policy's state_file; without one, nothing is done. Call it every few minutes, and at the end.
 * It takes a fraction of a second for a hundred thousand accounts; messages can be judged meanwhile.
 *
 * @param filter  may be used by other threads at the same time
 * @param error   as for mailrep_filter_read()
 * @return        MAILREP_OK; MAILREP_NULL; MAILREP_IO: what was written before is kept
 */
int mailrep_filter_save_state(const struct mailrep_filter *filter,
                              struct mailrep_error **error);

/**
 * The administrator says: what raised the alarm of this account was legitimate. Its mail goes on its way again, and as much will not
 * raise an alarm.
 *
 * @param filter    may be used by other threads at the same time
 * @param account   as mailrep_decision_alarm_account() has it; any octets
 * @param length    octets of account
 * @param was_open  where 1 is left if the account had an alarm, else 0; may be NULL
 * @return          MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the policy has no [outbound]
 */
int mailrep_filter_acknowledge(const struct mailrep_filter *filter,
                               const char *account,
                               size_t length,
                               int *was_open);

/**
 * The name under which results are written.
 *
 * @param filter  may be NULL
 * @return        text that lives as long as the filter; absent for NULL
 */
struct mailrep_text mailrep_filter_authserv_id(const struct mailrep_filter *filter);

/**
 * How many things are dangerous or useless in a policy that can be used, such as a key file that others can read; those that
 * "mailrep filter check" calls notices do not count. A program logs them when it starts.
 *
 * @param filter  may be NULL
 * @return        0 for NULL
 */
size_t mailrep_filter_danger_count(const struct mailrep_filter *filter);

/**
 * Something dangerous or useless in the policy, and what to do, in a sentence; the worst first.
 *
 * @param filter  may be NULL
 * @param at      from 0
 * @return        text that lives as long as the filter; absent beyond the last
 */
struct mailrep_text mailrep_filter_danger(const struct mailrep_filter *filter, size_t at);

/**
 * What the policy does, in words, with the records to publish and all that "mailrep filter check" finds: as a JSON object, which
 * "mailrep filter check --json" prints.
 *
 * @param filter  may be used by other threads at the same time; may be NULL
 * @return        text that lives as long as the filter; absent for NULL
 */
struct mailrep_text mailrep_filter_explanation_json(const struct mailrep_filter *filter);

/**
 * A value of a section of the policy file that is the program's own: "milter" or "log".
 *
 * @param filter   may be used by other threads at the same time
 * @param section  "milter" or "log"
 * @param key      the key, such as "listen"
 * @return         text that lives as long as the filter: a text without its quotes, a number, "true" or "false"; of a list the members
 *                 with line feeds between. Absent if the file does not have it
 */
struct mailrep_text mailrep_filter_setting(const struct mailrep_filter *filter,
                                           const char *section,
                                           const char *key);

/**
 * Complains about keys of a section of the program's own that the program does not know.
 *
 * @param filter   may be used by other threads at the same time
 * @param section  "milter" or "log"
 * @param keys     the keys that the program knows
 * @param count    how many, at most 1,024
 * @param error    where the error is left, with line and suggestion, as for mailrep_filter_read()
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if there is another key
 */
int mailrep_filter_check_section(const struct mailrep_filter *filter,
                                 const char *section,
                                 const char *const *keys,
                                 size_t count,
                                 struct mailrep_error **error);

/**
 * Begins a connection.
 *
 * @param filter  may be used by other threads at the same time, and freed before the session is
 * @param glue    MAILREP_GLUE_NO_LEADING_SPACE and MAILREP_GLUE_BARE_LF, added up, or 0. With libmilter, where SMFIP_HDR_LEADSPC was
 *                negotiated: MAILREP_GLUE_BARE_LF
 * @param out     where the session is left, to be freed with mailrep_filter_session_free(); NULL is left on failure
 * @return        MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a glue that this version does not know
 */
int mailrep_filter_session_new(const struct mailrep_filter *filter,
                               int glue,
                               struct mailrep_filter_session **out);

/**
 * Frees a session, at any time: a message that is under way is given up.
 *
 * @param session  may be NULL
 */
void mailrep_filter_session_free(struct mailrep_filter_session *session);

/**
 * Messages that begin from now on take place at a given time, for tests and for mail that came earlier.
 *
 * @param session  the connection
 * @param now      seconds since 1970-01-01T00:00:00Z, with fractions; below 0 is the present again
 * @return         MAILREP_OK; MAILREP_NULL
 */
int mailrep_filter_session_set_time(struct mailrep_filter_session *session, double now);

/**
 * An SMTP client has connected. Once, as the first call.
 *
 * @param session        the connection
 * @param address        an IPv4 or IPv6 address as text, without brackets; NULL if it is not known, as of a Unix socket
 * @param length         octets of address
 * @param daemon         the name of the MTA's daemon, the macro {daemon_name}; may be NULL
 * @param daemon_length  octets of daemon
 * @return               MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when it is no address; MAILREP_SEQUENCE
 */
int mailrep_filter_session_connect(struct mailrep_filter_session *session,
                                   const char *address,
                                   size_t length,
                                   const char *daemon,
                                   size_t daemon_length);

/**
 * In place of mailrep_filter_session_connect(), for mail that is submitted on this host and not by SMTP, where the MTA lets that be known.
 * (Postfix tells non_smtpd_milters of a client at 127.0.0.1, which is treated in the same way.)
 *
 * @param session  the connection
 * @param user     who submits; may be NULL if that is not known
 * @param length   octets of user
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_filter_session_connect_local(struct mailrep_filter_session *session,
                                         const char *user,
                                         size_t length);

/**
 * The name that the client gives with HELO or EHLO, any number of times. A message that is under way is given up.
 *
 * @param session  after connect
 * @param name     any octets
 * @param length   octets of name
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_filter_session_helo(struct mailrep_filter_session *session,
                                const char *name,
                                size_t length);

/**
 * A message begins. What is to be answered is told by mailrep_filter_session_reply().
 *
 * @param session       after connect, and after the message before it has ended or was aborted
 * @param address       the envelope sender, any octets, with angle brackets or without; "" and "<>" are the null reverse-path
 * @param length        octets of address
 * @param login         who has logged in, the macro {auth_authen}; NULL or empty if nobody has
 * @param login_length  octets of login
 * @return              MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_filter_session_mail_from(struct mailrep_filter_session *session,
                                     const char *address,
                                     size_t length,
                                     const char *login,
                                     size_t login_length);

/**
 * Who has logged in, where the MTA tells it later than with the sender: sites change which macros come when. The message is a
 * submission from then on. If mailrep_filter_session_mail_from() told it already, nothing happens.
 *
 * @param session  after mail_from, before end_of_headers
 * @param login    the macro {auth_authen}; empty is nobody
 * @param length   octets of login
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_filter_session_login(struct mailrep_filter_session *session,
                                 const char *login,
                                 size_t length);

/**
 * A recipient. What is to be answered is told by mailrep_filter_session_reply(); a recipient that is refused is none.
 *
 * @param session  after mail_from, before data
 * @param address  any octets, with angle brackets or without
 * @param length   octets of address
 * @return         MAILREP_OK, also if the recipient is to be refused; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_filter_session_rcpt(struct mailrep_filter_session *session,
                                const char *address,
                                size_t length);

/**
 * DATA: the recipients are complete, and the message counts for its account. It may be left out where the glue has no such event.
 *
 * @param session  after rcpt
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE
 */
int mailrep_filter_session_data(struct mailrep_filter_session *session);

/**
 * A header field, in the order of the message, as the session's glue has it.
 *
 * @param session       after mail_from, before end_of_headers
 * @param name          the field's name, without the colon
 * @param name_length   octets of name
 * @param value         what stands after the colon, with its blank unless MAILREP_GLUE_NO_LEADING_SPACE was given, without the closing
 *                      line end; its folds are CRLF, or LF with MAILREP_GLUE_BARE_LF
 * @param value_length  octets of value
 * @return              MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_filter_session_header(struct mailrep_filter_session *session,
                                  const char *name,
                                  size_t name_length,
                                  const char *value,
                                  size_t value_length);

/**
 * The header is complete. Look-ups of keys and policies begin and go on while the body arrives.
 *
 * @param session  after mail_from and the header fields
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE
 */
int mailrep_filter_session_end_of_headers(struct mailrep_filter_session *session);

/**
 * Octets of the body, in chunks of any size, split anywhere. They are hashed and not kept.
 *
 * @param session  after end_of_headers
 * @param octets   with CRLF for line ends, as libmilter has them too; may be NULL if length is 0
 * @param length   how many
 * @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_filter_session_body(struct mailrep_filter_session *session, const void *octets, size_t length);

/**
 * The message is complete: waits for look-ups that are still open, no longer than the policy's timeout, and decides. The session is ready
 * for the next message. Whatever fails within, such as the DNS or a key, is told in the decision and is no error.
 *
 * @param session   after mail_from
 * @param queue_id  the MTA's name for the message, the macro i, which Postfix knows only now; may be NULL
 * @param length    octets of queue_id
 * @param out       where the decision is left, to be freed with mailrep_decision_free(); NULL is left on failure
 * @return          MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
 */
int mailrep_filter_session_end(struct mailrep_filter_session *session,
                               const char *queue_id,
                               size_t length,
                               struct mailrep_decision **out);

/**
 * The message is given up; the connection stays. Outside a message it does nothing.
 *
 * @param session  the connection
 * @return         MAILREP_OK; MAILREP_NULL
 */
int mailrep_filter_session_abort(struct mailrep_filter_session *session);

/**
 * What the last call on this session said, as a sentence for a log.
 *
 * @param session  may be NULL
 * @return         text that lives until the next call on this session; "" if that call succeeded, or for NULL
 */
const char *mailrep_filter_session_error(const struct mailrep_filter_session *session);

/**
 * What to answer to the command that the last call on this session told of.
 *
 * @param session  may be NULL
 * @return         MAILREP_REPLY_CONTINUE, MAILREP_REPLY_DEFER or MAILREP_REPLY_REJECT; MAILREP_ABSENT for NULL
 */
int mailrep_filter_session_reply(const struct mailrep_filter_session *session);

/**
 * The code of a refusal, such as 550.
 *
 * @param session  may be NULL
 * @return         MAILREP_ABSENT if nothing is refused
 */
int mailrep_filter_session_reply_code(const struct mailrep_filter_session *session);

/**
 * The enhanced status code of a refusal, such as "5.1.1".
 *
 * @param session  may be NULL
 * @return         text that lives until the next call on this session; absent if nothing is refused
 */
struct mailrep_text mailrep_filter_session_reply_enhanced(const struct mailrep_filter_session *session);

/**
 * How many lines of text a refusal has.
 *
 * @param session  may be NULL
 * @return         1 to 8; 0 if nothing is refused
 */
size_t mailrep_filter_session_reply_line_count(const struct mailrep_filter_session *session);

/**
 * A line of a refusal, without any code: printable ASCII without '%', at most 400 octets.
 *
 * @param session  may be NULL
 * @param at       from 0
 * @return         text that lives until the next call on this session; absent beyond the last
 */
struct mailrep_text mailrep_filter_session_reply_line(const struct mailrep_filter_session *session,
                                                      size_t at);

/**
 * Frees a decision, and with it all texts and octets that came from it.
 *
 * @param decision  may be NULL
 */
void mailrep_decision_free(struct mailrep_decision *decision);

/**
 * What becomes of the message, all in all.
 *
 * @param decision  may be NULL
 * @return          MAILREP_TREATMENT_ACCEPT to MAILREP_TREATMENT_REJECT; MAILREP_ABSENT for NULL
 */
int mailrep_decision_treatment(const struct mailrep_decision *decision);

/**
 * Why, as a code that stays, such as "dmarc_reject"; "none" for a message that goes on its way.
 *
 * @param decision  may be NULL
 * @return          text that lives as long as the decision; absent for NULL
 */
struct mailrep_text mailrep_decision_cause(const struct mailrep_decision *decision);

/**
 * Why, in a sentence.
 *
 * @param decision  may be NULL
 * @return          text that lives as long as the decision; absent for NULL
 */
struct mailrep_text mailrep_decision_reason(const struct mailrep_decision *decision);

/**
 * One line for a log, without the time: printable ASCII, key=value with blanks between.
 *
 * @param decision  may be NULL
 * @return          text that lives as long as the decision; absent for NULL
 */
struct mailrep_text mailrep_decision_log(const struct mailrep_decision *decision);

/**
 * All of it as a JSON object, as "mailrep filter run --json" prints it.
 *
 * @param decision  may be NULL
 * @return          text that lives as long as the decision; absent for NULL
 */
struct mailrep_text mailrep_decision_json(const struct mailrep_decision *decision);

/**
 * How many actions there are.
 *
 * @param decision  may be NULL
 * @return          0 for NULL
 */
size_t mailrep_decision_action_count(const struct mailrep_decision *decision);

/**
 * What kind of action.
 *
 * @param decision  may be NULL
 * @param at        from 0
 * @return          MAILREP_ACTION_DELETE_HEADER to MAILREP_ACTION_REJECT; MAILREP_ABSENT beyond the last
 */
int mailrep_decision_action_kind(const struct mailrep_decision *decision, size_t at);

/**
 * The name of the header field to delete or insert.
 *
 * @param decision  may be NULL
 * @param at        from 0
 * @return          octets that live as long as the decision, closed by 0; absent for other actions
 */
struct mailrep_octets mailrep_decision_action_name(const struct mailrep_decision *decision, size_t at);

/**
 * The value of the header field to insert, as the session's glue wants it; or the address of a sender or recipient.
 *
 * @param decision  may be NULL
 * @param at        from 0
 * @return          octets that live as long as the decision, closed by 0; absent for other actions
 */
struct mailrep_octets mailrep_decision_action_value(const struct mailrep_decision *decision,
                                                    size_t at);

/**
 * Which of the fields of a name is to be deleted, from 1, or the place at which to insert one, from 0.
 *
 * @param decision  may be NULL
 * @param at        from 0
 * @return          MAILREP_ABSENT for other actions
 */
int mailrep_decision_action_number(const struct mailrep_decision *decision, size_t at);

/**
 * The code of a refusal, such as 550.
 *
 * @param decision  may be NULL
 * @param at        from 0
 * @return          MAILREP_ABSENT for other actions
 */
int mailrep_decision_action_code(const struct mailrep_decision *decision, size_t at);

/**
 * The enhanced status code of a refusal, such as "5.7.1".
 *
 * @param decision  may be NULL
 * @param at        from 0
 * @return          text that lives as long as the decision; absent for other actions
 */
struct mailrep_text mailrep_decision_action_enhanced(const struct mailrep_decision *decision, size_t at);

/**
 * How many lines of text an action has.
 *
 * @param decision  may be NULL
 * @param at        from 0
 * @return          1 to 8 of a refusal; 1 of a hold; 0 of others
 */
size_t mailrep_decision_action_line_count(const struct mailrep_decision *decision, size_t at);

/**
 * A line of text: of a refusal, without any code; of a hold, the reason. Printable ASCII without '%', at most 400 octets.
 *
 * @param decision  may be NULL
 * @param at        the action, from 0
 * @param line      from 0
 * @return          text that lives as long as the decision; absent beyond the last
 */
struct mailrep_text mailrep_decision_action_line(const struct mailrep_decision *decision,
                                                 size_t at,
                                                 size_t line);

/**
 * How many things there are to know beside the decision, such as why a message was forwarded.
 *
 * @param decision  may be NULL
 * @return          0 for NULL
 */
size_t mailrep_decision_note_count(const struct mailrep_decision *decision);

/**
 * Something to know beside the decision, in a sentence.
 *
 * @param decision  may be NULL
 * @param at        from 0
 * @return          text that lives as long as the decision; absent beyond the last
 */
struct mailrep_text mailrep_decision_note(const struct mailrep_decision *decision, size_t at);

/**
 * Whether this message raised an alarm of the account that sent it, so that it is time to tell somebody. While the alarm is open,
 * messages that follow have 0.
 *
 * @param decision  may be NULL
 * @return          1, or 0; MAILREP_ABSENT if no alarm is open
 */
int mailrep_decision_alarm_is_new(const struct mailrep_decision *decision);

/**
 * The account whose alarm is open: the login; for mail submitted on this host the user, or else the client's address.
 *
 * @param decision  may be NULL
 * @return          octets that live as long as the decision, closed by 0; absent if no alarm is open
 */
struct mailrep_octets mailrep_decision_alarm_account(const struct mailrep_decision *decision);

/**
 * What the alarm rests on, as a code that stays, such as "new_slots_1s".
 *
 * @param decision  may be NULL
 * @return          text that lives as long as the decision; absent if no alarm is open
 */
struct mailrep_text mailrep_decision_alarm_cause(const struct mailrep_decision *decision);

/**
 * What the alarm rests on, in a sentence for an administrator.
 *
 * @param decision  may be NULL
 * @return          text that lives as long as the decision; absent if no alarm is open
 */
struct mailrep_text mailrep_decision_alarm_reason(const struct mailrep_decision *decision);

/**
 * Why this message raised an alarm for the whole host: many accounts have become unusual at once.
 *
 * @param decision  may be NULL
 * @return          text that lives as long as the decision; absent if it raised none
 */
struct mailrep_text mailrep_decision_host_alarm(const struct mailrep_decision *decision);

/**
 * Complains about what mailrep-milter(8) cannot use in its own sections, "milter" and "log". Programs with other keys there call
 * mailrep_filter_check_section() instead.
 *
 * @param filter  may be used by other threads at the same time
 * @param error   where the error is left, with a line for each fault, as for mailrep_filter_read()
 * @return        MAILREP_OK; MAILREP_NULL; MAILREP_INVALID
 */
int mailrep_daemon_check_settings(const struct mailrep_filter *filter,
                                  struct mailrep_error **error);

/**
 * Starts what the policy of a filter asks for beside filtering: who is told of alarms ([outbound]), the control socket ([control]), SRS
 * servers ([srs]). The threads take no signals if the calling thread has blocked them. In a child of this process there are none.
 *
 * @param filter  may be freed while the daemon runs
 * @param notify  is told what belongs into the log; NULL is nobody. It must not call mailrep_daemon_stop()
 * @param user    is handed to notify; it has to live as long as the daemon
 * @param out     where the daemon is left, to be ended with mailrep_daemon_stop(); NULL is left on failure
 * @param error   where the error is left, as for mailrep_filter_read()
 * @return        MAILREP_OK; MAILREP_NULL; MAILREP_SYSTEM: an address or socket that cannot be listened on, or no thread
 */
int mailrep_daemon_start(const struct mailrep_filter *filter,
                         mailrep_notify notify,
                         void *user,
                         struct mailrep_daemon **out,
                         struct mailrep_error **error);

/**
 * Goes on with another filter, as after mailrep_filter_reload(). What cannot be changed without a restart is told to notify.
 *
 * @param daemon  may be used by other threads at the same time
 * @param filter  may be freed while the daemon runs
 * @return        MAILREP_OK; MAILREP_NULL
 */
int mailrep_daemon_exchange(const struct mailrep_daemon *daemon,
                            const struct mailrep_filter *filter);

/**
 * Tells of a decision that was carried out: a new alarm is announced, mail that is held for one is remembered. It does not wait.
 *
 * @param daemon    may be used by other threads at the same time
 * @param decision  may be freed afterwards
 * @return          MAILREP_OK; MAILREP_NULL
 */
int mailrep_daemon_told(const struct mailrep_daemon *daemon,
                        const struct mailrep_decision *decision);

/**
 * Writes what is known of accounts, as mailrep_filter_save_state() does, and which of them have alarms.
 *
 * @param daemon  may be used by other threads at the same time
 * @param error   where the error is left, as for mailrep_filter_read()
 * @return        MAILREP_OK; MAILREP_NULL; MAILREP_IO: what was written before is kept
 */
int mailrep_daemon_save(const struct mailrep_daemon *daemon, struct mailrep_error **error);

/**
 * Ends it: alarms that wait are announced first, as many as can be within 10 seconds; the others are told to notify.
 *
 * @param daemon  may be NULL
 */
void mailrep_daemon_stop(struct mailrep_daemon *daemon);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MAILREP_H */
