/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading ELF files of both classes: every structure is read into its 64-bit
 * form, by one function that checks the bounds.
 */
#include "run_elf.h"

#include <elf.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OUR_ORDER ELFDATA2LSB
#else
#define OUR_ORDER ELFDATA2MSB
#endif

struct file {
    const unsigned char *data;
    size_t size;
    bool wide;
    Elf64_Ehdr head;
};

/* NULL unless all of it is in the file. */
static const void *at(const struct file *file, uint64_t offset, uint64_t size)
{
    if (offset > file->size || size > file->size - offset)
        return NULL;
    return file->data + offset;
}

/*
 * Defines read_NAME(file, offset, &result): a structure at offset, in its
 * 64-bit form. fields copies them from `narrow` to `ret`.
 */
#define READER(name, type, fields)                                             \
    static bool read_##name(const struct file *file, uint64_t offset,          \
                            Elf64_##type *ret)                                 \
    {                                                                          \
        Elf32_##type narrow;                                                   \
        size_t size = file->wide ? sizeof(*ret) : sizeof(narrow);              \
        const void *data = at(file, offset, size);                             \
                                                                               \
        if (data == NULL)                                                      \
            return false;                                                      \
        if (file->wide) {                                                      \
            memcpy(ret, data, size);                                           \
            return true;                                                       \
        }                                                                      \
        memcpy(&narrow, data, size);                                           \
        /* NOLINTNEXTLINE(bugprone-macro-parentheses): an initializer */       \
        *ret = (Elf64_##type)fields;                                           \
        return true;                                                           \
    }
#define FIELDS(...)                                                            \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

READER(head, Ehdr,
       FIELDS(.e_machine = narrow.e_machine, .e_phoff = narrow.e_phoff,
              .e_shoff = narrow.e_shoff, .e_phentsize = narrow.e_phentsize,
              .e_phnum = narrow.e_phnum, .e_shentsize = narrow.e_shentsize,
              .e_shnum = narrow.e_shnum, .e_shstrndx = narrow.e_shstrndx))
READER(segment, Phdr,
       FIELDS(.p_type = narrow.p_type, .p_offset = narrow.p_offset,
              .p_filesz = narrow.p_filesz))
READER(section, Shdr,
       FIELDS(.sh_name = narrow.sh_name, .sh_type = narrow.sh_type,
              .sh_offset = narrow.sh_offset, .sh_size = narrow.sh_size,
              .sh_link = narrow.sh_link))
READER(symbol, Sym,
       FIELDS(.st_name = narrow.st_name, .st_shndx = narrow.st_shndx))
READER(dynamic, Dyn,
       FIELDS(.d_tag = narrow.d_tag, .d_un.d_val = narrow.d_un.d_val))

/* A string inside a section of strings; "" if it is not wholly there. */
static const char *string(const struct file *file, const Elf64_Shdr *strings,
                          uint64_t offset)
{
    const char *text;

    if (offset >= strings->sh_size)
        return "";
    text = at(file, strings->sh_offset, strings->sh_size);
    if (text == NULL ||
        memchr(text + offset, '\0', strings->sh_size - offset) == NULL)
        return "";
    return text + offset;
}

static bool numbered_section(const struct file *file, uint64_t number,
                             Elf64_Shdr *ret)
{
    return number < file->head.e_shnum &&
           read_section(
               file, file->head.e_shoff + number * file->head.e_shentsize, ret);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) &&
           strcmp(text + length - strlen(end), end) == 0;
}

/* Kept by strip; in a position-independent program the table moves. */
static bool is_go(const char *section)
{
    return strcmp(section, ".note.go.buildid") == 0 ||
           strcmp(section, ".go.buildinfo") == 0 ||
           ends_with(section, ".gopclntab");
}

/* The executable comes before the shim in the order of symbol search. */
static enum run_elf_tls exported_tls(const struct file *file,
                                     const Elf64_Shdr *symbols,
                                     const Elf64_Shdr *strings)
{
    size_t size = file->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    Elf64_Sym symbol;

    for (uint64_t i = 0; i < symbols->sh_size / size; i++) {
        if (!read_symbol(file, symbols->sh_offset + i * size, &symbol))
            break;
        if (symbol.st_shndx == SHN_UNDEF)
            continue;

        const char *name = string(file, strings, symbol.st_name);

        if (strcmp(name, "SSL_ctrl") == 0)
            return RUN_ELF_TLS_OPENSSL;
        if (strcmp(name, "gnutls_record_send") == 0)
            return RUN_ELF_TLS_GNUTLS;
    }
    return RUN_ELF_TLS_NOT_SEEN;
}

/* The programs of a JDK are small starters of the virtual machine. */
static enum run_elf_tls needed_tls(const struct file *file,
                                   const Elf64_Shdr *entries,
                                   const Elf64_Shdr *strings)
{
    size_t size = file->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
    Elf64_Dyn entry;

    for (uint64_t i = 0; i < entries->sh_size / size; i++) {
        if (!read_dynamic(file, entries->sh_offset + i * size, &entry) ||
            entry.d_tag == DT_NULL)
            break;
        if (entry.d_tag != DT_NEEDED)
            continue;

        const char *name = string(file, strings, entry.d_un.d_val);

        if (strcmp(name, "libjli.so") == 0 || strcmp(name, "libjvm.so") == 0)
            return RUN_ELF_TLS_JAVA;
    }
    return RUN_ELF_TLS_NOT_SEEN;
}

static enum run_elf_tls section_tls(const struct file *file,
                                    const Elf64_Shdr *section, const char *name)
{
    Elf64_Shdr strings;

    if (is_go(name))
        return RUN_ELF_TLS_GO;
    if (!numbered_section(file, section->sh_link, &strings))
        return RUN_ELF_TLS_NOT_SEEN;
    if (section->sh_type == SHT_DYNSYM)
        return exported_tls(file, section, &strings);
    if (section->sh_type == SHT_DYNAMIC)
        return needed_tls(file, section, &strings);
    return RUN_ELF_TLS_NOT_SEEN;
}

static enum run_elf_tls find_tls(const struct file *file)
{
    Elf64_Shdr names;
    Elf64_Shdr section;

    if (!numbered_section(file, file->head.e_shstrndx, &names))
        return RUN_ELF_TLS_NOT_SEEN;
    for (uint64_t i = 0; numbered_section(file, i, &section); i++) {
        enum run_elf_tls tls =
            section_tls(file, &section, string(file, &names, section.sh_name));

        if (tls != RUN_ELF_TLS_NOT_SEEN)
            return tls;
    }
    return RUN_ELF_TLS_NOT_SEEN;
}

static bool find_interpreter(const struct file *file, const char **ret_text)
{
    *ret_text = NULL;
    for (uint64_t i = 0; i < file->head.e_phnum; i++) {
        Elf64_Phdr segment;

        if (!read_segment(file, file->head.e_phoff + i * file->head.e_phentsize,
                          &segment))
            return false;
        if (segment.p_type != PT_INTERP)
            continue;

        const char *text = at(file, segment.p_offset, segment.p_filesz);

        if (text == NULL || segment.p_filesz < 2 ||
            memchr(text, '\0', segment.p_filesz) == NULL)
            return false;
        *ret_text = text;
        return true;
    }
    return true;
}

bool run_elf_is(const void *data, size_t size)
{
    return size >= EI_NIDENT && memcmp(data, ELFMAG, SELFMAG) == 0;
}

bool run_elf_read(const void *data, size_t size, struct run_elf *ret_elf)
{
    const unsigned char *ident = data;
    struct file file = {.data = data, .size = size};
    struct run_elf elf = {0};

    if (!run_elf_is(data, size) ||
        (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64))
        return false;
    file.wide = ident[EI_CLASS] == ELFCLASS64;
    elf.bits = file.wide ? 64 : 32;
    elf.foreign_order = ident[EI_DATA] != OUR_ORDER;
    if (!elf.foreign_order) {
        if (!read_head(&file, 0, &file.head) ||
            !find_interpreter(&file, &elf.interpreter))
            return false;
        elf.machine = file.head.e_machine;
        elf.tls = find_tls(&file);
    }
    *ret_elf = elf;
    return true;
}
