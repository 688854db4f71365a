/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The federation test of one server, from this machine: discovery by v1
 * (which its peers speak) and by the draft, then every address of the result
 * and of the well-known's host, all at once, and a judgement that explains.
 * Never reads or writes a cache.
 */
#ifndef NSS_MATRIX_CHECK_H
#define NSS_MATRIX_CHECK_H

#include "addresses.h"
#include "exchange.h"
#include "key_document.h"
#include "resolver.h"

enum check_result {
    CHECK_OK,
    CHECK_WARN,
    CHECK_FAIL,
    CHECK_SKIP, /* not tested, for a reason of our own machine's */
};

/* What a row is about, in the order they happen. */
enum check_stage {
    CHECK_TCP,
    CHECK_TLS,
    CHECK_WELL_KNOWN,
    CHECK_VERSION,
    CHECK_KEYS,
};

enum {
    CHECK_ROWS = 4,
    CHECK_TARGETS_MAX = LIMIT_TARGETS + LIMIT_ADDRESSES,
    CHECK_FINDINGS_MAX = 64,
    CHECK_DETAIL_MAX = 300,
    CHECK_TEXT_MAX = 700,
};

struct check_row {
    enum check_stage stage;
    enum check_result result;
    int ms; /* -1: nothing was measured */
    char detail[CHECK_DETAIL_MAX];
};

/* One address and port. */
struct check_target {
    bool well_known; /* the well-known's host, not the server itself */
    struct address address;
    uint16_t port;
    const char *name; /* whose address it is; "" for a literal */
    enum check_refrained {
        CHECK_CONNECTED,
        CHECK_DENIED,  /* `deny` forbids it */
        CHECK_PROXIED, /* the proxy connects, not we */
    } refrained;
    struct exchange first;   /* the key document, or the well-known's */
    struct exchange version; /* not of the well-known's host */
    bool has_document;
    struct key_document document;
    char document_fault[KEY_DOCUMENT_REASON_MAX]; /* "": none */
    char software[100], release[100];   /* what it says it is, escaped */
    char said[LIMIT_SERVER_NAME + 240]; /* well-known: its answer in words */
    unsigned row_count;
    struct check_row rows[CHECK_ROWS];
};

enum check_weight {
    CHECK_REQUIRED,
    CHECK_WARNING,
    CHECK_INFORMATIVE,
};

struct check_finding {
    enum check_weight weight;
    char code[40];
    char text[CHECK_TEXT_MAX];
    char where[200]; /* the addresses it is about; "": no one of them */
};

enum check_verdict {
    CHECK_PASSED,
    CHECK_FAILED,
    CHECK_WARNED,    /* passed, with warnings */
    CHECK_UNDECIDED, /* nothing could be tested; a retry may help */
    CHECK_INTERNAL,
};

/* What the checks of one process share. Borrowed. */
struct check_plan {
    struct resolver *resolver; /* under v1 */
    struct dns *dns;           /* on the resolver's loop */
    SSL_CTX *tls;
    const struct configuration *v1, *draft; /* the same but for the spec */
    int family;
    int limit_ms;  /* of each part: discovery, then every address */
    int warn_days; /* a certificate that ends sooner is a warning */
};

typedef void check_over(void *argument);

struct check {
    const struct check_plan *plan;
    struct server_name asked, name; /* as typed; its key */
    struct resolution *resolution;
    const struct outcome *outcome; /* by v1; NULL before it is there */
    const struct trace *trace;
    struct discovery *undenied; /* what it would be without `deny` */
    enum error draft_error;
    char draft_step[4];
    char draft_reason[LIMIT_REASON];
    char draft_host[LIMIT_SERVER_NAME + 1];
    bool draft_known;
    char host[LIMIT_SERVER_NAME + 1]; /* the Host header by v1 */
    struct address_book *book;
    bool awaits_book, advanced;
    unsigned under_way;
    unsigned target_count;
    struct check_target *targets[CHECK_TARGETS_MAX];
    unsigned finding_count;
    struct check_finding findings[CHECK_FINDINGS_MAX];
    enum check_verdict verdict;
    bool over;
    int ms;
    int64_t start;
    int64_t now; /* when it was judged, seconds since 1970 */
    struct loop_timer kick;
    check_over *tell;
    void *argument;
};

/*
 * Starts the check of asked. *check, which is large, is the caller's and must
 * not move until check_end. tell is called once, from the loop. STATUS_OK or
 * STATUS_NO_MEMORY.
 */
MUST_CHECK enum status check_start(struct check *check,
                                   const struct check_plan *plan,
                                   const struct server_name *asked,
                                   check_over *tell, void *argument);

/* Cancels what is under way, and frees what it owns. */
void check_end(struct check *check);

/* What the well-known's host was found to say; NULL if it was not asked. */
const struct piece *check_well_known(const struct check *check);

/* "ok", "warn", "fail", "skip". */
const char *check_result_name(enum check_result result);

/* "tcp", "tls", "well-known", "version", "keys". */
const char *check_stage_name(enum check_stage stage);

/* "required", "warning", "informative". */
const char *check_weight_name(enum check_weight weight);

/* "passed", "failed", "passed-with-warnings", "undecided", "internal". */
const char *check_verdict_name(enum check_verdict verdict);

/* Whether any address of the server answered a federation request. */
bool check_is_reachable(const struct check *check);

/* Days until the first certificate of all targets ends; false: none seen. */
bool check_days(const struct check *check, int *ret_days);

#endif
