/* SPDX-License-Identifier: MIT */
/* What cppcheck has to know of the list and hash macros to read the code that uses them. */
#include "/usr/include/x86_64-linux-gnu/sys/queue.h"
#define HASH_ITER(handle, head, element, next)                                       \
	for ((element) = (head), (next) = (element)->handle.next; (element) != NULL; \
	     (element) = (next))
