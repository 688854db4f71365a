/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ELF file made by hand, for test_run_elf.c, which includes this once for
 * each class with BITS as 32 or 64: a head, one segment, four sections and
 * what they hold. The parts of the names are the includer's.
 */
#define NAMED__(a, bits, b) a##bits##b
#define NAMED_(a, bits, b) NAMED__(a, bits, b)
#define ELF(name) NAMED_(Elf, BITS, name)
#define SAMPLE NAMED_(sample, BITS, )

struct SAMPLE {
    ELF(_Ehdr) head;
    ELF(_Phdr) segment;
    ELF(_Shdr) sections[SECTIONS];
    ELF(_Sym) symbols[2];
    ELF(_Dyn) entries[3];
    char linker[sizeof(LINKER)];
    char strings[sizeof(STRINGS)];
};

static void NAMED_(head, BITS, )(struct SAMPLE *file, bool linked)
{
    ELF(_Ehdr) *head = &file->head;

    memcpy(head->e_ident, ELFMAG, SELFMAG);
    head->e_ident[EI_CLASS] = NAMED_(ELFCLASS, BITS, );
    head->e_ident[EI_DATA] =
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    head->e_machine = EM_X86_64;
    head->e_phoff = offsetof(struct SAMPLE, segment);
    head->e_phnum = 1;
    head->e_phentsize = sizeof(file->segment);
    head->e_shoff = offsetof(struct SAMPLE, sections);
    head->e_shnum = SECTIONS;
    head->e_shentsize = sizeof(file->sections[0]);
    head->e_shstrndx = STRINGS_SECTION;
    file->segment.p_type = linked ? PT_INTERP : PT_LOAD;
    file->segment.p_offset = offsetof(struct SAMPLE, linker);
    file->segment.p_filesz = sizeof(LINKER);
    memcpy(file->linker, LINKER, sizeof(LINKER));
}

static void NAMED_(section, BITS, )(struct SAMPLE *file, unsigned number,
                                    uint32_t type, size_t offset, size_t size)
{
    file->sections[number].sh_type = type;
    file->sections[number].sh_offset = (ELF(_Off))offset;
    file->sections[number].sh_size = (ELF(_Word))size;
    file->sections[number].sh_link = STRINGS_SECTION;
}

static struct SAMPLE NAMED_(make, BITS, )(const struct plan *plan)
{
    struct SAMPLE file = {0};
    bool more = plan->needed != NULL;

    NAMED_(head, BITS, )(&file, !plan->static_program);
    NAMED_(section, BITS, )
    (&file, STRINGS_SECTION, SHT_STRTAB, offsetof(struct SAMPLE, strings),
     sizeof(STRINGS));
    NAMED_(section, BITS, )
    (&file, SYMBOLS_SECTION, SHT_DYNSYM, offsetof(struct SAMPLE, symbols),
     sizeof(file.symbols));
    NAMED_(section, BITS, )
    (&file, DYNAMIC_SECTION, SHT_DYNAMIC, offsetof(struct SAMPLE, entries),
     sizeof(file.entries));
    file.sections[NAMED_SECTION].sh_name =
        place_of(plan->section == NULL ? ".plain" : plan->section);
    file.symbols[1].st_name = plan->symbol == NULL ? 0 : place_of(plan->symbol);
    file.symbols[1].st_shndx = plan->undefined ? SHN_UNDEF : 1;
    file.entries[0].d_tag = DT_NEEDED;
    file.entries[0].d_un.d_val = place_of("libc.so.6");
    file.entries[1].d_tag = more ? DT_NEEDED : DT_NULL;
    file.entries[1].d_un.d_val = place_of(more ? plan->needed : "libjli.so");
    memcpy(file.strings, STRINGS, sizeof(STRINGS));
    return file;
}

#undef BITS
#undef ELF
#undef SAMPLE
#undef NAMED_
#undef NAMED__
