/* SPDX-License-Identifier: MIT */
#include "kit/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"

static const char *const abbreviations[] = {"API", "BMC", "CPU", "DIMM", "DNS", "ECC", "FC", "FQDN",
    "GUID", "HBA", "HDD", "IO", "IOPS", "IP", "IPMI", "IPv4", "IPv6", "IQN", "iSCSI", "JBOD", "LBA",
    "LED", "LUN", "MAC", "NQN", "NTP", "NVMe", "OS", "PCI", "PCIe", "PSU", "RAID", "RAM", "RPM",
    "SAS", "SATA", "SCSI", "SFP", "SNMP", "SSD", "UPS", "URI", "URL", "UUID", "VLAN", "WWID", "WWN",
    "WWNN", "WWPN", NULL};

/* Whether a new word begins at text[i]: after a separator, or with a capital or digit. */
static bool begins_word(const char *text, size_t i)
{
	unsigned char before = i > 0 ? (unsigned char)text[i - 1] : '_';
	unsigned char here = (unsigned char)text[i];

	if (!isalnum(before) && before < 0x80)
		return true;
	return isupper(here) && (islower(before) || islower((unsigned char)text[i + 1]));
}

struct words words_of(const char *name)
{
	size_t length = strlen(name);
	/* Each byte may be a word. */
	struct words words = {.buffer = xcalloc(2 * length + 1, 1)};
	char *out = words.buffer;

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)name[i];

		if (byte < 0x80 && !isalnum(byte))
			continue;
		if (begins_word(name, i)) {
			if (words.count == WORDS_MAX)
				break;
			out += out > words.buffer;
			words.items[words.count++] = out;
		}
		*out++ = (char)tolower(byte);
	}
	return words;
}

void words_clear(struct words *words)
{
	free(words->buffer);
	*words = (struct words){.buffer = NULL};
}

bool word_is_one_of(const char *word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

/* Appends a word, spelt as an abbreviation (or the plural of one) if it is one. */
static void append_spelt(struct text *text, const char *word, size_t length)
{
	for (const char *const *known = abbreviations; *known != NULL; known++) {
		size_t size = strlen(*known);
		bool plural = length == size + 1 && tolower((unsigned char)word[size]) == 's';

		if ((length != size && !plural) || strncasecmp(*known, word, size) != 0)
			continue;
		text_append(text, *known);
		text_append(text, plural ? "s" : "");
		return;
	}
	text_append_bytes(text, word, length);
}

char *spell_abbreviations(const char *text)
{
	struct text spelt = TEXT_EMPTY;
	const char *at = text;

	while (*at != '\0') {
		size_t length = strcspn(at, " ");

		append_spelt(&spelt, at, length);
		at += length;
		for (; *at == ' '; at++)
			text_append_char(&spelt, ' ');
	}
	if (spelt.length > 0 && strcmp(spelt.data, text) != 0)
		return text_steal(&spelt);
	text_clear(&spelt);
	return NULL;
}

char *sentence_of(const char *name)
{
	struct words words = words_of(name);
	struct text text = TEXT_EMPTY;

	for (size_t i = 0; i < words.count; i++)
		text_printf(&text, "%s%s", i > 0 ? " " : "", words.items[i]);
	if (text.length > 0)
		text.data[0] = (char)toupper((unsigned char)text.data[0]);
	words_clear(&words);
	return text_steal(&text);
}
