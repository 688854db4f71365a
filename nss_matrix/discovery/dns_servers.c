/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom to ask. */
#include "dns_servers.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>

#include "address.h"
#include "server_name.h"

enum {
    DNS_PORT = NS_DEFAULTPORT,
};

static void write_text(struct dns_server *server)
{
    const struct sockaddr *address = (const struct sockaddr *)&server->address;
    char host[INET6_ADDRSTRLEN + 1 + 20]; /* a zone may be a number */
    char port[NI_MAXSERV];
    bool v6 = address->sa_family == AF_INET6;

    if (getnameinfo(address, server->length, host, sizeof(host), port,
                    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(server->text, sizeof(server->text), "?");
    else if (strcmp(port, "53") == 0)
        snprintf(server->text, sizeof(server->text), "%s", host);
    else
        snprintf(server->text, sizeof(server->text), v6 ? "[%s]:%s" : "%s:%s",
                 host, port);
}

static void add(struct dns_servers *servers, const void *address,
                socklen_t length)
{
    struct dns_server *server = &servers->list[servers->count++];

    memcpy(&server->address, address, length);
    server->length = length;
    write_text(server);
}

static void add_resolv_conf(const struct __res_state *state,
                            struct dns_servers *servers)
{
    for (int i = 0; i < state->nscount && i < MAXNS; i++) {
        /* An IPv6 server has no family here, and its address elsewhere. */
        if (state->nsaddr_list[i].sin_family == AF_INET)
            add(servers, &state->nsaddr_list[i], sizeof(struct sockaddr_in));
        else if (state->_u._ext.nsaddrs[i] != NULL)
            add(servers, state->_u._ext.nsaddrs[i],
                sizeof(struct sockaddr_in6));
    }
}

static enum status add_override(const char *text, struct dns_servers *servers)
{
    struct sockaddr_storage socket;
    struct server_name name = {.port = 0};

    /* A bare IPv6 address; everything else is written as a server name is. */
    if (!address_parse(text, &name.address) &&
        (server_name_parse(text, strlen(text), &name) != STATUS_OK ||
         name.kind != SERVER_NAME_IP))
        return STATUS_INVALID;
    in_port_t port = name.port != 0 ? name.port : DNS_PORT;
    socklen_t length = address_to_socket(&name.address, port, &socket);
    add(servers, &socket, length);
    return STATUS_OK;
}

enum status dns_servers_read(const struct __res_state *state,
                             const char *override,
                             struct dns_servers *ret_servers)
{
    struct dns_servers servers = {
        .timeout_ms = (state->retrans > 0 ? state->retrans : 1) * 1000,
        .attempts = state->retry > 0 ? (unsigned)state->retry : 1,
        .rotate = (state->options & RES_ROTATE) != 0,
        .tcp = (state->options & RES_USEVC) != 0,
    };

    if (override == NULL)
        add_resolv_conf(state, &servers);
    else if (add_override(override, &servers) != STATUS_OK)
        return STATUS_INVALID;
    if (servers.count == 0)
        return STATUS_UNAVAILABLE;
    *ret_servers = servers;
    return STATUS_OK;
}
