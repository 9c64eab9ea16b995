/* SPDX-License-Identifier: MIT */
#include "cli/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/json.h"

/* How long no more must have come, and how long anything is held back at most. */
#define QUIET_NS (200 * NS_PER_MS)
#define MOST_NS NS_PER_S

/* Alerts of one root cause that were raised, or that were cleared. */
struct folded {
	int64_t root;               /* id of the alert */
	struct json_object *notice; /* of the root cause, or of the first that follows from it */
	int64_t others;
	bool has_root;
};

static bool is_about_alert(const char *kind)
{
	return strcmp(kind, "alert_raised") == 0 || strcmp(kind, "alert_cleared") == 0;
}

static struct folded *find(const struct fold *fold, int64_t root, const char *kind)
{
	for (size_t i = 0; i < fold->count; i++)
		if (fold->items[i].root == root &&
		    strcmp(json_text(fold->items[i].notice, "kind"), kind) == 0)
			return &fold->items[i];
	return NULL;
}

static void add(struct fold *fold, struct json_object *notice, int64_t root, bool is_root)
{
	fold->items = xgrow(fold->items, fold->count, &fold->capacity, sizeof(*fold->items));
	fold->items[fold->count++] =
	    (struct folded){.root = root, .notice = json_object_get(notice), .has_root = is_root};
}

/* Adds a notice to others of its root cause; that of the root cause itself is told. */
static void join(struct folded *folded, struct json_object *notice, bool is_root)
{
	folded->others++;
	if (!is_root || folded->has_root)
		return;
	json_object_put(folded->notice);
	folded->notice = json_object_get(notice);
	folded->has_root = true;
}

bool fold_take(struct fold *fold, struct json_object *notice)
{
	const char *kind = json_text(notice, "kind");
	struct json_object *cause = json_part(notice, "root_cause");
	int64_t root = json_number(cause != NULL ? cause : notice, "alert");
	struct folded *folded;

	if (!is_about_alert(kind))
		return false;
	folded = find(fold, root, kind);
	fold->last = monotonic_now();
	if (fold->count == 0)
		fold->first = fold->last;
	if (folded == NULL)
		add(fold, notice, root, cause == NULL);
	else
		join(folded, notice, cause == NULL);
	return true;
}

bool fold_is_due(const struct fold *fold)
{
	struct monotonic now = monotonic_now();

	return fold->count > 0 && (monotonic_since(now, fold->last) >= QUIET_NS ||
	                              monotonic_since(now, fold->first) >= MOST_NS);
}

void fold_render(struct fold *fold, struct text *out, const struct terminal *terminal)
{
	for (size_t i = 0; i < fold->count; i++) {
		struct folded *folded = &fold->items[i];

		json_object_object_add(folded->notice, folded->has_root ? "consequences" : "others",
		    json_object_new_int64(folded->others));
		render_change(out, terminal, folded->notice);
		json_object_put(folded->notice);
	}
	free(fold->items);
	*fold = (struct fold){0};
}
