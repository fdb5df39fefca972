/* SPDX-License-Identifier: ISC */
/* harness.c - a private gateway for each endpoint test program. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#include <curl/curl.h>
#include <sqlite3.h>

#include "audit.h"
#include "ledger.h"
#include "operator.h"
#include "partner.h"
#include "password.h"
#include "refund.h"
#include "shared.h"
#include "sig.h"
#include "wallet.h"
#include "webhook.h"

enum {
	ANSWER_MAX = 16 * 1024 * 1024,
	START_MS = 40 * 1000,		/* for the web server to answer */
	STOP_MS = 10 * 1000,
	COPIES_MAX = 24,
	QUESTION_MAX = 32 * 1024	/* to a processor, with its head */
};

/* What the processors say: shared with the process that says it. */
struct script {
	int	 status;
	long	 pause;
	char	 body[4096];
	char	 asked[4096];	/* the last question, cut off there */
};

struct world world;

static struct script *script;
static pid_t processors;
static CURL *curl;
static bool in_child;
static char copies[COPIES_MAX][CONF_PATH_MAX + 32];
static size_t copy_count;
static pid_t keeper;			/* the parent of the web server */
static int lifeline = -1;		/* closed: the keeper ends it all */

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "harness: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* A file in our memory, NUL-terminated; NULL where there is none. */
static char *
read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "re");
	struct buf b;
	char piece[4096];
	size_t got;

	if (f == NULL)
		return NULL;
	buf_init(&b, ANSWER_MAX);
	while ((got = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&b, piece, got);
	fclose(f);
	buf_puts(&b, "");
	char *copy = arena_strndup(world.arena, buf_str(&b), b.len);
	if (n != NULL)
		*n = b.len;
	buf_free(&b);
	return copy;
}

static void
write_file(const char *path, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1 || write(fd, bytes, n) != (ssize_t)n || close(fd) != 0)
		die(path);
}

/* Replaces "key = ..." by the given line of the same key. */
static void
conf_replace(const char *path, const char *line)
{
	size_t key = strcspn(line, " =");
	char *conf = read_file(path, NULL);
	struct buf out;

	if (conf == NULL)
		die(path);
	buf_init(&out, 64 * 1024);
	for (char *at = conf; *at != '\0'; ) {
		size_t n = strcspn(at, "\n");
		bool same = strncmp(at, line, key) == 0 &&
		    (at[key] == ' ' || at[key] == '=');
		buf_add(&out, same ? line : at, same ? strlen(line) : n);
		buf_putc(&out, '\n');
		at += n + (at[n] == '\n');
	}
	write_file(path, out.data, out.len);
	buf_free(&out);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	remove(path);
	return 0;
}

static void
remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static void
remove_world(void)
{
	char db[CONF_PATH_MAX + 8];

	snprintf(db, sizeof(db), "%s/db", world.var);
	if (world.small_disk)
		umount2(db, MNT_DETACH);
	if (getenv("CLIVE_TEST_KEEP") != NULL) {
		fprintf(stderr, "harness: kept %s\n", world.var);
		return;
	}
	remove_tree(world.var);
	for (size_t i = 0; i < copy_count; i++)
		remove_tree(copies[i]);
}

/* Our build folder is two above the program; the checkout has tests/serve. */
static void
find_folders(void)
{
	char path[CONF_PATH_MAX + 16];
	ssize_t n = readlink("/proc/self/exe", world.root,
	    sizeof(world.root) - 1);

	world.root[n > 0 ? n : 0] = '\0';
	for (int up = 1; strrchr(world.root, '/') != NULL; up++) {
		*strrchr(world.root, '/') = '\0';
		if (up == 3)
			snprintf(world.build, sizeof(world.build), "%s",
			    world.root);
		snprintf(path, sizeof(path), "%s/tests/serve", world.root);
		if (up > 3 && access(path, X_OK) == 0)
			return;
	}
	errno = ENOENT;
	die("tests/serve");
}

/* The user for data that must not be root's; the Makefile of tests/serve. */
static const struct passwd *
other_user(void)
{
	const char *name = getenv("CLIVE_TEST_USER");
	const struct passwd *pw = getpwnam(name != NULL ? name : "www-data");

	if (pw == NULL)
		die("no such user: set CLIVE_TEST_USER");
	return pw;
}

/* Runs fn in a transaction of the open world, or stops. */
static void
must(db_callback *fn, void *arg)
{
	const struct fault *fault = db_txn(world.setup.db, fn, arg);

	if (fault != NULL) {
		fprintf(stderr, "harness: seeding: %s\n", fault->code);
		exit(1);
	}
}

static void
seed_partner(struct conn *c, const char *id, const char *status,
    const char *kyc, const char *client_id, const char *client_status)
{
	struct partner p = { .partner_id = id,
	    .legal_name = arena_printf(world.arena, "%s Limited", id),
	    .status = status, .kyc_status = kyc, .fee_ppm = 35000 };
	struct client client = { .client_id = client_id,
	    .legal_name = arena_printf(world.arena, "%s & Sons", client_id),
	    .status = client_status, .fee_ppm = -1, .fee_flat_cents = -1 };

	partner_add(c, &p, clock_now(), "cli:test");
	client_add(c, &p, &client, world.arena, clock_now(), "cli:test");
}

static void
seed_key(struct conn *c, const char *partner_id, struct apikey *k)
{
	apikey_add(c, world.setup.vault, false, partner_id, "test",
	    clock_now(), "cli:test", k);
}

static void
seed_merchant(struct conn *c, const char *partner_id, const char *client_id,
    bool live, char id[ID_SIZE], char key[MERCHANT_KEY_SIZE])
{
	const char *why = merchant_key_add(c, partner_id, client_id, live,
	    "test", NULL, clock_now(), "cli:test", id, key);

	if (why != NULL) {
		fprintf(stderr, "harness: %s\n", why);
		exit(1);
	}
}

static void
seed_webhook(struct conn *c)
{
	static const char *const events[] = { "transaction_succeeded",
	    "transaction_failed", "transaction_abandoned",
	    "transaction_refunded", "transaction_chargeback", NULL };
	struct webhook w = { .partner_id = PARTNER, .api = "clive",
	    .settings = { .name = "all", .url = "http://127.0.0.1:9/hook",
	    .events = events }, .secret = "whsec_partner_secret_1" };

	schedule_parse("clive", &world.setup.conf, &w.settings.schedule);
	webhook_add(c, world.setup.vault, &world.setup.conf, &w, clock_now(),
	    "cli:test");
	snprintf(world.webhook, sizeof(world.webhook), "%s", w.id);
}

static const struct fault *
seed(struct conn *c, void *arg)
{
	char id[ID_SIZE];

	(void)arg;
	seed_partner(c, PARTNER, "active", "approved", CLIENT, "active");
	seed_partner(c, OTHER_PARTNER, "active", "approved", OTHER_CLIENT,
	    "active");
	seed_partner(c, "SUSPENDED01", "suspended", "approved", "SHOP001",
	    "active");
	seed_partner(c, "INACTIVE001", "inactive", "approved", "SHOP001",
	    "active");
	seed_partner(c, "KYCPEND0001", "active", "pending", "SHOP001",
	    "active");
	seed_key(c, PARTNER, &world.partner);
	seed_key(c, OTHER_PARTNER, &world.other);
	seed_key(c, NULL, &world.platform);
	seed_key(c, "SUSPENDED01", &world.suspended);
	seed_key(c, "INACTIVE001", &world.inactive);
	seed_key(c, "KYCPEND0001", &world.kyc_pending);
	seed_key(c, PARTNER, &world.revoked);
	apikey_revoke(c, world.revoked.id, clock_now(), "cli:test");
	seed_key(c, PARTNER, &world.damaged);
	seed_webhook(c);
	seed_merchant(c, PARTNER, CLIENT, false, world.merchant_id,
	    world.merchant);
	seed_merchant(c, PARTNER, CLIENT, true, id, world.merchant_live);
	seed_merchant(c, OTHER_PARTNER, OTHER_CLIENT, false, id,
	    world.merchant_other);
	return NULL;
}

static const struct fault *
seed_clients(struct conn *c, void *arg)
{
	static const char *const rows[][2] = {
		{ "SUSPSHOP001", "suspended" }, { "KYCSHOP0001", "pending_kyc" }
	};
	const struct partner *p = partner_find(c, world.arena, PARTNER);

	(void)arg;
	for (size_t i = 0; i < 2; i++) {
		struct client client = { .client_id = rows[i][0],
		    .legal_name = "Some Shop", .status = rows[i][1],
		    .fee_ppm = -1, .fee_flat_cents = -1 };
		client_add(c, p, &client, world.arena, clock_now(),
		    "cli:test");
	}
	return NULL;
}

static const struct fault *
seed_operator(struct conn *c, void *arg)
{
	operator_add(c, OPERATOR_EMAIL, arg, "owner", clock_now(), "cli:test");
	return NULL;
}

static void
open_world(void)
{
	char why[512];

	setenv("CLIVE_VAR", world.var, 1);
	if (!setup_open(&world.setup, why, sizeof(why))) {
		fprintf(stderr, "harness: %s\n", why);
		exit(1);
	}
}

/* Reads a request to its end; false where there is none. */
static bool
read_question(int fd, char *text)
{
	const char *end = NULL, *length;
	size_t n = 0, all = QUESTION_MAX;

	while (n < all) {
		ssize_t got = read(fd, text + n, all - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = '\0';
		if (end != NULL || (end = strstr(text, "\r\n\r\n")) == NULL)
			continue;
		length = strcasestr(text, "\r\nContent-Length:");
		all = (size_t)(end + 4 - text);
		if (length != NULL && length < end)
			all += strtoul(length + 17, NULL, 10);
		if (all > QUESTION_MAX)
			return false;
	}
	return end != NULL;
}

static void
answer_question(int fd)
{
	static char text[QUESTION_MAX + 1];
	const char *body = script->body;
	int status = script->status;

	if (!read_question(fd, text))
		return;
	size_t n = strnlen(text, sizeof(script->asked) - 1);
	memcpy(script->asked, text, n);
	script->asked[n] = '\0';
	if (strstr(text, "/generate-token HTTP") != NULL) {
		status = 200;
		body = "{\"success\":true,\"token\":\"Bearer token\"}";
	} else {
		pause_ms(script->pause);
	}
	dprintf(fd, "HTTP/1.1 %d Said\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s", status,
	    strlen(body), body);
}

/* Ends with the program, or before. */
static _Noreturn void
run_processors(int listener, pid_t program)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == program) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd == -1)
			continue;
		answer_question(fd);
		close(fd);
	}
	_exit(0);
}

static void
start_processors(const char *conf)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t program = getpid();

	script = mmap(NULL, sizeof(*script), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (script == MAP_FAILED || fd == -1 ||
	    bind(fd, (struct sockaddr *)&a, n) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0 ||
	    (processors = fork()) == -1)
		die("the processors");
	if (processors == 0)
		run_processors(fd, program);
	close(fd);
	const char *url = textf("http://127.0.0.1:%d", ntohs(a.sin_port));
	conf_replace(conf, textf("stripe_api_base = %s", url));
	conf_replace(conf, "stripe_secret_key = " STRIPE_KEY);
	conf_replace(conf, "stripe_publishable_key = pk_test_1");
	conf_replace(conf, textf("revolut_api_base = %s", url));
	conf_replace(conf, "revolut_secret_key = " REVOLUT_KEY);
	conf_replace(conf, "revolut_webhook_secret = " REVOLUT_SECRET);
	conf_replace(conf, textf("clickpesa_api_url = %s", url));
	conf_replace(conf, "clickpesa_client_id = client");
	conf_replace(conf, "clickpesa_api_key = " CLICKPESA_KEY);
	conf_replace(conf, "clickpesa_checksum_key = " CLICKPESA_CHECKSUM_KEY);
	conf_replace(conf, textf("wise_api_base = %s", url));
	conf_replace(conf, "wise_token = " PAYOUT_TOKEN);
	conf_replace(conf, "wise_profile_id = 1001");
	conf_replace(conf, textf("mercury_api_base = %s", url));
	conf_replace(conf, "mercury_token = " PAYOUT_TOKEN);
	conf_replace(conf, "mercury_account_id = account-1");
}

static void
stop_processors(void)
{
	if (processors == 0)
		return;
	kill(processors, SIGKILL);
	waitpid(processors, NULL, 0);
}

void
processor_says(int status, const char *body, long pause)
{
	assert_true(strlen(body) < sizeof(script->body));
	snprintf(script->body, sizeof(script->body), "%s", body);
	script->status = status;
	script->pause = pause;
}

const char *
processor_asked(void)
{
	return arena_strdup(world.arena, script->asked);
}

static void
make_small_disk(void)
{
	char db[CONF_PATH_MAX + 8];

	snprintf(db, sizeof(db), "%s/db", world.var);
	mkdir(db, 0700);
	world.small_disk = mount("none", db, "tmpfs", 0,
	    "size=4m,mode=0700") == 0;
}

static void
make_world(const struct world_options *options)
{
	char why[512], path[CONF_PATH_MAX + 16], hash[PASSWORD_STORED_SIZE];

	snprintf(world.var, sizeof(world.var), "%s/clive-XXXXXX",
	    getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(world.var) == NULL)
		die(world.var);
	if (options->small_disk)
		make_small_disk();
	if (!setup_var(world.var, false, "http://localhost:4390",
	    STRIPE_OLD_SECRET " " STRIPE_SECRET, why, sizeof(why))) {
		fprintf(stderr, "harness: %s\n", why);
		exit(1);
	}
	snprintf(path, sizeof(path), "%s/clive.conf", world.var);
	conf_replace(path, "rate_limit_per_minute = 0");
	if (options->processors)
		start_processors(path);
	for (size_t i = 0; i < 8 && options->conf[i] != NULL; i++)
		conf_replace(path, options->conf[i]);
	open_world();
	must(seed, NULL);
	must(seed_clients, NULL);
	if (options->with_operator) {
		password_hash(OPERATOR_PASSWORD, hash, sizeof(hash));
		must(seed_operator, hash);
	}
	setup_close(&world.setup);
	db_exec(textf("UPDATE api_key SET hmac_sealed = "
	    "zeroblob(length(hmac_sealed)) WHERE id = '%s'",
	    world.damaged.id));
}

static int
free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		die("a free port");
	close(fd);
	return ntohs(a.sin_port);
}

static _Noreturn void
run_server(void)
{
	char serve[CONF_PATH_MAX + 16], log[CONF_PATH_MAX + 16], port[16];

	setpgid(0, 0);
	snprintf(serve, sizeof(serve), "%s/tests/serve", world.root);
	snprintf(log, sizeof(log), "%s/log/serve.log", world.var);
	snprintf(port, sizeof(port), "%d", world.port);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int null = open("/dev/null", O_RDONLY);
	dup2(null, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	unsetenv("CLIVE_SANDBOX_PORT");
	setenv("CLIVE_SANDBOX_PORT", "", 1);
	execl(serve, serve, world.mode, world.var, port, world.build,
	    (char *)NULL);
	_exit(127);
}

/*
 * Holds the web server as long as the test program lives, however that
 * ends. A program that died leaves nothing behind.
 */
static _Noreturn void
keep_server(int line, pid_t program)
{
	struct pollfd end = { .fd = line, .events = POLLIN };
	pid_t gone;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	pid_t server = fork();
	if (server == 0)
		run_server();
	setpgid(server, server);
	while (poll(&end, 1, -1) == -1 && errno == EINTR)
		continue;
	kill(-server, SIGTERM);
	/* Until there is nobody left, however deep below the server. */
	for (int ms = 0; (gone = waitpid(-1, NULL, WNOHANG)) != -1; ) {
		if (gone > 0)
			continue;
		if ((ms += 5) > STOP_MS)
			kill(-server, SIGKILL);
		pause_ms(5);
	}
	if (getppid() != program)
		remove_world();
	_exit(0);
}

static void
start_server(void)
{
	int line[2];
	pid_t program = getpid();

	world.port = free_port();
	if (pipe2(line, O_CLOEXEC) != 0 || (keeper = fork()) == -1)
		die("the web server");
	if (keeper == 0) {
		close(line[1]);
		keep_server(line[0], program);
	}
	close(line[0]);
	lifeline = line[1];
}

static void
stop_server(void)
{
	close(lifeline);
	waitpid(keeper, NULL, 0);
}

static void
show_logs(void)
{
	static const char *const names[] = { "serve.log", "lighttpd.log",
	    "programs.log", "apache.log", "cgi.log" };
	char path[CONF_PATH_MAX + 32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/log/%s", world.var, names[i]);
		const char *log = read_file(path, NULL);
		if (log != NULL && *log != '\0')
			fprintf(stderr, "--- %s\n%s", names[i], log);
	}
}

static size_t
receive(char *bytes, size_t size, size_t n, void *to)
{
	buf_add(to, bytes, size * n);
	return size * n;
}

/* Does the server answer with a program's 404? */
static bool
answers_yet(void)
{
	char url[128];
	struct buf body;
	long status = 0;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/api/v1/nothing",
	    world.port);
	buf_init(&body, ANSWER_MAX);
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	bool good = status == 404 &&
	    strstr(buf_str(&body), "NOT_FOUND") != NULL;
	buf_free(&body);
	return good;
}

/* From now on we write as the programs do. */
static void
become_owner(void)
{
	char db[CONF_PATH_MAX + 16];
	struct stat st;

	snprintf(db, sizeof(db), "%s/db/clive.db", world.var);
	if (stat(db, &st) != 0)
		die(db);
	if (geteuid() == 0 && st.st_uid != 0 &&
	    (setegid(st.st_gid) != 0 || seteuid(st.st_uid) != 0))
		die("seteuid");
}

static void
become_ourselves(void)
{
	if (geteuid() != getuid() &&
	    (seteuid(getuid()) != 0 || setegid(getgid()) != 0))
		die("seteuid");
}

int
world_start(const struct world_options *options)
{
	static const struct world_options none = { .with_operator = false };
	const char *mode = getenv("CLIVE_TEST_SERVER");

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	world.arena = arena_new();
	world.mode = mode != NULL && *mode != '\0' ? mode : "lighttpd";
	find_folders();
	make_world(options != NULL ? options : &none);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	curl = curl_easy_init();
	start_server();
	int64_t deadline = clock_monotonic() + START_MS;
	while (!answers_yet()) {
		if (clock_monotonic() > deadline ||
		    waitpid(keeper, NULL, WNOHANG) != 0) {
			fprintf(stderr, "harness: no answer from %s\n",
			    world.mode);
			show_logs();
			stop_server();
			stop_processors();
			remove_world();
			return -1;
		}
		pause_ms(20);
	}
	become_owner();
	open_world();
	arena_reset(world.arena);
	return 0;
}

/* Every payment's figures agree with its entries and refunds; nobody altered
 * history. */
static bool
books_agree(void)
{
	struct ledger_report ledger;
	struct refund_report refunds;
	struct wallet_report wallets;
	struct audit_report audit;
	bool good = true;

	if (!ledger_verify(world.setup.conn, &ledger)) {
		fprintf(stderr, "harness: the ledger disagrees with %s\n",
		    ledger.first_bad);
		good = false;
	}
	if (!refund_verify(world.setup.conn, &refunds)) {
		fprintf(stderr, "harness: the refunds disagree with %s\n",
		    refunds.first_bad);
		good = false;
	}
	if (!wallet_verify(world.setup.conn, &wallets)) {
		fprintf(stderr, "harness: the wallets disagree with %s\n",
		    wallets.first_bad);
		good = false;
	}
	if (!audit_verify(world.setup.conn, 0, "", &audit)) {
		fprintf(stderr, "harness: audit row %lld is bad\n",
		    (long long)audit.first_bad);
		good = false;
	}
	return good;
}

/* No secret in any log, no complaint of a sanitizer, no abort. */
static bool
log_is_clean(const char *name)
{
	const char *const words[] = {
		world.partner.key, world.partner.hmac_secret,
		world.platform.key, world.platform.hmac_secret,
		STRIPE_SECRET, STRIPE_OLD_SECRET, OPERATOR_PASSWORD,
		STRIPE_KEY, REVOLUT_KEY, REVOLUT_SECRET, CLICKPESA_KEY,
		CLICKPESA_CHECKSUM_KEY, world.merchant, world.merchant_live,
		"_secret_",
		"AddressSanitizer", "LeakSanitizer", "runtime error",
		"bort", "egmentation"
	};
	size_t n;
	const char *log = read_file(textf("%s/log/%s", world.var, name), &n);
	bool good = true;

	for (size_t i = 0; log != NULL &&
	    i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(log, n, words[i], strlen(words[i])) != NULL) {
			fprintf(stderr, "harness: %s says what it must not "
			    "(word %zu)\n", name, i);
			good = false;
		}
	return good;
}

int
world_stop(void)
{
	if (world.setup.conn == NULL)
		return -1;	/* it never started */
	bool good = books_agree();

	setup_close(&world.setup);
	become_ourselves();
	stop_server();
	stop_processors();
	good = log_is_clean("serve.log") && good;
	good = log_is_clean("lighttpd.log") && good;
	good = log_is_clean("programs.log") && good;
	good = log_is_clean("apache.log") && good;
	good = log_is_clean("cgi.log") && good;
	if (!good)
		show_logs();
	remove_world();
	curl_easy_cleanup(curl);
	curl_global_cleanup();
	arena_free(world.arena);
	if (!good)
		printf("[  FAILED  ] 1 test(s), the closing of the books\n");
	return good ? 0 : -1;
}

int
case_end(void **state)
{
	(void)state;
	arena_reset(world.arena);
	return 0;
}

static struct answer *
new_answer(int status, const char *head, const struct buf *body)
{
	struct answer *a = arena_alloc(world.arena, sizeof(*a));

	a->status = status;
	a->head = arena_strdup(world.arena, head);
	a->body = arena_strndup(world.arena, buf_str(body), body->len);
	a->len = body->len;
	a->json = json_parse(world.arena, a->body, a->len, NULL);
	return a;
}

static struct curl_slist *
line(struct curl_slist *lines, const char *text)
{
	struct curl_slist *more = curl_slist_append(lines, text);

	if (more == NULL)
		abort();
	return more;
}

static const char *
mac_of(const struct apikey *key, const char *body, size_t len)
{
	char mac[SHA256_HEX_SIZE];

	sig_hmac_hex(key->hmac_secret, strlen(key->hmac_secret), body, len,
	    mac);
	return arena_strdup(world.arena, mac);
}

const char *
signature_of(const struct apikey *key, const char *body)
{
	return mac_of(key, body, strlen(body));
}

static struct curl_slist *
header_lines(const struct call *call, size_t len)
{
	const char *type = call->type != NULL ? call->type :
	    call->body != NULL ? "application/json" : "";
	struct curl_slist *lines = line(NULL, "Expect:");

	lines = line(lines, *type != '\0' ? textf("Content-Type: %s", type) :
	    "Content-Type:");
	if (call->key != NULL)
		lines = line(lines, textf("x-api-key: %s", call->key->key));
	if (call->key != NULL && call->idempotency_key != NULL)
		lines = line(lines, textf("x-clive-hmac: %s",
		    mac_of(call->key, call->body, len)));
	if (call->idempotency_key != NULL)
		lines = line(lines, textf("idempotency-key: %s",
		    call->idempotency_key));
	for (size_t i = 0; i < 8 && call->lines[i] != NULL; i++)
		lines = line(lines, call->lines[i]);
	return lines;
}

struct answer *
ask(const struct call *call)
{
	size_t len = call->len > 0 ? call->len :
	    call->body != NULL ? strlen(call->body) : 0;
	const char *method = call->method != NULL ? call->method :
	    call->body != NULL ? "POST" : "GET";
	struct curl_slist *lines = header_lines(call, len);
	struct buf head, body;
	long status = 0;

	buf_init(&head, ANSWER_MAX);
	buf_init(&body, ANSWER_MAX);
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, textf("http://127.0.0.1:%d%s",
	    world.port, call->path));
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	if (call->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
	}
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &head);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	CURLcode rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(lines);
	/* A child cannot fail the test: what befell it stands in the body. */
	if (rc != CURLE_OK && in_child)
		buf_printf(&body, "%s", curl_easy_strerror(rc));
	struct answer *a = new_answer((int)status, buf_str(&head), &body);
	buf_free(&head);
	buf_free(&body);
	if (rc != CURLE_OK && !in_child)
		fail_msg("%s %s: %s", method, call->path,
		    curl_easy_strerror(rc));
	return a;
}

void
ask_anew(void)
{
	/* The parent's handle is left alone: closing it would say goodbye. */
	curl = curl_easy_init();
	in_child = true;
}

struct answer *
ask_get(const struct apikey *key, const char *path)
{
	return ask(&(struct call){ .path = path, .key = key });
}

struct answer *
ask_post(const struct apikey *key, const char *path,
    const char *idempotency_key, const char *body)
{
	return ask(&(struct call){ .path = path, .key = key, .body = body,
	    .idempotency_key = idempotency_key });
}

struct answer *
ask_admin(const char *token, const char *path, const char *body)
{
	return ask(&(struct call){ .path = path, .body = body,
	    .lines = { textf("Authorization: Bearer %s", token) } });
}

struct answer *
ask_merchant(const char *key, const char *path, const char *idempotency_key,
    const char *body)
{
	struct call call = { .path = path, .body = body };
	size_t n = 0;

	if (key != NULL)
		call.lines[n++] = textf("Authorization: Bearer %s", key);
	if (idempotency_key != NULL)
		call.lines[n++] = textf("X-Idempotency-Key: %s",
		    idempotency_key);
	return ask(&call);
}

/* Standard input from a pipe that a child of ours fills. */
static void
feed(const char *input, size_t n)
{
	int in[2];

	if (pipe(in) != 0)
		_exit(126);
	if (fork() == 0) {
		close(in[0]);
		while (n > 0) {
			ssize_t put = write(in[1], input, n);
			if (put <= 0)
				break;
			input += put;
			n -= (size_t)put;
		}
		_exit(0);
	}
	dup2(in[0], STDIN_FILENO);
	close(in[0]);
	close(in[1]);
}

static _Noreturn void
run_program(const struct cgi *cgi, const char *var, int out)
{
	const struct rlimit limit = { cgi->file_limit, cgi->file_limit };
	const char *env[24] = { NULL };
	struct stat st;
	size_t n = 0;

	if (stat(var, &st) != 0)
		_exit(126);
	const char *path = textf("%s/cgi-bin%s.cgi", world.build,
	    cgi->program);
	env[n++] = textf("CLIVE_VAR=%s", var);
	if (getenv("ASAN_OPTIONS") != NULL)
		env[n++] = textf("ASAN_OPTIONS=%s", getenv("ASAN_OPTIONS"));
	for (size_t i = 0; i < 16 && cgi->env[i] != NULL; i++)
		env[n++] = cgi->env[i];
	if (getuid() == 0 && (seteuid(0) != 0 || setgid(st.st_gid) != 0 ||
	    setuid(st.st_uid) != 0))
		_exit(126);
	feed(cgi->input, cgi->len);
	dup2(out, STDOUT_FILENO);
	int log = open(textf("%s/log/cgi.log", var), O_WRONLY | O_CREAT |
	    O_APPEND | O_CLOEXEC, 0600);
	dup2(log, STDERR_FILENO);
	/* A write beyond the limit fails then, and kills nobody. */
	signal(SIGXFSZ, SIG_IGN);
	if (cgi->file_limit > 0)
		setrlimit(RLIMIT_FSIZE, &limit);
	execve(path, (char *const[]){ arena_strdup(world.arena, path), NULL },
	    (char **)(uintptr_t)env);
	_exit(126);
}

/* "Status: 404 ...", header lines, an empty line, the body. */
static struct answer *
read_cgi(const struct buf *out)
{
	const char *text = buf_str(out);
	const char *end = strstr(text, "\r\n\r\n");
	struct buf body;
	int status = 0;

	if (end == NULL || strncmp(text, "Status: ", 8) != 0)
		fail_msg("no CGI answer: %s", text);
	status = (int)strtol(text + 8, NULL, 10);
	buf_init(&body, ANSWER_MAX);
	buf_add(&body, end + 4, out->len - (size_t)(end + 4 - text));
	struct answer *a = new_answer(status, arena_strndup(world.arena, text,
	    (size_t)(end + 2 - text)), &body);
	buf_free(&body);
	return a;
}

struct answer *
plain_run(const struct cgi *cgi)
{
	char piece[4096];
	struct buf out;
	ssize_t got;
	int pipes[2], status;

	if (pipe2(pipes, O_CLOEXEC) != 0)
		die("pipe");
	pid_t pid = fork();
	if (pid == 0)
		run_program(cgi, cgi->var != NULL ? cgi->var : world.var,
		    pipes[1]);
	close(pipes[1]);
	buf_init(&out, ANSWER_MAX);
	while ((got = read(pipes[0], piece, sizeof(piece))) > 0)
		buf_add(&out, piece, (size_t)got);
	close(pipes[0]);
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		fail_msg("%s ended with %d", cgi->program, status);
	struct answer *a = read_cgi(&out);
	buf_free(&out);
	return a;
}

struct answer *
plain_post(const char *var, size_t file_limit, const struct apikey *key,
    const char *path, const char *idempotency_key, const char *body)
{
	size_t len = strlen(body);

	return plain_run(&(struct cgi){ .program = path, .var = var,
	    .input = body, .len = len, .file_limit = file_limit, .env = {
		"REQUEST_METHOD=POST", "CONTENT_TYPE=application/json",
		textf("CONTENT_LENGTH=%zu", len),
		textf("HTTP_X_API_KEY=%s", key->key),
		textf("HTTP_X_CLIVE_HMAC=%s", mac_of(key, body, len)),
		textf("HTTP_IDEMPOTENCY_KEY=%s", idempotency_key) } });
}

const char *
header_of(const struct answer *a, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = a->head; *at != '\0'; ) {
		size_t len = strcspn(at, "\r\n");
		if (len > n && strncasecmp(at, name, n) == 0 && at[n] == ':') {
			const char *value = at + n + 1;
			value += strspn(value, " ");
			return arena_strndup(world.arena, value,
			    (size_t)(at + len - value));
		}
		at += len;
		at += strspn(at, "\r\n");
	}
	return NULL;
}

static const struct json *
element(const struct json *array, long n)
{
	const struct json *at = array->child;

	while (at != NULL && n-- > 0)
		at = at->next;
	return at;
}

const struct json *
member(const struct answer *a, const char *path)
{
	const struct json *at = a->json;
	char name[64];

	while (at != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		at = at->kind == JSON_ARRAY ?
		    element(at, strtol(name, NULL, 10)) : json_get(at, name);
		path += n + (path[n] == '.');
	}
	return at;
}

const char *
text_at(const struct answer *a, const char *path)
{
	const struct json *m = member(a, path);

	return m != NULL && m->kind == JSON_STRING ? m->text : "(no text)";
}

bool
null_at(const struct answer *a, const char *path)
{
	const struct json *m = member(a, path);

	return m != NULL && m->kind == JSON_NULL;
}

int
size_at(const struct answer *a, const char *path)
{
	const struct json *m;
	int n = 0;

	for_each(m, a, path)
		n++;
	return n;
}

const char *
keys_of(const struct json *object)
{
	const char *keys = "";

	if (object == NULL || object->kind != JSON_OBJECT)
		return "(no object)";
	for (const struct json *m = object->child; m != NULL; m = m->next)
		keys = textf("%s%s%s", keys, *keys == '\0' ? "" : " ",
		    m->key);
	return keys;
}

void
check_answer(const struct answer *a, int status, const char *body,
    const char *file, int line)
{
	const char *type = header_of(a, "Content-Type");

	if (a->status != status ||
	    (body != NULL && strcmp(a->body, body) != 0)) {
		print_error("expected %d %s\ngot      %d %s\n", status,
		    body != NULL ? body : "", a->status, a->body);
		_fail(file, line);
	}
	if (type == NULL || strcmp(type, "application/json") != 0 ||
	    (a->len > 0 && a->json == NULL)) {
		print_error("not JSON: %s %s\n", type != NULL ? type : "",
		    a->body);
		_fail(file, line);
	}
}

void
check_fault(const struct answer *a, const struct fault *fault,
    const char *file, int line)
{
	check_answer(a, fault->status,
	    textf("{\"error\":\"%s\",\"code\":\"%s\",\"details\":null}",
	    fault->text, fault->code), file, line);
}

void
check_invalid(const struct answer *a, const char *details, const char *file,
    int line)
{
	check_answer(a, 400, textf("{\"error\":\"Validation failed\","
	    "\"code\":\"VALIDATION_ERROR\",\"details\":%s}", details), file,
	    line);
}

void
check_refused(const struct answer *a, const struct fault *fault,
    const char *field, const char *file, int line)
{
	const char *trace = header_of(a, "X-Trace-Id");

	check_answer(a, fault->status, field == NULL ?
	    textf("{\"success\":false,\"error\":{\"code\":\"%s\","
	    "\"message\":\"%s\"}}", fault->code, fault->text) : NULL, file,
	    line);
	check_has(a, textf("{\"success\":false,\"error\":{\"code\":\"%s\","
	    "\"message\":\"%s\"", fault->code, fault->text), file, line);
	if (field != NULL)
		check_has(a, textf(",\"details\":{\"field\":\"%s\"", field),
		    file, line);
	if (trace == NULL || strncmp(trace, "req_", 4) != 0) {
		print_error("no X-Trace-Id: %s\n", a->head);
		_fail(file, line);
	}
}

void
check_has(const struct answer *a, const char *needle, const char *file,
    int line)
{
	if (strstr(a->body, needle) == NULL) {
		print_error("not there: %s\nin %d %s\n", needle, a->status,
		    a->body);
		_fail(file, line);
	}
}

static sqlite3 *
db_handle(void)
{
	sqlite3 *db;

	if (sqlite3_open_v2(textf("%s/db/clive.db", world.var), &db,
	    SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, 5000);
	return db;
}

void
db_exec(const char *sql)
{
	sqlite3 *db = db_handle();

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "harness: %s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	sqlite3_close(db);
}

const char *
db_text(const char *sql)
{
	sqlite3 *db = db_handle();
	sqlite3_stmt *stmt;
	const char *value = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		fprintf(stderr, "harness: %s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	if (sqlite3_step(stmt) == SQLITE_ROW &&
	    sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		value = arena_strdup(world.arena,
		    (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

int64_t
db_int(const char *sql)
{
	const char *value = db_text(sql);

	return value != NULL ? strtoll(value, NULL, 10) : -1;
}

const char *
var_copy(const char *const *lines)
{
	static const char *const folders[] = { "db", "run", "log" };
	static const char *const files[] = { "clive.conf", "master.key" };
	char *var = copies[copy_count++];
	size_t n;

	assert_true(copy_count <= COPIES_MAX);
	snprintf(var, sizeof(copies[0]), "%s-%zu", world.var, copy_count);
	if (mkdir(var, 0700) != 0)
		die(var);
	for (size_t i = 0; i < 3; i++)
		mkdir(textf("%s/%s", var, folders[i]), 0700);
	for (size_t i = 0; i < 2; i++) {
		const char *bytes = read_file(textf("%s/%s", world.var,
		    files[i]), &n);
		write_file(textf("%s/%s", var, files[i]), bytes, n);
	}
	for (; *lines != NULL; lines++)
		conf_replace(textf("%s/clive.conf", var), *lines);
	assert_true(conn_backup(world.setup.conn, textf("%s/db/clive.db",
	    var)));
	if (geteuid() != 0)
		return var;
	const struct passwd *pw = other_user();
	static const char *const all[] = { "", "/db", "/run", "/log",
	    "/clive.conf", "/master.key", "/db/clive.db" };
	for (size_t i = 0; i < 7; i++)
		if (chown(textf("%s%s", var, all[i]), pw->pw_uid,
		    pw->pw_gid) != 0)
			die(var);
	return var;
}

const char *
initialize_body(const char *reference)
{
	return textf("{\"partner_id\":\"" PARTNER "\",\"client_id\":\"" CLIENT
	    "\",\"amount\":750,\"currency\":\"USD\","
	    "\"echezona_reference\":\"%s\"}", reference);
}

const char *
tx_new(const char *reference)
{
	const struct answer *a = ask_post(&world.partner, INITIALIZE,
	    textf("init-%s", reference), initialize_body(reference));

	assert_status(a, 201);
	return text_at(a, "clive_tx_id");
}

const char *
tx_attached(const char *reference)
{
	const char *id = tx_new(reference);
	const struct answer *a = ask_post(&world.partner, ATTACH,
	    textf("attach-%s", id), textf("{\"clive_tx_id\":\"%s\","
	    "\"stripe_payment_intent_id\":\"pi_%s\"}", id, reference));

	assert_status(a, 200);
	return id;
}

const char *
tx_state(const char *clive_tx_id)
{
	return db_text(textf("SELECT status FROM tx WHERE clive_tx_id = '%s'",
	    clive_tx_id));
}

const char *
stripe_signature(const char *secret, const char *body, size_t len,
    int64_t seconds_off)
{
	const char *time = textf("%lld",
	    (long long)(clock_now() / 1000 + seconds_off));
	const struct slice pieces[] = {
		{ time, strlen(time) }, { ".", 1 }, { body, len }
	};
	uint8_t mac[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	sig_hmac_slices(secret, strlen(secret), pieces, 3, mac);
	hex_encode(mac, sizeof(mac), hex);
	return textf("Stripe-Signature: t=%s,v1=%s", time, hex);
}

struct answer *
stripe_post(const char *body)
{
	return ask(&(struct call){ .path = STRIPE_WEBHOOK, .body = body,
	    .type = "application/json; charset=utf-8", .lines = {
	    stripe_signature(STRIPE_SECRET, body, strlen(body), 0) } });
}

struct answer *
stripe_event(const char *id, const char *type, const char *object)
{
	return stripe_post(textf("{\"id\":\"%s\",\"object\":\"event\","
	    "\"type\":\"%s\",\"livemode\":false,\"data\":{\"object\":%s}}",
	    id, type, object));
}

const char *
stripe_intent(const char *reference, int64_t units)
{
	return textf("{\"id\":\"pi_%s\",\"object\":\"payment_intent\","
	    "\"amount\":%lld,\"amount_received\":%lld,\"currency\":\"usd\"}",
	    reference, (long long)units, (long long)units);
}

struct answer *
stripe_succeed(const char *reference)
{
	return stripe_event(textf("evt_ok_%s", reference),
	    "payment_intent.succeeded", stripe_intent(reference, 75000));
}

const char *
admin_token(void)
{
	const struct answer *a = ask_post(NULL, ADMIN "/login", NULL,
	    "{\"email\":\"" OPERATOR_EMAIL "\",\"password\":\""
	    OPERATOR_PASSWORD "\"}");

	assert_status(a, 200);
	return text_at(a, "token");
}
