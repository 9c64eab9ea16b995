/* SPDX-License-Identifier: MIT */
/*
 * The private cluster as files and processes: where it lies, who owns it, and how its programs are
 * run. embedded.c decides when.
 */
#ifndef STORE_CLUSTER_H
#define STORE_CLUSTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/class.h"

struct cluster {
	char *directory; /* absolute */
	char *data;      /* "data" in it, as the next two */
	char *marker;    /* there once the cluster is complete */
	char *log;
	int lock; /* descriptor; held as long as this runner uses the directory */

	char *socket_directory;
	bool own_socket_directory; /* made in /tmp */

	char *bin_directory;
	char *user; /* that the programs run as */
	uid_t uid;
	gid_t gid;
	bool change_user;
};

/*
 * Finds or makes everything that is needed to run the programs, and claims the directory. user and
 * bin_directory may be NULL. False with a reason that names the remedy; cluster_clear() in either
 * case.
 */
bool cluster_prepare(struct cluster *cluster, const char *directory, const char *user,
    const char *bin_directory, char reason[REASON_SIZE]);
void cluster_clear(struct cluster *cluster);

/* What to connect to. The caller frees it. */
char *cluster_conninfo(const struct cluster *cluster);

/* Whether initdb once did all of its work; else it has to begin anew. */
bool cluster_is_complete(const struct cluster *cluster);
bool cluster_mark_complete(const struct cluster *cluster);

/* The last lines of the log, in one. The caller frees it. */
char *cluster_last_words(const struct cluster *cluster);

/* Removes a directory and all that is in it. */
void cluster_remove_tree(const char *path);

/* In a child process: becomes the user for good. */
bool cluster_become_user(const struct cluster *cluster);

/* ---- cluster_process.c ---- */

/* These begin a program as a child process in a session of its own; -1 with errno if they can't. */
pid_t cluster_run_initdb(const struct cluster *cluster);
pid_t cluster_run_server(const struct cluster *cluster);

/* Whether the process is a server of this cluster. */
bool cluster_is_server(const struct cluster *cluster, pid_t pid);

/* The server of an earlier runner if it is still there, else 0. */
pid_t cluster_find_server(const struct cluster *cluster);

#endif
