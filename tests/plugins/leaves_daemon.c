/* SPDX-License-Identifier: MIT */
/* A plugin that starts a daemon, which leaves its session, and writes its number to a file. */
#include <iml/storage_plugin.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_PATH("file")),
};

static void become_daemon(const char *path)
{
	FILE *file;
	pid_t daemon;

	setsid();
	daemon = fork();
	while (daemon == 0)
		pause();
	file = fopen(path, "w");
	if (file != NULL) {
		fprintf(file, "%d\n", (int)daemon);
		fclose(file);
	}
	_exit(0);
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	const char *path = iml_text(scannable, "file");
	pid_t child = fork();

	if (child == 0)
		become_daemon(path);
	waitpid(child, NULL, 0);
	iml_warning(self, "a daemon is left");
	return 0;
}

IML_PLUGIN(leaves_daemon, .classes = IML_CLASSES(&array), .initial_scan = initial_scan);
