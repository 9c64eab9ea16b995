/* SPDX-License-Identifier: MIT */
/*
 * A plugin that comes to a bad end. Settings:
 *	hook	initial_scan, update_scan, teardown, get_label or default_function (default: none)
 *	how	segv, abort, kill, exit, bus, fpe, ill, stack or hang
 *	after	calls of the hook that go well before (default 0)
 *	fail	yes: every update scan fails, so that teardown is called
 *	spared	address of an array whose hooks go well
 *	drives	resources that each scan reports (default 3)
 * A Vault has a default function, and a password that says how obfuscating it ends.
 * How often a hook was called is counted over all sessions of the process.
 */
#include <iml/storage_plugin.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Near NULL, but not NULL: the sanitizers would end the process in their own way. */
static void touch_null(void)
{
	volatile int *volatile nowhere = (volatile int *)sizeof(void *);

	*nowhere = 1;
}

static void die_by_kill(void)
{
	kill(getpid(), SIGKILL);
}

static void die_by_exit(void)
{
	exit(3);
}

static void die_by_bus(void)
{
	raise(SIGBUS);
}

static void die_by_fpe(void)
{
	raise(SIGFPE);
}

static void die_by_ill(void)
{
	raise(SIGILL);
}

/* Never returns, whatever the compiler thinks of it. */
static void hang(void)
{
	volatile bool for_ever = true;

	while (for_ever)
		pause();
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int recurse(volatile char *before)
{
	volatile char here[4096];

	here[0] = before != NULL ? before[0] : 0;
	return recurse(here) + here[0];
}
#pragma GCC diagnostic pop

static void overflow_the_stack(void)
{
	recurse(NULL);
}

static const struct {
	const char *name;
	void (*act)(void);
} ends[] = {{"segv", touch_null}, {"abort", abort}, {"kill", die_by_kill}, {"exit", die_by_exit},
    {"bus", die_by_bus}, {"fpe", die_by_fpe}, {"ill", die_by_ill}, {"stack", overflow_the_stack},
    {"hang", hang}};

static void end(const char *how)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (strcmp(ends[i].name, how) == 0)
			ends[i].act();
}

static atomic_int calls;

static int number_setting(struct iml_plugin *self, const char *key, int otherwise)
{
	const char *value = iml_setting(self, key);

	return value != NULL ? atoi(value) : otherwise;
}

/* Comes to its end if this is the hook, and the time, for it. */
static void meet_fate(struct iml_plugin *self, const char *hook)
{
	const char *chosen = iml_setting(self, "hook");
	const char *how = iml_setting(self, "how");

	if (chosen == NULL || how == NULL || strcmp(chosen, hook) != 0)
		return;
	if (atomic_fetch_add(&calls, 1) >= number_setting(self, "after", 0))
		end(how);
}

static bool is_spared(struct iml_plugin *self, struct iml_resource *scannable)
{
	const char *spared = iml_setting(self, "spared");

	return spared != NULL && strcmp(iml_text(scannable, "address"), spared) == 0;
}

static int get_label(struct iml_resource *resource, char *label, size_t size)
{
	meet_fate(iml_plugin_of(resource), "get_label");
	snprintf(label, size, "drive %s", iml_text(resource, "serial"));
	return 0;
}

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("address"),
    .attributes = IML_ATTRIBUTES(IML_HOSTNAME("address")),
};

static int name_owner(struct iml_resource *vault)
{
	meet_fate(iml_plugin_of(vault), "default_function");
	return iml_set(vault, "owner", "nobody");
}

static int obfuscate(const char *password, char *out, size_t size)
{
	end(password);
	snprintf(out, size, "obfuscated");
	return 0;
}

static const struct iml_class vault = {
    .name = "Vault",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("address"),
    .attributes =
        IML_ATTRIBUTES(IML_HOSTNAME("address"), IML_STRING("owner", .default_function = name_owner),
            IML_PASSWORD("password", .optional = true, .obfuscate = obfuscate)),
};

static const struct iml_class drive = {
    .name = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_INTEGER("scans")),
    .get_label = get_label,
};

static int report_drives(struct iml_plugin *self)
{
	static atomic_int scans;
	int count = number_setting(self, "drives", 3);
	char serial[32];

	scans++;
	for (int i = 0; i < count; i++) {
		snprintf(serial, sizeof(serial), "D%d", i);
		iml_update_or_create(self, &drive, IML_NO_PARENTS, IML_SET("serial", serial),
		    IML_SET("scans", atomic_load(&scans)));
	}
	return 0;
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set_update_period(self, 1);
	report_drives(self);
	if (!is_spared(self, scannable))
		meet_fate(self, "initial_scan");
	return 0;
}

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	report_drives(self);
	if (!is_spared(self, scannable))
		meet_fate(self, "update_scan");
	return iml_setting(self, "fail") != NULL ? iml_fail(self, "as asked") : 0;
}

static int teardown(struct iml_plugin *self)
{
	meet_fate(self, "teardown");
	return 0;
}

IML_PLUGIN(crash_in_hook, .classes = IML_CLASSES(&array, &vault, &drive),
    .initial_scan = initial_scan, .update_scan = update_scan, .teardown = teardown);
