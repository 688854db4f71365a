/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read from ELF files of both classes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "run_elf.h"

static const char LINKER[] = "/lib/ld.so";

/* The names at their places; the first, and where a name is wrong, is "". */
static const char STRINGS[] =
    "\0.plain\0.note.go.buildid\0.data.rel.ro.gopclntab\0.go.buildinfo\0"
    "SSL_ctrl\0gnutls_record_send\0libjli.so\0libjvm.so\0libc.so.6";

static uint32_t place_of(const char *name)
{
    size_t at = 1;

    while (strcmp(STRINGS + at, name) != 0)
        at += strlen(STRINGS + at) + 1;
    return (uint32_t)at;
}

/* What to make; NULL or 0: nothing special. */
struct plan {
    const char *section; /* the name of one without content */
    const char *symbol;
    bool undefined; /* the symbol is asked for, not there */
    const char *needed;
    bool static_program;
};

enum {
    STRINGS_SECTION,
    SYMBOLS_SECTION,
    DYNAMIC_SECTION,
    NAMED_SECTION,
    SECTIONS,
};

#define BITS 64
#include "run_elf_sample.h"
#define BITS 32
#include "run_elf_sample.h"

static void assert_tls(struct plan plan, enum run_elf_tls tls)
{
    struct sample64 wide = make64(&plan);
    struct sample32 narrow = make32(&plan);
    struct run_elf elf;

    assert_true(run_elf_read(&wide, sizeof(wide), &elf));
    assert_int_equal(elf.tls, tls);
    assert_true(run_elf_read(&narrow, sizeof(narrow), &elf));
    assert_int_equal(elf.tls, tls);
}

static void reads_class_machine_and_linker(void **state)
{
    struct sample64 wide = make64(&(struct plan){0});
    struct sample32 narrow = make32(&(struct plan){0});
    struct run_elf elf;

    (void)state;
    assert_true(run_elf_read(&wide, sizeof(wide), &elf));
    assert_int_equal(elf.bits, 64);
    assert_int_equal(elf.machine, EM_X86_64);
    assert_false(elf.foreign_order);
    assert_string_equal(elf.interpreter, LINKER);
    assert_true(run_elf_read(&narrow, sizeof(narrow), &elf));
    assert_int_equal(elf.bits, 32);
    assert_int_equal(elf.machine, EM_X86_64);
    assert_string_equal(elf.interpreter, LINKER);
}

static void sees_that_there_is_no_linker(void **state)
{
    struct sample64 wide = make64(&(struct plan){.static_program = true});
    struct run_elf elf;

    (void)state;
    assert_true(run_elf_read(&wide, sizeof(wide), &elf));
    assert_null(elf.interpreter);
}

static void reads_no_more_in_another_order(void **state)
{
    struct sample64 wide = make64(&(struct plan){.section = ".go.buildinfo"});
    struct run_elf elf;

    (void)state;
    wide.head.e_ident[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
    assert_true(run_elf_read(&wide, sizeof(wide), &elf));
    assert_true(elf.foreign_order);
    assert_null(elf.interpreter);
    assert_int_equal(elf.tls, RUN_ELF_TLS_NOT_SEEN);
}

static void sees_no_tls_in_an_ordinary_program(void **state)
{
    (void)state;
    assert_tls((struct plan){0}, RUN_ELF_TLS_NOT_SEEN);
    assert_tls((struct plan){.symbol = "SSL_ctrl", .undefined = true},
               RUN_ELF_TLS_NOT_SEEN);
    assert_tls((struct plan){.symbol = "libjli.so"}, RUN_ELF_TLS_NOT_SEEN);
    assert_tls((struct plan){.needed = "SSL_ctrl"}, RUN_ELF_TLS_NOT_SEEN);
}

static void knows_go_by_its_sections(void **state)
{
    (void)state;
    assert_tls((struct plan){.section = ".note.go.buildid"}, RUN_ELF_TLS_GO);
    assert_tls((struct plan){.section = ".go.buildinfo"}, RUN_ELF_TLS_GO);
    assert_tls((struct plan){.section = ".data.rel.ro.gopclntab"},
               RUN_ELF_TLS_GO);
}

static void knows_tls_libraries_by_what_they_export(void **state)
{
    (void)state;
    assert_tls((struct plan){.symbol = "SSL_ctrl"}, RUN_ELF_TLS_OPENSSL);
    assert_tls((struct plan){.symbol = "gnutls_record_send"},
               RUN_ELF_TLS_GNUTLS);
}

/* The list ends at DT_NULL, whatever is behind. */
static void knows_java_by_what_it_needs(void **state)
{
    (void)state;
    assert_tls((struct plan){.needed = "libjli.so"}, RUN_ELF_TLS_JAVA);
    assert_tls((struct plan){.needed = "libjvm.so"}, RUN_ELF_TLS_JAVA);
}

static void refuses_what_is_no_elf_file(void **state)
{
    struct sample64 wide = make64(&(struct plan){0});
    struct run_elf elf;

    (void)state;
    wide.head.e_ident[EI_CLASS] = 3;
    assert_false(run_elf_read(&wide, sizeof(wide), &elf));
    wide.head.e_ident[EI_CLASS] = ELFCLASS64;
    wide.head.e_ident[0] = 'x';
    assert_false(run_elf_is(&wide, sizeof(wide)));
    assert_false(run_elf_read(&wide, sizeof(wide), &elf));
    assert_false(run_elf_is("", 0));
}

static void refuses_a_linker_without_an_end(void **state)
{
    struct sample64 wide = make64(&(struct plan){0});
    struct run_elf elf;

    (void)state;
    wide.segment.p_filesz = sizeof(LINKER) - 1;
    assert_false(run_elf_read(&wide, sizeof(wide), &elf));
    wide.segment.p_filesz = 0;
    assert_false(run_elf_read(&wide, sizeof(wide), &elf));
    wide.segment.p_filesz = UINT64_MAX;
    assert_false(run_elf_read(&wide, sizeof(wide), &elf));
    wide.segment.p_filesz = sizeof(LINKER);
    wide.segment.p_offset = UINT64_MAX;
    assert_false(run_elf_read(&wide, sizeof(wide), &elf));
}

/* On the heap, where a sanitizer sees each octet behind it. */
static void read_copy(const void *data, size_t size)
{
    unsigned char *copy = malloc(size == 0 ? 1 : size);
    struct run_elf elf;

    assert_non_null(copy);
    memcpy(copy, data, size);
    if (run_elf_read(copy, size, &elf) && elf.interpreter != NULL)
        assert_true((const unsigned char *)elf.interpreter +
                        strlen(elf.interpreter) <
                    copy + size);
    free(copy);
}

static void survives_every_length(void **state)
{
    const struct plan plan = {.needed = "libjvm.so"};
    struct sample64 wide = make64(&plan);
    struct sample32 narrow = make32(&plan);

    (void)state;
    for (size_t size = 0; size <= sizeof(wide); size++)
        read_copy(&wide, size);
    for (size_t size = 0; size <= sizeof(narrow); size++)
        read_copy(&narrow, size);
}

/* Each octet in turn takes the values that offsets and counts overflow by. */
static void survives_every_octet(void **state)
{
    static const unsigned char VALUES[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    const struct plan plan = {.needed = "libjvm.so"};
    const struct sample64 wide = make64(&plan);
    const struct sample32 narrow = make32(&plan);
    unsigned char copy[sizeof(wide)];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(VALUES); i++) {
        for (size_t at = 0; at < sizeof(wide); at++) {
            memcpy(copy, &wide, sizeof(wide));
            copy[at] = VALUES[i];
            read_copy(copy, sizeof(wide));
        }
        for (size_t at = 0; at < sizeof(narrow); at++) {
            memcpy(copy, &narrow, sizeof(narrow));
            copy[at] = VALUES[i];
            read_copy(copy, sizeof(narrow));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_class_machine_and_linker),
        cmocka_unit_test(sees_that_there_is_no_linker),
        cmocka_unit_test(reads_no_more_in_another_order),
        cmocka_unit_test(sees_no_tls_in_an_ordinary_program),
        cmocka_unit_test(knows_go_by_its_sections),
        cmocka_unit_test(knows_tls_libraries_by_what_they_export),
        cmocka_unit_test(knows_java_by_what_it_needs),
        cmocka_unit_test(refuses_what_is_no_elf_file),
        cmocka_unit_test(refuses_a_linker_without_an_end),
        cmocka_unit_test(survives_every_length),
        cmocka_unit_test(survives_every_octet),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("run_elf", tests, NULL, NULL);
}
