/* SPDX-License-Identifier: MIT */
/*
 * Tells when a file was written anew, in place or by another that took its name, and whoever wrote
 * it has done with it.
 */
#ifndef KIT_FILE_WATCH_H
#define KIT_FILE_WATCH_H

#include <stdbool.h>

struct file_watch;

/* Begins to watch; the file need not be there, its directory must. NULL with errno. */
struct file_watch *file_watch_open(const char *path);
void file_watch_free(struct file_watch *watch);

/* A descriptor that becomes readable when something in the directory changed. */
int file_watch_fd(const struct file_watch *watch);

/*
 * To be called when the descriptor can be read: waits until nothing was written to the file for
 * 200 ms, and tells whether it is there and another than it was.
 */
bool file_watch_changed(struct file_watch *watch);

/* Tells at once whether it is another than at the last time, and waits only then. */
bool file_watch_look(struct file_watch *watch);

#endif
