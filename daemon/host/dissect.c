/* SPDX-License-Identifier: MIT */
#include "host/dissect.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

/* What a linker adds on its own, and how the names begin that a sanitizer adds. */
static const char *const linker_symbols[] = {"_init", "_fini", "_edata", "_end", "__bss_start"};
static const char *const sanitizer_prefixes[] = {
    "__odr_asan", "__asan_", "__tsan_", "__sanitizer_", "__start_", "__stop_"};

static bool is_foreign(const char *name)
{
	for (size_t i = 0; i < sizeof(linker_symbols) / sizeof(*linker_symbols); i++)
		if (strcmp(name, linker_symbols[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(sanitizer_prefixes) / sizeof(*sanitizer_prefixes); i++)
		if (strncmp(name, sanitizer_prefixes[i], strlen(sanitizer_prefixes[i])) == 0)
			return true;
	return false;
}

/* ---- symbols ---- */

/* Weak symbols are shared on purpose: inline functions and type information of C++. */
static void note_symbol(struct dissection *found, const GElf_Sym *symbol, const char *name)
{
	unsigned char visibility = GELF_ST_VISIBILITY(symbol->st_other);

	if (name == NULL || name[0] == '\0')
		return;
	if (symbol->st_shndx == SHN_UNDEF && strcmp(name, "__tsan_init") == 0)
		found->thread_sanitizer = true;
	if (symbol->st_shndx == SHN_UNDEF || GELF_ST_BIND(symbol->st_info) != STB_GLOBAL)
		return;
	if ((visibility == STV_DEFAULT || visibility == STV_PROTECTED) && !is_foreign(name))
		reasons_add(&found->exported, "%s", name);
}

static void read_symbols(
    Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct dissection *found)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int i = 0; data != NULL && gelf_getsym(data, i, &symbol) != NULL; i++)
		note_symbol(found, &symbol, elf_strptr(elf, header->sh_link, symbol.st_name));
}

/* ---- what the loader is told ---- */

static void read_dynamic(
    Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct dissection *found)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Dyn entry;

	for (int i = 0; data != NULL && gelf_getdyn(data, i, &entry) != NULL; i++) {
		const char *name;

		found->text_relocations |= entry.d_tag == DT_TEXTREL;
		found->text_relocations |=
		    entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL) != 0;
		if (entry.d_tag != DT_NEEDED)
			continue;
		name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
		if (name != NULL)
			reasons_add(&found->needed, "%s", name);
	}
}

static void read_notes(
    Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct dissection *found)
{
	Elf_Data *data = elf_getdata(section, NULL);
	struct text digits = TEXT_EMPTY;
	size_t offset = 0, name, description;
	GElf_Nhdr note;

	(void)elf;
	(void)header;
	while (data != NULL && found->build_id == NULL &&
	       (offset = gelf_getnote(data, offset, &note, &name, &description)) > 0) {
		const unsigned char *bytes = (const unsigned char *)data->d_buf + description;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof(ELF_NOTE_GNU) ||
		    memcmp((const char *)data->d_buf + name, ELF_NOTE_GNU, note.n_namesz) != 0)
			continue;
		for (size_t i = 0; i < note.n_descsz; i++)
			text_printf(&digits, "%02x", bytes[i]);
		found->build_id = text_steal(&digits);
	}
}

/* ---- the file ---- */

static void read_sections(Elf *elf, struct dissection *found)
{
	static const struct {
		GElf_Word type;
		void (*read)(
		    Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct dissection *found);
	} readers[] = {
	    {SHT_DYNSYM, read_symbols}, {SHT_DYNAMIC, read_dynamic}, {SHT_NOTE, read_notes}};
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)) != NULL) {
		if (gelf_getshdr(section, &header) == NULL)
			continue;
		for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
			if (header.sh_type == readers[i].type)
				readers[i].read(elf, section, &header, found);
	}
}

/* A file that says nothing of its stack gets one that is executable. */
static bool has_executable_stack(Elf *elf)
{
	GElf_Phdr segment;
	size_t count = 0;

	elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, &segment) != NULL && segment.p_type == PT_GNU_STACK)
			return (segment.p_flags & PF_X) != 0;
	return true;
}

bool dissect_plugin(const char *path, struct dissection *dissection)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	Elf *elf;
	bool good;

	*dissection = (struct dissection){.build_id = NULL};
	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	good = elf != NULL && elf_kind(elf) == ELF_K_ELF;
	if (good) {
		read_sections(elf, dissection);
		dissection->executable_stack = has_executable_stack(elf);
	}
	elf_end(elf);
	close(fd);
	return good;
}

void dissection_clear(struct dissection *dissection)
{
	reasons_clear(&dissection->needed);
	reasons_clear(&dissection->exported);
	free(dissection->build_id);
}
