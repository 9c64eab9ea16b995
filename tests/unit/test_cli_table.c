/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/table.h"
#include "cli_fixture.h"

/* A table of three columns, the first aligned to the right. */
static char *render(const struct terminal *terminal, const char *const *cells, size_t count)
{
	struct table table = table_of(terminal, 3);
	struct text out = TEXT_EMPTY;

	table_align_right(&table, 0);
	for (size_t i = 0; i < count; i++)
		table_add(&table, i < 3 ? STYLE_BOLD : STYLE_PLAIN, cells[i]);
	table_render(&table, &out);
	table_clear(&table);
	return text_steal(&out);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	const char *const cells[] = {"ID", "NAME", "ALERTS", "7", "Größe 1", "", "1234", "b", "x"};
	char *text = render(&to_file, cells, 9);
	(void)state;

	assert_string_equal(text, "  ID  NAME     ALERTS\n"
	                          "   7  Größe 1\n"
	                          "1234  b        x\n");
	free(text);
}

static void the_widest_columns_are_cut_first(void **state)
{
	const char *const cells[] = {"ID", "NAME", "ALERTS", "7",
	    "a name that is much too long to fit in here", "and a long alert as well"};
	char *text = render(&narrow, cells, 6);
	(void)state;

	assert_string_equal(text, "ID  NAME               ALERTS\n"
	                          " 7  a name that is m…  and a long alert…\n");
	free(text);
}

static void a_table_too_wide_for_the_terminal_keeps_narrow_columns(void **state)
{
	const struct terminal tiny = {.width = 10, .unicode = true};
	const char *const cells[] = {"1234567", "1234567", "1234567"};
	char *text = render(&tiny, cells, 3);
	(void)state;

	assert_string_equal(text, "12345…  12345…  12345…\n");
	free(text);
}

static void styles_do_not_disturb_the_columns(void **state)
{
	const char *const cells[] = {"A", "B", "C", "10", "20", "30"};
	char *text = render(&coloured, cells, 6);
	(void)state;

	assert_string_equal(text, " \033[1mA\033[0m  \033[1mB\033[0m   \033[1mC\033[0m\n"
	                          "10  20  30\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
	    cmocka_unit_test(the_widest_columns_are_cut_first),
	    cmocka_unit_test(a_table_too_wide_for_the_terminal_keeps_narrow_columns),
	    cmocka_unit_test(styles_do_not_disturb_the_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
