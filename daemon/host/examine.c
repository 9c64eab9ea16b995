/* SPDX-License-Identifier: MIT */
#include "host/examine.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <iml/storage_plugin.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define VERSION_MASK 0x7fff /* without the mark of hidden symbols */

/* The header of the program that is running: what a plugin must agree with. Made by the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

struct examination {
	const char *path;
	int fd;
	uint64_t file_size;
	uint64_t loaded_end;   /* of the segments so far, in memory */
	uint64_t pages_end;    /* of the pages that they are in */
	uint64_t page;         /* bytes in one */
	unsigned last_version; /* greatest number of a version of symbols */
	Elf *elf;
	struct plugin_symbol *symbol;
	char **names; /* of the plugins that it defines */
	size_t name_count;
	size_t name_capacity;
	struct text *reason;
};

/* Appends the reason, and returns false to leave with. */
static bool __attribute__((format(printf, 2, 3)))
refuse(struct examination *file, const char *format, ...)
{
	va_list arguments;

	text_printf(file->reason, "%s ", file->path);
	va_start(arguments, format);
	text_vprintf(file->reason, format, arguments);
	va_end(arguments);
	return false;
}

/* Opens the file if it is a regular one. A FIFO or device must not block or do anything. */
static bool open_file(struct examination *file)
{
	struct stat status;

	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0 || fstat(file->fd, &status) != 0)
		return refuse(file, "can't be opened: %s", strerror(errno));
	if (!S_ISREG(status.st_mode))
		return refuse(file, "is no regular file");
	file->file_size = (uint64_t)status.st_size;
	return true;
}

/* Whether the file is an ELF shared object for this machine. */
static bool check_header(struct examination *file)
{
	const unsigned char *own = __ehdr_start.e_ident;
	GElf_Ehdr header;

	elf_version(EV_CURRENT);
	file->elf = elf_begin(file->fd, ELF_C_READ, NULL);
	if (file->elf == NULL || elf_kind(file->elf) != ELF_K_ELF)
		return refuse(file, "is no shared object");
	if (gelf_getehdr(file->elf, &header) == NULL)
		return refuse(file, "is truncated: its header is incomplete");
	if (header.e_ident[EI_CLASS] != own[EI_CLASS] || header.e_ident[EI_DATA] != own[EI_DATA] ||
	    header.e_machine != __ehdr_start.e_machine)
		return refuse(file, "is built for another machine");
	if (header.e_type != ET_DYN)
		return refuse(file, "is no shared object: link it with -shared");
	return true;
}

/*
 * Whether a segment that is to be loaded lies behind those before it. The loader reserves memory up
 * to the end of the last one, and what lies elsewhere takes the place of whatever is there.
 */
static bool check_place(struct examination *file, const GElf_Phdr *segment)
{
	if (segment->p_filesz > segment->p_memsz)
		return refuse(file, "is damaged: a segment is larger than its memory");
	if (segment->p_vaddr < file->loaded_end || segment->p_memsz > UINT64_MAX - segment->p_vaddr)
		return refuse(file, "is damaged: its segments are not one behind the other");
	file->loaded_end = segment->p_vaddr + segment->p_memsz;
	file->pages_end = (file->loaded_end + file->page - 1) / file->page * file->page;
	return true;
}

/* Whether what the loader works on lies in the memory of the segments that it has loaded. */
static bool check_covered(struct examination *file, const GElf_Phdr *segment)
{
	bool works_on = segment->p_type == PT_DYNAMIC || segment->p_type == PT_GNU_RELRO;

	if (!works_on || (segment->p_vaddr <= file->pages_end &&
	                     segment->p_memsz <= file->pages_end - segment->p_vaddr))
		return true;
	return refuse(
	    file, "is damaged: one of its segments lies outside of those that are loaded");
}

/* Whether the bytes of the file that a segment is made of are there. */
static bool check_segment(struct examination *file, const GElf_Phdr *segment)
{
	if (segment->p_offset > file->file_size ||
	    segment->p_filesz > file->file_size - segment->p_offset)
		return refuse(file, "is truncated: it ends before one of its segments does");
	return segment->p_type != PT_LOAD || check_place(file, segment);
}

/* Whether all segments lie inside the file: the pages behind its end would raise SIGBUS. */
static bool check_segments(struct examination *file)
{
	GElf_Phdr segment;
	size_t count;

	if (elf_getphdrnum(file->elf, &count) != 0 || count == 0)
		return refuse(file, "is truncated: it has no segments");
	for (size_t i = 0; i < count; i++) {
		if (gelf_getphdr(file->elf, (int)i, &segment) == NULL)
			return refuse(file, "is truncated: its list of segments is incomplete");
		if (!check_segment(file, &segment))
			return false;
	}
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(file->elf, (int)i, &segment) != NULL &&
		    !check_covered(file, &segment))
			return false;
	return true;
}

/* Whether a symbol is the definition of a plugin. */
static bool is_definition(const GElf_Sym *symbol, const char *name)
{
	return symbol->st_shndx != SHN_UNDEF &&
	       strncmp(name, IML_PLUGIN_SYMBOL_PREFIX, strlen(IML_PLUGIN_SYMBOL_PREFIX)) == 0;
}

/* Keeps the name of a plugin and, of the first, its symbol. */
static void note_definition(struct examination *file, const GElf_Sym *symbol, const char *name)
{
	if (file->name_count == 0)
		*file->symbol = (struct plugin_symbol){.name = xstrdup(name),
		    .size = GELF_ST_TYPE(symbol->st_info) == STT_OBJECT ? symbol->st_size : 0};
	file->names =
	    xgrow(file->names, file->name_count, &file->name_capacity, sizeof(*file->names));
	file->names[file->name_count++] = xstrdup(name + strlen(IML_PLUGIN_SYMBOL_PREFIX));
}

/* Goes through one table of dynamic symbols. */
static bool read_symbols(struct examination *file, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	if (data == NULL)
		return refuse(file, "is damaged: its symbols can't be read");
	for (int i = 0; gelf_getsym(data, i, &symbol) != NULL; i++) {
		const char *name = elf_strptr(file->elf, header->sh_link, symbol.st_name);

		if (name == NULL)
			return refuse(file, "is damaged: a symbol has no name");
		if (is_definition(&symbol, name))
			note_definition(file, &symbol, name);
	}
	return true;
}

/* Notes the greatest number of a version of symbols among those of one library. */
static void read_library_versions(struct examination *file, Elf_Data *data, unsigned at)
{
	GElf_Vernaux version;

	while (gelf_getvernaux(data, (int)at, &version) != NULL) {
		if (version.vna_other > file->last_version)
			file->last_version = version.vna_other;
		if (version.vna_next == 0 || version.vna_next > INT_MAX)
			return;
		at += version.vna_next;
	}
}

/* The same for all that the file needs. */
static void read_needed_versions(struct examination *file, Elf_Scn *section)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Verneed needed;

	for (unsigned at = 0; gelf_getverneed(data, (int)at, &needed) != NULL;) {
		read_library_versions(file, data, at + needed.vn_aux);
		if (needed.vn_next == 0 || needed.vn_next > INT_MAX)
			return;
		at += needed.vn_next;
	}
}

/* The same for those that it defines. */
static void read_defined_versions(struct examination *file, Elf_Scn *section)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Verdef defined;

	for (unsigned at = 0; gelf_getverdef(data, (int)at, &defined) != NULL;) {
		if (defined.vd_ndx > file->last_version)
			file->last_version = defined.vd_ndx;
		if (defined.vd_next == 0 || defined.vd_next > INT_MAX)
			return;
		at += defined.vd_next;
	}
}

/* Whether each symbol has a version that is there. */
static bool check_versions(struct examination *file, Elf_Scn *section)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Versym version;

	for (int i = 0; gelf_getversym(data, i, &version) != NULL; i++)
		if ((version & VERSION_MASK) > file->last_version)
			return refuse(file, "is damaged: a symbol has a version that is not there");
	return true;
}

/* The parts of a GNU hash table, counted in words of 32 bits. */
struct hash_table {
	const uint32_t *buckets;
	size_t bucket_count;
	uint32_t first_symbol; /* that has a chain entry */
	const uint32_t *chains;
	size_t chain_count;
};

/* Takes a hash table apart; false if its parts don't fit into its words. */
static bool read_hash_table(const uint32_t *words, size_t count, struct hash_table *table)
{
	const size_t header = 4, mask_words = sizeof(ElfW(Addr)) / sizeof(*words);
	size_t masks, left;

	if (count < header)
		return false;
	masks = words[2];
	left = count - header;
	if (masks == 0 || (masks & (masks - 1)) != 0 || masks > left / mask_words)
		return false;
	left -= masks * mask_words;
	if (words[0] == 0 || words[0] > left)
		return false;
	*table = (struct hash_table){.buckets = words + header + masks * mask_words,
	    .bucket_count = words[0],
	    .first_symbol = words[1],
	    .chain_count = left - words[0]};
	table->chains = table->buckets + table->bucket_count;
	return true;
}

/* Whether all of the table's buckets lead to chains that end. */
static bool hash_table_is_closed(const struct hash_table *table)
{
	/* A chain ends with an odd entry. */
	if (table->chain_count > 0 && (table->chains[table->chain_count - 1] & 1) == 0)
		return false;
	for (size_t i = 0; i < table->bucket_count; i++) {
		uint32_t symbol = table->buckets[i];

		if (symbol != 0 && (symbol < table->first_symbol ||
		                       symbol - table->first_symbol >= table->chain_count))
			return false;
	}
	return true;
}

/* Whether the loader stays inside of the hash table when it looks for a symbol. */
static bool check_hash_table(struct examination *file, Elf_Scn *section)
{
	Elf_Data *data = elf_rawdata(section, NULL);
	struct hash_table table;
	uint32_t *words;
	bool good;

	if (data == NULL || data->d_buf == NULL)
		return refuse(file, "is damaged: its symbols can't be found");
	/* In the file they may be at any address. */
	words = (uint32_t *)(void *)xmemdup(data->d_buf, data->d_size);
	good = read_hash_table(words, data->d_size / sizeof(*words), &table) &&
	       hash_table_is_closed(&table);
	free(words);
	return good || refuse(file, "is damaged: its symbols can't be found");
}

/* Finds the definitions of plugins among the dynamic symbols. */
static bool find_definitions(struct examination *file)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t count;

	if (elf_getshdrnum(file->elf, &count) != 0 || count == 0)
		return refuse(file, "is truncated or stripped of its list of sections");
	while ((section = elf_nextscn(file->elf, section)) != NULL) {
		if (gelf_getshdr(section, &header) == NULL)
			return refuse(file, "is truncated: its list of sections is incomplete");
		if (header.sh_type == SHT_DYNSYM && !read_symbols(file, section, &header))
			return false;
		if (header.sh_type == SHT_GNU_verneed)
			read_needed_versions(file, section);
		if (header.sh_type == SHT_GNU_verdef)
			read_defined_versions(file, section);
		if (header.sh_type == SHT_GNU_HASH && !check_hash_table(file, section))
			return false;
	}
	/* All of what the versions refer to is known now. */
	while ((section = elf_nextscn(file->elf, section)) != NULL)
		if (gelf_getshdr(section, &header) != NULL && header.sh_type == SHT_GNU_versym &&
		    !check_versions(file, section))
			return false;
	return true;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends that there are several definitions; in the order of their names, as the file has none. */
static bool refuse_several(struct examination *file)
{
	refuse(file, "defines more than one plugin: ");
	qsort(file->names, file->name_count, sizeof(*file->names), compare_names);
	for (size_t i = 0; i < file->name_count; i++)
		text_printf(file->reason, "%s%s", i > 0 ? ", " : "", file->names[i]);
	return false;
}

/* Whether there is one definition. */
static bool check_definitions(struct examination *file)
{
	if (!find_definitions(file))
		return false;
	if (file->name_count == 0)
		return refuse(file, "does not define a plugin: it needs one IML_PLUGIN(name, ...)");
	return file->name_count == 1 || refuse_several(file);
}

static void end_examination(struct examination *file)
{
	for (size_t i = 0; i < file->name_count; i++)
		free(file->names[i]);
	free(file->names);
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
}

/* Whether the file is a complete shared object for this machine that defines one plugin. */
bool examine_plugin(const char *path, struct plugin_symbol *symbol, struct text *reason)
{
	struct examination file = {.path = path,
	    .fd = -1,
	    .page = (uint64_t)sysconf(_SC_PAGESIZE),
	    .last_version = VER_NDX_GLOBAL,
	    .symbol = symbol,
	    .reason = reason};
	bool good;

	*symbol = (struct plugin_symbol){0};
	good = open_file(&file) && check_header(&file) && check_segments(&file) &&
	       check_definitions(&file);
	if (!good) {
		free(symbol->name);
		*symbol = (struct plugin_symbol){0};
	}
	end_examination(&file);
	return good;
}
