/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The relocations of an object name every function it calls, its own
 * exported ones included; beside the symbol table stands a table of versions,
 * as numbers that are explained among the versions needed and defined (ELF
 * gABI, "Symbol Versioning" of the LSB).
 */
#include "real_version.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#if __ELF_NATIVE_CLASS == 64
#define R_SYMBOL(info) ELF64_R_SYM(info)
#else
#define R_SYMBOL(info) ELF32_R_SYM(info)
#endif

enum {
    HIDDEN = 0x8000, /* of a version's number: "not the default" */
};

/* What the dynamic section points at. */
struct tables {
    const char *strings;
    const ElfW(Sym) * symbols;
    const ElfW(Half) * versions;
    const char *needed, *defined;
    const char *calls, *data; /* relocations */
    size_t calls_size, data_size, entry_size;
};

/* glibc relocates the pointers in place where it may write to them. */
static const void *pointer(const struct link_map *object, ElfW(Addr) value)
{
    return (const void *)(value < object->l_addr ? value + object->l_addr
                                                 : value);
}

static struct tables read_tables(const struct link_map *object)
{
    struct tables tables = {.entry_size = sizeof(ElfW(Rela))};

    for (const ElfW(Dyn) *dyn = object->l_ld; dyn->d_tag != DT_NULL; dyn++) {
        const void *at = pointer(object, dyn->d_un.d_ptr);

        if (dyn->d_tag == DT_STRTAB)
            tables.strings = at;
        else if (dyn->d_tag == DT_SYMTAB)
            tables.symbols = at;
        else if (dyn->d_tag == DT_VERSYM)
            tables.versions = at;
        else if (dyn->d_tag == DT_VERNEED)
            tables.needed = at;
        else if (dyn->d_tag == DT_VERDEF)
            tables.defined = at;
        else if (dyn->d_tag == DT_JMPREL)
            tables.calls = at;
        else if (dyn->d_tag == DT_PLTRELSZ)
            tables.calls_size = dyn->d_un.d_val;
        else if (dyn->d_tag == DT_RELA || dyn->d_tag == DT_REL)
            tables.data = at;
        else if (dyn->d_tag == DT_RELASZ || dyn->d_tag == DT_RELSZ)
            tables.data_size = dyn->d_un.d_val;
        else if (dyn->d_tag == DT_PLTREL && dyn->d_un.d_val == DT_REL)
            tables.entry_size = sizeof(ElfW(Rel));
    }
    return tables;
}

/* The symbol's number, 0 if no relocation names it. Rela begins as Rel does. */
static size_t find_symbol(const struct tables *tables, const char *relocations,
                          size_t size, const char *name)
{
    for (size_t at = 0; relocations != NULL && at < size;
         at += tables->entry_size) {
        const ElfW(Rel) *relocation = (const void *)(relocations + at);
        size_t symbol = R_SYMBOL(relocation->r_info);

        if (symbol != 0 &&
            strcmp(tables->strings + tables->symbols[symbol].st_name, name) ==
                0)
            return symbol;
    }
    return 0;
}

static const char *needed_version(const struct tables *tables, unsigned number)
{
    const char *at = tables->needed;

    while (at != NULL) {
        const ElfW(Verneed) *file = (const void *)at;
        const char *inner = at + file->vn_aux;

        for (unsigned i = 0; i < file->vn_cnt; i++) {
            const ElfW(Vernaux) *version = (const void *)inner;

            if ((version->vna_other & ~HIDDEN) == number)
                return tables->strings + version->vna_name;
            inner += version->vna_next;
        }
        at = file->vn_next != 0 ? at + file->vn_next : NULL;
    }
    return NULL;
}

static const char *defined_version(const struct tables *tables, unsigned number)
{
    const char *at = tables->defined;

    while (at != NULL) {
        const ElfW(Verdef) *version = (const void *)at;
        const ElfW(Verdaux) *first = (const void *)(at + version->vd_aux);

        if (version->vd_ndx == number)
            return tables->strings + first->vda_name;
        at = version->vd_next != 0 ? at + version->vd_next : NULL;
    }
    return NULL;
}

const char *real_version(const struct link_map *object, const char *name)
{
    struct tables tables = read_tables(object);
    size_t symbol = 0;
    unsigned number;
    const char *version;

    if (tables.strings == NULL || tables.symbols == NULL ||
        tables.versions == NULL)
        return NULL;
    symbol = find_symbol(&tables, tables.calls, tables.calls_size, name);
    if (symbol == 0)
        symbol = find_symbol(&tables, tables.data, tables.data_size, name);
    number = tables.versions[symbol] & (unsigned)~HIDDEN;
    if (symbol == 0 || number <= VER_NDX_GLOBAL)
        return NULL;
    version = needed_version(&tables, number);
    return version != NULL ? version : defined_version(&tables, number);
}
