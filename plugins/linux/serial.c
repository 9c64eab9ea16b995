/* SPDX-License-Identifier: MIT */
#include "serial.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs.h"

#define PAGE_MAX 4096
#define SERIAL_MIN 4 /* characters; a shorter one, or one without a digit, is no serial */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Designators of page 0x83. */
#define DESIGNATOR_HEADER 4
#define CODE_SET_BINARY 1
#define ASSOCIATION_UNIT 0
enum designator {
	DESIGNATOR_VENDOR = 0,
	DESIGNATOR_T10,
	DESIGNATOR_EUI64,
	DESIGNATOR_NAA,
	DESIGNATOR_NAME = 8
};

/* Products of virtual machines, and what they give for a serial when nobody chose one. */
static const char *const virtual_products[] = {
    "QEMU HARDDISK", "QEMU DVD-ROM", "VBOX HARDDISK", "Virtual disk"};
static const char *const virtual_serials[] = {
    "drive-*", "QM[0-9][0-9][0-9][0-9][0-9]", "0000000000*"};

/* One space for every run of spaces and control characters, none at the ends; "_" for non-ASCII. */
static char *tidy(const char *text, size_t length)
{
	char *out = required(malloc(length + 1));
	size_t used = 0;

	for (size_t i = 0; i < length && text[i] != '\0'; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c > ' ' && c < 0x7f)
			out[used++] = (char)c;
		else if (c >= 0x7f)
			out[used++] = '_';
		else if (used > 0 && out[used - 1] != ' ')
			out[used++] = ' ';
	}
	while (used > 0 && out[used - 1] == ' ')
		used--;
	out[used] = '\0';
	return out;
}

static char *hexadecimal(const uint8_t *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	char *out = required(malloc(2 * length + 1));

	for (size_t i = 0; i < length; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * length] = '\0';
	return out;
}

/* "naa.6001405…" without the name of the format, which not every source tells. */
static char *without_format(const char *text)
{
	static const char *const formats[] = {"naa.", "eui.", "t10.", "uuid."};

	for (size_t i = 0; i < LENGTH(formats); i++)
		if (strncasecmp(text, formats[i], strlen(formats[i])) == 0)
			text += strlen(formats[i]);
	return tidy(text, strlen(text));
}

/* How good a designator is; 0: not for the logical unit, or unusable. */
static int designator_rank(const uint8_t *designator)
{
	static const int ranks[] = {[DESIGNATOR_VENDOR] = 1,
	    [DESIGNATOR_T10] = 2,
	    [DESIGNATOR_EUI64] = 4,
	    [DESIGNATOR_NAA] = 5,
	    [DESIGNATOR_NAME] = 3};
	unsigned type = designator[1] & 0x0f;

	if ((designator[1] >> 4 & 3) != ASSOCIATION_UNIT || designator[3] == 0)
		return 0;
	if (type >= LENGTH(ranks))
		return 0;
	if (type == DESIGNATOR_NAA && designator[4] >> 4 == 6)
		return ranks[type] + 1; /* the extended form, where there are several */
	return ranks[type];
}

static char *designator_text(const uint8_t *designator)
{
	size_t length = designator[3];
	char *text, *out;

	if ((designator[0] & 0x0f) == CODE_SET_BINARY)
		return hexadecimal(designator + DESIGNATOR_HEADER, length);
	text = tidy((const char *)designator + DESIGNATOR_HEADER, length);
	out = without_format(text);
	free(text);
	return out;
}

char *serial_from_page_83(const uint8_t *page, size_t length, bool *by_vendor)
{
	const uint8_t *best = NULL;
	int best_rank = 0;
	size_t end;

	if (length < 4 || page[1] != 0x83)
		return NULL;
	end = 4 + ((size_t)page[2] << 8 | page[3]);
	if (end > length)
		end = length;
	for (size_t at = 4; at + DESIGNATOR_HEADER <= end;) {
		size_t next = at + DESIGNATOR_HEADER + page[at + 3];
		int rank = next <= end ? designator_rank(page + at) : 0;

		if (rank > best_rank) {
			best = page + at;
			best_rank = rank;
		}
		at = next;
	}
	if (best == NULL)
		return NULL;
	*by_vendor = (best[1] & 0x0f) == DESIGNATOR_VENDOR;
	return designator_text(best);
}

/* What follows the names of virtual products: the part that may tell one disk from another. */
static const char *own_part(const char *text)
{
	for (size_t i = 0; i < LENGTH(virtual_products); i++) {
		const char *product = strcasestr(text, virtual_products[i]);

		if (product != NULL)
			text = product + strlen(virtual_products[i]);
	}
	return text + strspn(text, " ");
}

static bool is_made_up(const char *own)
{
	if (strlen(own) < SERIAL_MIN || strpbrk(own, "0123456789") == NULL)
		return true;
	for (size_t i = 0; i < LENGTH(virtual_serials); i++)
		if (fnmatch(virtual_serials[i], own, 0) == 0)
			return true;
	return false;
}

bool serial_is_generic(const char *serial)
{
	char *text = required(strdup(serial));
	bool generic;

	for (char *c = text; *c != '\0'; c++)
		if (*c == '_') /* udev's way to write a space */
			*c = ' ';
	generic = is_made_up(own_part(text));
	free(text);
	return generic;
}

/* A serial that is unique among one vendor's products only, made unique with their names. */
static char *with_product(const char *directory, char *serial)
{
	char *vendor = sysfs_text(directory, "device/vendor");
	char *model = sysfs_text(directory, "device/model");
	char *all = format_text(
	    "%s %s %s", vendor != NULL ? vendor : "", model != NULL ? model : "", serial);
	char *out = tidy(all, strlen(all));

	free(vendor);
	free(model);
	free(serial);
	free(all);
	return out;
}

static char *from_page_83(const char *directory)
{
	uint8_t page[PAGE_MAX];
	long length = sysfs_bytes(directory, "device/vpd_pg83", page, sizeof(page));
	bool by_vendor = false;
	char *serial = length > 0 ? serial_from_page_83(page, (size_t)length, &by_vendor) : NULL;

	return serial != NULL && by_vendor ? with_product(directory, serial) : serial;
}

static char *from_page_80(const char *directory)
{
	uint8_t page[PAGE_MAX];
	long length = sysfs_bytes(directory, "device/vpd_pg80", page, sizeof(page));
	size_t own;

	if (length <= 4 || page[1] != 0x80)
		return NULL;
	own = (size_t)page[2] << 8 | page[3];
	if (own > (size_t)length - 4)
		own = (size_t)length - 4;
	return with_product(directory, tidy((const char *)page + 4, own));
}

/* "36001405…" of udev without the digit for the format: the same as in page 0x83. */
static char *from_udev(udev_lookup *lookup, void *context, const char *key)
{
	const char *value = lookup(context, key);
	size_t digits = value != NULL ? strspn(value, "0123456789abcdef") : 0;

	if (value == NULL || value[0] == '\0')
		return NULL;
	if (value[digits] == '\0' && (digits == 17 || digits == 33) && strchr("23", value[0]))
		value++;
	return tidy(value, strlen(value));
}

static char *from_file(const char *directory, const char *file)
{
	char *text = sysfs_text(directory, file);
	char *serial = text != NULL ? without_format(text) : NULL;

	free(text);
	return serial;
}

/* The source of that rank, best first; NULL if this disk has none. */
static char *candidate(const char *directory, udev_lookup *lookup, void *context, unsigned rank)
{
	switch (rank) {
	case 0:
		return from_page_83(directory);
	case 1:
		return from_file(directory, "device/wwid");
	case 2:
		return from_file(directory, "wwid"); /* NVMe */
	case 3:
		return from_udev(lookup, context, "ID_SERIAL");
	case 4:
		return from_page_80(directory);
	case 5:
		return from_udev(lookup, context, "ID_SCSI_SERIAL");
	case 6:
		return from_file(directory, "serial"); /* virtio */
	default:
		return from_file(directory, "device/serial"); /* NVMe, MMC */
	}
}
#define CANDIDATES 8

char *serial_of_disk(const char *directory, udev_lookup *lookup, void *context)
{
	for (unsigned rank = 0; rank < CANDIDATES; rank++) {
		char *serial = candidate(directory, lookup, context, rank);

		if (serial != NULL && !serial_is_generic(serial))
			return serial;
		free(serial);
	}
	return NULL;
}
