/* SPDX-License-Identifier: ISC */
/*
 * test-admin-routes.c - every admin route with every role, with half a
 * sign-in, and without a token.
 *
 * The routes are read out of the tables of actions in the sources; one that
 * is not listed here, with who may call it, fails the test.
 */
#include "harness.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "operator.h"
#include "shared.h"

enum { OWNER = 1, FINANCE = 2, SUPPORT = 4, READER = 8,
	ALL = OWNER | FINANCE | SUPPORT | READER, PUBLIC = 16,
	UNFINISHED = 32,	/* also while something has to be set up */
	ENDS = 64 };		/* the session it is called with */

static const char *const roles[] = { "owner", "finance", "support",
	"read_only" };
enum { ROLES = sizeof(roles) / sizeof(roles[0]) };

struct route {
	const char	*program;	/* below /api/v1/admin */
	const char	*method;
	const char	*rest;		/* of the path; "" */
	int		 who;
};

static const struct route routes[] = {
	{ "account", "GET", "", ALL | UNFINISHED },
	{ "account/password", "POST", "", ALL | UNFINISHED },
	{ "account/second-factor", "POST", "", ALL | UNFINISHED },
	{ "account/second-factor", "POST", "/confirm", ALL | UNFINISHED },
	{ "account/sessions", "POST", "", ALL | UNFINISHED | ENDS },
	{ "account/sessions", "POST", "/ses_none/end", ALL | UNFINISHED },
	{ "audit", "GET", "", ALL },
	{ "audit", "GET", "/chain", ALL },
	{ "clients", "GET", "", ALL },
	{ "clients", "GET", "/none", ALL },
	{ "clients", "POST", "", OWNER | FINANCE },
	{ "clients", "POST", "/none", OWNER | FINANCE },
	{ "disputes", "GET", "", ALL },
	{ "keys", "GET", "", ALL },
	{ "keys", "POST", "", OWNER },
	{ "keys", "POST", "/key_none/revoke", OWNER },
	{ "login", "POST", "", PUBLIC },
	{ "logout", "POST", "", ALL | UNFINISHED | ENDS },
	{ "merchant-keys", "GET", "", ALL },
	{ "merchant-keys", "POST", "", OWNER },
	{ "merchant-keys", "POST", "/mk_none/revoke", OWNER },
	{ "overview", "GET", "", ALL },
	{ "partners", "GET", "", ALL },
	{ "partners", "GET", "/NONE", ALL },
	{ "partners", "POST", "", OWNER | FINANCE },
	{ "partners", "POST", "/NONE", OWNER | FINANCE },
	{ "rules", "GET", "", ALL },
	{ "rules", "POST", "", OWNER | FINANCE },
	{ "rules", "POST", "/none/end", OWNER | FINANCE },
	{ "second-step", "POST", "", PUBLIC },
	{ "session", "GET", "", ALL | UNFINISHED },
	{ "settings", "GET", "", ALL },
	{ "settlements", "GET", "", ALL },
	{ "settlements", "GET", "/none", ALL },
	{ "settlements", "GET", "/none/csv", ALL },
	{ "settlements", "POST", "/run", OWNER | FINANCE },
	{ "settlements", "POST", "/none/pay", OWNER | FINANCE },
	{ "transactions", "GET", "", ALL },
	{ "transactions", "GET", "/CLVTX_1_1", ALL },
	{ "transactions", "POST", "/CLVTX_1_1/refund", OWNER | FINANCE },
	{ "users", "GET", "", OWNER },
	{ "users", "POST", "", OWNER },
	{ "users", "POST", "/op_none/role", OWNER },
	{ "users", "POST", "/op_none/disable", OWNER },
	{ "users", "POST", "/op_none/enable", OWNER },
	{ "users", "POST", "/op_none/require-second-factor", OWNER },
	{ "users", "POST", "/op_none/reset-password", OWNER },
	{ "users", "POST", "/op_none/reset-second-factor", OWNER },
	{ "webhooks/deliveries", "GET", "", ALL },
	{ "webhooks/deliveries", "GET", "/dlv_none", ALL },
	{ "webhooks/deliveries", "POST", "/dlv_none/resend",
	  OWNER | SUPPORT },
	{ "webhooks/endpoints", "GET", "", ALL },
	{ "webhooks/endpoints", "GET", "/we_none", ALL },
	{ "webhooks/endpoints", "POST", "", OWNER | SUPPORT },
	{ "webhooks/endpoints", "POST", "/we_none", OWNER | SUPPORT },
	{ "webhooks/endpoints", "POST", "/we_none/rotate", OWNER | SUPPORT },
	{ "webhooks/endpoints", "POST", "/we_none/enable", OWNER | SUPPORT },
	{ "webhooks/endpoints", "POST", "/we_none/disable",
	  OWNER | SUPPORT },
	{ "webhooks/endpoints", "POST", "/we_none/delete", OWNER | SUPPORT },
	{ "webhooks/endpoints", "POST", "/we_none/prove", OWNER | SUPPORT },
	{ "webhooks/endpoints", "POST", "/we_none/test", OWNER | SUPPORT },
	{ "webhooks/endpoints", "POST", "/we_none/replay", OWNER | SUPPORT },
	{ "webhooks/events", "GET", "", ALL },
	{ "webhooks/events", "GET", "/evt_none", ALL },
	{ "webhooks/events", "POST", "/evt_none/resend", OWNER | SUPPORT },
};
enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

/* ------------------------------------------------------------ the sources */

static const char *
read_source(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t room = 256 * 1024;
	char *text = arena_alloc(world.arena, room);

	if (f == NULL)
		fail_msg("%s cannot be read", path);
	text[fread(text, 1, room - 1, f)] = '\0';
	fclose(f);
	return text;
}

static int
count(const char *text, const char *end, const char *word)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, word)) != NULL && p < end;
	    p++)
		n++;
	return n;
}

/*
 * The rows of a table of actions: each has one function that answers it. A
 * program that has no table of its own names one of lib's.
 */
static int
rows_of(const char *source)
{
	static const struct {
		const char	*name;
		const char	*file;
	} shared[] = {
		{ "webhook_endpoint_actions", "webhook-api-endpoints.c" },
		{ "webhook_delivery_actions", "webhook-api-log.c" },
		{ "webhook_event_actions", "webhook-api-log.c" },
	};
	const char *table = strstr(source, "struct action actions[] = {");

	for (size_t i = 0; table == NULL && i < 3; i++)
		if (strstr(source, shared[i].name) != NULL)
			table = strstr(read_source(textf("%s/lib/%s",
			    world.root, shared[i].file)),
			    textf("%s[] = {", shared[i].name));
	if (table == NULL)
		return -1;
	const char *end = strstr(table, "\n};");
	return count(table, end, ".handle =") + count(table, end,
	    ".change =") + count(table, end, ".ask =");
}

static int
listed(const char *program)
{
	int n = 0;

	for (size_t i = 0; i < ROUTES; i++)
		n += strcmp(routes[i].program, program) == 0;
	return n;
}

/* Goes through the sources of a folder; the number of programs. */
static int
compare_folder(const char *below)
{
	const char *folder = textf("%s/cgi-bin/api/v1/admin%s", world.root,
	    below);
	struct dirent *e;
	int programs = 0;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		fail_msg("%s cannot be read", folder);
	while ((e = readdir(dir)) != NULL) {
		size_t n = strlen(e->d_name);
		if (e->d_name[0] == '.')
			continue;
		if (strchr(e->d_name, '.') == NULL) {
			programs += compare_folder(textf("%s/%s", below,
			    e->d_name));
			continue;
		}
		if (n < 3 || strcmp(e->d_name + n - 2, ".c") != 0)
			continue;
		const char *program = textf("%s/%.*s", below, (int)n - 2,
		    e->d_name);
		int rows = rows_of(read_source(textf("%s/%s", folder,
		    e->d_name)));
		if (rows != listed(program + 1))
			fail_msg("%s has %d routes, and %d are listed here",
			    program + 1, rows, listed(program + 1));
		programs++;
	}
	closedir(dir);
	return programs;
}

static void
every_route_is_listed(void **state)
{
	int programs = compare_folder(""), named = 0;

	(void)state;
	for (size_t i = 0; i < ROUTES; i++)
		named += i == 0 || strcmp(routes[i].program,
		    routes[i - 1].program) != 0;
	assert_int_equal(programs, named);
}

/* --------------------------------------------------------- who may call it */

static struct answer *
call(const struct route *r, const char *token)
{
	return ask(&(struct call){ .method = r->method,
	    .path = textf(ADMIN "/%s%s", r->program, r->rest),
	    .body = strcmp(r->method, "POST") == 0 ? "{}" : NULL,
	    .lines = { token != NULL ? textf("Authorization: Bearer %s",
	    token) : NULL } });
}

static const char *
token_of(const char *role)
{
	const struct answer *a = ask_post(NULL, ADMIN "/login", NULL, textf(
	    "{\"email\":\"%s@example.com\",\"password\":\""
	    OPERATOR_PASSWORD "\"}", role));

	assert_status(a, 200);
	return text_at(a, "token");
}

/* One account a role, all with the same password. */
static void
seed_roles(void)
{
	db_exec("DELETE FROM login_failure");
	for (int i = 0; i < ROLES; i++)
		db_exec(textf("INSERT INTO operator (id, email, password, "
		    "role, created_at) SELECT 'op_%s', '%s@example.com', "
		    "password, '%s', 1 FROM operator WHERE email = '"
		    OPERATOR_EMAIL "' ON CONFLICT DO NOTHING", roles[i],
		    roles[i], roles[i]));
}

static const char *
where(const struct route *r, const char *who)
{
	return textf("%s /%s%s as %s", r->method, r->program, r->rest, who);
}

/* What comes after the question who is asking. That there is such a route at
 * all is shown by the refusals of those who have no token. */
static bool
was_let_in(const struct answer *a)
{
	const char *code = text_at(a, "code");

	return a->status != 401 && a->status != 405 && a->status < 500 &&
	    strcmp(code, FAULT_ROLE.code) != 0 &&
	    strcmp(code, FAULT_ACCOUNT_UNFINISHED.code) != 0;
}

static void
try_role(int role)
{
	const char *token = token_of(roles[role]);

	for (size_t i = 0; i < ROUTES; i++) {
		const struct route *r = &routes[i];
		if (r->who & PUBLIC)
			continue;
		const struct answer *a = call(r, token);
		if (r->who & 1 << role ? !was_let_in(a) :
		    strcmp(text_at(a, "code"), FAULT_ROLE.code) != 0)
			fail_msg("%s: %d %s", where(r, roles[role]),
			    a->status, a->body);
		if (r->who & ENDS)
			token = token_of(roles[role]);
	}
}

static void
each_role_may_do_what_is_its_own(void **state)
{
	(void)state;
	seed_roles();
	for (int role = 0; role < ROLES; role++)
		try_role(role);
}

static void
expect(const char *token, const struct fault *fault)
{
	for (size_t i = 0; i < ROUTES; i++) {
		const struct route *r = &routes[i];
		const struct answer *a = r->who & PUBLIC ? NULL :
		    call(r, token);
		if (a != NULL && (a->status != fault->status ||
		    strcmp(text_at(a, "code"), fault->code) != 0))
			fail_msg("%s: %d %s", where(r, "nobody"), a->status,
			    a->body);
	}
}

static void
nobody_gets_in_without_a_good_token(void **state)
{
	const char *token;

	(void)state;
	seed_roles();
	expect(NULL, &FAULT_TOKEN_MISSING);
	expect("x.y.z", &FAULT_TOKEN_INVALID);
	token = token_of("owner");
	db_exec("UPDATE operator_session SET half = 1");
	expect(token, &FAULT_TOKEN_INVALID);
	db_exec("UPDATE operator_session SET half = 0, ended_at = 1");
	expect(token, &FAULT_TOKEN_INVALID);
	db_exec("UPDATE operator_session SET ended_at = NULL, expires_at = "
	    "created_at");
	expect(token, &FAULT_TOKEN_INVALID);
}

/* Who may call it otherwise gets no further than the account. */
static void
an_unfinished_account_opens_itself_alone(void **state)
{
	const char *token;

	(void)state;
	seed_roles();
	token = token_of("owner");
	db_exec("UPDATE operator SET must_change = 1");
	for (size_t i = 0; i < ROUTES; i++) {
		const struct route *r = &routes[i];
		if (r->who & (PUBLIC | ENDS))
			continue;
		const struct answer *a = call(r, token);
		if (r->who & UNFINISHED ? !was_let_in(a) : strcmp(text_at(a,
		    "code"), FAULT_ACCOUNT_UNFINISHED.code) != 0)
			fail_msg("%s: %d %s", where(r, "unfinished"),
			    a->status, a->body);
	}
	db_exec("UPDATE operator SET must_change = 0");
}

static void
public_routes_need_no_token(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROUTES; i++)
		if (routes[i].who & PUBLIC)
			assert_status(call(&routes[i], NULL), 400);
}

static const struct CMUnitTest tests[] = {
	CASE(every_route_is_listed),
	CASE(each_role_may_do_what_is_its_own),
	CASE(nobody_gets_in_without_a_good_token),
	CASE(an_unfinished_account_opens_itself_alone),
	CASE(public_routes_need_no_token),
};

static const struct world_options options = { .with_operator = true };

ENDPOINT_MAIN("admin-routes", tests, &options)
