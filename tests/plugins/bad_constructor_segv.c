/* SPDX-License-Identifier: MIT */
/* Follows a wild pointer while it is loaded. */
#include <iml/storage_plugin.h>

#include <signal.h>

__attribute__((constructor)) static void begin(void)
{
	/* A sanitizer would make another end of a real one. */
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_constructor_segv, .classes = IML_CLASSES(&drive));
