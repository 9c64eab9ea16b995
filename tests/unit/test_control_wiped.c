/* SPDX-License-Identifier: MIT */
/* A password in a request is in no memory of the runner any more when the request was answered. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/internal.h"
#include "control_fixture.h"

/* The password has all bits of this turned: it is nowhere in the program. */
static const char canary[] = {~'o', ~'p', ~'e', ~'n', ~'-', ~'s', ~'e', ~'s', ~'a', ~'m', ~'e',
    ~'-', ~'o', ~'n', ~'c', ~'e', ~'-', ~'m', ~'o', ~'r', ~'e', ~'-', ~'a', ~'n', ~'d', ~'-', ~'b',
    ~'e', ~'-', ~'q', ~'u', ~'i', ~'c', ~'k'};

/* What is larger is a sanitizer's own. */
#define MAPPING_MAX (64ul * 1024 * 1024)

static bool has_arrived;

static uint64_t look_at_instruction(void *context, const struct instruction *instruction,
    void (*answered)(void *asker, const struct instruction_answer *answer), void *asker)
{
	const char *value = instruction->attributes[0].value;

	(void)context;
	(void)answered;
	(void)asker;
	has_arrived = strlen(value) == sizeof(canary);
	for (size_t i = 0; has_arrived && i < sizeof(canary); i++)
		has_arrived = value[i] == (char)~canary[i];
	return 0;
}

static int start(void **state)
{
	int result = site_start(state);
	struct site *site = *state;

	site->callbacks.instruct = look_at_instruction;
	has_arrived = false;
	return result;
}

/* Sends text with the password in the place of "*", byte by byte from where it is not found. */
static void send_with_password(int fd, const char *text)
{
	static char request[4096];
	size_t length = 0;

	for (; *text != '\0'; text++) {
		if (*text != '*') {
			request[length++] = *text;
			continue;
		}
		for (size_t i = 0; i < sizeof(canary); i++)
			request[length++] = (char)~canary[i];
	}
	assert_int_equal(write(fd, request, length), length);
	explicit_bzero(request, sizeof(request));
}

/* Whether the password is at a place of memory. */
static bool is_at(const char *place)
{
	size_t i = 0;

	while (i < sizeof(canary) && place[i] == (char)~canary[i])
		i++;
	return i == sizeof(canary);
}

/* How often the password is in a range of memory, which is read as it would be from outside. */
static unsigned count_in(int memory, uintptr_t begin, uintptr_t end)
{
	static char part[65536];
	const size_t step = sizeof(part) - sizeof(canary);
	unsigned count = 0;
	ssize_t length;

	for (uintptr_t place = begin; place < end; place += step) {
		length = pread(memory, part, sizeof(part), (off_t)place);
		for (ssize_t i = 0; i + (ssize_t)sizeof(canary) <= length; i++)
			count += is_at(part + i);
	}
	explicit_bzero(part, sizeof(part));
	return count;
}

/* How often it is in all memory that can be written. */
static unsigned count_passwords(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned long begin, end;
	char line[512], rights[8];
	unsigned count = 0;

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx %7s", &begin, &end, rights) == 3 && rights[0] == 'r' &&
		    rights[1] == 'w' && end - begin <= MAPPING_MAX)
			count += count_in(memory, begin, end);
	close(memory);
	fclose(maps);
	return count;
}

/* Makes a request, and asserts that nothing is left of it. */
static void assert_wiped(const struct site *site, const char *text, bool arrives, const char *code)
{
	struct text answer = TEXT_EMPTY;
	int fd = site_connect(site);

	has_arrived = false;
	send_with_password(fd, text);
	while (site_receive(site, fd, &answer))
		continue;
	close(fd);
	assert_int_equal(has_arrived, arrives);
	if (strstr(answer.data, code) == NULL)
		fail_msg("not %s, but:\n%s", code, answer.data);
	assert_int_equal(count_passwords(), 0);
	text_clear(&answer);
}

#define HEAD "POST /v1/scannables HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

static void a_password_is_wiped_when_its_request_was_answered(void **state)
{
	const struct site *site = *state;

	assert_wiped(site,
	    HEAD "Content-Length: 85\r\n\r\n"
	         "{\"plugin\":\"acme\",\"class\":\"C\",\"attributes\":{\"p\":\"*\"}}",
	    true, "HTTP/1.1 503 ");
}

static void a_password_in_parts_is_wiped(void **state)
{
	const struct site *site = *state;

	assert_wiped(site,
	    HEAD "Transfer-Encoding: chunked\r\n\r\n"
	         "30\r\n{\"plugin\":\"acme\",\"class\":\"C\",\"attributes\":{\"p\":\"\r\n"
	         "22\r\n*\r\n3\r\n\"}}\r\n0\r\n\r\n",
	    true, "HTTP/1.1 503 ");
}

static void a_password_is_wiped_when_it_is_refused(void **state)
{
	const struct site *site = *state;

	assert_wiped(site, HEAD "Content-Length: 40\r\n\r\n{\"p\":\"*", false, "HTTP/1.1 400 ");
	assert_wiped(site, HEAD "Content-Length: 42\r\n\r\n{\"p\":\"*\"}", false, "HTTP/1.1 422 ");
	assert_wiped(site, HEAD "Content-Length: 59\r\n\r\n{\"attributes\":{\"p\":[\"*\"]}}", false,
	    "HTTP/1.1 422 ");
	assert_wiped(site, "broken *\r\n\r\n", false, "HTTP/1.1 400 ");
	assert_wiped(site, "GET /v1/status HTTP/1.1\r\nConnection: close\r\nX: *\r\n\r\n", false,
	    "HTTP/1.1 200 ");
}

#define site_test(function) cmocka_unit_test_setup_teardown(function, start, site_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    site_test(a_password_is_wiped_when_its_request_was_answered),
	    site_test(a_password_in_parts_is_wiped),
	    site_test(a_password_is_wiped_when_it_is_refused),
	};

	control_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
