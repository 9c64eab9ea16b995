/* SPDX-License-Identifier: MIT */
#include "cli/screen.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"

/* Puts lines in the place of those before, without a moment in which there are none. */
static void redraw(const char *lines, struct text *screen)
{
	const struct terminal terminal = terminal_of_output();
	size_t line = 0, length;

	text_append(screen, "\033[H");
	for (; *lines != '\0'; lines += length + (lines[length] == '\n')) {
		length = strcspn(lines, "\n");
		/* The last line stays free, so that nothing scrolls. */
		if (terminal.height > 0 && ++line >= terminal.height)
			break;
		text_append_bytes(screen, lines, length);
		text_append(screen, "\033[K\n");
	}
	text_append(screen, "\033[J");
}

static int show(bool in_place, void (*append)(void *context, struct text *out), void *context)
{
	struct text lines = TEXT_EMPTY, screen = TEXT_EMPTY;

	text_append(&lines, "");
	append(context, &lines);
	if (!in_place)
		return print(&lines);
	redraw(lines.data, &screen);
	text_clear(&lines);
	return print(&screen);
}

static void write_control(const char *sequence)
{
	struct text control = TEXT_EMPTY;

	text_append(&control, sequence);
	print(&control);
}

/* Takes keys as they are typed, and hides the cursor. False if there is nobody who types. */
static bool take_keys(struct termios *before)
{
	struct termios plain;

	write_control("\033[?25l\033[2J");
	if (tcgetattr(STDIN_FILENO, before) != 0)
		return false;
	plain = *before;
	plain.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &plain) == 0;
}

/* Waits for the next period. False when it is the end. */
static bool wait_for_next(int signals, bool has_keys, int period_ms)
{
	struct pollfd events[] = {{.fd = signals, .events = POLLIN},
	    {.fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN}};
	char key = 'q';

	if (poll(events, 2, period_ms) == 0)
		return true;
	if (events[0].revents != 0 || events[1].revents == 0)
		return false;
	return read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q';
}

int screen_repeat(
    bool in_place, int period_ms, void (*append)(void *context, struct text *out), void *context)
{
	sigset_t before;
	int signals = client_take_signals(&before), result;
	struct signalfd_siginfo taken;
	struct termios keys;
	bool has_keys = in_place && take_keys(&keys);

	do {
		result = show(in_place, append, context);
	} while (result == EXIT_SUCCESS && wait_for_next(signals, has_keys, period_ms));
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
	if (in_place)
		write_control("\033[?25h");
	/* Else the signal would end the program when it is let through again. */
	while (read(signals, &taken, sizeof(taken)) > 0)
		continue;
	client_give_signals_back(signals, &before);
	return result;
}
