/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "cli/client.h"
#include "cli/json.h"

/* Ids that are named where a name is not unique. */
#define IDS_SHOWN 8

/* The ids of the resources of a name; with any case if there is none in this one. */
static struct json_object *find_named(struct json_object *resources, const char *name)
{
	int (*const compare[])(const char *, const char *) = {strcmp, strcasecmp};
	struct json_object *ids = json_object_new_array();

	for (size_t pass = 0; pass < 2 && json_count(ids) == 0; pass++) {
		for (size_t i = 0; i < json_count(resources); i++) {
			struct json_object *resource = json_item(resources, i);

			if (compare[pass](json_text(resource, "label"), name) == 0)
				json_object_array_add(
				    ids, json_object_new_int64(json_number(resource, "id")));
		}
	}
	return ids;
}

/* Complains that a name is that of no resource, or of several. */
static void complain_of_name(const char *name, struct json_object *ids)
{
	struct text list = TEXT_EMPTY;

	if (json_count(ids) == 0) {
		fprintf(stderr,
		    "iml-plugin: no resource is called \"%s\"; see \"iml-plugin tree\"\n", name);
		return;
	}
	for (size_t i = 0; i < json_count(ids) && i < IDS_SHOWN; i++)
		text_printf(
		    &list, "%s%s", i > 0 ? ", " : "", json_object_get_string(json_item(ids, i)));
	fprintf(stderr, "iml-plugin: %zu resources are called \"%s\": give the id of one (%s%s)\n",
	    json_count(ids), name, list.data, json_count(ids) > IDS_SHOWN ? ", ..." : "");
	text_clear(&list);
}

char *resource_path(struct cli *cli, const char *name)
{
	struct json_object *answer, *ids;
	char *path = NULL;

	if (is_id(name))
		return xasprintf("/v1/resources/%s", name);
	answer = client_get_all(cli->client, "/v1/resources", "resources");
	if (answer == NULL)
		return NULL;
	ids = find_named(json_part(answer, "resources"), name);
	if (json_count(ids) == 1)
		path = xasprintf("/v1/resources/%s", json_object_get_string(json_item(ids, 0)));
	else
		complain_of_name(name, ids);
	json_object_put(ids);
	json_object_put(answer);
	return path;
}
