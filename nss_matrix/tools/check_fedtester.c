/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shape of the official federation tester's report (its main.go, and
 * keys.go of gomatrixserverlib), for scripts that read that one. What this
 * machine cannot reach itself is left out instead of counted against the
 * server.
 */
#include <openssl/evp.h>

#include "check_output.h"
#include "json_line.h"

/* Unpadded base64, as Go's Base64Bytes writes it. */
static void add_fingerprint(cJSON *object, const char *hex)
{
    unsigned char octets[32];
    unsigned char text[48];
    unsigned octet;

    for (int i = 0; i < 32; i++) {
        /* NOLINTNEXTLINE(cert-err34-c): two digits, and our own */
        if (sscanf(hex + (size_t)2 * (size_t)i, "%2x", &octet) != 1)
            return;
        octets[i] = (unsigned char)octet;
    }
    EVP_EncodeBlock(text, octets, 32);
    text[43] = '\0'; /* 44 characters, of which the last is padding */
    cJSON_AddStringToObject(object, "SHA256Fingerprint", (char *)text);
}

static void add_certificates(cJSON *object, const struct tls_report *tls)
{
    cJSON *list = cJSON_AddArrayToObject(object, "Certificates");

    for (unsigned i = 0; i < tls->count; i++) {
        const struct tls_certificate *certificate = &tls->chain[i];
        cJSON *item = cJSON_CreateObject();
        cJSON *names;

        cJSON_AddStringToObject(item, "SubjectCommonName",
                                certificate->subject);
        cJSON_AddStringToObject(item, "IssuerCommonName", certificate->issuer);
        add_fingerprint(item, certificate->sha256);
        names = cJSON_AddArrayToObject(item, "DNSNames");
        for (unsigned j = 0; j < certificate->name_count; j++)
            cJSON_AddItemToArray(names,
                                 cJSON_CreateString(certificate->names[j]));
        cJSON_AddItemToArray(list, item);
    }
}

static void add_cipher(cJSON *object, const struct tls_report *tls)
{
    cJSON *cipher = cJSON_AddObjectToObject(object, "Cipher");
    char version[32];

    /* OpenSSL: TLSv1.3; Go: TLS 1.3 */
    if (tls->version != NULL && strncmp(tls->version, "TLSv", 4) == 0)
        snprintf(version, sizeof(version), "TLS %s", tls->version + 4);
    else
        snprintf(version, sizeof(version), "%s",
                 tls->version != NULL ? tls->version : "");
    cJSON_AddStringToObject(cipher, "Version", version);
    cJSON_AddStringToObject(cipher, "CipherSuite",
                            tls->cipher != NULL ? tls->cipher : "");
}

static void add_key_checks(cJSON *checks, const struct check_target *target)
{
    const struct key_document *document = &target->document;
    cJSON *keys;

    cJSON_AddBoolToObject(checks, "HasEd25519Key",
                          key_document_has_key(document));
    if (key_document_has_key(document))
        cJSON_AddBoolToObject(checks, "AllEd25519ChecksOK",
                              key_document_is_signed(document));
    else
        cJSON_AddNullToObject(checks, "AllEd25519ChecksOK");
    keys = cJSON_AddObjectToObject(checks, "Ed25519Checks");
    for (unsigned i = 0; i < document->key_count; i++) {
        const struct key_document_key *key = &document->keys[i];
        cJSON *item;

        if (!key->ed25519)
            continue;
        item = cJSON_AddObjectToObject(keys, key->id);
        cJSON_AddBoolToObject(item, "ValidEd25519", key->valid_key);
        cJSON_AddBoolToObject(item, "MatchingSignature",
                              key->signature_matches);
    }
}

static void add_checks(cJSON *object, const struct check *check,
                       const struct check_target *target)
{
    const struct key_document *document = &target->document;
    const struct tls_report *tls = &target->first.tls;
    cJSON *checks = cJSON_AddObjectToObject(object, "Checks");
    bool certificates = tls->chain_good && tls->name_good && tls->dates_good;
    bool named = document->is_named &&
                 strcmp(document->server_name, check->asked.text) == 0;
    bool future = document->has_valid_until &&
                  document->valid_until_ms > check->now * 1000;

    cJSON_AddBoolToObject(checks, "AllChecksOK",
                          certificates && named && future &&
                              key_document_has_key(document) &&
                              key_document_is_signed(document));
    cJSON_AddBoolToObject(checks, "MatchingServerName", named);
    cJSON_AddBoolToObject(checks, "FutureValidUntilTS", future);
    add_key_checks(checks, target);
    cJSON_AddBoolToObject(checks, "ValidCertificates", certificates);
}

static void add_report(cJSON *reports, const struct check *check,
                       const struct check_target *target)
{
    const struct key_document *document = &target->document;
    char place[ADDRESS_TEXT + 12];
    cJSON *object =
        cJSON_AddObjectToObject(reports, check_output_place(target, place));
    cJSON *errors, *keys;

    add_certificates(object, &target->first.tls);
    add_cipher(object, &target->first.tls);
    add_checks(object, check, target);
    errors = cJSON_AddArrayToObject(object, "Errors");
    for (unsigned i = 0; i < target->row_count; i++)
        if (target->rows[i].result == CHECK_FAIL)
            cJSON_AddItemToArray(errors,
                                 cJSON_CreateString(target->rows[i].detail));
    keys = cJSON_AddObjectToObject(object, "Ed25519VerifyKeys");
    for (unsigned i = 0; i < document->key_count; i++)
        if (document->keys[i].valid_key)
            cJSON_AddStringToObject(keys, document->keys[i].id,
                                    document->keys[i].public);
    cJSON_AddObjectToObject(object, "Info");
    if (document->text != NULL)
        cJSON_AddRawToObject(object, "Keys", document->text);
    else
        cJSON_AddNullToObject(object, "Keys");
}

static void add_connections(cJSON *object, const struct check *check)
{
    cJSON *reports = cJSON_AddObjectToObject(object, "ConnectionReports");
    cJSON *errors = cJSON_AddObjectToObject(object, "ConnectionErrors");

    for (unsigned i = 0; i < check->target_count; i++) {
        const struct check_target *target = check->targets[i];
        char place[ADDRESS_TEXT + 12];

        if (target->well_known || target->first.stage == EXCHANGE_ROUTE)
            continue;
        if (target->has_document)
            add_report(reports, check, target);
        else
            cJSON_AddStringToObject(
                cJSON_AddObjectToObject(errors,
                                        check_output_place(target, place)),
                "Message", target->rows[target->row_count - 1].detail);
    }
}

static void add_well_known(cJSON *object, const struct check *check)
{
    const struct piece *document = check_well_known(check);
    cJSON *item = cJSON_AddObjectToObject(object, "WellKnownResult");
    bool found = document != NULL && document->finding == FINDING_FOUND;

    cJSON_AddStringToObject(item, "m.server", found ? document->delegated : "");
    cJSON_AddStringToObject(item, "result",
                            document == NULL ? "not asked for"
                            : found          ? ""
                                             : document->detail);
    cJSON_AddNumberToObject(item, "CacheExpiresAt",
                            found ? (double)document->expires : 0);
}

static void add_srv(cJSON *dns, const struct check *check)
{
    const struct outcome *outcome = check->outcome;
    bool old = strcmp(outcome->step, "3.4") == 0 || outcome->step[0] == '5';
    const struct piece *piece =
        outcome_is_by_srv(check->outcome)
            ? pieces_find(&resolver_discovery(check->resolution)->pieces,
                          old ? PIECE_SRV_OLD : PIECE_SRV_FED,
                          outcome->cert_name)
            : NULL;
    cJSON *list;

    cJSON_AddBoolToObject(dns, "SRVSkipped",
                          outcome->step[0] == '1' || outcome->step[0] == '2' ||
                              strcmp(outcome->step, "3.1") == 0 ||
                              strcmp(outcome->step, "3.2") == 0);
    cJSON_AddStringToObject(dns, "SRVCName", "");
    list = cJSON_AddArrayToObject(dns, "SRVRecords");
    for (unsigned i = 0; piece != NULL && i < piece->srv_count; i++) {
        const struct dns_srv *srv = &piece->srv[i];
        cJSON *item = cJSON_CreateObject();
        char target[LIMIT_DNS_NAME + 2];

        snprintf(target, sizeof(target), "%s.", srv->target);
        cJSON_AddStringToObject(item, "Target", target);
        cJSON_AddNumberToObject(item, "Port", srv->port);
        cJSON_AddNumberToObject(item, "Priority", srv->priority);
        cJSON_AddNumberToObject(item, "Weight", srv->weight);
        cJSON_AddItemToArray(list, item);
    }
    cJSON_AddNullToObject(dns, "SRVError");
}

/* By host name, in the order of the targets. */
static void add_hosts(cJSON *dns, const struct check *check)
{
    cJSON *hosts = cJSON_AddObjectToObject(dns, "Hosts");
    cJSON *all = cJSON_AddArrayToObject(dns, "Addrs");

    for (unsigned i = 0; i < check->target_count; i++) {
        const struct check_target *target = check->targets[i];
        char text[ADDRESS_TEXT + 12];
        cJSON *host;

        if (target->well_known)
            continue;
        cJSON_AddItemToArray(
            all, cJSON_CreateString(check_output_place(target, text)));
        if (target->name[0] == '\0')
            continue;
        host = cJSON_GetObjectItemCaseSensitive(hosts, target->name);
        if (host == NULL) {
            host = cJSON_AddObjectToObject(hosts, target->name);
            cJSON_AddStringToObject(host, "CName", "");
            cJSON_AddArrayToObject(host, "Addrs");
            cJSON_AddNullToObject(host, "Error");
        }
        cJSON_AddItemToArray(
            cJSON_GetObjectItemCaseSensitive(host, "Addrs"),
            cJSON_CreateString(address_text(&target->address, text)));
    }
}

static void add_version(cJSON *object, const struct check *check)
{
    cJSON *version = cJSON_AddObjectToObject(object, "Version");

    for (unsigned i = 0; i < check->target_count; i++) {
        const struct check_target *target = check->targets[i];

        if (target->well_known || target->software[0] == '\0')
            continue;
        cJSON_AddStringToObject(version, "name", target->software);
        cJSON_AddStringToObject(version, "version", target->release);
        return;
    }
    cJSON_AddStringToObject(version, "error", "no address told its version");
}

/*
 * The key document is in it as it came, so that signatures can be verified.
 * What is not ASCII stands in strings alone, where \u says the same and no
 * terminal takes it for more. text is UTF-8.
 */
static void put_ascii(FILE *out, const char *text)
{
    while (*text != '\0') {
        unsigned char c = (unsigned char)*text++;
        unsigned code = c;

        if (c >= ' ' && c < 0x7f) {
            fputc(c, out);
            continue;
        }
        if (c >= 0xc0)
            code = c & (c >= 0xf0 ? 0x07 : c >= 0xe0 ? 0x0f : 0x1f);
        while (((unsigned char)*text & 0xc0) == 0x80)
            code = code << 6 | ((unsigned char)*text++ & 0x3f);
        if (code >= 0x10000)
            fprintf(out, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10),
                    0xdc00 | (code & 0x3ff));
        else
            fprintf(out, "\\u%04x", code);
    }
}

void check_output_fedtester(FILE *out, const struct check_report *report)
{
    const struct check *check = report->check;
    AUTO(free) char *text = NULL;
    cJSON *object = json_line_begin();
    cJSON *dns;

    if (check == NULL) {
        cJSON_AddStringToObject(object, "Error", report->reason);
    } else {
        add_well_known(object, check);
        dns = cJSON_AddObjectToObject(object, "DNSResult");
        add_srv(dns, check);
        add_hosts(dns, check);
        add_connections(object, check);
        add_version(object, check);
    }
    cJSON_AddBoolToObject(object, "FederationOK",
                          check != NULL && (check->verdict == CHECK_PASSED ||
                                            check->verdict == CHECK_WARNED));
    text = json_line_end(object);
    put_ascii(out, text);
    fputc('\n', out);
}
