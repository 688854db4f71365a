/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names that a tool reads in a certificate to judge them by itself: the
 * real ones, but nobody's in the place of DNS names under .matrix, whoever
 * signed them (without any DNS name the tool might take the CN); then each
 * known pseudo-hostname whose N the certificate covers. Nothing is stored. A
 * real name keeps its number, and only behind the last one is there anything
 * to count. What becomes known meanwhile is counted first there, so a tool in
 * the middle may read a name twice but misses none that was known when it
 * began.
 */
#include "gnutls_verify.h"
#include "preload.h"

REAL_DECLARE(gnutls_x509_crt_get_subject_alt_name);
REAL_DECLARE(gnutls_x509_crt_get_subject_alt_name2);
REAL_DECLARE(gnutls_x509_crt_get_subject_alt_othername_oid);

enum {
    NAME = 1024, /* a longer one is no host name, and stays in the list */
};

/*
 * GnuTLS judges a certificate through the functions that are hooked here, and
 * must see it as it is. The return address tells, but may be another one
 * after a jump: this keeps it from going round.
 */
static _Thread_local bool judging __attribute__((tls_model("initial-exec")));

/* A search among the pseudo-hostnames, behind the certificate's names. */
struct search {
    const struct gnutls_api *api;
    struct gnutls_x509_crt_int *certificate;
    bool counted;
    bool has_dns, has_ip; /* among the certificate's names */
    unsigned left;        /* to be passed by */
    const struct names_answer *found;
};

/* A NUL in it must not make tools see another name than authorities. */
static bool is_pseudo(const char *name, size_t length)
{
    return names_is_pseudo(name, strnlen(name, length));
}

/* A real name's type, below 0 behind the last one. */
static int look_at(const struct gnutls_api *api,
                   struct gnutls_x509_crt_int *certificate, unsigned number,
                   bool *ret_is_pseudo)
{
    char name[NAME];
    size_t size = sizeof(name);
    int type = api->gnutls_x509_crt_get_subject_alt_name(certificate, number,
                                                         name, &size, NULL);

    *ret_is_pseudo = type == GNUTLS_API_SAN_DNSNAME && is_pseudo(name, size);
    return type;
}

static bool is_behind_last(int type)
{
    return type < 0 && type != GNUTLS_API_E_SHORT_MEMORY_BUFFER;
}

static void count(struct search *search)
{
    for (unsigned number = 0;; number++) {
        bool pseudo;
        int type = look_at(search->api, search->certificate, number, &pseudo);

        if (is_behind_last(type))
            break;
        search->has_dns = search->has_dns || type == GNUTLS_API_SAN_DNSNAME;
        search->has_ip = search->has_ip || type == GNUTLS_API_SAN_IPADDRESS;
        search->left--;
    }
    search->counted = true;
}

/* Without names of the right kind GnuTLS would take the CN. */
static bool covers(void *argument, const struct names_answer *answer)
{
    struct search *search = argument;
    bool does;

    if (!search->counted)
        count(search);
    if (answer->cert_is_ip ? !search->has_ip : !search->has_dns)
        return false;
    judging = true;
    does = search->api->gnutls_x509_crt_check_hostname2(
               search->certificate, answer->cert_name, 0) != 0;
    judging = false;
    if (!does || search->left-- > 0)
        return false;
    search->found = answer;
    return true;
}

/* The DNS name that a tool is to read by a number; NULL: what is there. */
static const char *name_at(const struct gnutls_api *api,
                           struct gnutls_x509_crt_int *certificate,
                           unsigned number)
{
    struct search search = {
        .api = api, .certificate = certificate, .left = number};
    bool pseudo;

    if (!is_behind_last(look_at(api, certificate, number, &pseudo)))
        return pseudo ? NAMES_NOBODY : NULL;
    return names_each(covers, &search) ? search.found->pseudo : NULL;
}

/* Whether to show the list as it is: to GnuTLS, and in our own judgement. */
static bool is_inner(const void *caller, const void *real)
{
    return judging || real_is_own_call(caller, real);
}

/* As GnuTLS gives a text. */
static int give(const char *text, char *to, size_t *size)
{
    size_t length = strlen(text);
    size_t room = to != NULL ? *size : 0;

    *size = length + 1;
    if (length >= room)
        return GNUTLS_API_E_SHORT_MEMORY_BUFFER;
    memcpy(to, text, length + 1);
    *size = length;
    return GNUTLS_API_SAN_DNSNAME;
}

HOOK(int, gnutls_x509_crt_get_subject_alt_name,
     (struct gnutls_x509_crt_int * certificate, unsigned number, void *name,
      size_t *size, unsigned *critical))
{
    __typeof__(&gnutls_x509_crt_get_subject_alt_name) real =
        GNUTLS_API_REAL(gnutls_x509_crt_get_subject_alt_name);
    const struct gnutls_api *api;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (is_inner(__builtin_return_address(0), (const void *)real))
        return real(certificate, number, name, size, critical);
    api = gnutls_api_of((const void *)real);
    if (api == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    const char *text = name_at(api, certificate, number);

    if (text == NULL)
        return real(certificate, number, name, size, critical);
    return give(text, name, size);
}

HOOK(int, gnutls_x509_crt_get_subject_alt_name2,
     (struct gnutls_x509_crt_int * certificate, unsigned number, void *name,
      size_t *size, unsigned *type, unsigned *critical))
{
    __typeof__(&gnutls_x509_crt_get_subject_alt_name2) real =
        GNUTLS_API_REAL(gnutls_x509_crt_get_subject_alt_name2);
    const struct gnutls_api *api;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (is_inner(__builtin_return_address(0), (const void *)real))
        return real(certificate, number, name, size, type, critical);
    api = gnutls_api_of((const void *)real);
    if (api == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    const char *text = name_at(api, certificate, number);

    if (text == NULL)
        return real(certificate, number, name, size, type, critical);
    if (type != NULL)
        *type = GNUTLS_API_SAN_DNSNAME;
    return give(text, name, size);
}

/* Numbers mean the same names here; those of DNS have no OID. */
HOOK(int, gnutls_x509_crt_get_subject_alt_othername_oid,
     (struct gnutls_x509_crt_int * certificate, unsigned number, void *oid,
      size_t *size))
{
    __typeof__(&gnutls_x509_crt_get_subject_alt_othername_oid) real =
        GNUTLS_API_REAL(gnutls_x509_crt_get_subject_alt_othername_oid);
    const struct gnutls_api *api;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (is_inner(__builtin_return_address(0), (const void *)real))
        return real(certificate, number, oid, size);
    api = gnutls_api_of((const void *)real);
    if (api == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    const char *text = name_at(api, certificate, number);

    if (text == NULL)
        return real(certificate, number, oid, size);
    return give("", oid, size);
}
