/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cache files as they are written today, record and pieces, damaged on the
 * disk: cut at every octet, every octet flipped in every bit. Each is a miss,
 * or an answer that the grammar and the limits allow (another digit is another
 * number, which no reader can see); and what must not lie in the place of
 * pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <netinet/in.h>
#include <time.h>

#include "cache_read.h"
#include "cache_sample.h"
#include "counts.h"
#include "piece_sample.h"
#include "record_write.h"

#define NAME "example.org"
#define RECORD_FILE "/v1/" NAME
#define PIECES_FILE "/v1/~pieces/" NAME

enum {
    NOW = PIECE_SAMPLE_NOW,
    BITS = 8,
    FILE_MAX = 4096,
};

static struct cache_place user;
static struct server_name name;
static char record_text[LIMIT_RECORD + 1], pieces_text[FILE_MAX];
static size_t record_length, pieces_length;
static unsigned read_damaged, missed;

static void add_target(struct outcome *outcome, const char *ip,
                       const char *of_name)
{
    struct target *target = &outcome->targets[outcome->target_count++];

    target->port = 8443;
    target->priority = 10;
    target->weight = 5;
    assert_true(address_parse(ip, &target->address));
    snprintf(target->name, sizeof(target->name), "%s", of_name);
}

/* With every kind of line that a record can have. */
static void write_record(enum error error)
{
    struct outcome outcome = {.error = error,
                              .step = error == ERROR_NONE ? "3.2" : "",
                              .found = NOW - 100,
                              .expires = NOW + 600,
                              .warning_count = 2,
                              .warnings = {"tls: of no use", "old: it is"}};

    if (error == ERROR_NONE) {
        snprintf(outcome.host, sizeof(outcome.host), "fed.example.net:8443");
        snprintf(outcome.tls_name, sizeof(outcome.tls_name), "fed.example.net");
        snprintf(outcome.cert_name, sizeof(outcome.cert_name),
                 "fed.example.net");
        add_target(&outcome, "192.0.2.1", "srv.example.net");
        add_target(&outcome, "2001:db8::1", "srv.example.net");
        add_target(&outcome, "192.0.2.2", "");
    } else {
        snprintf(outcome.reason, sizeof(outcome.reason), "it is so");
    }
    record_length = record_write(&outcome, NAME, CACHE_SAMPLE_SETTINGS.token,
                                 NOW, record_text);
}

static void write_pieces(void)
{
    struct pieces pieces = {0};
    struct piece *piece = piece_sample(PIECE_WELL_KNOWN, NAME, FINDING_FOUND);
    char *text;

    snprintf(piece->delegated, sizeof(piece->delegated), "fed.example.net");
    piece_sample_put(&pieces, piece);
    piece = piece_sample(PIECE_SRV_FED, "fed.example.net", FINDING_FOUND);
    piece_sample_srv(piece, 10, "srv.example.net");
    piece_sample_srv(piece, 20, "");
    piece_sample_put(&pieces, piece);
    piece = piece_sample(PIECE_ADDRESSES, "srv.example.net", FINDING_FOUND);
    piece_sample_address(piece, "2001:db8::1");
    piece_sample_address(piece, "192.0.2.1");
    piece_sample_put(&pieces, piece);
    assert_int_equal(pieces_write(&pieces, CACHE_SAMPLE_SETTINGS.token, &text,
                                  &pieces_length),
                     STATUS_OK);
    assert_in_range(pieces_length, 100, sizeof(pieces_text) - 1);
    memcpy(pieces_text, text, pieces_length);
    free(text);
    pieces_done(&pieces);
}

static int begin(void **state)
{
    (void)state;
    cache_sample_home("home");
    cache_sample_name(NAME, &name);
    place_be_user();
    write_record(ERROR_NONE);
    write_pieces();
    return cache_own_place(&CACHE_SAMPLE_SETTINGS, &user) == STATUS_OK &&
                   cache_write(&user, &name, record_text, record_length,
                               pieces_text, pieces_length) == STATUS_OK
               ? 0
               : -1;
}

static int end(void **state)
{
    (void)state;
    place_be_self();
    return 0;
}

static void assert_name(const char *text, size_t most)
{
    assert_non_null(text);
    assert_in_range(strlen(text), 1, most);
    for (; *text != '\0'; text++)
        assert_true(isalnum((unsigned char)*text) ||
                    strchr(".-:[]", *text) != NULL);
}

static void assert_printable(const char *text)
{
    for (; *text != '\0'; text++)
        assert_in_range(*text, ' ', '~');
}

static void assert_targets_sound(const struct record *record)
{
    assert_in_range(record->target_count, 1, LIMIT_TARGETS);
    for (unsigned i = 0; i < record->target_count; i++) {
        struct record_target target = record_target(record, i);

        assert_int_not_equal(target.port, 0);
        assert_true(target.address.family == AF_INET ||
                    target.address.family == AF_INET6);
        if (target.name != NULL)
            assert_name(target.name, LIMIT_DNS_NAME);
    }
}

/* What everybody relies on who is given a record. */
static void assert_record_sound(const struct record *record)
{
    assert_string_equal(record->name, NAME);
    assert_string_equal(record->settings, CACHE_SAMPLE_SETTINGS.token);
    assert_in_range(record->expires, NOW + 1, NOW + LIMIT_LIFE_S);
    assert_true(record->found <= record->refresh);
    assert_true(record->refresh <= record->expires);
    assert_true(strcmp(record->spec, "draft") == 0 ||
                strcmp(record->spec, "v1") == 0);
    assert_in_range(strlen(record->step), 1, 3);
    if (record->error == ERROR_NONE) {
        assert_name(record->host, LIMIT_SERVER_NAME);
        assert_name(record->cert_name, LIMIT_DNS_NAME);
        assert_targets_sound(record);
    } else {
        assert_int_equal(record->target_count, 0);
    }
    if (record->tls_name != NULL)
        assert_name(record->tls_name, LIMIT_DNS_NAME);
    assert_in_range(record->warning_count, 0, LIMIT_WARNINGS);
    for (unsigned i = 0; i < record->warning_count; i++)
        assert_printable(record_warning(record, i));
    if (record->reason != NULL)
        assert_printable(record->reason);
}

static void put(const char *below, const char *octets, size_t length)
{
    char path[PATH_MAX];
    int fd;

    cache_sample_path(&user, below, path);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, octets, length, 0), length);
    assert_int_equal(ftruncate(fd, (off_t)length), 0);
    close(fd);
}

static bool read_record(void)
{
    struct record record;

    read_damaged++;
    if (cache_read_user(&name, &CACHE_SAMPLE_SETTINGS, NOW, &record) !=
        STATUS_OK) {
        missed++;
        return false;
    }
    assert_record_sound(&record);
    return true;
}

static bool read_pieces(void)
{
    struct pieces pieces = {0};

    read_damaged++;
    if (cache_read_pieces(&user, &name, &CACHE_SAMPLE_SETTINGS, NOW, &pieces) !=
        STATUS_OK) {
        assert_int_equal(pieces.count, 0);
        missed++;
        return false;
    }
    assert_in_range(pieces.count, 0, PIECES_MAX);
    for (unsigned i = 0; i < pieces.count; i++)
        piece_sample_assert_sound(pieces.list[i]);
    pieces_done(&pieces);
    return true;
}

/* A file, who reads it, and whether the reader took what was read. */
static void damage(const char *below, char *text, size_t length,
                   bool (*read_it)(void))
{
    unsigned bits = counts_under_valgrind() ? 1 : BITS;

    assert_true(read_it());
    for (size_t cut = 0; cut < length; cut++) {
        put(below, text, cut);
        assert_false(read_it());
    }
    for (size_t at = 0; at < length; at++) {
        for (unsigned bit = 0; bit < bits; bit++) {
            text[at] = (char)(text[at] ^ 1 << bit);
            put(below, text, length);
            (void)read_it();
            text[at] = (char)(text[at] ^ 1 << bit);
        }
        text[at] = (char)~text[at]; /* never printable, so never taken */
        put(below, text, length);
        assert_false(read_it());
        text[at] = (char)~text[at];
    }
    put(below, text, length);
    assert_true(read_it());
}

static void a_damaged_record_is_a_miss_or_still_sound(void **state)
{
    (void)state;
    damage(RECORD_FILE, record_text, record_length, read_record);
    write_record(ERROR_NO_ADDRESS);
    put(RECORD_FILE, record_text, record_length);
    damage(RECORD_FILE, record_text, record_length, read_record);
}

static void damaged_pieces_are_a_miss_or_still_sound(void **state)
{
    (void)state;
    damage(PIECES_FILE, pieces_text, pieces_length, read_pieces);
}

static void a_megabyte_is_no_record_and_no_pieces(void **state)
{
    size_t size = 1024 * 1024;
    char *text = malloc(size);

    (void)state;
    assert_non_null(text);
    memset(text, '\n', size);
    memcpy(text, record_text, record_length);
    put(RECORD_FILE, text, size);
    assert_false(read_record());
    memcpy(text, pieces_text, pieces_length);
    put(PIECES_FILE, text, size);
    assert_false(read_pieces());
    free(text);
}

/* Replaces the file of pieces by something else. */
static void remove_pieces(char path[static PATH_MAX])
{
    cache_sample_path(&user, PIECES_FILE, path);
    assert_int_equal(unlink(path), 0);
}

static void what_is_no_file_of_ours_is_no_pieces(void **state)
{
    char path[PATH_MAX], elsewhere[PATH_MAX];

    (void)state;
    cache_sample_path(&user, "/v1/~pieces/elsewhere", elsewhere);
    cache_sample_path(&user, PIECES_FILE, path);
    assert_int_equal(rename(path, elsewhere), 0);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_false(read_pieces());
    remove_pieces(path);
    assert_int_equal(link(elsewhere, path), 0);
    assert_true(read_pieces());
    remove_pieces(path);
    assert_int_equal(mkfifo(path, 0644), 0); /* nobody writes to it */
    assert_false(read_pieces());
    remove_pieces(path);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_false(read_pieces());
    assert_int_equal(rmdir(path), 0);
    assert_false(read_pieces());
    if (getuid() != 0) {
        print_message("# not looked at: only root can give files away\n");
        return;
    }
    assert_int_equal(rename(elsewhere, path), 0);
    place_be_self();
    assert_int_equal(chown(path, 1234, 0), 0);
    place_be_user();
    assert_false(read_pieces());
}

#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(a_damaged_record_is_a_miss_or_still_sound),
        CACHE_TEST(damaged_pieces_are_a_miss_or_still_sound),
        CACHE_TEST(a_megabyte_is_no_record_and_no_pieces),
        CACHE_TEST(what_is_no_file_of_ours_is_no_pieces),
    };
    int failed;

    alarm(300); /* a FIFO must not hang us for ever */
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests_name("cache_damaged", tests, place_make,
                                         place_remove);
    counts_figure("damaged cache files read", read_damaged);
    counts_figure("of them a miss, the rest sound answers", missed);
    return failed;
}
