# SPDX-License-Identifier: MIT
# make        build everything              make run    build and try it out, no configuration
# make test   set up and run every test     make check  everything a change must pass
# make bench  measurements                  make install DESTDIR= prefix=/usr/local
# make deb    packages for Debian           make dist   the source, for packages of others

VERSION := 0.1.0
BUILD ?= build
prefix ?= /usr/local
sysconfdir ?= $(if $(filter /usr,$(prefix)),/etc,$(prefix)/etc)
plugindir ?= $(prefix)/lib/iml-plugins
libdir ?= $(prefix)/lib
pkgconfigdir ?= $(libdir)/pkgconfig
mandir ?= $(prefix)/share/man
bashcompletiondir ?= $(prefix)/share/bash-completion/completions
zshcompletiondir ?= $(prefix)/share/zsh/site-functions
fishcompletiondir ?= $(prefix)/share/fish/vendor_completions.d
datadir ?= $(prefix)/share/iml-plugin-runner
docdir ?= $(prefix)/share/doc/iml-plugin-runner
unitdir ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
tmpfilesdir ?= $(prefix)/lib/tmpfiles.d
logrotatedir ?= $(sysconfdir)/logrotate.d

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

all:

# ---- dependencies ----

PACKAGES := gcc g++ libc6-dev pkg-config libevent-dev libjson-c-dev libpq-dev libyaml-dev libcmocka-dev uthash-dev \
	libsystemd-dev libudev-dev libmount-dev libelf-dev libmd-dev libcurl4-openssl-dev postgresql
DEB_PACKAGES := dpkg-dev debhelper
CHECK_PACKAGES := $(DEB_PACKAGES) lintian rpm clang clang-format clang-tidy cppcheck libclang-rt-14-dev valgrind mandoc gdb systemd logrotate
LIBRARIES := libevent libevent_pthreads json-c libpq yaml-0.1 libsystemd libelf libmd libcurl
PLUGIN_LIBRARIES_linux := libudev mount

# Rules that need no library: everything else asks pkg-config first.
WITHOUT_LIBRARIES := check-layers keep-interface clean deps deps-check run test check dist deb deb-deps
ifneq ($(filter-out $(WITHOUT_LIBRARIES),$(or $(MAKECMDGOALS),all)),)
MISSING := $(shell for l in $(LIBRARIES) $(PLUGIN_LIBRARIES_linux); do pkg-config --exists $$l 2>/dev/null || echo $$l; done)
ifneq ($(MISSING),)
$(error missing: $(MISSING). Install what is needed with "make deps")
endif
endif

deps:
	@tests/install-packages $(PACKAGES)
deb-deps: deps
	@tests/install-packages $(DEB_PACKAGES)
deps-check: deps
	@tests/install-packages $(CHECK_PACKAGES)

# ---- compilation ----

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := $(if $(findstring clang,$(CC)),clang++,g++)
endif
OPTIMIZE ?= -O2 -g
HARDEN ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
SANITIZE ?=
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wvla -Wformat=2 $(WERROR)
# One line per step; V=1 shows the commands, make -s nothing.
ifeq ($(V),)
Q := @
say = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-7s %s\n' '$(1)' '$(2)')
endif

PKG_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null)

# What "make install prefix=/usr" after "make" changes in the programs.
PLACES = -DPLUGIN_DIRECTORY='"$(plugindir)"' -DSYSTEM_CONFIG='"$(sysconfdir)/iml/plugin-runner.yaml"'
CPPFLAGS_ALL = -Idaemon -Iplugin-sdk/include -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	$(PLACES) $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL = -std=gnu17 $(OPTIMIZE) $(WARN) $(HARDEN) $(SANITIZE) -fPIE -pthread $(CFLAGS)
LDFLAGS_ALL = -pie -pthread $(SANITIZE) -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

# All libraries everywhere: the linker drops what a program does not need.
LDLIBS_ALL = $(PKG_LIBS) -ldl -lm

# Rooms, each with the rooms it may use. tests/check-layers reads this table.
ROOMS := base model wire host graph store control supervisor kit cli
USES_base :=
USES_model := base
USES_wire := model base
USES_host := wire model base
USES_graph := model base
USES_store := model base
USES_control := graph model base
USES_supervisor := host control store graph wire model base
USES_kit := host graph wire model base
USES_cli := kit supervisor control store host graph wire model base

sources = $(sort $(wildcard daemon/$(1)/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(call sources,$(1))) \
	$(patsubst %.S,$(BUILD)/obj/%.o,$(wildcard daemon/$(1)/*.S))
libs = $(foreach r,$(1) $(USES_$(1)),$(BUILD)/lib/lib$(r).a)

# The files with main() stay out of the rooms' archives.
MAINS := $(BUILD)/obj/daemon/supervisor/main.o $(BUILD)/obj/daemon/cli/main.o

RUNNER := $(BUILD)/bin/iml-plugin-runner
COMMAND := $(BUILD)/bin/iml-plugin
PLUGINS := $(patsubst plugins/%/,$(BUILD)/plugins/%.so,$(sort $(dir $(wildcard plugins/*/*.c))))

# After something was built, what to do next: if everything was asked for, by a person, without -s.
all: $(BUILD)/next
$(BUILD)/next: $(RUNNER) $(COMMAND) $(PLUGINS)
	@touch $@
ifeq ($(filter-out all,$(MAKECMDGOALS))$(MAKELEVEL),0)
	$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@echo 'Built in $(BUILD). Next: "make run" to try it, or "make test".')
endif

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c $< -o $@
$(BUILD)/obj/%.o: %.S Makefile
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) -c $< -o $@
$(BUILD)/obj/daemon/store/schema.o: $(wildcard daemon/store/schema/*.sql)
$(BUILD)/obj/daemon/control/openapi.o: conf/openapi.json
$(BUILD)/obj/daemon/cli/skeleton.o: $(wildcard plugin-sdk/skeleton/*)
$(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard daemon/supervisor/*.c daemon/cli/*.c)): $(BUILD)/places
$(BUILD)/places: always
	@mkdir -p $(@D)
	@echo "$(PLACES)" | cmp -s - $@ || echo "$(PLACES)" >$@

define room
$(BUILD)/lib/lib$(1).a: $$(filter-out $$(MAINS),$$(call objects,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

$(RUNNER): $(BUILD)/obj/daemon/supervisor/main.o $(call libs,supervisor)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS_ALL)
$(COMMAND): $(BUILD)/obj/daemon/cli/main.o $(call libs,cli)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(filter %.a,$^) $(LDLIBS_ALL)

# Plugins are built as a vendor would: the SDK's header, and the libraries they name themselves.
SDK_HEADERS := $(wildcard plugin-sdk/include/iml/*)
plugin_pc = $(if $(PLUGIN_LIBRARIES_$(1)),$(shell pkg-config $(2) $(PLUGIN_LIBRARIES_$(1))))
define plugin
$(BUILD)/plugins/$(1).so: $(wildcard plugins/$(1)/*.c plugins/$(1)/*.h) $(SDK_HEADERS) Makefile
	@mkdir -p $$(@D)
	$$(call say,PLUGIN,$$@)
	$(Q)$$(CC) -std=c17 -D_GNU_SOURCE $$(OPTIMIZE) $$(WARN) $$(HARDEN) $$(SANITIZE) -fPIC -shared -pthread \
		-fvisibility=hidden -Iplugin-sdk/include $$(call plugin_pc,$(1),--cflags) $$(LDFLAGS) \
		$$(if $$(SANITIZE),,-Wl,--no-undefined) -Wl,-z,relro,-z,now \
		$(wildcard plugins/$(1)/*.c) -o $$@ $$(call plugin_pc,$(1),--libs) -lm
endef
$(foreach p,$(patsubst $(BUILD)/plugins/%.so,%,$(PLUGINS)),$(eval $(call plugin,$(p))))

# What a vendor tests plugins with: one object in which only what the header declares can be seen, so
# that nothing in it meets a vendor's names.
PLUGIN_TEST := $(BUILD)/lib/libiml-plugin-test.a
PLUGIN_TEST_LIBRARIES := cmocka json-c libelf
$(PLUGIN_TEST): $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard plugin-sdk/test/*.c))) $(call libs,kit)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	@rm -f $@
	$(Q)ld -r -o $(@:.a=.o) $(filter %.o,$^) --start-group $(filter %.a,$^) --end-group
	$(Q)objcopy --wildcard --keep-global-symbol='iml_test_*' $(@:.a=.o)
	$(Q)ar rcs $@ $(@:.a=.o)
	@rm $(@:.a=.o)
$(BUILD)/next: $(PLUGIN_TEST)

# ---- tests ----

# tests/unit/test_ROOM_thing.c is linked with ROOM and the rooms that it uses.
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))
INTEGRATION_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/integration/test_*.c)))
TEST_PLUGINS := $(patsubst tests/plugins/%.c,$(BUILD)/tests/plugins/%.so,$(sort $(wildcard tests/plugins/*.c))) \
	$(patsubst tests/plugins/%.cc,$(BUILD)/tests/plugins/%.so,$(sort $(wildcard tests/plugins/*.cc)))
SDK_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/sdk/test_*.c))) \
	$(patsubst tests/%.cc,$(BUILD)/tests/%,$(sort $(wildcard tests/sdk/test_*.cc)))
SCRIPT_TESTS := $(sort $(wildcard tests/*/test_*.sh))
HARNESS := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard tests/integration/harness*.c)))

test_room = $(word 2,$(subst _, ,$(notdir $(1))))
.SECONDEXPANSION:
$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $$(call libs,$$(call test_room,$$*))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS_ALL) -lcmocka
# These load the plugins.
$(filter $(BUILD)/tests/unit/test_base_plugin_% $(BUILD)/tests/unit/test_kit_%,$(UNIT_TESTS)): | $(PLUGINS)
# tests/sdk/test_PLUGIN_thing.c is built as a vendor would, with the plugin if it is one of plugins/.
sdk_test_flags = $(OPTIMIZE) $(HARDEN) $(SANITIZE) -D_GNU_SOURCE -Iplugin-sdk/include -pthread $(LDFLAGS)
sdk_test_libs = $(PLUGIN_TEST) $(shell pkg-config --cflags --libs $(PLUGIN_TEST_LIBRARIES)) -lm
$(BUILD)/tests/sdk/%: tests/sdk/%.c $$(sort $$(wildcard plugins/$$(call test_room,$$*)/*.[ch])) $(PLUGIN_TEST) $(SDK_HEADERS) $(wildcard tests/sdk/*.h)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -std=c17 $(WARN) $(sdk_test_flags) -Iplugins/$(call test_room,$*) $(filter %.c,$^) -o $@ $(sdk_test_libs) \
		$(call plugin_pc,$(call test_room,$*),--cflags --libs)
$(BUILD)/tests/sdk/%: tests/sdk/%.cc $(PLUGIN_TEST) $(SDK_HEADERS) $(wildcard tests/sdk/*.h)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CXX) -std=c++17 -Wall -Wextra -Wpedantic $(WERROR) $(sdk_test_flags) $< -o $@ $(sdk_test_libs)
$(SDK_TESTS): | $(PLUGINS)
$(BUILD)/tests/integration/%: $(BUILD)/obj/tests/integration/%.o $(HARNESS) $(call libs,graph)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS_ALL) -lcmocka
$(BUILD)/tests/plugins/%.so: tests/plugins/%.c $(wildcard tests/plugins/*.h) $(SDK_HEADERS) Makefile
	@mkdir -p $(@D)
	$(call say,PLUGIN,$@)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE -Itests/plugins -Iplugin-sdk/include $(OPTIMIZE) $(WARN) $(SANITIZE) -fPIC -shared \
		-pthread -fvisibility=hidden $< -o $@
$(BUILD)/tests/plugins/%.so: tests/plugins/%.cc $(SDK_HEADERS) Makefile
	@mkdir -p $(@D)
	$(call say,PLUGIN,$@)
	$(Q)$(CXX) -std=c++17 -Wall -Wextra -Wpedantic $(WERROR) -Iplugin-sdk/include $(OPTIMIZE) $(SANITIZE) -fPIC -shared \
		-pthread -fvisibility=hidden $(if $(SANITIZE),,-Wl,--no-undefined) $< -o $@

# A test damages this one, and a sanitizer's own tables in it would do what the damage tells them.
$(BUILD)/tests/plugins/good_classes.so: override SANITIZE :=

# What loads plugins of tests/plugins/ finds them built.
$(filter $(BUILD)/tests/unit/test_host_% $(BUILD)/tests/unit/test_kit_%,$(UNIT_TESTS)) $(INTEGRATION_TESTS): | $(TEST_PLUGINS)
# What runs the built program finds that, too.
$(filter $(BUILD)/tests/unit/test_cli_scan,$(UNIT_TESTS)): | $(COMMAND) $(PLUGINS) $(TEST_PLUGINS)
$(filter $(BUILD)/tests/unit/test_supervisor_mutations,$(UNIT_TESTS)): | $(RUNNER) $(PLUGINS)

test-plugins: $(TEST_PLUGINS)
tests: all $(UNIT_TESTS) $(SDK_TESTS) $(INTEGRATION_TESTS) $(TEST_PLUGINS)

test: deps
	@$(MAKE) --no-print-directory -j$$(nproc) tests
	@$(MAKE) --no-print-directory run-tests
run-tests: tests
	@BUILD=$(BUILD) tests/run-tests $(INTEGRATION_TESTS) $(UNIT_TESTS) $(SDK_TESTS) $(SCRIPT_TESTS)

run: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@BUILD=$(BUILD) exec tests/try-it-out

check-layers:
	@tests/check-layers

keep-interface:
	@tests/interface/keep

check: deps-check
	@tests/check

# tests/fuzz/fuzz_ROOM_thing.c is linked as the unit tests are, and with clang's libFuzzer.
FUZZERS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $$(call libs,$$(call test_room,$$*))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS_ALL)
fuzzers: $(FUZZERS)

# tests/bench/bench_ROOM_thing.c is linked as the unit tests are. BENCH=NAME runs one measurement.
BENCHES := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/bench/bench_*.c)))
$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o $$(call libs,$$(call test_room,$$*))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS_ALL)

bench: all $(BENCHES) $(TEST_PLUGINS)
	@BUILD=$(BUILD) tests/bench/run $(BENCH)

# ---- installation ----

# The places in the pkg-config files: what is below the prefix is so there, too.
pc_place = $(patsubst $(prefix)/%,$${prefix}/%,$(1))
interface_number = $(shell sed -n 's/^.define IML_API_$(1) //p' plugin-sdk/include/iml/storage_plugin.h)
PC_VALUES = s|@prefix@|$(prefix)|; s|@libdir@|$(call pc_place,$(libdir))|; \
	s|@plugindir@|$(call pc_place,$(plugindir))|; s|@sysconfdir@|$(call pc_place,$(sysconfdir))|; \
	s|@version@|$(VERSION)|; s|@libraries@|$(PLUGIN_TEST_LIBRARIES)|; \
	s|@interface_version@|$(call interface_number,MAJOR).$(call interface_number,MINOR)|

PAGE_VALUES = s|/etc/iml|$(sysconfdir)/iml|g; s|/usr/local/lib/iml-plugins|$(plugindir)|g; \
	s|/usr/local/share/iml-plugin-runner|$(datadir)|g

# Since version 253 systemd itself asks for a reload, and waits for its end.
notify_reload ?= $(shell pkg-config --atleast-version=253 libsystemd && echo yes)
UNIT_VALUES = s|@prefix@|$(prefix)|g; s|@sysconfdir@|$(sysconfdir)|g; \
	$(if $(notify_reload),s|@type@|notify-reload|; /^ExecReload=/d,s|@type@|notify|)

install-systemd:
	sed '$(UNIT_VALUES)' systemd/iml-plugin-runner.service.in | \
		install -D -m 644 /dev/stdin $(DESTDIR)$(unitdir)/iml-plugin-runner.service
	install -D -m 644 systemd/iml-plugin-agent.target $(DESTDIR)$(unitdir)/iml-plugin-agent.target
	install -D -m 644 systemd/iml-plugin-runner.logrotate $(DESTDIR)$(logrotatedir)/iml-plugin-runner
	install -D -m 644 systemd/iml-plugin-runner.sysusers $(DESTDIR)$(sysusersdir)/iml-plugin-runner.conf
	sed 's|@sysconfdir@|$(sysconfdir)|g' systemd/iml-plugin-runner.tmpfiles | \
		install -D -m 644 /dev/stdin $(DESTDIR)$(tmpfilesdir)/iml-plugin-runner.conf

install: all install-systemd
	install -D -m 755 $(RUNNER) $(DESTDIR)$(prefix)/sbin/iml-plugin-runner
	install -D -m 755 $(COMMAND) $(DESTDIR)$(prefix)/bin/iml-plugin
	install -d $(DESTDIR)$(plugindir) $(DESTDIR)$(sysconfdir)/iml $(DESTDIR)$(sysconfdir)/iml/conf.d
	install -m 755 $(PLUGINS) $(DESTDIR)$(plugindir)
	install -d $(DESTDIR)$(prefix)/include/iml
	install -m 644 $(SDK_HEADERS) $(DESTDIR)$(prefix)/include/iml
	install -D -m 644 $(PLUGIN_TEST) $(DESTDIR)$(libdir)/libiml-plugin-test.a
	for module in iml-storage-plugin iml-plugin-test; do \
		sed '$(PC_VALUES)' plugin-sdk/$$module.pc.in | \
		install -D -m 644 /dev/stdin $(DESTDIR)$(pkgconfigdir)/$$module.pc || exit 1; done
	test -e $(DESTDIR)$(sysconfdir)/iml/plugin-runner.yaml || \
		sed 's|/usr/local/lib/iml-plugins|$(plugindir)|' conf/plugin-runner.yaml | \
		install -m 644 /dev/stdin $(DESTDIR)$(sysconfdir)/iml/plugin-runner.yaml
	for page in man/*.[1-9]; do \
		sed '$(PAGE_VALUES)' $$page | \
		install -D -m 644 /dev/stdin $(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/} || exit 1; done
	for page in man/*.3; do for name in $$(sed -n '/^\.Nd/q; s/^\.Nm \([^ ]*\).*/\1/p' $$page); do \
		[ $$name.3 = $${page##*/} ] || echo ".so man3/$${page##*/}" | \
		install -m 644 /dev/stdin $(DESTDIR)$(mandir)/man3/$$name.3 || exit 1; done; done
	install -D -m 644 conf/openapi.json $(DESTDIR)$(datadir)/openapi.json
	install -d $(DESTDIR)$(docdir)
	install -m 644 README.md LICENSE NEWS $(DESTDIR)$(docdir)
	install -D -m 644 conf/completion/iml-plugin.bash $(DESTDIR)$(bashcompletiondir)/iml-plugin
	install -D -m 644 conf/completion/iml-plugin.zsh $(DESTDIR)$(zshcompletiondir)/_iml-plugin
	install -D -m 644 conf/completion/iml-plugin.fish $(DESTDIR)$(fishcompletiondir)/iml-plugin.fish

# ---- packages ----

# The same tree gives the same file: its time is that of the last commit, or else of the youngest file.
SOURCES := $(wildcard *.md) LICENSE Makefile NEWS conf daemon man packaging plugin-sdk plugins systemd tests
NAME_VERSION := iml-plugin-runner-$(VERSION)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || \
	find $(SOURCES) -type f -printf '%T@\n' | sort -n | sed -n '$$s/\..*//p')
dist:
	rm -rf $(BUILD)/$(NAME_VERSION)
	mkdir -p $(BUILD)/$(NAME_VERSION)
	cp -r $(SOURCES) $(BUILD)/$(NAME_VERSION)
	sed -i "s/@version@/$(VERSION)/; s/@date@/$$(LC_ALL=C date -u -d @$(SOURCE_DATE_EPOCH) '+%a %b %d %Y')/" \
		$(BUILD)/$(NAME_VERSION)/packaging/rpm/iml-plugin-runner.spec
	tar -czf $(BUILD)/$(NAME_VERSION).tar.gz -C $(BUILD) --sort=name --owner=0 --group=0 --numeric-owner \
		--mode=u+w,go-w --mtime=@$(SOURCE_DATE_EPOCH) $(NAME_VERSION)
	rm -r $(BUILD)/$(NAME_VERSION)

# They end up in $(BUILD)/deb. DEB_BUILD_OPTIONS are those of Debian.
deb: deb-deps dist
	rm -rf $(BUILD)/deb
	mkdir $(BUILD)/deb
	tar -xzf $(BUILD)/$(NAME_VERSION).tar.gz -C $(BUILD)/deb
	cd $(BUILD)/deb/$(NAME_VERSION) && cp -r packaging/debian . && \
		printf 'iml-plugin-runner (%s) unstable; urgency=medium\n\n  * See NEWS.\n\n -- %s  %s\n' $(VERSION) \
			"$$(sed -n 's/^Maintainer: //p' debian/control)" "$$(date -R -u -d @$(SOURCE_DATE_EPOCH))" \
			>debian/changelog && \
		env -u MAKEFLAGS -u MAKELEVEL -u BUILD DEB_BUILD_OPTIONS='$(or $(DEB_BUILD_OPTIONS),parallel=$(shell nproc))' \
			dpkg-buildpackage --build=binary --no-sign
	rm -r $(BUILD)/deb/$(NAME_VERSION)
	@ls $(BUILD)/deb/*.deb

clean:
	rm -rf $(BUILD)

.PHONY: always check-layers dist deb deb-deps install-systemd keep-interface all deps deps-check tests test-plugins test run-tests run check fuzzers bench install clean
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
