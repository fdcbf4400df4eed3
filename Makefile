# SPDX-License-Identifier: GPL-2.0-only
#
# make                  build/sigtrace
# make demo             install what is missing, build, `sigtrace demo`        (as root)
# make test             install what is missing, build, every test, a bit of each bench (as root)
#                       MORE='vm/bullseye cross/arm64' adds those: tools/run-tests
# make test-vm [KERNEL=bullseye]  the live tests on other kernels, under qemu: tools/test-vm (as root)
# make test-vm KERNEL=bookworm/systemd  sigtrace.service as it is installed, on a Debian of its own
# make arm64            all of it and its tests for arm64, in build/arm64: tools/cross (as root)
# make check            structure, manual, wire format, unit and golden tests     (no root needed)
# make golden-update    rewrite what the golden cases expect; read the diff before you commit it
# make fuzz [T=60] [F=check]  each libFuzzer target of tests/fuzz, or one, for T seconds
# make soak [T=1800]    sessions come and go for T seconds: the curve of its memory (as root)
# make bench [QUICK=1]  install the peers, measure sigtrace next to them: tests/bench (as root)
# make lib              build/libsigtrace.a, .so.0 and sigtrace.pc: needs a compiler and libzstd
# make install [DESTDIR=] [PREFIX=/usr/local] [LIBDIR=PREFIX/lib]
#              [UNITDIR=PREFIX/lib/systemd/system]
# make clean
#
# WERROR=1 warnings are errors;  SAN=1 address and undefined-behaviour sanitizers, in build/san;
# V=1 whole command lines.  MACHINE and SYSROOT: of another machine, as tools/cross sets them.  CC, CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are yours. Nothing is written
# outside $(O). Sources are found by wildcard: to add a file, add the file.

MAKEFLAGS += -r --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

O      := build$(if $(SAN),/san)
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= $(PREFIX)/lib/systemd/system
CFLAGS ?= -O2 -g
CLANG  ?= clang
LLVM_STRIP ?= llvm-strip
OBJCOPY ?= objcopy
PKG_CONFIG ?= pkg-config
# Ubuntu's /usr/sbin/bpftool is a wrapper that refuses to run unless the tools of the very kernel
# that runs are installed; the real one beside it serves a build just as well.
BPFTOOL ?= $(or $(lastword $(sort $(wildcard /usr/lib/linux-tools/*/bpftool))),$(shell \
	command -v bpftool 2>/dev/null),$(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool)),bpftool)

Q   := $(if $(V),,@)
say  = @$(if $(V),:,printf '  %-8s%s\n' $(1) $(2))

# ---- what there is ---------------------------------------------------------------------------

PURE_DIRS := base event world session finding cond check view
# The order matters: see maps.bpf.c, and the entries are loaded next to the programs of signals.
BPF_SRC   := $(addprefix bpf/,maps.bpf.c entry.bpf.c signal.bpf.c)
BPF_SRC   += $(filter-out $(BPF_SRC),$(sort $(wildcard bpf/*.bpf.c)))
MAIN_SRC  := user/cli/main.c
PURE_SRC  := $(wildcard $(PURE_DIRS:%=user/%/*.c))
USER_SRC  := $(filter-out $(MAIN_SRC),$(wildcard user/source/*.c user/cli/*.c))
# Of the library, which reads recordings and must do without libbpf and without stderr.
LIB_SRC   := $(filter-out user/base/log.c,$(PURE_SRC)) user/source/recording_read.c user/source/recording_folder.c \
	$(wildcard user/lib/*.c)
UNIT_SRC  := $(wildcard tests/unit/test_*.c)
UNIT_LIB_SRC := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c))
GOLD_SRC  := $(wildcard tests/golden/*.c)
LIVE_SRC  := $(wildcard tests/live/test_*.c)
PROG_SRC  := $(wildcard tests/live/prog_*.c)
LIVE_LIB_SRC := $(filter-out $(LIVE_SRC) $(PROG_SRC),$(wildcard tests/live/*.c))
GO_SRC    := $(wildcard tests/live/go_*.go)
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_LIB_SRC := tests/fuzz/promise.c tests/fuzz/seeds.c
BENCH_SRC := $(wildcard tests/bench/bench_*.c)
BENCH_BPF := tests/bench/floor.bpf.c
FLOOR_SRC := tests/bench/floor.c
LOAD_SRC  := tests/bench/load.c
BENCH_LIB_SRC := $(filter-out $(BENCH_SRC) $(BENCH_BPF) $(FLOOR_SRC) $(LOAD_SRC),$(wildcard tests/bench/*.c))
BENCH_SH  := $(wildcard tests/bench/*.sh)
MAN_SRC   := $(wildcard user/man/*.scd)
SHELLS    := bash zsh fish

obj = $(patsubst %.c,$(O)/%.o,$(1))
exe = $(patsubst %.c,$(O)/%,$(1))
LIB_OBJ := $(LIB_SRC:%.c=$(O)/pic/%.o)
LIBS    := $(O)/libsigtrace.a $(O)/libsigtrace.so.0
LIB_TEST := $(O)/tests/unit/test_lib
LIB_EXAMPLE := $(O)/tests/lib/example
UNIT  := $(call exe,$(UNIT_SRC))
GOLD  := $(if $(GOLD_SRC),$(O)/tests/golden/run)
LIVE  := $(call exe,$(LIVE_SRC))
PROG  := $(call exe,$(PROG_SRC))
BENCH := $(call exe,$(BENCH_SRC))
FUZZ  := $(call exe,$(FUZZ_SRC))
PRELOAD := $(patsubst tests/live/preload/%.c,$(O)/tests/live/%.so,$(wildcard tests/live/preload/*.c))
# Only where they can be built: the tests that run them are skipped elsewhere.
GOCODE := $(wildcard /usr/share/gocode/src/golang.org/x/crypto/ssh)
GO    := $(if $(and $(GOCODE),$(shell command -v go 2>/dev/null)),$(patsubst %.go,$(O)/%,$(GO_SRC)))
FLOOR := $(call exe,$(FLOOR_SRC))
LOAD  := $(call exe,$(LOAD_SRC))
FLOOR_SKEL := $(O)/floor.skel.h
MAN   := $(patsubst user/man/%.scd,$(O)/man/%,$(MAN_SRC))

BPF_OBJ  := $(patsubst %.c,$(O)/%.o,$(BPF_SRC))
SKELETON := $(if $(BPF_SRC),$(O)/sigtrace.skel.h)
HOST_OBJ := $(call obj,$(MAIN_SRC) $(PURE_SRC) $(USER_SRC) $(UNIT_SRC) $(UNIT_LIB_SRC) \
	$(GOLD_SRC) $(LIVE_SRC) $(LIVE_LIB_SRC) $(BENCH_SRC) $(BENCH_LIB_SRC) $(FLOOR_SRC) \
	$(FUZZ_SRC) $(FUZZ_LIB_SRC) tests/fuzz/write_seeds.c \
	tests/lib/example.c)
PROG_OBJ := $(call obj,$(PROG_SRC) $(LOAD_SRC))
BENCH_BPF_OBJ := $(patsubst %.c,$(O)/%.o,$(BENCH_BPF))

# ---- what is asked for, and whether the machine has what that takes ---------------------------
# Goals in SELF_HELP do without a compiler or call tools/setup first, and then make again.

SELF_HELP := clean demo test test-vm arm64 fuzz bench check-layers check-reasons
ifneq ($(filter-out $(SELF_HELP),$(or $(MAKECMDGOALS),all)),)

hash := \#
NEED_CMD := $(firstword $(CC)) $(CLANG) $(BPFTOOL) $(LLVM_STRIP) $(PKG_CONFIG)
NEED_PC  := libbpf libelf zlib libzstd libcap-ng libseccomp
ifneq ($(filter-out all install man lib $(O)/sigtrace,$(or $(MAKECMDGOALS),all)),)
NEED_PC  += cmocka jansson
endif
ifneq ($(filter check man install,$(MAKECMDGOALS)),)
NEED_CMD += $(if $(MAN_SRC),scdoc)
endif
ifeq ($(filter-out lib,$(or $(MAKECMDGOALS),all)),)
NEED_CMD := $(firstword $(CC)) $(PKG_CONFIG)
NEED_PC  := libzstd
endif
MISSING := $(strip $(shell \
	for c in $(NEED_CMD); do command -v $$c >/dev/null 2>&1 || echo $$c; done; \
	for p in $(NEED_PC); do $(PKG_CONFIG) --exists $$p 2>/dev/null || echo $$p; done; \
	! command -v $(firstword $(CC)) >/dev/null 2>&1 || \
	echo '$(hash)include <uthash.h>' | $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 || echo uthash.h))
ifneq ($(MISSING),)
$(error missing here: $(MISSING); to install it, as root: tools/setup)
endif

pc = $(if $(strip $(2)),$(shell $(PKG_CONFIG) $(1) $(2)))
BPF_CFLAGS_PC := $(call pc,--cflags,$(filter libbpf,$(NEED_PC)))
LIB_CFLAGS    := $(call pc,--cflags,$(filter libbpf libelf zlib libzstd libcap-ng libseccomp,$(NEED_PC)))
LIB_LIBS      := $(call pc,--libs,$(filter libbpf libelf zlib libzstd libcap-ng libseccomp,$(NEED_PC)))
ZSTD_LIBS     := $(call pc,--libs,libzstd)
TEST_CFLAGS   := $(call pc,--cflags,$(filter cmocka jansson,$(NEED_PC)))
# Never libbpf: a test that pulls it in does not link, and that is how we know.
TEST_LIBS     := $(call pc,--libs,libzstd $(filter cmocka jansson,$(NEED_PC)))
BENCH_LIBS    := $(filter-out -lcmocka,$(TEST_LIBS)) $(LIB_LIBS) -lutil -lpthread -lm

VERSION := $(or $(shell [ -e .git ] && git describe --tags --always --dirty 2>/dev/null),0.1.0)

endif

# ---- flags: what must be, then what the caller adds -------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	$(if $(WERROR),-Werror)
ifneq ($(SAN),)
HARDEN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -fPIE
HARDEN_LD := -fsanitize=address,undefined -pie
else ifneq ($(FUZZ_BUILD),)
HARDEN := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -fPIE
HARDEN_LD := -fsanitize=address,undefined -pie
else
# FORTIFY needs the optimiser, and gives way to a caller that sets its own level.
FORTIFY := $(if $(filter -O0,$(CFLAGS))$(findstring _FORTIFY_SOURCE,$(CFLAGS) $(CPPFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN := $(FORTIFY) -fstack-protector-strong -fPIE
HARDEN_LD := -pie -Wl,-z,relro,-z,now
endif

HOST_CPP  := -D_GNU_SOURCE -Iuser -Ibpf -I$(O)
HOST_CC    = $(CC) -std=gnu11 $(WARN) $(HARDEN) $(HOST_CPP) $(EXTRA) $(LIB_CFLAGS) $(CPPFLAGS) $(CFLAGS)
HOST_LINK  = $(CC) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS)

# Of the interface, not of the tree: it changes when user/lib/sigtrace.h does.
LIB_VERSION := 0.1.0

MACHINE   ?= $(shell uname -m)
ARCH_x86_64 := x86
ARCH_aarch64 := arm64
ARCH_riscv64 := riscv
ARCH_s390x := s390
ARCH_ppc64le := powerpc
BPF_ARCH  := $(or $(ARCH_$(MACHINE)),$(MACHINE))
# -target bpf knows no multiarch folder, so <asm/types.h> has to be shown to it.
BPF_CC     = $(CLANG) -target bpf -O2 -g -mcpu=v3 -Wall -Werror -D__TARGET_ARCH_$(BPF_ARCH) \
	-Ibpf -I$(O)/bpf $(BPF_CFLAGS_PC) \
	$(addprefix -idirafter ,$(wildcard $(SYSROOT)/usr/include/$(MACHINE)-linux-gnu))

# $(call changed,VALUE,FILE): "FORCE" unless FILE holds VALUE. A file with this among its own
# prerequisites is rewritten only when the value differs, so nothing runs when nothing changed.
empty   :=
comma   := ,
space   := $(empty) $(empty)
packed   = $(subst $(space),|,x $(strip $(1)))
changed  = $(if $(filter-out $(call packed,$(1)),$(call packed,$(file <$(2)))),FORCE)

# ---- the program -----------------------------------------------------------------------------

.PHONY: all lib demo test test-vm arm64 check bench man install clean golden-update test-programs soak for-test for-demo for-bench fuzz fuzz-programs \
	check-static check-layers check-pure check-reasons check-wire check-exports FORCE

all: $(O)/sigtrace

$(O)/sigtrace: $(call obj,$(MAIN_SRC)) $(O)/libuser.a $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -o $@ $^ $(LIB_LIBS) $(LDLIBS)

$(if $(FUZZ_BUILD),$(filter-out $(call obj,$(FUZZ_SRC)),$(HOST_OBJ)),$(HOST_OBJ)): $(O)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -MMD -MP -c -o $@ $<

# Thin archives keep path names, so event/text.o and view/text.o do not get in each other's way.
# The list beside each makes a source that was removed leave its archive too.
define archive
$(O)/$(1).a: $$(call obj,$(2)) $(O)/$(1).list
	$$(call say,AR,$$@)
	$(Q)rm -f $$@ && $$(AR) rcsTD $$@ $$(filter %.o,$$^)

$(O)/$(1).list: $$(call changed,$(2),$(O)/$(1).list)
	@mkdir -p $$(@D)
	@echo '$(strip $(2))' >$$@
endef
$(eval $(call archive,libpure,$(PURE_SRC)))
$(eval $(call archive,libuser,$(USER_SRC)))
$(eval $(call archive,libharness,$(LIVE_LIB_SRC)))
$(eval $(call archive,libfixture,$(UNIT_LIB_SRC)))
$(eval $(call archive,libfuzz,$(if $(FUZZ_BUILD),,$(FUZZ_SRC)) $(FUZZ_LIB_SRC) tests/golden/play.c))
$(eval $(call archive,libbench,$(BENCH_LIB_SRC)))

# One object knows the version; a commit rebuilds that one and links again.
$(O)/user/cli/version.o: EXTRA = -DSIGTRACE_VERSION='"$(VERSION)"'
$(O)/user/cli/version.o: $(O)/version
$(O)/version: $(call changed,$(VERSION),$(O)/version)
	@mkdir -p $(@D)
	@echo '$(VERSION)' >$@

# ---- the library -----------------------------------------------------------------------------

lib: $(LIBS) $(O)/libsigtrace.so $(O)/sigtrace.pc

# Machine code, whatever CFLAGS say of LTO: what is not ours to show could not be hidden in the rest.
$(LIB_OBJ): $(O)/pic/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -fPIC -fno-lto -MMD -MP -c -o $@ $<

$(O)/libsigtrace.so.0: $(LIB_OBJ) $(O)/lib.list user/lib/sigtrace.map
	$(call say,LINK,$@)
	$(Q)$(CC) -shared $(CFLAGS) $(filter -fsanitize%,$(HARDEN)) -Wl,-soname,libsigtrace.so.0 \
		-Wl,--version-script=user/lib/sigtrace.map $(if $(SAN),,-Wl,-z,defs) \
		-Wl,-z,relro,-z,now $(LDFLAGS) -o $@ $(LIB_OBJ) $(ZSTD_LIBS) $(LDLIBS)

$(O)/libsigtrace.so: $(O)/libsigtrace.so.0
	$(Q)ln -sf libsigtrace.so.0 $@

# One object, of which sigtrace_* alone is left global.
$(O)/libsigtrace.a: $(LIB_OBJ) $(O)/lib.list
	$(call say,AR,$@)
	$(Q)$(CC) -r -nostdlib -o $(O)/libsigtrace.o $(LIB_OBJ)
	$(Q)$(OBJCOPY) --wildcard --keep-global-symbol='sigtrace_*' $(O)/libsigtrace.o
	$(Q)rm -f $@ && $(AR) rcsD $@ $(O)/libsigtrace.o

$(O)/lib.list: $(call changed,$(LIB_SRC),$(O)/lib.list)
	@mkdir -p $(@D)
	@echo '$(strip $(LIB_SRC))' >$@

$(O)/sigtrace.pc: user/lib/sigtrace.pc.in $(O)/pc.list
	$(call say,PC,$@)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(LIB_VERSION)|' $< >$@

$(O)/sigtrace.service: tools/systemd/sigtrace.service.in $(O)/pc.list
	$(call say,UNIT,$@)
	$(Q)sed -e 's|@BINDIR@|$(PREFIX)/bin|' $< >$@

$(O)/pc.list: $(call changed,$(PREFIX) $(LIBDIR) $(LIB_VERSION),$(O)/pc.list)
	@mkdir -p $(@D)
	@echo '$(strip $(PREFIX) $(LIBDIR) $(LIB_VERSION))' >$@

# ---- the BPF object inside it ----------------------------------------------------------------

$(BPF_OBJ) $(BENCH_BPF_OBJ): $(O)/%.o: %.c
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(BPF_CC) -MMD -MP -c -o $@ $<

$(O)/bpf/sigtrace.bpf.linked.o: $(BPF_OBJ) $(O)/bpf.list
	$(call say,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $(filter %.o,$^)
	$(Q)$(LLVM_STRIP) -g $@

$(O)/bpf.list: $(call changed,$(BPF_SRC),$(O)/bpf.list)
	@mkdir -p $(@D)
	@echo '$(strip $(BPF_SRC))' >$@

$(O)/sigtrace.skel.h: $(O)/bpf/sigtrace.bpf.linked.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name sigtrace_bpf >$@

$(FLOOR_SKEL): $(BENCH_BPF_OBJ)
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name floor_bpf >$@

# Only for the first build: from then on the .d file knows who includes it.
$(if $(FUZZ_BUILD),,$(call obj,$(wildcard user/source/*.c)): | $(SKELETON))
$(call obj,$(FLOOR_SRC)): | $(FLOOR_SKEL)

# ---- tests -----------------------------------------------------------------------------------

test-programs: lib $(LIB_EXAMPLE) $(UNIT) $(GOLD) $(LIVE) $(PROG) $(GO) $(PRELOAD)

$(call obj,$(UNIT_SRC) $(UNIT_LIB_SRC) $(GOLD_SRC) $(LIVE_SRC) $(LIVE_LIB_SRC) $(BENCH_SRC) $(BENCH_LIB_SRC) \
	$(FUZZ_SRC) $(FUZZ_LIB_SRC) tests/fuzz/write_seeds.c): \
	EXTRA = -Itests $(TEST_CFLAGS) $(if $(TEST_ACCOUNT),-DACCOUNT='"$(TEST_ACCOUNT)"')

# As a user has it: the header and the library, and nothing of ours besides.
$(LIB_TEST): $(LIB_TEST).o $(O)/libsigtrace.so
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -o $@ $< -L$(O) -lsigtrace -Wl,-rpath,'$$ORIGIN/../..' \
		$(filter-out $(ZSTD_LIBS),$(TEST_LIBS)) $(LDLIBS)

$(LIB_EXAMPLE): $(LIB_EXAMPLE).o $(O)/libsigtrace.a
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -o $@ $^ $(ZSTD_LIBS) $(LDLIBS)

$(LIB_TEST).o $(LIB_EXAMPLE).o: EXTRA = -Iuser/lib $(TEST_CFLAGS)

$(filter-out $(LIB_TEST),$(UNIT)): %: %.o $(O)/libfixture.a $(O)/libfuzz.a $(O)/libuser.a $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -o $@ $^ $(TEST_LIBS) $(LDLIBS)

# Those that refuse memory and count it: tests/unit/heap.h.
$(O)/tests/unit/test_refused $(O)/tests/unit/test_churn: HARDEN_LD += \
	$(addprefix -Wl$(comma)--wrap=,malloc calloc realloc free strdup strndup)

$(GOLD): $(call obj,$(GOLD_SRC)) $(O)/libuser.a $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -o $@ $^ $(TEST_LIBS) $(LDLIBS)

$(LIVE): %: %.o $(O)/libharness.a $(O)/libuser.a $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -o $@ $^ $(TEST_LIBS) -lutil -lpthread $(LDLIBS)

$(BENCH): %: %.o $(O)/libbench.a $(O)/libharness.a $(O)/libuser.a $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -o $@ $^ $(BENCH_LIBS) $(LDLIBS)

$(FLOOR): %: %.o
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -o $@ $^ $(LIB_LIBS) $(LDLIBS)

# tools/fuzz makes these, with FUZZ_BUILD=1 and an $(O) of their own; nothing of them needs BPF.
FUZZ_USER := $(call obj,user/source/recording_read.c user/source/recording_write.c \
	user/source/recording_folder.c user/source/write_all.c user/source/output.c)
fuzz-programs: $(FUZZ) $(O)/tests/fuzz/write_seeds

ifneq ($(FUZZ_BUILD),)
$(call obj,$(FUZZ_SRC)): $(O)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -D$(*F)=LLVMFuzzerTestOneInput -MMD -MP -c -o $@ $<
endif

$(FUZZ): %: %.o $(O)/libfuzz.a $(FUZZ_USER) $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -fsanitize=fuzzer -o $@ $^ $(TEST_LIBS) $(LDLIBS)

$(O)/tests/fuzz/write_seeds: %: %.o $(O)/libfuzz.a $(FUZZ_USER) $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(HOST_LINK) -o $@ $^ $(TEST_LIBS) $(LDLIBS)

# What is traced must be plain: no sanitizer, nothing of ours, no loader's noise where libc.a is at hand.
$(PROG_OBJ): $(O)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARN) -D_GNU_SOURCE -O2 -g -MMD -MP -c -o $@ $<

$(PROG) $(LOAD): %: %.o
	$(call say,LINK,$@)
	$(Q)$(CC) -static -o $@ $< -lpthread 2>/dev/null || $(CC) -o $@ $< -lpthread

# For what is not traced but traces, so plain too.
$(PRELOAD): $(O)/tests/live/%.so: tests/live/preload/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARN) -D_GNU_SOURCE -O2 -fPIC -shared -o $@ $<

# Each is a program of its own; Debian's way to packages, so that none is fetched.
$(GO): $(O)/%: %.go tests/live/terminal.go
	$(call say,GO,$<)
	@mkdir -p $(@D)
	$(Q)GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= CGO_ENABLED=0 go build -o $@ $^

check-static: check-layers check-pure check-reasons check-wire

check-layers:
	$(Q)tools/check-layers --self-test
	$(Q)tools/check-layers

check-pure: $(O)/libpure.a
	$(Q)CC='$(CC)' tools/check-pure --self-test
	$(Q)tools/check-pure $<

check-reasons:
	$(Q)tools/check-reasons --self-test
	$(Q)tools/check-reasons

# The wire format has no hole that a compiler filled, on either side.
check-wire: $(if $(wildcard bpf/wire.h),$(O)/wire.ok)

$(O)/wire.ok: bpf/wire.h
	$(call say,WIRE,$<)
	@mkdir -p $(@D)
	$(Q)echo '#include "wire.h"' | $(CC) -x c -std=gnu11 -Ibpf -Wall -Wextra -Wpadded -Werror -fsyntax-only -
	$(Q)echo '#include "wire.h"' | $(BPF_CC) -x c -Wpadded -fsyntax-only -
	@touch $@

check-exports: $(LIBS)
	$(Q)tools/check-exports --self-test
	$(Q)tools/check-exports $^

check: all man check-static check-exports $(LIB_EXAMPLE) $(UNIT) $(GOLD)
	$(Q)O='$(O)' SIGTRACE_SLOW='$(if $(SAN),5,$(or $(SIGTRACE_SLOW),1))' tools/run-tests unit golden

test:
	$(Q)tools/setup --test
	$(Q)$(MAKE) for-test for-bench
	$(Q)O='$(O)' QUICK=smoke tools/run-tests unit golden live bench $(MORE)

test-vm:
	$(Q)tools/setup --vm
	$(Q)$(MAKE) for-test
	$(Q)O='$(O)' TESTS='$(TESTS)' tools/test-vm $(KERNEL)

demo:
	$(Q)tools/setup
	$(Q)$(MAKE) for-demo
	$(Q)$(O)/sigtrace demo

# A recipe, if an empty one, keeps make from saying that there was nothing to be done.
for-test: all test-programs check-static
	@:
for-demo: all
	@:

# One on a real server for T seconds; the curve of its memory.
soak: all $(O)/tests/live/test_soak $(PROG)
	$(Q)SOAK='$(or $(T),1800)' SIGTRACE='$(CURDIR)/$(O)/sigtrace' SIGTRACE_SRC='$(CURDIR)' \
		SIGTRACE_TESTDIR='$(CURDIR)/$(O)/tests/live' $(O)/tests/live/test_soak

golden-update: $(GOLD)
	$(Q)SIGTRACE_SRC='$(CURDIR)' $(O)/tests/golden/run --update

fuzz:
	$(Q)O='$(O)/fuzz' CLANG='$(CLANG)' MAKE='$(MAKE)' tools/fuzz $(or $(T),60) $(F)

arm64:
	$(Q)tools/setup --arm64
	$(Q)O='$(O)/arm64' MAKE='$(MAKE)' tools/cross arm64 all test-programs

bench:
	$(Q)tools/setup --bench
	$(Q)$(MAKE) for-bench
	$(Q)O='$(O)' QUICK='$(QUICK)' tools/run-tests bench

for-bench: all $(BENCH) $(FLOOR) $(LOAD) $(PROG)
	@:

# ---- install, clean --------------------------------------------------------------------------

man: $(MAN)

$(MAN): $(O)/man/%: user/man/%.scd
	$(call say,MAN,$<)
	@mkdir -p $(@D)
	$(Q)scdoc <$< >$@

# What runs on another machine cannot say them here.
COMPLETIONS := $(if $(SYSROOT),,$(SHELLS:%=$(O)/completion.%))

$(SHELLS:%=$(O)/completion.%): $(O)/completion.%: $(O)/sigtrace
	$(call say,SHELL,$@)
	$(Q)$< completion $* >$@

install: all man lib $(O)/sigtrace.service $(COMPLETIONS)
	install -D -m 755 $(O)/sigtrace '$(DESTDIR)$(PREFIX)/bin/sigtrace'
	install -D -m 644 user/lib/sigtrace.h '$(DESTDIR)$(PREFIX)/include/sigtrace.h'
	install -D -m 644 -t '$(DESTDIR)$(LIBDIR)' $(O)/libsigtrace.a
	install -D -m 755 -t '$(DESTDIR)$(LIBDIR)' $(O)/libsigtrace.so.0
	ln -sf libsigtrace.so.0 '$(DESTDIR)$(LIBDIR)/libsigtrace.so'
	install -D -m 644 $(O)/sigtrace.pc '$(DESTDIR)$(LIBDIR)/pkgconfig/sigtrace.pc'
	install -D -m 644 -t '$(DESTDIR)$(UNITDIR)' $(O)/sigtrace.service
	$(if $(COMPLETIONS),install -D -m 644 $(O)/completion.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/sigtrace')
	$(if $(COMPLETIONS),install -D -m 644 $(O)/completion.zsh '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_sigtrace')
	$(if $(COMPLETIONS),install -D -m 644 $(O)/completion.fish '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sigtrace.fish')
	$(Q)for m in $(MAN); do \
		install -v -D -m 644 $$m "$(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}" || exit; \
	done

clean:
	rm -rf $(O)

-include $(patsubst %.o,%.d,$(HOST_OBJ) $(LIB_OBJ) $(PROG_OBJ) $(BPF_OBJ) $(BENCH_BPF_OBJ))
