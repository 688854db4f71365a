/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms for scripts that are not JSON: rows, and commands to paste. */
#include "resolve_output.h"
#include "standard.h"

void resolve_output_short(FILE *out, const struct resolve_answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    char host[LIMIT_SERVER_NAME + 1];
    char ip[ADDRESS_TEXT];

    for (unsigned i = 0; i < outcome->target_count; i++)
        fprintf(out, "%s\t%u\t%s\t%s\n",
                address_text(&outcome->targets[i].address, ip),
                outcome->targets[i].port,
                outcome->tls_name[0] != '\0' ? outcome->tls_name : "-",
                resolve_output_host(answer, host));
}

/* Names passed the grammar, so only the brackets of IPv6 need quotes. */
static const char *quote(const char *word, const char *other)
{
    return strchr(word, '[') != NULL || strchr(other, '[') != NULL ? "'" : "";
}

static void write_endpoint(const struct target *target, char *text, size_t room)
{
    char ip[ADDRESS_TEXT];
    bool v6 = target->address.family == AF_INET6;

    snprintf(text, room, "%s%s%s:%u", v6 ? "[" : "",
             address_text(&target->address, ip), v6 ? "]" : "", target->port);
}

/* A path is the user's own and may hold anything: quoted for the shell. */
static void print_path(FILE *out, const char *option, const char *path)
{
    if (path == NULL)
        return;
    fprintf(out, " %s '", option);
    for (; *path != '\0'; path++) {
        if (*path == '\'')
            fputs("'\\''", out);
        else
            fputc(*path, out);
    }
    fputc('\'', out);
}

static void print_trust(FILE *out, const struct resolve_answer *answer,
                        const char *file_option, const char *path_option)
{
    const struct overrides *overrides = &answer->options->overrides;

    print_path(out, file_option, overrides->ca_file);
    print_path(out, path_option, overrides->ca_path);
}

/*
 * The URL's authority is the Host header, which brings the SNI and the name
 * to verify with it; --connect-to brings address and port. curl leaves a
 * written :443 out of Host, so that one is given by hand.
 */
void resolve_output_curl(FILE *out, const struct resolve_answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    char host[LIMIT_SERVER_NAME + 1];
    char endpoint[ADDRESS_TEXT + 8];
    struct server_name name;

    if (outcome->target_count == 0)
        return;
    resolve_output_host(answer, host);
    if (server_name_parse(host, strlen(host), &name) != STATUS_OK)
        return;
    write_endpoint(&outcome->targets[0], endpoint, sizeof(endpoint));
    fprintf(out, "curl --connect-to %s%.*s:%u:%s%s", quote(host, endpoint),
            (int)name.host_length, name.text, name.port != 0 ? name.port : 443U,
            endpoint, quote(host, endpoint));
    if (name.port == 443)
        fprintf(out, " -H 'Host: %s'", host);
    print_trust(out, answer, "--cacert", "--capath");
    fprintf(out, " %shttps://%s/_matrix/federation/v1/version%s\n",
            quote(host, ""), host, quote(host, ""));
}

void resolve_output_openssl(FILE *out, const struct resolve_answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    char endpoint[ADDRESS_TEXT + 8];

    if (outcome->target_count == 0)
        return;
    write_endpoint(&outcome->targets[0], endpoint, sizeof(endpoint));
    fprintf(out, "openssl s_client -connect %s%s%s", quote(endpoint, ""),
            endpoint, quote(endpoint, ""));
    if (outcome->tls_name[0] != '\0')
        fprintf(out, " -servername %s -verify_hostname %s", outcome->tls_name,
                outcome->cert_name);
    else
        fprintf(out, " -noservername -verify_ip %s", outcome->cert_name);
    print_trust(out, answer, "-CAfile", "-CApath");
    fprintf(out, " -verify_return_error </dev/null\n");
}

void resolve_output(FILE *out, enum resolve_form form,
                    const struct resolve_answer *answer)
{
    switch (form) {
    case RESOLVE_JSON:
        resolve_output_json(out, answer);
        break;
    case RESOLVE_SHORT:
        resolve_output_short(out, answer);
        break;
    case RESOLVE_CURL:
        resolve_output_curl(out, answer);
        break;
    case RESOLVE_OPENSSL:
        resolve_output_openssl(out, answer);
        break;
    default:
        resolve_output_block(out, answer, form == RESOLVE_TRACE);
    }
}

char *resolve_output_complaint(enum resolve_form form,
                               const struct resolve_answer *answer)
{
    char shown[LIMIT_REASON];
    char *text = NULL;

    if (answer->outcome->error == ERROR_NONE || form == RESOLVE_JSON ||
        form == RESOLVE_BLOCK || form == RESOLVE_TRACE)
        return NULL;
    if (asprintf(&text, "matrix-resolve: %s: %s: %s\n",
                 resolve_output_name(answer, shown),
                 error_name(answer->outcome->error),
                 answer->outcome->reason) < 0)
        standard_no_memory("matrix-resolve", status_exit(STATUS_UNAVAILABLE));
    return text;
}
