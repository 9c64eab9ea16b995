/* SPDX-License-Identifier: MIT */
/* Within the room: the words that names are made of, and how abbreviations among them are spelt. */
#ifndef KIT_WORDS_H
#define KIT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX 16 /* further ones are left out */

/* The words of a name in lower case: "lunWWN_2" is lun, wwn, 2. End with words_clear(). */
struct words {
	char *buffer;
	const char *items[WORDS_MAX];
	size_t count;
};

struct words words_of(const char *name);
void words_clear(struct words *words);

/* Whether a list that ends with NULL has the word. */
bool word_is_one_of(const char *word, const char *const *list);

/*
 * The text with its abbreviations as they are usually spelt: "Lun wwn" becomes "LUN WWN"; NULL if
 * it is that already. The caller frees it.
 */
char *spell_abbreviations(const char *text);

/* The name as a text: "ScsiPort" becomes "Scsi port". The caller frees it. */
char *sentence_of(const char *name);

#endif
