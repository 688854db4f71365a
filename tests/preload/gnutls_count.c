/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much the shim reads when a tool walks through a certificate with
 * thousands of names: with -DCOUNTER a library that stands between the shim
 * and GnuTLS and counts; else the tool, which prints `NAMES CALLS`, after it
 * has looked up its arguments.
 */
#include <stdio.h>
#include <stdlib.h>

#include <dlfcn.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <netdb.h>

#ifdef COUNTER

unsigned calls;

int gnutls_x509_crt_get_subject_alt_name(gnutls_x509_crt_t certificate,
                                         unsigned number, void *name,
                                         size_t *size, unsigned *critical)
{
    __typeof__(&gnutls_x509_crt_get_subject_alt_name) real =
        (__typeof__(real))dlsym(RTLD_NEXT,
                                "gnutls_x509_crt_get_subject_alt_name");

    calls++;
    return real(certificate, number, name, size, critical);
}

#else

enum {
    NAMES = 4000,
};

static void must(int result)
{
    if (result >= 0)
        return;
    fprintf(stderr, "%s\n", gnutls_strerror(result));
    exit(99);
}

static gnutls_datum_t make_names(void)
{
    gnutls_subject_alt_names_t names;
    gnutls_datum_t octets;

    must(gnutls_subject_alt_names_init(&names));
    for (unsigned i = 0; i < NAMES; i++) {
        char text[32];
        gnutls_datum_t name = {.data = (unsigned char *)text};

        name.size = (unsigned)snprintf(text, sizeof(text), "x%u.test", i);
        must(gnutls_subject_alt_names_set(names, GNUTLS_SAN_DNSNAME, &name,
                                          NULL));
    }
    must(gnutls_x509_ext_export_subject_alt_names(names, &octets));
    gnutls_subject_alt_names_deinit(names);
    return octets;
}

/* Read back, since GnuTLS lists the names of those alone that it has read. */
static gnutls_x509_crt_t make(void)
{
    gnutls_datum_t octets = make_names();
    gnutls_x509_crt_t certificate;
    gnutls_x509_privkey_t key;

    must(gnutls_x509_privkey_init(&key));
    must(gnutls_x509_privkey_generate(
        key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
        0));
    must(gnutls_x509_crt_init(&certificate));
    must(gnutls_x509_crt_set_version(certificate, 3));
    must(gnutls_x509_crt_set_serial(certificate, "\x01", 1));
    must(gnutls_x509_crt_set_activation_time(certificate, 0));
    must(gnutls_x509_crt_set_expiration_time(certificate, 2000000000));
    must(gnutls_x509_crt_set_key(certificate, key));
    must(gnutls_x509_crt_set_extension_by_oid(certificate, "2.5.29.17",
                                              octets.data, octets.size, 0));
    gnutls_free(octets.data);
    must(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256,
                               0));
    gnutls_x509_privkey_deinit(key);
    must(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &octets));
    gnutls_x509_crt_deinit(certificate);
    must(gnutls_x509_crt_init(&certificate));
    must(gnutls_x509_crt_import(certificate, &octets, GNUTLS_X509_FMT_DER));
    gnutls_free(octets.data);
    return certificate;
}

int main(int argc, char **argv)
{
    gnutls_x509_crt_t certificate = make();
    const unsigned *calls = dlsym(RTLD_DEFAULT, "calls");
    struct addrinfo *found;
    unsigned count = 0;
    int type;

    for (int i = 1; i < argc; i++)
        if (getaddrinfo(argv[i], "443", NULL, &found) == 0)
            freeaddrinfo(found);
    do {
        char name[300];
        size_t size = sizeof(name);

        type = gnutls_x509_crt_get_subject_alt_name(certificate, count, name,
                                                    &size, NULL);
        count++;
    } while (type >= 0);
    printf("%u %u\n", count - 1, calls != NULL ? *calls : 0);
    gnutls_x509_crt_deinit(certificate);
    return 0;
}

#endif
