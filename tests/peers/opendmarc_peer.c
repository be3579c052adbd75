/*
 * Reads a DMARC record and judges identifiers by libopendmarc: a request a line in, an answer a line out. The first argument is a
 * file with the public suffixes. No question leaves this process.
 *
 * In: `RECORD AUTHOR ORGANIZATION SPF DKIM`, the record in hexadecimal. The organization is `-` if the record stands at the author
 * domain itself. SPF is `DOMAIN=RESULT` or `-`, DKIM several of those with commas between, or `-`; results are those of the header, as
 * numbers. Out: `unusable STATUS` or `ADKIM ASPF P SP RUA RUF FO DECISION SPF DKIM`: letters of the record or `-`, lists of
 * addresses in hexadecimal with commas between or `-`, FO as the header's bits, the decision as its number, and 1 for what is aligned.
 */
#define _GNU_SOURCE
#include <sys/types.h>

#include <opendmarc/dmarc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The library has it, its header does not. */
OPENDMARC_STATUS_T opendmarc_policy_fetch_fo(DMARC_POLICY_T *policy, int *fo);

#define TEXT(text) ((u_char *)(text))

/* Decodes in place. */
static void decode(char *text)
{
    size_t length = strlen(text) / 2;
    for (size_t at = 0; at < length; at++) {
        char digits[3] = {text[2 * at], text[2 * at + 1], 0};
        text[at] = (char)strtoul(digits, NULL, 16);
    }
    text[length] = 0;
}

/* Divides `DOMAIN=RESULT`. */
static int result(char *identifier)
{
    char *equals = strchr(identifier, '=');
    if (equals == NULL) exit(1);
    *equals = 0;
    return atoi(equals + 1);
}

static char letter(int value)
{
    return value == 0 ? '-' : (char)value;
}

static void print_list(u_char **list)
{
    if (list == NULL || *list == NULL) {
        printf(" -");
        return;
    }
    for (u_char **item = list; *item != NULL; item++) {
        putchar(item == list ? ' ' : ',');
        for (u_char *at = *item; *at != 0; at++) printf("%02x", *at);
    }
}

static void judge(char **words)
{
    decode(words[0]);
    DMARC_POLICY_T *policy = opendmarc_policy_connect_init(TEXT("192.0.2.1"), 0);
    if (policy == NULL || opendmarc_policy_store_from_domain(policy, TEXT(words[1])) != DMARC_PARSE_OKAY) exit(1);
    if (strcmp(words[3], "-") != 0) {
        int outcome = result(words[3]);
        opendmarc_policy_store_spf(policy, TEXT(words[3]), outcome, DMARC_POLICY_SPF_ORIGIN_MAILFROM, NULL);
    }
    char *rest = strcmp(words[4], "-") == 0 ? NULL : words[4];
    while (rest != NULL) {
        char *identifier = strsep(&rest, ",");
        int outcome = result(identifier);
        opendmarc_policy_store_dkim(policy, TEXT(identifier), NULL, outcome, NULL);
    }
    u_char *organization = strcmp(words[2], "-") == 0 ? NULL : TEXT(words[2]);
    OPENDMARC_STATUS_T status = opendmarc_policy_store_dmarc(policy, TEXT(words[0]), TEXT(words[1]), organization);
    if (status == DMARC_PARSE_OKAY) {
        int adkim = 0, aspf = 0, p = 0, sp = 0, fo = 0, dkim = 0, spf = 0;
        opendmarc_policy_fetch_adkim(policy, &adkim);
        opendmarc_policy_fetch_aspf(policy, &aspf);
        opendmarc_policy_fetch_p(policy, &p);
        opendmarc_policy_fetch_sp(policy, &sp);
        opendmarc_policy_fetch_fo(policy, &fo);
        OPENDMARC_STATUS_T decision = opendmarc_get_policy_to_enforce(policy);
        opendmarc_policy_fetch_alignment(policy, &dkim, &spf);
        printf("%c %c %c %c", letter(adkim), letter(aspf), letter(p), letter(sp));
        print_list(opendmarc_policy_fetch_rua(policy, NULL, 0, 1));
        print_list(opendmarc_policy_fetch_ruf(policy, NULL, 0, 1));
        printf(" %d %d %d %d\n", fo, decision, spf == DMARC_POLICY_SPF_ALIGNMENT_PASS, dkim == DMARC_POLICY_DKIM_ALIGNMENT_PASS);
    } else {
        printf("unusable %d\n", status);
    }
    opendmarc_policy_connect_shutdown(policy);
}

int main(int count, char **arguments)
{
    static OPENDMARC_LIB_T library;
    if (count != 2 || strlen(arguments[1]) >= sizeof library.tld_source_file) return 1;
    library.tld_type = OPENDMARC_TLD_TYPE_MOZILLA;
    strcpy((char *)library.tld_source_file, arguments[1]);
    if (opendmarc_policy_library_init(&library) != DMARC_PARSE_OKAY) return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        char *words[5] = {NULL};
        char *rest = line;
        for (int at = 0; at < 5 && rest != NULL; at++) words[at] = strsep(&rest, " \n");
        if (words[4] == NULL) return 1;
        judge(words);
    }
    free(line);
    opendmarc_policy_library_shutdown(&library);
    return 0;
}
