/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Head line by line, then the body; chunks are closed up in place. */
#include "http_response.h"

#include <strings.h>

#include "escape.h"
#include "util.h"

static enum http_state fail(struct http_response *response, const char *fault)
{
    response->fault = fault;
    response->state = HTTP_BROKEN;
    return HTTP_BROKEN;
}

/* The value behind `name:` if the line is that header, without blanks. */
static const char *header_value(const char *line, size_t length,
                                const char *name, size_t *ret_length)
{
    size_t at = strlen(name);

    if (length <= at || strncasecmp(line, name, at) != 0 || line[at] != ':')
        return NULL;
    for (at++; at < length && (line[at] == ' ' || line[at] == '\t'); at++)
        ;
    while (length > at && (line[length - 1] == ' ' || line[length - 1] == '\t'))
        length--;
    *ret_length = length - at;
    return line + at;
}

static bool read_digits(const char *text, size_t length, unsigned base,
                        size_t *ret_number)
{
    static const char DIGITS[] = "0123456789abcdef";
    size_t number = 0;

    for (size_t i = 0; i < length; i++) {
        int octet = text[i] >= 'A' && text[i] <= 'F' ? text[i] + 32 : text[i];
        const char *digit = octet == 0 ? NULL : strchr(DIGITS, octet);

        if (digit == NULL || (size_t)(digit - DIGITS) >= base ||
            number > HTTP_RESPONSE_MAX)
            return false;
        number = number * base + (size_t)(digit - DIGITS);
    }
    *ret_number = number;
    return length > 0;
}

static void read_header(struct http_response *response, const char *line,
                        size_t length)
{
    size_t got;
    const char *value;

    freshness_header(&response->freshness, line, length);
    if ((value = header_value(line, length, "Content-Length", &got)) != NULL)
        response->has_length =
            read_digits(value, got, 10, &response->content_length) ||
            (fail(response, "has a Content-Length that is no number, or huge"),
             false);
    else if ((value = header_value(line, length, "Transfer-Encoding", &got)) !=
             NULL)
        response->chunked =
            got >= 7 && strncasecmp(value + got - 7, "chunked", 7) == 0;
    else if ((value = header_value(line, length, "Content-Type", &got)) != NULL)
        escape_text(response->type, sizeof(response->type), value, got);
    else if ((value = header_value(line, length, "Location", &got)) != NULL)
        escape_text(response->location, sizeof(response->location), value, got);
    else if ((value = header_value(line, length, "Server", &got)) != NULL)
        escape_text(response->server, sizeof(response->server), value, got);
}

static void read_status(struct http_response *response, const char *line,
                        size_t length)
{
    size_t status;

    if (length < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ' ||
        !read_digits(line + 9, 3, 10, &status) || status < 100) {
        fail(response, length >= 3 && memcmp(line, "\0\0", 2) == 0
                           ? "is HTTP/2, which was not asked for"
                           : "is not HTTP/1");
        return;
    }
    response->status = (int)status;
}

/* The next line of raw without its end; false if it is not there yet. */
static bool next_line(struct http_response *response, const char **ret_line,
                      size_t *ret_length)
{
    const char *line = response->raw + response->next;
    const char *end = memchr(line, '\n', response->raw_length - response->next);

    if (end == NULL)
        return false;
    response->next += (size_t)(end - line) + 1;
    *ret_line = line;
    *ret_length = (size_t)(end - line);
    if (*ret_length > 0 && end[-1] == '\r')
        --*ret_length;
    return true;
}

static void end_head(struct http_response *response)
{
    if (response->status < 200) { /* 1xx: the real one follows */
        *response = (struct http_response){.raw = response->raw,
                                           .raw_length = response->raw_length,
                                           .room = response->room,
                                           .next = response->next};
        return;
    }
    response->head_whole = true;
    response->body_start = response->next;
    if (response->status == 204 || response->status == 304) {
        response->has_length = true;
        response->content_length = 0;
    }
    if (!response->chunked && response->has_length &&
        response->content_length > LIMIT_BODY)
        fail(response, "has a body over 64 KiB");
}

/*
 * Refuses a status line that has begun and will be none: what is not HTTP may
 * never end a line.
 */
static void read_early(struct http_response *response)
{
    static const char BEGIN[] = "HTTP/1.";
    const char *line = response->raw + response->next;
    size_t length = response->raw_length - response->next;
    size_t most = sizeof(BEGIN) - 1;

    if (length >= most && memcmp(line, BEGIN, most) != 0)
        read_status(response, line, length);
}

static void read_head(struct http_response *response)
{
    const char *line;
    size_t length;

    while (!response->head_whole && response->state == HTTP_MORE &&
           next_line(response, &line, &length)) {
        if (response->status == 0)
            read_status(response, line, length);
        else if (length == 0)
            end_head(response);
        else
            read_header(response, line, length);
    }
    if (!response->head_whole && response->state == HTTP_MORE &&
        response->status == 0)
        read_early(response);
    if (!response->head_whole && response->raw_length > LIMIT_HEADERS)
        fail(response, "has a head over 64 KiB");
}

/* Moves octets of raw from next to the end of the body. */
static void keep(struct http_response *response, size_t length)
{
    if (response->body_length + length > LIMIT_BODY) {
        fail(response, "has a body over 64 KiB");
        return;
    }
    memmove(response->raw + response->body_start + response->body_length,
            response->raw + response->next, length);
    response->body_length += length;
    response->next += length;
}

static void read_chunk_head(struct http_response *response, const char *line,
                            size_t length)
{
    const char *extension = memchr(line, ';', length);
    size_t digits = extension != NULL ? (size_t)(extension - line) : length;

    while (digits > 0 && line[digits - 1] == ' ')
        digits--;
    if (!read_digits(line, digits, 16, &response->chunk_left))
        fail(response, "has a chunk without a length");
    else if (response->chunk_left == 0)
        response->state = HTTP_WHOLE;
    else
        response->in_chunk = true;
}

static void read_chunks(struct http_response *response)
{
    const char *line;
    size_t length;

    while (response->state == HTTP_MORE) {
        size_t there = response->raw_length - response->next;

        if (response->in_chunk && response->chunk_left > 0) {
            size_t part =
                there < response->chunk_left ? there : response->chunk_left;

            if (part == 0)
                return;
            keep(response, part);
            response->chunk_left -= part;
        } else if (!next_line(response, &line, &length)) {
            return;
        } else if (response->in_chunk) {
            response->in_chunk = false; /* the line end behind its octets */
            if (length > 0)
                fail(response, "has a chunk longer than it says");
        } else {
            read_chunk_head(response, line, length);
        }
    }
}

static void read_body(struct http_response *response)
{
    size_t there = response->raw_length - response->next;
    size_t left = response->content_length - response->body_length;

    if (response->chunked) {
        read_chunks(response);
        return;
    }
    keep(response, response->has_length && left < there ? left : there);
    if (response->state == HTTP_MORE && response->has_length &&
        response->body_length == response->content_length)
        response->state = HTTP_WHOLE;
}

enum http_state http_response_feed(struct http_response *response,
                                   const char *octets, size_t length)
{
    if (response->state != HTTP_MORE)
        return response->state;
    if (response->raw_length + length > HTTP_RESPONSE_MAX)
        return fail(response, "is too large");
    if (response->room < response->raw_length + length + 1) {
        size_t room = 2 * (response->raw_length + length) + 1024;
        char *larger = realloc(response->raw, room);

        if (larger == NULL)
            return response->state = HTTP_NO_MEMORY;
        response->raw = larger;
        response->room = room;
    }
    memcpy(response->raw + response->raw_length, octets, length);
    response->raw_length += length;
    if (!response->head_whole)
        read_head(response);
    if (response->head_whole && response->state == HTTP_MORE)
        read_body(response);
    return response->state;
}

enum http_state http_response_end(struct http_response *response)
{
    if (response->state != HTTP_MORE)
        return response->state;
    if (response->raw_length == 0)
        return fail(response, "is empty: the connection was closed");
    if (!response->head_whole)
        return fail(response, "ends within its head");
    if (response->chunked || response->has_length)
        return fail(response, "ends within its body");
    response->state = HTTP_WHOLE;
    return HTTP_WHOLE;
}

const char *http_response_body(const struct http_response *response)
{
    return response->body_length > 0 ? response->raw + response->body_start
                                     : "";
}

void http_response_keep_body(struct http_response *response)
{
    char *smaller;

    if (response->body_length == 0) {
        http_response_drop_body(response);
        return;
    }
    memmove(response->raw, response->raw + response->body_start,
            response->body_length);
    response->body_start = 0;
    response->raw_length = response->next = response->body_length;
    smaller = realloc(response->raw, response->body_length);
    if (smaller == NULL)
        return;
    response->raw = smaller;
    response->room = response->body_length;
}

void http_response_drop_body(struct http_response *response)
{
    free(TAKE(response->raw));
    response->raw_length = response->room = response->next = 0;
    response->body_start = response->body_length = 0;
}

void http_response_done(struct http_response *response)
{
    free(response->raw);
    *response = (struct http_response){.state = HTTP_MORE};
}
