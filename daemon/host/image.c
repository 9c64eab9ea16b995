/* SPDX-License-Identifier: MIT */
#include "host/image.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Lists the readable segments of one object; called for each by dl_iterate_phdr(). */
static int list_segments(struct dl_phdr_info *object, size_t size, void *context)
{
	struct image *image = context;

	(void)size;
	image->count = 0;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t begin = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD || (segment->p_flags & PF_R) == 0)
			continue;
		image->ranges =
		    xgrow(image->ranges, image->count, &image->capacity, sizeof(*image->ranges));
		image->ranges[image->count++] = (struct image_range){.begin = begin,
		    .end = begin + segment->p_memsz,
		    .writable = (segment->p_flags & PF_W) != 0};
	}
	return image_contains(image, image->inside, 1);
}

void image_take(struct image *image, const void *inside)
{
	*image = (struct image){.inside = inside};
	if (dl_iterate_phdr(list_segments, image) == 0)
		image->count = 0;
}

void image_clear(struct image *image)
{
	free(image->ranges);
	*image = (struct image){0};
}

/* The range that the address is in, or NULL. */
static const struct image_range *find_range(const struct image *image, const void *address)
{
	uintptr_t at = (uintptr_t)address;

	for (size_t i = 0; i < image->count; i++)
		if (at >= image->ranges[i].begin && at < image->ranges[i].end)
			return &image->ranges[i];
	return NULL;
}

/* Whether size bytes at address can be read. */
bool image_contains(const struct image *image, const void *address, size_t size)
{
	const struct image_range *range = find_range(image, address);

	return range != NULL && size <= range->end - (uintptr_t)address;
}

/* Whether size bytes at address can be read and written. */
bool image_is_writable(const struct image *image, const void *address, size_t size)
{
	const struct image_range *range = find_range(image, address);

	return range != NULL && range->writable && size <= range->end - (uintptr_t)address;
}

/* Whether a text with its zero byte is at this address: then its length is stored. */
bool image_text(const struct image *image, const char *text, size_t *length)
{
	const struct image_range *range = find_range(image, text);
	const char *end;

	if (range == NULL)
		return false;
	end = memchr(text, '\0', range->end - (uintptr_t)text);
	if (end == NULL)
		return false;
	*length = (size_t)(end - text);
	return true;
}
