/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tool's demands on a peer's certificate. The array is the tool's and is
 * never written to.
 */
#include "gnutls_verify.h"

bool gnutls_verify_is_pseudo(const char *name)
{
    return name != NULL && names_is_pseudo(name, strlen(name));
}

const struct names_answer *gnutls_verify_find(const struct gnutls_session *kept,
                                              const char *name)
{
    const struct names_answer *answer;
    size_t length = strlen(name);

    if (kept != NULL && kept->answer != NULL) {
        const char *own = kept->answer->pseudo;

        if (strncasecmp(name, own, strlen(own)) == 0 &&
            (length == strlen(own) || strcmp(name + strlen(own), ".") == 0))
            return kept->answer;
    }
    return names_find(name, length, &answer) == STATUS_OK ? answer : NULL;
}

unsigned gnutls_verify_flags(const struct names_answer *answer, unsigned flags)
{
    if (answer->cert_is_ip)
        flags &= ~(unsigned)GNUTLS_API_VERIFY_DO_NOT_ALLOW_IP_MATCHES;
    return flags;
}

static bool is_host(const struct gnutls_api_vdata *element)
{
    return element->type == GNUTLS_API_DT_DNS_HOSTNAME;
}

static bool is_pseudo(const struct gnutls_api_vdata *element)
{
    return is_host(element) &&
           gnutls_verify_is_pseudo((const char *)element->data);
}

/* What we had GnuTLS keep comes back when it verifies by itself. */
static bool is_n(const struct gnutls_session *kept,
                 const struct gnutls_api_vdata *element)
{
    return kept != NULL && kept->answer != NULL &&
           (const char *)element->data == kept->answer->cert_name;
}

bool gnutls_verify_concerns(const struct gnutls_session *kept,
                            const struct gnutls_api_vdata *data, unsigned count)
{
    bool has_host = false;

    for (unsigned i = 0; i < count; i++) {
        if (is_pseudo(&data[i]) || is_n(kept, &data[i]))
            return true;
        has_host = has_host || (is_host(&data[i]) && data[i].data != NULL);
    }
    return kept != NULL && !has_host;
}

/* Makes an element ask for N, with a size if it had one. */
static void ask_for(const struct names_answer *answer,
                    struct gnutls_api_vdata *element)
{
    element->type = GNUTLS_API_DT_DNS_HOSTNAME;
    element->data = (unsigned char *)answer->cert_name;
    if (element->size > 0)
        element->size = (unsigned)strlen(answer->cert_name);
}

bool gnutls_verify_translate(const struct gnutls_session *kept,
                             const struct gnutls_api_vdata *data,
                             unsigned count, struct gnutls_verify *ret_wanted)
{
    bool has_host = false;

    if (kept != NULL && (kept->refused || kept->answer == NULL))
        return false;
    if (count >= GNUTLS_VERIFY_MAX)
        return false;
    memset(ret_wanted, 0, sizeof(*ret_wanted));
    for (unsigned i = 0; i < count; i++) {
        struct gnutls_api_vdata *element = &ret_wanted->list[ret_wanted->count];

        /* No host name; N takes its place, if there is to be one. */
        if (is_host(&data[i]) && data[i].data == NULL)
            continue;
        ret_wanted->count++;
        *element = data[i];
        has_host = has_host || is_host(&data[i]);
        if (is_n(kept, &data[i]))
            ret_wanted->answer = kept->answer;
        if (!is_pseudo(&data[i]))
            continue;
        ret_wanted->answer =
            gnutls_verify_find(kept, (const char *)data[i].data);
        if (ret_wanted->answer == NULL)
            return false;
        ask_for(ret_wanted->answer, element);
    }
    /* Beside an IP address or a mail address GnuTLS refuses it: closed. */
    if (!has_host && kept != NULL) {
        ret_wanted->answer = kept->answer;
        ask_for(kept->answer, &ret_wanted->list[ret_wanted->count++]);
    }
    return true;
}
