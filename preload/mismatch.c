/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names are a stranger's: neither their number nor their octets are
 * believed. */
#include "mismatch.h"

#include "address.h"
#include "note.h"

/* Appends what fits; of names that do not, that there are. */
static void append(char text[static MISMATCH_TEXT], const char *kind,
                   const char *name)
{
    static const char MORE[] = ", ...";
    size_t at = strlen(text);
    size_t room = MISMATCH_TEXT - sizeof(MORE) - at;
    const char *between = at > 0 ? ", " : "";

    if (at >= strlen(MORE) && strcmp(text + at - strlen(MORE), MORE) == 0)
        return;
    if (strlen(between) + strlen(kind) + strlen(name) >= room)
        memcpy(text + at, MORE, sizeof(MORE));
    else
        snprintf(text + at, room, "%s%s%s", between, kind, name);
}

void mismatch_add_name(char text[static MISMATCH_TEXT],
                       const unsigned char *octets, size_t length)
{
    char clean[LIMIT_DNS_NAME + 1];
    struct address address;

    if (length >= sizeof(clean))
        length = sizeof(clean) - 1;
    /* A NUL among them is no end. */
    for (size_t i = 0; i < length; i++)
        clean[i] = octets[i] > ' ' && octets[i] <= '~' ? (char)octets[i] : '?';
    clean[length] = '\0';
    /* What reads as an address but is a name covers no address. */
    append(text, address_parse(clean, &address) ? "DNS:" : "", clean);
}

void mismatch_add_address(char text[static MISMATCH_TEXT],
                          const unsigned char *octets, size_t length)
{
    struct address address = {.family = length == 4 ? AF_INET : AF_INET6};
    char readable[ADDRESS_TEXT];

    if (length != address_size(&address))
        return;
    memcpy(address.bytes, octets, length);
    append(text, "", address_text(&address, readable));
}

/* The steps whose answer comes from an SRV record: people expect its target. */
static bool is_by_srv(const char *step)
{
    return strcmp(step, "3.3") == 0 || strcmp(step, "3.4") == 0 ||
           step[0] == '4' || step[0] == '5';
}

void mismatch_say(const struct names_answer *answer,
                  const char text[static MISMATCH_TEXT])
{
    note_refusal("%s: the certificate covers %s; needed %s%s", answer->pseudo,
                 text[0] != '\0' ? text : "no name in its subjectAltName",
                 answer->cert_name,
                 is_by_srv(answer->step) ? ": SRV does not rename" : "");
}
