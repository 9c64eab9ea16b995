/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "graph/graph_internal.h"

/* What is found is only compared. */
static struct graph_resource resources[4];

static const record_id edges[] = {1, 63, 64, 65, 4095, 4096, INT64_C(1) << 36,
    (INT64_C(1) << 60) - 1, INT64_C(1) << 60, INT64_MAX};
#define EDGES (sizeof(edges) / sizeof(edges[0]))

static void an_empty_tree_has_no_ids(void **state)
{
	const struct graph_ids ids = {NULL, 0, 0};

	(void)state;
	assert_null(ids_find(&ids, 0));
	assert_null(ids_find(&ids, 1));
	assert_null(ids_find(&ids, -1));
	assert_null(ids_find(&ids, INT64_MAX));
}

static void an_id_of_any_size_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < EDGES; i++) {
		struct graph_ids ids = {NULL, 0, 0};

		ids_add(&ids, edges[i], &resources[0]);
		assert_ptr_equal(ids_find(&ids, edges[i]), &resources[0]);
		assert_null(ids_find(&ids, edges[i] - 1));
		assert_null(ids_find(&ids, edges[i] ^ 64));
		assert_null(ids_find(&ids, -edges[i]));
		ids_remove(&ids, edges[i]);
		assert_null(ids_find(&ids, edges[i]));
		assert_int_equal(ids.count, 0);
		assert_null(ids.root);
	}
}

static void higher_ids_leave_lower_ones_where_they_are(void **state)
{
	struct graph_ids ids = {NULL, 0, 0};

	(void)state;
	for (size_t i = 0; i < EDGES; i++)
		ids_add(&ids, edges[i], &resources[i % 4]);
	assert_int_equal(ids.count, EDGES);
	for (size_t i = 0; i < EDGES; i++)
		assert_ptr_equal(ids_find(&ids, edges[i]), &resources[i % 4]);

	for (size_t i = 0; i < EDGES; i += 2)
		ids_remove(&ids, edges[i]);
	for (size_t i = 0; i < EDGES; i++)
		assert_ptr_equal(ids_find(&ids, edges[i]), i % 2 == 0 ? NULL : &resources[i % 4]);
	for (size_t i = 1; i < EDGES; i += 2)
		ids_remove(&ids, edges[i]);
	assert_int_equal(ids.count, 0);
	assert_null(ids.root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_tree_has_no_ids),
	    cmocka_unit_test(an_id_of_any_size_is_found),
	    cmocka_unit_test(higher_ids_leave_lower_ones_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
