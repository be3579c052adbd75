/* DNS questions that the program answers: by a function, at once or later, and between steps without a thread. */

#define _POSIX_C_SOURCE 200809L

#include "expect.h"
#include "mailrep.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The world of expect.h, as answers. */
static int answer(const mailrep_context *context, const mailrep_question *question)
{
    mailrep_record record;
    memset(&record, 0, sizeof record);
    if (question->kind == MAILREP_DNS_TXT && strcmp(question->name, "example.org") == 0)
        record.data = "v=spf1 ip4:192.0.2.1 -all";
    else if (question->kind == MAILREP_DNS_TXT && strcmp(question->name, "_dmarc.example.org") == 0)
        record.data = "v=DMARC1; p=reject";
    else if (question->kind == MAILREP_DNS_PTR && strcmp(question->name, "1.2.0.192.in-addr.arpa") == 0)
        record.data = "mail.example.org";
    if (record.data) {
        record.length = strlen((const char *)record.data);
        return mailrep_context_answer_records(context, question->id, &record, 1, 300, NULL);
    }
    if (question->kind == MAILREP_DNS_A && strcmp(question->name, "mail.example.org") == 0) {
        record.data = "\xc0\x00\x02\x01";
        record.length = 4;
        return mailrep_context_answer_records(context, question->id, &record, 1, 300, NULL);
    }
    return mailrep_context_answer_nothing(context, question->id, MAILREP_DNS_NO_NAME, 60, NULL);
}

enum how { AT_ONCE, LATER, NEVER, REFUSING };

struct program {
    mailrep_context *context;
    enum how how;
    pthread_mutex_t lock;
    pthread_t others[64];
    size_t count, calls;
};

struct later {
    mailrep_context *context;
    mailrep_question question;
};

static void *answer_later(void *argument)
{
    struct later *later = (struct later *)argument;
    int status = answer(later->context, &later->question);
    free(later);
    return status == MAILREP_OK || status == MAILREP_UNASKED ? NULL : argument;
}

static int resolve(void *user, const mailrep_question *question)
{
    struct program *program = (struct program *)user;
    pthread_mutex_lock(&program->lock);
    program->calls++;
    int result = 0;
    if (program->how == AT_ONCE) {
        result = answer(program->context, question) == MAILREP_OK ? 0 : 1;
    } else if (program->how == REFUSING) {
        result = 7;
    } else if (program->how == LATER) {
        struct later *later = (struct later *)malloc(sizeof *later);
        if (later && program->count < 64) {
            later->context = program->context;
            later->question = *question;
            if (pthread_create(&program->others[program->count], NULL, answer_later, later) == 0)
                program->count++;
            else
                result = 1;
        }
    }
    pthread_mutex_unlock(&program->lock);
    return result;
}

static void join_others(struct program *program)
{
    pthread_mutex_lock(&program->lock);
    for (size_t at = 0; at < program->count; at++) {
        void *wrong;
        pthread_join(program->others[at], &wrong);
        EXPECT(wrong == NULL);
    }
    program->count = 0;
    pthread_mutex_unlock(&program->lock);
}

static mailrep_context *new_context(mailrep_options *options)
{
    mailrep_context *context = NULL;
    mailrep_error *error = NULL;
    options->authserv_id = authserv_id;
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(options, &context, &error));
    if (error)
        fprintf(stderr, "%s\n", mailrep_error_text(error));
    mailrep_error_free(error);
    return context;
}

static mailrep_transaction *told(const mailrep_context *context)
{
    mailrep_transaction *transaction = NULL;
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_new_at(context, 1772355660, &transaction));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_connect(transaction, "192.0.2.1", 9));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_helo(transaction, "mail.example.org", 16));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_mail_from(transaction, "ada@example.org", 15));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_data(transaction, message, sizeof message - 1));
    return transaction;
}

static void by_a_function(enum how how, int spf)
{
    struct program program;
    mailrep_options options;
    memset(&program, 0, sizeof program);
    program.how = how;
    pthread_mutex_init(&program.lock, NULL);
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    options.resolve = resolve;
    options.resolve_user = &program;
    if (how == NEVER)
        options.dns_time_ms = 200;
    mailrep_context *context = program.context = new_context(&options);
    for (int round = 0; round < 2; round++) {
        mailrep_transaction *transaction = told(context);
        mailrep_verdict *verdict = NULL;
        EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
        EXPECT_STATUS(spf, mailrep_verdict_spf_result(verdict));
        EXPECT_STATUS(spf == MAILREP_SPF_PASS ? MAILREP_DMARC_PASS : MAILREP_DMARC_TEMPERROR,
                      mailrep_verdict_dmarc_result(verdict));
        if (how == REFUSING)
            EXPECT(strstr(mailrep_verdict_spf_reason(verdict).data, "returned 7") != NULL);
        mailrep_verdict_free(verdict);
        mailrep_transaction_free(transaction);
    }
    EXPECT(program.calls >= 4);
    join_others(&program);
    mailrep_context_free(context);
    pthread_mutex_destroy(&program.lock);
}

/* A context that is freed while messages wait for answers: they end, and what is answered then is unasked. */
static void freed_while_questions_are_open(void)
{
    struct program program;
    mailrep_options options;
    memset(&program, 0, sizeof program);
    program.how = NEVER;
    pthread_mutex_init(&program.lock, NULL);
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    options.resolve = resolve;
    options.resolve_user = &program;
    mailrep_context *context = program.context = new_context(&options);
    mailrep_transaction *transaction = told(context), *other = told(context);
    mailrep_verdict *verdict = NULL;
    mailrep_context_free(context);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    EXPECT_STATUS(MAILREP_SPF_TEMPERROR, mailrep_verdict_spf_result(verdict));
    EXPECT(strstr(mailrep_verdict_spf_reason(verdict).data, "closed") != NULL);
    EXPECT_STATUS(MAILREP_HANDLE, mailrep_context_answer_nothing(context, 1, MAILREP_DNS_NO_DATA, -1, NULL));
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);
    mailrep_transaction_free(other);
    pthread_mutex_destroy(&program.lock);
}

static mailrep_context *without_threads(uint32_t dns_time_ms)
{
    mailrep_options options;
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    options.questions = 1;
    options.dns_time_ms = dns_time_ms;
    return new_context(&options);
}

/* Takes one question after the other, and answers it; returns how many there were. */
static size_t answer_all(const mailrep_context *context)
{
    mailrep_question question;
    size_t count, total = 0;
    for (;;) {
        EXPECT_STATUS(MAILREP_OK, mailrep_context_questions(context, &question, 1, &count));
        if (count == 0)
            return total;
        EXPECT(question.wait_ms > 0 && question.wait_ms <= 20000);
        EXPECT_STATUS(MAILREP_OK, answer(context, &question));
        EXPECT_STATUS(MAILREP_UNASKED, answer(context, &question));
        total++;
    }
}

static void between_steps(void)
{
    mailrep_context *context = without_threads(20000);
    mailrep_transaction *alone = told(context);
    size_t questions = answer_all(context);
    EXPECT(questions >= 4);
    mailrep_transaction_free(alone);
    mailrep_context_free(context);
    context = without_threads(20000);
    mailrep_transaction *first = told(context), *second = told(context);
    mailrep_verdict *verdict = (mailrep_verdict *)&verdict;
    int mine = 1, yours = 2;
    mailrep_transaction_set_user(first, &mine);
    mailrep_transaction_set_user(second, &yours);
    EXPECT_STATUS(MAILREP_AGAIN, mailrep_transaction_finish(first, &verdict));
    EXPECT(verdict == NULL);
    EXPECT(strstr(mailrep_transaction_error(first), "questions are open") != NULL);
    EXPECT_STATUS(MAILREP_AGAIN, mailrep_transaction_finish(first, &verdict));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_data(first, "a", 1));
    EXPECT_STATUS(MAILREP_AGAIN, mailrep_transaction_finish(second, &verdict));
    EXPECT(mailrep_context_ready(context) == NULL);
    EXPECT(mailrep_context_wait_ms(context) > 0);
    /* Two messages of one sender ask together. */
    EXPECT(answer_all(context) == questions);
    EXPECT_STATUS(-1, mailrep_context_wait_ms(context));
    int seen = 0;
    for (mailrep_transaction *ready; (ready = mailrep_context_ready(context)) != NULL;) {
        seen |= *(int *)mailrep_transaction_user(ready);
        EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(ready, &verdict));
        EXPECT_STATUS(MAILREP_SPF_PASS, mailrep_verdict_spf_result(verdict));
        EXPECT_STATUS(MAILREP_DMARC_PASS, mailrep_verdict_dmarc_result(verdict));
        EXPECT_STATUS(MAILREP_IPREV_PASS, mailrep_verdict_iprev_result(verdict));
        mailrep_verdict_free(verdict);
        EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_finish(ready, &verdict));
        mailrep_transaction_free(ready);
    }
    EXPECT(seen == 3);
    /* All that a third one asks is known. */
    mailrep_transaction *third = told(context);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(third, &verdict));
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(third);
    mailrep_context_free(context);
}

static void given_up_and_late(void)
{
    mailrep_context *context = without_threads(50);
    mailrep_transaction *transaction = told(context), *given_up = told(context);
    mailrep_verdict *verdict = NULL;
    mailrep_question question;
    size_t count;
    EXPECT_STATUS(MAILREP_AGAIN, mailrep_transaction_finish(transaction, &verdict));
    EXPECT_STATUS(MAILREP_AGAIN, mailrep_transaction_finish(given_up, &verdict));
    mailrep_transaction_free(given_up);
    EXPECT_STATUS(MAILREP_OK, mailrep_context_questions(context, &question, 1, &count));
    EXPECT(count == 1);
    mailrep_transaction *ready = NULL;
    for (int wait; !ready && (wait = mailrep_context_wait_ms(context)) >= 0; ready = mailrep_context_ready(context)) {
        EXPECT(wait <= 50);
        poll(NULL, 0, wait);
    }
    EXPECT(ready == transaction);
    EXPECT(mailrep_context_ready(context) == NULL);
    EXPECT_STATUS(MAILREP_UNASKED, answer(context, &question));
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    EXPECT_STATUS(MAILREP_SPF_TEMPERROR, mailrep_verdict_spf_result(verdict));
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);

    /* Freed before its transaction: what is open fails. */
    transaction = told(context);
    EXPECT_STATUS(MAILREP_AGAIN, mailrep_transaction_finish(transaction, &verdict));
    mailrep_context_free(context);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    EXPECT_STATUS(MAILREP_SPF_TEMPERROR, mailrep_verdict_spf_result(verdict));
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);
}

static void wrong_answers(void)
{
    mailrep_context *context = without_threads(20000), *other = NULL;
    mailrep_options options;
    mailrep_question questions[16];
    mailrep_record records[2];
    mailrep_error *error = NULL;
    mailrep_verdict *verdict = NULL;
    unsigned char octets[600];
    size_t count, length;
    mailrep_transaction *transaction = told(context);
    memset(records, 0, sizeof records);

    EXPECT_STATUS(MAILREP_NULL, mailrep_context_questions(context, NULL, 1, &count));
    EXPECT_STATUS(MAILREP_NULL, mailrep_context_questions(context, questions, 1, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_context_questions(NULL, questions, 1, &count));
    EXPECT_STATUS(MAILREP_OK, mailrep_context_questions(context, NULL, 0, &count));
    EXPECT_STATUS(MAILREP_OK, mailrep_context_questions(context, questions, 16, &count));
    EXPECT(count >= 3);
    const mailrep_question *pointer = NULL, *text = NULL;
    for (size_t at = 0; at < count; at++) {
        if (questions[at].kind == MAILREP_DNS_PTR)
            pointer = &questions[at];
        if (questions[at].kind == MAILREP_DNS_TXT && strcmp(questions[at].name, "example.org") == 0)
            text = &questions[at];
    }
    EXPECT(pointer && text);
    if (!pointer || !text)
        return;

    EXPECT_STATUS(MAILREP_UNASKED, mailrep_context_answer_records(context, 0, records, 1, 1, NULL));
    EXPECT_STATUS(MAILREP_UNASKED, mailrep_context_answer_records(context, UINT64_MAX, records, 1, 1, &error));
    EXPECT(strstr(mailrep_error_text(error), "nobody waits") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_NULL, mailrep_context_answer_records(context, text->id, NULL, 1, 1, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_context_answer_records(NULL, text->id, records, 1, 1, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_records(context, text->id, records, SIZE_MAX, 1, NULL));
    records[0].length = 5;
    EXPECT_STATUS(MAILREP_NULL, mailrep_context_answer_records(context, text->id, records, 1, 1, NULL));
    records[0].data = "v=spf";
    records[0].length = SIZE_MAX;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_records(context, text->id, records, 1, 1, NULL));
    records[0].length = 5;
    records[0].reserved = 1;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_records(context, text->id, records, 1, 1, NULL));
    records[0].reserved = 0;
    records[0].data = "a..b\xff";
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_records(context, pointer->id, records, 1, 1, &error));
    EXPECT(strstr(mailrep_error_text(error), "a..b") != NULL);
    mailrep_error_free(error);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_nothing(context, text->id, 2, -1, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_nothing(context, text->id, MAILREP_DNS_NO_DATA, -2, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_failure(context, text->id, 5, NULL, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_failure(context, text->id, MAILREP_DNS_NETWORK, "\xff", NULL));

    /* Messages of the DNS: the query, and what is none of its answers. */
    EXPECT_STATUS(MAILREP_NULL, mailrep_question_message(NULL, 7, octets, sizeof octets, &length));
    EXPECT_STATUS(MAILREP_NULL, mailrep_question_message(text, 7, NULL, sizeof octets, &length));
    EXPECT_STATUS(MAILREP_NULL, mailrep_question_message(text, 7, octets, sizeof octets, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_question_message(text, 7, octets, 11, &length));
    EXPECT(length == 0);
    mailrep_question strange = *text;
    strange.kind = 4711;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_question_message(&strange, 7, octets, sizeof octets, &length));
    memset(strange.name, 'a', sizeof strange.name);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_question_message(&strange, 7, octets, sizeof octets, &length));
    EXPECT_STATUS(MAILREP_OK, mailrep_question_message(text, 7, octets, sizeof octets, &length));
    EXPECT(length > 12 && octets[0] == 0 && octets[1] == 7);
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_message(context, text->id, 7, octets, length, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_message(context, text->id, 7, NULL, 0, NULL));
    EXPECT_STATUS(MAILREP_NULL, mailrep_context_answer_message(context, text->id, 7, NULL, 1, NULL));
    octets[2] = 0x83;
    EXPECT_STATUS(MAILREP_TRUNCATED, mailrep_context_answer_message(context, text->id, 7, octets, length, NULL));
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_answer_message(context, text->id, 8, octets, length, NULL));
    octets[2] = 0x81;
    octets[3] = 0x82;
    EXPECT_STATUS(MAILREP_OK, mailrep_context_answer_message(context, text->id, 7, octets, length, NULL));
    for (size_t at = 0; at < count; at++)
        if (&questions[at] != text) {
            int status = mailrep_context_answer_failure(context, questions[at].id, MAILREP_DNS_MALFORMED, "odd", NULL);
            /* What only SPF has asked, which has failed, nobody waits for any more. */
            EXPECT(status == MAILREP_OK || status == MAILREP_UNASKED);
        }
    while (mailrep_transaction_finish(transaction, &verdict) == MAILREP_AGAIN)
        answer_all(context);
    EXPECT_STATUS(MAILREP_IPREV_TEMPERROR, mailrep_verdict_iprev_result(verdict));
    EXPECT(strstr(mailrep_verdict_json(verdict).data, "SERVFAIL") != NULL);
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);

    /* Contexts that ask by themselves. */
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    options.zone_text = world;
    options.zone_text_length = sizeof world - 1;
    options.questions = 1;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_new(&options, &other, NULL));
    options.questions = 0;
    options.resolve = resolve;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_new(&options, &other, NULL));
    options.zone_text = NULL;
    options.questions = 1;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_new(&options, &other, NULL));
    options.resolve = NULL;
    options.open_questions = 0;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_new(&options, &other, NULL));
    options.open_questions = 1;
    options.threads = 0;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_new(&options, &other, NULL));
    options.threads = 65;
    EXPECT_STATUS(MAILREP_INVALID, mailrep_context_new(&options, &other, NULL));
    options.threads = 1;
    options.questions = 0;
    options.zone_text = world;
    EXPECT_STATUS(MAILREP_OK, mailrep_context_new(&options, &other, NULL));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_context_answer_nothing(other, 1, MAILREP_DNS_NO_DATA, -1, NULL));
    EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_context_questions(other, questions, 16, &count));
    EXPECT_STATUS(-1, mailrep_context_wait_ms(other));
    EXPECT(mailrep_context_ready(other) == NULL);
    EXPECT(mailrep_context_ready(NULL) == NULL);
    EXPECT(mailrep_transaction_user(NULL) == NULL);
    mailrep_transaction_set_user(NULL, NULL);
    mailrep_context_free(other);
    mailrep_context_free(context);
}

/* Questions beyond the bound fail; the message ends all the same. */
static void no_more_than_are_allowed(void)
{
    mailrep_options options;
    mailrep_question questions[16];
    mailrep_verdict *verdict = NULL;
    size_t count;
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    options.questions = 1;
    options.open_questions = 1;
    mailrep_context *context = new_context(&options);
    mailrep_transaction *transaction = told(context);
    EXPECT_STATUS(MAILREP_OK, mailrep_context_questions(context, questions, 16, &count));
    EXPECT(count == 1);
    if (count == 1)
        EXPECT_STATUS(MAILREP_OK, answer(context, &questions[0]));
    while (mailrep_transaction_finish(transaction, &verdict) == MAILREP_AGAIN)
        answer_all(context);
    EXPECT(strstr(mailrep_verdict_json(verdict).data, "1 questions are open already") != NULL);
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);
    mailrep_context_free(context);
}

/* A context that was made before a fork answers in the child; messages that were begun before belong to the parent. */
static void child(void)
{
    mailrep_context *context = without_threads(20000);
    mailrep_transaction *transaction = told(context);
    mailrep_verdict *verdict = NULL;
    EXPECT_STATUS(MAILREP_AGAIN, mailrep_transaction_finish(transaction, &verdict));
    fflush(NULL);
    pid_t pid = fork();
    EXPECT(pid >= 0);
    if (pid == 0) {
        disappointments = 0;
        mailrep_question question;
        size_t count = 1;
        EXPECT_STATUS(MAILREP_OK, mailrep_context_questions(context, &question, 1, &count));
        EXPECT(count == 0);
        mailrep_transaction *own = told(context);
        EXPECT_STATUS(MAILREP_AGAIN, mailrep_transaction_finish(own, &verdict));
        EXPECT(answer_all(context) > 0);
        EXPECT(mailrep_context_ready(context) == own);
        EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(own, &verdict));
        EXPECT_STATUS(MAILREP_DMARC_PASS, mailrep_verdict_dmarc_result(verdict));
        mailrep_verdict_free(verdict);
        mailrep_transaction_free(own);
        EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_finish(transaction, &verdict));
        EXPECT(strstr(mailrep_transaction_error(transaction), "forked") != NULL);
        mailrep_transaction_free(transaction);
        mailrep_context_free(context);
        _exit(disappointments ? 1 : 0);
    }
    int status = 1;
    EXPECT(waitpid(pid, &status, 0) == pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT(answer_all(context) > 0);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(transaction, &verdict));
    EXPECT_STATUS(MAILREP_DMARC_PASS, mailrep_verdict_dmarc_result(verdict));
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(transaction);
    mailrep_context_free(context);
}

/* The same with a function of the program: the context has a thread before the fork, and the child has its own. */
static void child_with_a_function(void)
{
    struct program program;
    mailrep_options options;
    mailrep_verdict *verdict = NULL;
    memset(&program, 0, sizeof program);
    pthread_mutex_init(&program.lock, NULL);
    EXPECT_STATUS(MAILREP_OK, mailrep_options_init(&options, sizeof options));
    options.resolve = resolve;
    options.resolve_user = &program;
    options.cache_entries = 0;
    mailrep_context *context = program.context = new_context(&options);
    mailrep_transaction *before = told(context);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(before, &verdict));
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(before);
    before = told(context);
    /* No thread is inside a call at the moment of the fork. */
    pthread_mutex_lock(&program.lock);
    fflush(NULL);
    pid_t pid = fork();
    pthread_mutex_unlock(&program.lock);
    EXPECT(pid >= 0);
    if (pid == 0) {
        disappointments = 0;
        size_t calls = program.calls;
        mailrep_transaction *own = told(context);
        EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(own, &verdict));
        EXPECT_STATUS(MAILREP_DMARC_PASS, mailrep_verdict_dmarc_result(verdict));
        EXPECT(program.calls >= calls + 4);
        mailrep_verdict_free(verdict);
        mailrep_transaction_free(own);
        EXPECT_STATUS(MAILREP_SEQUENCE, mailrep_transaction_finish(before, &verdict));
        mailrep_transaction_free(before);
        mailrep_context_free(context);
        _exit(disappointments ? 1 : 0);
    }
    int status = 1;
    EXPECT(waitpid(pid, &status, 0) == pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_STATUS(MAILREP_OK, mailrep_transaction_finish(before, &verdict));
    EXPECT_STATUS(MAILREP_DMARC_PASS, mailrep_verdict_dmarc_result(verdict));
    mailrep_verdict_free(verdict);
    mailrep_transaction_free(before);
    mailrep_context_free(context);
    pthread_mutex_destroy(&program.lock);
}

/* With an argument there is no fork, for valgrind: what a child leaves to its parent it calls lost. */
int main(int argc, char **argv)
{
    (void)argv;
    by_a_function(AT_ONCE, MAILREP_SPF_PASS);
    by_a_function(LATER, MAILREP_SPF_PASS);
    by_a_function(NEVER, MAILREP_SPF_TEMPERROR);
    by_a_function(REFUSING, MAILREP_SPF_TEMPERROR);
    freed_while_questions_are_open();
    between_steps();
    given_up_and_late();
    wrong_answers();
    no_more_than_are_allowed();
    if (argc == 1) {
        child();
        child_with_a_function();
    }
    return expected();
}
