/* One context for many threads and for a child after fork(), and handles that are freed in any order. */

#define _POSIX_C_SOURCE 200809L

#include "expect.h"
#include "mailrep.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, MESSAGES = 25 };

static mailrep_context *new_context(uint32_t workers)
{
    mailrep_options options;
    mailrep_context *context = NULL;
    mailrep_options_init(&options, sizeof options);
    options.zone_text = world;
    options.zone_text_length = sizeof world - 1;
    options.authserv_id = authserv_id;
    options.threads = workers;
    if (mailrep_context_new(&options, &context, NULL) != MAILREP_OK)
        abort();
    return context;
}

static mailrep_transaction *begin(const mailrep_context *context)
{
    mailrep_transaction *transaction = NULL;
    if (mailrep_transaction_new_at(context, 1772355660, &transaction) != MAILREP_OK ||
        mailrep_transaction_connect(transaction, "192.0.2.1", 9) != MAILREP_OK ||
        mailrep_transaction_helo(transaction, "mail.example.org", 16) != MAILREP_OK ||
        mailrep_transaction_mail_from(transaction, "ada@example.org", 15) != MAILREP_OK ||
        mailrep_transaction_data(transaction, message, sizeof message - 1) != MAILREP_OK)
        abort();
    return transaction;
}

static mailrep_verdict *conclude(mailrep_transaction *transaction)
{
    mailrep_verdict *verdict = NULL;
    if (mailrep_transaction_finish(transaction, &verdict) != MAILREP_OK)
        abort();
    mailrep_transaction_free(transaction);
    return verdict;
}

static int passes(const mailrep_verdict *verdict)
{
    return mailrep_verdict_spf_result(verdict) == MAILREP_SPF_PASS &&
           mailrep_verdict_dmarc_result(verdict) == MAILREP_DMARC_PASS && mailrep_verdict_json(verdict).length > 0;
}

static void *many_messages(void *argument)
{
    const mailrep_context *context = (const mailrep_context *)argument;
    size_t passed = 0;
    for (int count = 0; count < MESSAGES; count++) {
        mailrep_verdict *verdict = conclude(begin(context));
        passed += (size_t)passes(verdict);
        mailrep_verdict_free(verdict);
    }
    return (void *)passed;
}

static void *read_verdict(void *argument)
{
    return (void *)(size_t)passes((const mailrep_verdict *)argument);
}

/* Runs a function in many threads at a time and adds up what they return. */
static size_t in_threads(void *(*run)(void *), void *argument)
{
    pthread_t threads[THREADS];
    size_t sum = 0;
    for (int at = 0; at < THREADS; at++)
        if (pthread_create(&threads[at], NULL, run, argument) != 0)
            abort();
    for (int at = 0; at < THREADS; at++) {
        void *result;
        if (pthread_join(threads[at], &result) != 0)
            abort();
        sum += (size_t)result;
    }
    return sum;
}

static void threads(uint32_t workers)
{
    mailrep_context *context = new_context(workers);
    EXPECT(in_threads(many_messages, context) == (size_t)THREADS * MESSAGES);
    mailrep_verdict *verdict = conclude(begin(context));
    EXPECT(in_threads(read_verdict, verdict) == THREADS);
    mailrep_verdict_free(verdict);
    mailrep_context_free(context);
}

/* The transaction works on when its context is gone, and the verdict when both are. */
static void context_freed_first(void)
{
    mailrep_context *context = new_context(1);
    mailrep_transaction *open = begin(context), *given_up = begin(context);
    mailrep_context_free(context);
    mailrep_verdict *verdict = conclude(open);
    mailrep_transaction_free(given_up);
    EXPECT(passes(verdict));
    mailrep_verdict_free(verdict);
}

/* Before the fork the context has been used, so that it has a thread, which the child does not inherit. */
static void child(void)
{
    mailrep_context *context = new_context(1);
    mailrep_verdict *verdict = conclude(begin(context));
    EXPECT(passes(verdict));
    mailrep_verdict_free(verdict);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        verdict = conclude(begin(context));
        int good = passes(verdict);
        mailrep_verdict_free(verdict);
        mailrep_context_free(context);
        _exit(good ? 0 : 1);
    }
    int status = -1;
    EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    verdict = conclude(begin(context));
    EXPECT(passes(verdict));
    mailrep_verdict_free(verdict);
    mailrep_context_free(context);
}

/* With an argument there is no fork. For valgrind: the child has the memory of the parent's thread without the thread, which
 * valgrind rightly calls lost. */
int main(int argc, char **argv)
{
    (void)argv;
    threads(1);
    threads(4);
    context_freed_first();
    if (argc == 1)
        child();
    return expected();
}
