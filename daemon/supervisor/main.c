/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/host.h"
#include "supervisor/supervisor.h"

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"check", no_argument, NULL, 'k'},
    {"verbose", no_argument, NULL, 'v'},
    {"embedded", no_argument, NULL, 'e'},
    {"no-isolation", no_argument, NULL, 'n'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static void usage(FILE *out)
{
	fputs(
	    "usage: iml-plugin-runner [--config FILE] [--check] [--verbose] [--embedded]"
	    " [--no-isolation]\n"
	    "\n"
	    "  --config FILE    configuration (default " SYSTEM_CONFIG ", if it is there)\n"
	    "  --check          check configuration and plugins, then exit (0 good, 78 not)\n"
	    "  --verbose        log at level debug\n"
	    "  --embedded       use a private PostgreSQL cluster, whatever the configuration says\n"
	    "  --no-isolation   run plugins in threads of this process, for gdb and valgrind\n"
	    "  --help, --version\n",
	    out);
}

/* The configuration to use: the one given, the system's if it is there, else defaults only. */
static const char *choose_config(const char *given)
{
	if (given != NULL)
		return given;
	return access(SYSTEM_CONFIG, F_OK) == 0 ? SYSTEM_CONFIG : NULL;
}

/* Reads the command line. Returns -1 to go on, or the exit status. */
static int read_options(int argc, char **argv, struct supervisor_options *result)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:kvenhV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			result->config_path = optarg;
			break;
		case 'k':
			result->check = true;
			break;
		case 'v':
			result->verbose = true;
			break;
		case 'e':
			result->embedded = true;
			break;
		case 'n':
			result->no_isolation = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("iml-plugin-runner " VERSION);
			return 0;
		default:
			usage(stderr);
			return EXIT_WRONG_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "iml-plugin-runner: \"%s\" is not expected\n", argv[optind]);
	usage(stderr);
	return EXIT_WRONG_USAGE;
}

int main(int argc, char **argv)
{
	struct supervisor_options result = {0};
	int status;

	if (argc > 1 && strcmp(argv[1], "plugin-host") == 0)
		return host_main(HOST_CHANNEL_FD, HOST_RECORDER_FD);
	status = read_options(argc, argv, &result);
	if (status >= 0)
		return status;
	result.config_path = choose_config(result.config_path);
	return supervisor_main(&result);
}
