/* SPDX-License-Identifier: MIT */
#include "base/ending.h"

#include <string.h>
#include <sys/wait.h>

void ending_describe(int status, struct text *out)
{
	if (WIFSIGNALED(status))
		text_printf(out, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		text_printf(out, "exit status %d", WEXITSTATUS(status));
}
