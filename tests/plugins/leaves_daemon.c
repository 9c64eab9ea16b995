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

	setsid();
	if (fork() != 0)
		_exit(0);
	file = fopen(path, "w");
	if (file != NULL) {
		fprintf(file, "%d\n", (int)getpid());
		fclose(file);
	}
	for (;;)
		pause();
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	const char *path = iml_text(scannable, "file");
	pid_t child = fork();

	(void)self;
	if (child == 0)
		become_daemon(path);
	waitpid(child, NULL, 0);
	return 0;
}

IML_PLUGIN(leaves_daemon, .classes = IML_CLASSES(&array), .initial_scan = initial_scan);
