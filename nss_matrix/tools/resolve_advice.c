/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Advice, by error. */
#include "resolve_advice.h"

#include <sys/socket.h>

/* Before the server name, and after it; without an after the name is not
 * said. */
struct advice {
    const char *text, *after_name;
};

static const struct advice ADVICE[] = {
    [ERROR_NO_ADDRESS] = {"check the spelling; if it is right, the server's "
                          "owner has to add the address record or mend the "
                          "delegation",
                          NULL},
    [ERROR_SERVICE_DISABLED] = {"nothing: the owner says that this server does "
                                "not federate",
                                NULL},
    [ERROR_NO_USABLE_SRV] = {"the owner has to mend the SRV records or their "
                             "targets' addresses",
                             NULL},
    [ERROR_ABORTED_INVALID_WELL_KNOWN] =
        {"see where the released text would go: matrix-resolve --spec v1 ",
         "; the owner has to serve a JSON object with m.server there, or 404"},
    [ERROR_BLOCKED_ADDRESS] = {"if that server is to be reached, mend the "
                               "`deny` lines of the configuration",
                               NULL},
    [ERROR_DNS_TEMPORARY] = {"try again; if it stays, look at the name servers "
                             "of the domain (dig +trace) and at "
                             "/etc/resolv.conf",
                             NULL},
    [ERROR_TIMEOUT] = {"try again; what is slow is shown by matrix-resolve "
                       "--trace --no-cache ",
                       ""},
    [ERROR_INTERNAL] = {"mend what the line above names", NULL},
};

/* A user or a room without a server in it. */
static bool looks_like_an_identifier(const char *typed)
{
    return typed[0] != '\0' && strchr("@#!", typed[0]) != NULL;
}

void resolve_advice(const struct resolve_answer *answer,
                    char ret_advice[static RESOLVE_ADVICE_MAX])
{
    enum error error = answer->outcome->error;
    const struct advice *advice = &ADVICE[error];
    char shown[LIMIT_REASON];

    ret_advice[0] = '\0';
    if (error == ERROR_INVALID_SERVER_NAME) {
        if (looks_like_an_identifier(answer->typed))
            snprintf(ret_advice, RESOLVE_ADVICE_MAX, "%s",
                     "give the server's part alone, after the colon");
    } else if (error == ERROR_NO_ADDRESS &&
               answer->options->family != AF_UNSPEC) {
        snprintf(ret_advice, RESOLVE_ADVICE_MAX, "try without -%d",
                 answer->options->family == AF_INET ? 4 : 6);
    } else if (advice->after_name != NULL) {
        snprintf(ret_advice, RESOLVE_ADVICE_MAX, "%s%s%s", advice->text,
                 resolve_output_name(answer, shown), advice->after_name);
    } else {
        snprintf(ret_advice, RESOLVE_ADVICE_MAX, "%s", advice->text);
    }
}
