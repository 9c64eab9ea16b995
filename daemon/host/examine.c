/* SPDX-License-Identifier: MIT */
#include "host/examine.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <iml/storage_plugin.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* The header of the program that is running: what a plugin must agree with. Made by the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

struct examination {
	const char *path;
	int fd;
	uint64_t file_size;
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

/* Whether the bytes of the file that a segment is made of are there. */
static bool check_segment(struct examination *file, const GElf_Phdr *segment)
{
	if (segment->p_offset > file->file_size ||
	    segment->p_filesz > file->file_size - segment->p_offset)
		return refuse(file, "is truncated: it ends before one of its segments does");
	if (segment->p_type == PT_LOAD && segment->p_filesz > segment->p_memsz)
		return refuse(file, "is damaged: a segment is larger than its memory");
	return true;
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
	return true;
}

/* Whether a symbol is the definition of a plugin. */
static bool is_definition(const GElf_Sym *symbol, const char *name)
{
	return name != NULL && symbol->st_shndx != SHN_UNDEF &&
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

		if (is_definition(&symbol, name))
			note_definition(file, &symbol, name);
	}
	return true;
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
	}
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
	struct examination file = {.path = path, .fd = -1, .symbol = symbol, .reason = reason};
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
