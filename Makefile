# Makefile - GNU make. `make help` lists the targets.
#
#   make                    everything, into build/ and bin/
#   make check              all tests (T=program or T=program/case for one)
#   make SAN=1              the same under AddressSanitizer and UBSan, in
#                           build/asan
#   make CC=clang           another compiler, in build/clang
#   make V=1                show the commands
#   make bench              how fast requests are answered (bench/README.md),
#                           about 15 minutes; bench-quick takes 5;
#                           bench-growth compares a database with many
#                           (PAYMENTS=1000000)
#   make bench-deliver      how fast webhooks go out;
#                           bench-deliver-quick takes about a minute
#   make fuzz               the fuzz targets, 30 s each (T=, SECONDS=)
#   make public DIR=...     the document root for a shared host
#   make clean
#
# A person's own settings go into Makefile.local, which git ignores.

-include Makefile.local

CC	?= cc
ifeq ($(origin CC),default)
CC	= gcc
endif
V	?= 0
SAN	?= 0
PREFIX	?= /usr/local

# One folder of objects for each way of building.
FLAVOUR	:= $(if $(FUZZING),fuzz,$(if $(filter 1,$(SAN)),asan)$(if $(filter \
	   clang%,$(CC)),clang))
B	:= build$(if $(FLAVOUR),/$(FLAVOUR))

WARN	= -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	  -Wmissing-prototypes -Wold-style-definition -Wcast-qual \
	  -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wpointer-arith \
	  -Wconversion -Wno-sign-conversion -Werror
CPPFLAGS += -D_GNU_SOURCE -Ilib -Itests
CFLAGS	?= -O2 -g
CFLAGS	+= -std=c11 $(WARN) -fstack-protector-strong -fno-strict-aliasing \
	   -fPIE -pthread
LDFLAGS	+= -pie -pthread -Wl,-z,relro,-z,now
ifeq ($(SAN),1)
CFLAGS	+= -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	   -fno-omit-frame-pointer
LDFLAGS	+= -fsanitize=address,undefined
else ifdef FUZZING
CFLAGS	+= -fsanitize=fuzzer-no-link,address,undefined
LDFLAGS	+= -fsanitize=address,undefined
else
CPPFLAGS += -D_FORTIFY_SOURCE=2
endif
LDLIBS	= -lfcgi -lsqlite3 -lcrypto

# What is built is what is there: a new file needs no line here.
LIB_C	:= $(sort $(wildcard lib/*.c))
CGI_C	:= $(sort $(shell find cgi-bin -name '*.c'))
BOX_C	:= $(sort $(shell find sandbox -name '*.c' -not -path 'sandbox/lib/*'))
BOX_LIB_C := $(sort $(wildcard sandbox/lib/*.c))
CRON_C	:= $(sort $(wildcard cron/*.c))
CLI_C	:= $(sort $(wildcard cli/*.c))
UNIT_C	:= $(sort $(wildcard tests/unit/test-*.c))
TOOL_C	:= $(sort $(filter-out tests/tools/kill-at.c, \
	   $(wildcard tests/tools/*.c)))
END_C	:= $(sort $(wildcard tests/endpoint/test-*.c))
FUZZ_C	:= $(sort $(wildcard fuzz/fuzz-*.c))
BENCH_C	:= $(sort $(wildcard bench/*.c))

LIB	:= $(B)/libclive.a
LIB_O	:= $(LIB_C:%.c=$(B)/%.o) $(B)/lib/schema.o
CGI	:= $(CGI_C:%.c=$(B)/%.cgi)
BOX	:= $(BOX_C:%.c=$(B)/%.cgi)
BOX_LIB	:= $(B)/libsandbox.a
BOX_LIB_O := $(BOX_LIB_C:%.c=$(B)/%.o) $(B)/sandbox/lib/schema.o
CRON	:= $(CRON_C:%.c=$(B)/%)
CLI_O	:= $(CLI_C:%.c=$(B)/%.o)
UNIT	:= $(UNIT_C:%.c=$(B)/%)
TOOL	:= $(TOOL_C:%.c=$(B)/%)
KILL_AT	:= $(B)/tests/tools/kill-at.so
END	:= $(END_C:%.c=$(B)/%)
FUZZ	:= $(FUZZ_C:%.c=$(B)/%)
BENCH	:= $(BENCH_C:%.c=$(B)/%)

Q	:= $(if $(filter 1,$(V)),,@)
say	= $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' '$(1)' '$@';)

.PHONY: all check tests fuzz fuzz-targets bench bench-quick bench-growth \
    bench-deliver bench-deliver-quick bench-packages public clean help
.DELETE_ON_ERROR:
.SECONDARY:

all: $(CGI) $(BOX) $(CRON) $(B)/clive bin/clive

# Changed flags rebuild everything: each object depends on this stamp.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || \
	    echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' > $@
.PHONY: FORCE

# schema.sql is the only schema; the programs carry it as a string.
$(B)/lib/schema.c: schema.sql
	@mkdir -p $(@D)
	$(call say,GEN) { printf '#include "schema.h"\nconst char schema_sql[] =\n'; \
	    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $<; \
	    printf ';\n'; } > $@

$(B)/lib/schema.o: $(B)/lib/schema.c $(B)/flags
	$(call say,CC) $(CC) $(CPPFLAGS) $(CFLAGS) -Wno-overlength-strings -c -o $@ $<

# The stand-ins of the processors have a database and a library of their own.
$(B)/sandbox/lib/schema.c: sandbox/schema.sql
	@mkdir -p $(@D)
	$(call say,GEN) { printf 'extern const char sandbox_schema_sql[];\n'; \
	    printf 'const char sandbox_schema_sql[] =\n'; \
	    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $<; \
	    printf ';\n'; } > $@

$(B)/sandbox/lib/schema.o: $(B)/sandbox/lib/schema.c $(B)/flags
	$(call say,CC) $(CC) $(CPPFLAGS) $(CFLAGS) -Wno-overlength-strings -c -o $@ $<

$(BOX_LIB): $(BOX_LIB_O)
	$(call say,AR) rm -f $@; ar rcs $@ $^

$(BOX): $(B)/%.cgi: $(B)/%.o $(BOX_LIB) $(LIB)
	$(call say,LINK) $(CC) $(LDFLAGS) -o $@ $< $(BOX_LIB) $(LIB) -lcurl \
	    $(LDLIBS)

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(CPPFLAGS) -include lib/banned.h $(CFLAGS) \
	    -MMD -MP -c -o $@ $<

$(LIB): $(LIB_O)
	$(call say,AR) rm -f $@; ar rcs $@ $^

# Programs that call nobody do not load libcurl: it is linked where needed.
$(B)/%.cgi: $(B)/%.o $(LIB)
	$(call say,LINK) $(CC) $(LDFLAGS) -Wl,--as-needed -o $@ $< $(LIB) -lcurl $(LDLIBS)

$(CRON): $(B)/%: $(B)/%.o $(LIB)
	$(call say,LINK) $(CC) $(LDFLAGS) -o $@ $< $(LIB) -lcurl $(LDLIBS)

$(B)/clive: $(CLI_O) $(LIB)
	$(call say,LINK) $(CC) $(LDFLAGS) -o $@ $(CLI_O) $(LIB) -lcurl $(LDLIBS)

bin/clive: build/clive
	@mkdir -p $(@D)
	$(call say,LN) ln -sf ../build/clive $@

$(UNIT): $(B)/%: $(B)/%.o $(LIB)
	$(call say,LINK) $(CC) $(LDFLAGS) -o $@ $< $(LIB) -lcmocka -lcjson -lcurl $(LDLIBS)

$(END): $(B)/%: $(B)/%.o $(B)/tests/harness.o $(LIB)
	$(call say,LINK) $(CC) $(LDFLAGS) -o $@ $< $(B)/tests/harness.o $(LIB) \
	    -lcmocka -lcurl $(LDLIBS)

$(TOOL): $(B)/%: $(B)/%.o $(LIB)
	$(call say,LINK) $(CC) $(LDFLAGS) -o $@ $< $(LIB) -lcjson -lcurl $(LDLIBS)

# Loaded into programs as they are; a sanitizer of its own would be a second.
$(KILL_AT): tests/tools/kill-at.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(CPPFLAGS) -include lib/banned.h \
	    $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS)) -fPIC -shared \
	    -o $@ $<

tests: all $(UNIT) $(END) $(TOOL) $(KILL_AT)

check: tests
	$(Q)tests/run $(T)

# The fuzz targets need clang's libFuzzer. T names one, SECONDS bounds each.
$(FUZZ): $(B)/%: $(B)/%.o $(LIB)
	$(call say,LINK) $(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $(LIB) \
	    -lcurl $(LDLIBS)

fuzz:
	$(Q)$(MAKE) --no-print-directory CC=clang FUZZING=1 fuzz-targets
	$(Q)for f in $(if $(T),build/fuzz/fuzz/$(T),$(FUZZ_C:%.c=build/fuzz/%)); \
	do \
	    mkdir -p build/corpus/$$(basename $$f); \
	    $$f -max_total_time=$(or $(SECONDS),30) -max_len=20000 \
	        build/corpus/$$(basename $$f) || exit 1; \
	done
fuzz-targets: $(FUZZ)

# Measured against other senders, whose packages are installed once.
$(BENCH): $(B)/%: $(B)/%.o $(LIB)
	$(call say,LINK) $(CC) $(LDFLAGS) -o $@ $< $(LIB) -lcurl $(LDLIBS)

bench-packages:
	$(Q)tools/packages install bench

bench/peers/node_modules/.package-lock.json: bench/peers/package-lock.json \
    | bench-packages
	$(Q)cd bench/peers && npm ci --no-audit --no-fund
	$(Q)touch $@

bench bench-quick: all $(BENCH) bench/peers/node_modules/.package-lock.json \
    | bench-packages
	$(Q)bench/web $(if $(findstring quick,$@),--quick)

bench-growth: all $(BENCH) bench/peers/node_modules/.package-lock.json \
    | bench-packages
	$(Q)bench/web --quick --grown $(or $(PAYMENTS),1000000)

bench-deliver bench-deliver-quick: $(BENCH) build/cron/deliver \
    bench/peers/node_modules/.package-lock.json
	$(Q)bench/deliver $(if $(findstring quick,$@),--quick)

# What a shared host's document root holds, into DIR (see conf/htaccess).
public: all
	@test -n "$(DIR)" || { echo "usage: make public DIR=folder"; exit 64; }
	mkdir -p $(DIR)
	cp -R htdocs/. $(DIR)/
	cp conf/htaccess $(DIR)/.htaccess
	cd build && find cgi-bin -name '*.cgi' -exec \
	    install -D -m 755 {} $(abspath $(DIR))/{} \;

clean:
	rm -rf build bin

help:
	@sed -n 's/^#   //p' Makefile

-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d $(B)/*/*/*/*.d $(B)/*/*/*/*/*.d)
