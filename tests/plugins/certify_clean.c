/* SPDX-License-Identifier: MIT */
/* Does nothing wrong, and a lot: memory, a descriptor, a file and a thread for each session. */
#include "certify_box.h"

#include <pthread.h>
#include <unistd.h>

struct session {
	int file;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool over;
};

static void *wait_for_end(void *context)
{
	struct session *session = context;

	pthread_mutex_lock(&session->lock);
	while (!session->over)
		pthread_cond_wait(&session->changed, &session->lock);
	pthread_mutex_unlock(&session->lock);
	return NULL;
}

static int open_temporary(void)
{
	const char *directory = getenv("TMPDIR");
	char path[256];
	int file;

	snprintf(path, sizeof(path), "%s/certify-XXXXXX", directory != NULL ? directory : "/tmp");
	file = mkstemp(path);
	if (file >= 0)
		unlink(path);
	return file;
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return iml_fail(self, "out of memory");
	session->file = open_temporary();
	pthread_mutex_init(&session->lock, NULL);
	pthread_cond_init(&session->changed, NULL);
	if (session->file < 0 ||
	    pthread_create(&session->thread, NULL, wait_for_end, session) != 0) {
		close(session->file);
		free(session);
		return iml_fail(self, "out of descriptors or threads");
	}
	iml_set_private(self, session);
	return box_scan(self, scannable);
}

static int teardown(struct iml_plugin *self)
{
	struct session *session = iml_get_private(self);

	if (session == NULL)
		return 0;
	pthread_mutex_lock(&session->lock);
	session->over = true;
	pthread_cond_signal(&session->changed);
	pthread_mutex_unlock(&session->lock);
	pthread_join(session->thread, NULL);
	pthread_mutex_destroy(&session->lock);
	pthread_cond_destroy(&session->changed);
	close(session->file);
	free(session);
	return 0;
}

BOX_PLUGIN(
    certify_clean, .initial_scan = initial_scan, .update_scan = box_scan, .teardown = teardown);
