/* SPDX-License-Identifier: MIT */
/*
 * Where a runner keeps its state and listens unless its configuration says otherwise, and where
 * iml-plugin looks for it; how plugins are named after their files.
 */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Most places that control_socket_places() gives. */
#define CONTROL_SOCKET_PLACES 3

/*
 * $STATE_DIRECTORY (systemd), or /var/lib/iml-plugin-runner for root, or
 * $XDG_STATE_HOME/iml-plugin-runner (~/.local/state/iml-plugin-runner). The caller frees it.
 */
char *default_state_directory(void);

/*
 * "control.sock" in $RUNTIME_DIRECTORY (systemd), or /run/iml-plugin-runner for root, or
 * $XDG_RUNTIME_DIR/iml-plugin-runner, or /tmp/iml-plugin-runner-UID. The caller frees it.
 */
char *default_control_socket(void);

/*
 * The file "database-password" in $CREDENTIALS_DIRECTORY (systemd) if it is there, or NULL. The
 * caller frees it.
 */
char *default_database_password(void);

/*
 * The sockets on which a runner may listen by default, most likely first: that of the system, then
 * those of this user. Returns their number; the caller frees them.
 */
size_t control_socket_places(char *places[CONTROL_SOCKET_PLACES]);

/*
 * A path without what leads nowhere: "//", "/." and "name/..", unless name is a symbolic link. The
 * caller frees it.
 */
char *path_normalise(const char *path);

/*
 * Reads up to size bytes of a file that holds a secret. Gives their number, or -1 with what is
 * wrong: it can't be read, is no file, or others may use it.
 */
ssize_t secret_file_read(const char *path, char *content, size_t size, const char **fault);

/*
 * Makes a directory (mode 0755) and those above it, as far as they are missing. Returns 0, or -1
 * with errno.
 */
int make_directories(const char *path);

/* Longest name of a plugin. */
#define PLUGIN_NAME_MAX 128

/* The name of the plugin in a file: the last part of its path without ".so". The caller frees it.
 */
char *plugin_name_of(const char *path);

/* Whether a text can be a plugin's name, which is also a part of the names of its classes. */
bool plugin_name_is_valid(const char *name);

#endif
