/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/store.h"

static char path[] = "/tmp/iml-conninfo-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);
	(void)state;

	return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_password(const char *content, size_t length)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

/* Asserts what a conninfo becomes with a password file of this content. */
static void assert_becomes(const char *conninfo, const char *content, const char *expected)
{
	char reason[REASON_SIZE];
	char *result;

	write_password(content, strlen(content));
	result = store_conninfo_with_password(conninfo, path, reason);
	assert_non_null(result);
	assert_string_equal(result, expected);
	assert_true(store_check_conninfo(result, reason));
	free(result);
}

static void every_form_of_a_conninfo_takes_a_password(void **state)
{
	(void)state;
	assert_becomes("", "secret\n", "password='secret'");
	assert_becomes("storage", "secret", "dbname='storage' password='secret'");
	assert_becomes("service=iml", "secret\n", "service='iml' password='secret'");
	assert_becomes("postgresql://runner@db.example/storage?sslmode=require", "secret",
	    "user='runner' dbname='storage' host='db.example' sslmode='require' "
	    "password='secret'");
	assert_becomes("host=a,b port=1,2", "secret", "host='a,b' port='1,2' password='secret'");
}

static void a_password_may_have_any_character(void **state)
{
	(void)state;
	assert_becomes("", "it's a \\ \"b\" =%20\n", "password='it\\'s a \\\\ \"b\" =%20'");
	assert_becomes("", " \n", "password=' '");
}

static void the_password_of_the_file_is_the_one_that_counts(void **state)
{
	(void)state;
	assert_becomes("password=old user=a", "new", "user='a' password='new'");
}

/* Asserts that a file of this content is refused, and how its reason ends. */
static void assert_refused(const char *content, size_t length, const char *why)
{
	char reason[REASON_SIZE];

	write_password(content, length);
	assert_null(store_conninfo_with_password("", path, reason));
	assert_int_equal(strncmp(reason, path, strlen(path)), 0);
	assert_string_equal(reason + strlen(path), why);
}

static void what_is_no_password_is_refused_without_being_told(void **state)
{
	char long_one[1024];
	(void)state;

	memset(long_one, 'x', sizeof(long_one));
	assert_refused("", 0, " is empty");
	assert_refused("\n", 1, " is empty");
	assert_refused(
	    "one\ntwo", 7, " has more than one line, and should have nothing but a password");
	assert_refused(
	    "one\n\n", 5, " has more than one line, and should have nothing but a password");
	assert_refused(
	    "a\0b", 3, " has more than one line, and should have nothing but a password");
	assert_refused(long_one, sizeof(long_one), " is too long for a password");
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	char reason[REASON_SIZE];
	(void)state;

	assert_null(store_conninfo_with_password("", "/proc/none", reason));
	assert_string_equal(reason, "/proc/none can't be read: No such file or directory");
	assert_null(store_conninfo_with_password("", "/", reason));
	assert_string_equal(reason, "/ can't be read: it is no file");
}

static void a_file_that_others_may_read_is_refused(void **state)
{
	char expected[REASON_SIZE], reason[REASON_SIZE];
	(void)state;

	write_password("secret\n", 7);
	assert_int_equal(chmod(path, 0644), 0);
	assert_null(store_conninfo_with_password("", path, reason));
	snprintf(expected, sizeof(expected),
	    "%s can't be read: it may be used by others: chmod 640 it, or 600", path);
	assert_string_equal(reason, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_form_of_a_conninfo_takes_a_password),
	    cmocka_unit_test(a_password_may_have_any_character),
	    cmocka_unit_test(the_password_of_the_file_is_the_one_that_counts),
	    cmocka_unit_test(what_is_no_password_is_refused_without_being_told),
	    cmocka_unit_test(a_file_that_cannot_be_read_is_named),
	    cmocka_unit_test(a_file_that_others_may_read_is_refused),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
