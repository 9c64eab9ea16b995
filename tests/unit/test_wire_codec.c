/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "wire/codec.h"
#include "wire/message.h"
#include "wire/recorder.h"

static struct reader reader_of_text(const struct text *text)
{
	return reader_of(text->data, text->length);
}

/* ---- numbers and texts ---- */

static void numbers_come_back_as_they_were(void **state)
{
	struct text out = TEXT_EMPTY;
	struct reader in;

	(void)state;
	put_u8(&out, 200);
	put_u16(&out, 0xbeef);
	put_u32(&out, UINT32_MAX);
	put_u64(&out, UINT64_MAX);
	put_i64(&out, INT64_MIN);
	put_f64(&out, -0.1);
	in = reader_of_text(&out);
	assert_int_equal(get_u8(&in), 200);
	assert_int_equal(get_u16(&in), 0xbeef);
	assert_int_equal(get_u32(&in), UINT32_MAX);
	assert_true(get_u64(&in) == UINT64_MAX);
	assert_true(get_i64(&in) == INT64_MIN);
	assert_true(get_f64(&in) == -0.1);
	assert_true(reader_finish(&in));
	text_clear(&out);
}

static void numbers_are_little_endian(void **state)
{
	struct text out = TEXT_EMPTY;

	(void)state;
	put_u32(&out, 0x01020304);
	assert_int_equal(out.length, 4);
	assert_memory_equal(out.data, "\x04\x03\x02\x01", 4);
	text_clear(&out);
}

static void texts_tell_null_from_empty(void **state)
{
	struct text out = TEXT_EMPTY;
	struct reader in;
	char *texts[3];

	(void)state;
	put_string(&out, NULL);
	put_string(&out, "");
	put_string(&out, "größe");
	in = reader_of_text(&out);
	for (size_t i = 0; i < 3; i++)
		texts[i] = get_string(&in);
	assert_true(reader_finish(&in));
	assert_null(texts[0]);
	assert_string_equal(texts[1], "");
	assert_string_equal(texts[2], "größe");
	free(texts[1]);
	free(texts[2]);
	text_clear(&out);
}

static void reading_past_the_end_gives_zero_and_the_first_error(void **state)
{
	struct reader in = reader_of("\x01\x02\x03", 3);

	(void)state;
	assert_int_equal(get_u32(&in), 0);
	assert_string_equal(in.error, "it ends too early");
	assert_int_equal(get_u8(&in), 0);
	assert_null(get_string(&in));
	assert_int_equal(get_count(&in, 1), 0);
	assert_false(reader_finish(&in));
	assert_string_equal(in.error, "it ends too early");
}

static void nothing_can_be_read_from_no_bytes(void **state)
{
	struct reader in = reader_of(NULL, 0);

	(void)state;
	assert_true(reader_finish(&in));
	assert_int_equal(get_u8(&in), 0);
	assert_false(reader_finish(&in));
}

static void booleans_other_than_0_and_1_are_refused(void **state)
{
	struct reader in = reader_of("\x01\x00\x02", 3);

	(void)state;
	assert_true(get_bool(&in));
	assert_false(get_bool(&in));
	assert_null(in.error);
	assert_false(get_bool(&in));
	assert_string_equal(in.error, "a boolean is neither 0 nor 1");
}

static void texts_that_are_not_utf8_are_refused(void **state)
{
	static const char *const bad[] = {
	    "\x02\0\0\0\xc3(", "\x01\0\0\0\xff", "\x01\0\0\0\0", "\x03\0\0\0\xed\xa0\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reader in = reader_of(bad[i], 4 + (size_t)bad[i][0]);

		assert_null(get_string(&in));
		assert_string_equal(in.error, "a text is not valid UTF-8");
	}
}

static void a_text_longer_than_what_is_left_is_refused(void **state)
{
	struct reader in = reader_of("\xfe\xff\xff\xff"
	                             "abc",
	    7);

	(void)state;
	assert_null(get_string(&in));
	assert_string_equal(in.error, "it ends too early");
}

static void a_count_must_fit_into_what_is_left(void **state)
{
	struct reader in = reader_of("\x02\0\0\0abcdef", 10);

	(void)state;
	assert_int_equal(get_count(&in, 3), 2);
	in = reader_of("\x02\0\0\0abcdef", 10);
	assert_int_equal(get_count(&in, 4), 0);
	assert_string_equal(in.error, "a count is larger than the bytes that follow");
	in = reader_of("\xff\xff\xff\xff", 4);
	assert_int_equal(get_count(&in, SIZE_MAX), 0);
	assert_non_null(in.error);
}

static void bytes_left_over_are_refused(void **state)
{
	struct reader in = reader_of("ab", 2);

	(void)state;
	get_u8(&in);
	assert_false(reader_finish(&in));
	assert_string_equal(in.error, "bytes are left over at its end");
}

/* ---- frames ---- */

struct frames {
	struct frame_reader reader;
	enum message_type type;
	const void *body;
	size_t length;
	char reason[REASON_SIZE];
};

static int next(struct frames *frames)
{
	return frame_reader_next(
	    &frames->reader, &frames->type, &frames->body, &frames->length, frames->reason);
}

/* Feeds a frame of length bytes, all 'x'. */
static void feed_frame(struct frames *frames, uint32_t length, uint16_t type, uint16_t flags)
{
	struct text frame = TEXT_EMPTY;

	put_u32(&frame, length);
	put_u16(&frame, type);
	put_u16(&frame, flags);
	for (uint32_t i = 0; i < length && length <= FRAME_MAX; i++)
		text_append_char(&frame, 'x');
	frame_reader_feed(&frames->reader, frame.data, frame.length);
	text_clear(&frame);
}

static void a_frame_is_found_however_its_bytes_arrive(void **state)
{
	struct frames frames = {0};
	struct text out = TEXT_EMPTY;
	struct message message = {.type = MESSAGE_CLOSE, .close = {.session = 7}};

	(void)state;
	message_encode(&message, &out);
	message_encode(&message, &out);
	for (size_t i = 0; i < out.length; i++) {
		frame_reader_feed(&frames.reader, out.data + i, 1);
		assert_int_equal(next(&frames), (i + 1) % 12 == 0);
	}
	assert_int_equal(frames.type, MESSAGE_CLOSE);
	assert_int_equal(frames.length, 4);
	assert_memory_equal(frames.body, "\x07\0\0\0", 4);
	text_clear(&out);
	frame_reader_clear(&frames.reader);
}

static void several_frames_arrive_at_once(void **state)
{
	struct frames frames = {0};

	(void)state;
	feed_frame(&frames, 0, MESSAGE_STOP, 0);
	feed_frame(&frames, 3, MESSAGE_LOG, 0);
	feed_frame(&frames, 0, MESSAGE_CLOSE, 0);
	assert_int_equal(next(&frames), 1);
	assert_int_equal(frames.type, MESSAGE_STOP);
	assert_int_equal(frames.length, 0);
	assert_int_equal(next(&frames), 1);
	assert_int_equal(frames.type, MESSAGE_LOG);
	assert_memory_equal(frames.body, "xxx", 3);
	assert_int_equal(next(&frames), 1);
	assert_int_equal(frames.type, MESSAGE_CLOSE);
	assert_int_equal(next(&frames), 0);
	frame_reader_clear(&frames.reader);
}

static void parts_of_a_message_are_put_together(void **state)
{
	struct frames frames = {0};

	(void)state;
	feed_frame(&frames, FRAME_MAX, MESSAGE_BATCH, FRAME_MORE);
	assert_int_equal(next(&frames), 0);
	feed_frame(&frames, FRAME_MAX, MESSAGE_BATCH, FRAME_MORE);
	feed_frame(&frames, 5, MESSAGE_BATCH, 0);
	feed_frame(&frames, 1, MESSAGE_LOG, 0);
	assert_int_equal(next(&frames), 1);
	assert_int_equal(frames.type, MESSAGE_BATCH);
	assert_int_equal(frames.length, 2 * FRAME_MAX + 5);
	assert_int_equal(next(&frames), 1);
	assert_int_equal(frames.type, MESSAGE_LOG);
	assert_int_equal(frames.length, 1);
	frame_reader_clear(&frames.reader);
}

static void wrong_frames_are_refused_by_their_header(void **state)
{
	static const struct {
		uint32_t length;
		uint16_t type, flags;
		const char *reason;
	} bad[] = {
	    {FRAME_MAX + 1, MESSAGE_LOG, 0, "a frame of 1048577 bytes is longer than 1048576"},
	    {UINT32_MAX, MESSAGE_LOG, 0, "a frame of 4294967295 bytes is longer than 1048576"},
	    {0, 0, 0, "a frame has the unknown type 0"},
	    {0, MESSAGE_TYPE_END, 0, "a frame has the unknown type 16"},
	    {0, MESSAGE_LOG, 2, "a frame has the unknown flags 0x2"},
	    {0, MESSAGE_LOG, FRAME_MORE, "a frame that has to be continued is empty"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct frames frames = {0};

		feed_frame(&frames, bad[i].length, bad[i].type, bad[i].flags);
		assert_int_equal(next(&frames), -1);
		assert_string_equal(frames.reason, bad[i].reason);
		assert_int_equal(next(&frames), -1);
		frame_reader_clear(&frames.reader);
	}
}

static void a_message_must_not_be_interrupted(void **state)
{
	struct frames frames = {0};

	(void)state;
	feed_frame(&frames, 1, MESSAGE_BATCH, FRAME_MORE);
	feed_frame(&frames, 1, MESSAGE_LOG, 0);
	assert_int_equal(next(&frames), -1);
	assert_string_equal(frames.reason, "a frame of type 12 interrupts a message of type 10");
	frame_reader_clear(&frames.reader);
}

static void a_message_has_a_greatest_length(void **state)
{
	struct frames frames = {0};

	(void)state;
	frames.reader = (struct frame_reader){.in_message = true, .type = MESSAGE_BATCH};
	text_append(&frames.reader.body, "x");
	frames.reader.body.length = MESSAGE_MAX - 4; /* as if that much had come */
	feed_frame(&frames, 5, MESSAGE_BATCH, 0);
	frames.reason[0] = '\0';
	assert_int_equal(next(&frames), -1);
	assert_string_equal(frames.reason, "a message is longer than 1073741824 bytes");
	frames.reader.body.length = 1; /* as much as there is to be wiped */
	frame_reader_clear(&frames.reader);
}

static void a_long_message_leaves_no_memory_behind(void **state)
{
	struct frames frames = {0};

	(void)state;
	for (int i = 0; i < 8; i++)
		feed_frame(&frames, FRAME_MAX, MESSAGE_BATCH, FRAME_MORE);
	feed_frame(&frames, 1, MESSAGE_BATCH, 0);
	assert_int_equal(next(&frames), 1);
	assert_int_equal(frames.length, 8 * FRAME_MAX + 1);
	assert_int_equal(next(&frames), 0);
	assert_true(frames.reader.body.capacity < 8 * FRAME_MAX);
	feed_frame(&frames, 0, MESSAGE_STOP, 0);
	assert_true(frames.reader.buffer.capacity < 8 * FRAME_MAX);
	assert_int_equal(next(&frames), 1);
	frame_reader_clear(&frames.reader);
}

/* ---- the flight recorder ---- */

static void a_recorder_tells_what_a_worker_does(void **state)
{
	int fd = recorder_create();
	struct recorder *host = recorder_map(fd);
	struct recorder *supervisor = recorder_map(fd);

	(void)state;
	assert_non_null(host);
	assert_non_null(supervisor);
	close(fd);
	assert_int_equal(supervisor->workers[255].hook, HOOK_NONE);
	recorder_enter(host, 255, HOOK_UPDATE_SCAN, 12);
	assert_int_equal(supervisor->workers[255].hook, HOOK_UPDATE_SCAN);
	assert_int_equal(supervisor->workers[255].session, 12);
	assert_true(supervisor->workers[255].since_ns > 0);
	recorder_leave(host, 255);
	assert_int_equal(supervisor->workers[255].hook, HOOK_NONE);
	assert_int_equal(supervisor->workers[255].session, 0);
	recorder_unmap(host);
	recorder_unmap(supervisor);
	recorder_unmap(NULL);
}

static void a_recorder_cannot_be_shrunk(void **state)
{
	int fd = recorder_create();

	(void)state;
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(errno, EPERM);
	close(fd);
}

static void a_file_of_another_size_is_no_recorder(void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_null(recorder_map(fd));
	assert_int_equal(errno, EINVAL);
	close(fd);
	assert_null(recorder_map(-1));
}

static void hooks_have_the_names_of_the_interface(void **state)
{
	(void)state;
	assert_string_equal(hook_name(HOOK_INITIAL_SCAN), "initial_scan");
	assert_string_equal(hook_name(HOOK_UPDATE_SCAN), "update_scan");
	assert_string_equal(hook_name(HOOK_TEARDOWN), "teardown");
	for (uint32_t hook = 0; hook < HOOK_END; hook++)
		assert_string_not_equal(hook_name(hook), "?");
	assert_string_equal(hook_name(HOOK_END), "?");
	assert_string_equal(hook_name(UINT32_MAX), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_come_back_as_they_were),
	    cmocka_unit_test(numbers_are_little_endian),
	    cmocka_unit_test(texts_tell_null_from_empty),
	    cmocka_unit_test(reading_past_the_end_gives_zero_and_the_first_error),
	    cmocka_unit_test(nothing_can_be_read_from_no_bytes),
	    cmocka_unit_test(booleans_other_than_0_and_1_are_refused),
	    cmocka_unit_test(texts_that_are_not_utf8_are_refused),
	    cmocka_unit_test(a_text_longer_than_what_is_left_is_refused),
	    cmocka_unit_test(a_count_must_fit_into_what_is_left),
	    cmocka_unit_test(bytes_left_over_are_refused),
	    cmocka_unit_test(a_frame_is_found_however_its_bytes_arrive),
	    cmocka_unit_test(several_frames_arrive_at_once),
	    cmocka_unit_test(parts_of_a_message_are_put_together),
	    cmocka_unit_test(wrong_frames_are_refused_by_their_header),
	    cmocka_unit_test(a_message_must_not_be_interrupted),
	    cmocka_unit_test(a_message_has_a_greatest_length),
	    cmocka_unit_test(a_long_message_leaves_no_memory_behind),
	    cmocka_unit_test(a_recorder_tells_what_a_worker_does),
	    cmocka_unit_test(a_recorder_cannot_be_shrunk),
	    cmocka_unit_test(a_file_of_another_size_is_no_recorder),
	    cmocka_unit_test(hooks_have_the_names_of_the_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
