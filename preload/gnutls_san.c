/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names that a tool reads in a certificate to judge them by itself: the
 * real ones without DNS names under .matrix, whoever signed them; then each
 * known pseudo-hostname whose N the certificate covers. Nothing is stored:
 * every call counts through the list. What becomes known meanwhile is counted
 * first, so a tool in the middle of its list may read a name twice but misses
 * none that was known when it began.
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

/* Where in a certificate's list a number of the tool's list is. */
struct place {
    const struct names_answer *answer; /* if it is a pseudo-hostname */
    unsigned real;                     /* else; may be behind the end */
};

/* A search among the pseudo-hostnames. */
struct search {
    const struct gnutls_api *api;
    struct gnutls_x509_crt_int *certificate;
    bool has_dns, has_ip; /* among the certificate's names */
    unsigned left;        /* to be passed by */
    const struct names_answer *found;
};

/* A NUL in it must not make tools see another name than authorities. */
static bool is_pseudo(const char *name, size_t length)
{
    return names_is_pseudo(name, strnlen(name, length));
}

/* Without names of the right kind GnuTLS would take the CN. */
static bool covers(void *argument, const struct names_answer *answer)
{
    struct search *search = argument;
    bool does;

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

static struct place find_place(const struct gnutls_api *api,
                               struct gnutls_x509_crt_int *certificate,
                               unsigned number)
{
    struct search search = {.api = api, .certificate = certificate};
    struct place place = {.real = 0};

    search.left = number;
    for (;; place.real++) {
        char name[NAME];
        size_t size = sizeof(name);
        int type = api->gnutls_x509_crt_get_subject_alt_name(
            certificate, place.real, name, &size, NULL);

        if (type < 0 && type != GNUTLS_API_E_SHORT_MEMORY_BUFFER)
            break;
        search.has_dns = search.has_dns || type == GNUTLS_API_SAN_DNSNAME;
        search.has_ip = search.has_ip || type == GNUTLS_API_SAN_IPADDRESS;
        if (type == GNUTLS_API_SAN_DNSNAME && is_pseudo(name, size))
            continue;
        if (search.left == 0)
            return place;
        search.left--;
    }
    if (names_each(covers, &search))
        place.answer = search.found;
    return place;
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
    struct place place = find_place(api, certificate, number);

    if (place.answer == NULL)
        return real(certificate, place.real, name, size, critical);
    return give(place.answer->pseudo, name, size);
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
    struct place place = find_place(api, certificate, number);

    if (place.answer == NULL)
        return real(certificate, place.real, name, size, type, critical);
    if (type != NULL)
        *type = GNUTLS_API_SAN_DNSNAME;
    return give(place.answer->pseudo, name, size);
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
    struct place place = find_place(api, certificate, number);

    if (place.answer == NULL)
        return real(certificate, place.real, oid, size);
    return give("", oid, size);
}
