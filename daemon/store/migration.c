/* SPDX-License-Identifier: MIT */
#include "store/migration.h"

#include <stddef.h>

extern const char schema_001[];

static const struct migration migrations[] = {
    {1, "storage", schema_001},
};

#define MIGRATION_COUNT (sizeof(migrations) / sizeof(migrations[0]))

const struct migration *migration_after(int64_t number)
{
	for (size_t i = 0; i < MIGRATION_COUNT; i++) {
		if (migrations[i].number > number)
			return &migrations[i];
	}
	return NULL;
}

int migration_newest(void)
{
	return migrations[MIGRATION_COUNT - 1].number;
}

void migration_append(const struct migration *migration, struct text *sql)
{
	text_printf(sql,
	    "%s\nINSERT INTO storage.migration (number, name, program) VALUES (%d, '%s', '%s');\n"
	    "SELECT storage.grant_rights();\n",
	    migration->sql, migration->number, migration->name, VERSION);
}
