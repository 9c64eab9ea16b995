/* SPDX-License-Identifier: MIT */
#include "wire/recorder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ending.h"

static const char *const hook_names[HOOK_END] = {
    [HOOK_NONE] = "none",
    [HOOK_LOAD] = "load",
    [HOOK_INITIAL_SCAN] = "initial_scan",
    [HOOK_UPDATE_SCAN] = "update_scan",
    [HOOK_TEARDOWN] = "teardown",
    [HOOK_GET_LABEL] = "get_label",
    [HOOK_DEFAULT] = "default_function",
    [HOOK_OBFUSCATE] = "obfuscate",
};

const char *hook_name(uint32_t hook)
{
	return hook < HOOK_END ? hook_names[hook] : "?";
}

int recorder_create(void)
{
	int fd = memfd_create("iml-plugin-recorder", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error;

	if (fd < 0)
		return -1;
	/* The size is sealed: a plugin host that shrank it would kill the supervisor by SIGBUS. */
	if (ftruncate(fd, sizeof(struct recorder)) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct recorder *recorder_map(int fd)
{
	struct stat status;
	void *memory;

	if (fstat(fd, &status) != 0)
		return NULL;
	if (status.st_size != (off_t)sizeof(struct recorder)) {
		errno = EINVAL;
		return NULL;
	}
	memory = mmap(NULL, sizeof(struct recorder), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return NULL;
	return memory;
}

void recorder_unmap(struct recorder *recorder)
{
	if (recorder != NULL)
		munmap(recorder, sizeof(*recorder));
}

bool recorder_suspects(const struct recorder *recorder, size_t worker)
{
	uint32_t fatal = recorder->fatal_worker;

	return fatal == 0 || fatal > RECORDER_WORKERS || worker == fatal - 1;
}

void recorder_describe_end(const struct recorder *recorder, int status, struct text *out)
{
	if (WIFEXITED(status) && recorder->fatal_exit != 0)
		text_printf(out, "the plugin called exit(%d)", WEXITSTATUS(status));
	else
		ending_describe(status, out);
}

bool hook_runs(uint32_t hook)
{
	return hook > HOOK_NONE && hook < HOOK_END;
}

void recorder_enter(struct recorder *recorder, size_t worker, enum hook hook, uint32_t session)
{
	struct recorder_entry *entry = &recorder->workers[worker];

	assert(worker < RECORDER_WORKERS);
	/* The hook comes last: who sees it sees the session and time that belong to it. */
	atomic_store(&entry->session, session);
	atomic_store(&entry->since_ns, monotonic_now().ns);
	atomic_store(&entry->hook, hook);
}

void recorder_leave(struct recorder *recorder, size_t worker)
{
	assert(worker < RECORDER_WORKERS);
	atomic_store(&recorder->workers[worker].hook, HOOK_NONE);
	atomic_store(&recorder->workers[worker].session, 0);
}
