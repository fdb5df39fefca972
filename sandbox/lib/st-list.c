/* SPDX-License-Identifier: ISC */
/* st-list.c - lists, page by page, and expanded members. */
#include "st.h"

#include <string.h>

enum {
	LIMIT = 10,
	LIMIT_MAX = 100,
	EXPAND_DEPTH = 4,
	EVENTS_S = 30 * 86400
};

/* Filters are checked against the list's own; here are all of their names. */
const struct rule st_list_rules[] = {
	{ .name = "charge" },
	{ .name = "created", .kind = RULE_INT },
	{ .name = "created[gt]", .kind = RULE_INT },
	{ .name = "created[gte]", .kind = RULE_INT },
	{ .name = "created[lt]", .kind = RULE_INT },
	{ .name = "created[lte]", .kind = RULE_INT },
	{ .name = "currency" },
	{ .name = "customer" },
	{ .name = "delivery_success", .kind = RULE_BOOL },
	{ .name = "ending_before" },
	{ .name = "expand[#]" },
	{ .name = "limit", .kind = RULE_INT },
	{ .name = "payment_intent" },
	{ .name = "source" },
	{ .name = "starting_after" },
	{ .name = "status" },
	{ .name = "transfer_group" },
	{ .name = "type" },
	{ .name = "types[#]" },
	{ .name = NULL }
};

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strstr(at, word)) != NULL; at += n)
		if ((at == words || at[-1] == ' ') &&
		    (at[n] == '\0' || at[n] == ' '))
			return true;
	return false;
}

/* Parameters that are neither filters of this list nor common to all. */
static bool
check_filters(struct st *st, const struct st_list *list)
{
	static const char common[] =
	    "created ending_before expand limit starting_after";

	for (size_t i = 0; i < st->form->n; i++) {
		const char *key = st->form->pairs[i].key;
		const char *name = arena_strndup(st->arena, key,
		    strcspn(key, "["));
		if (!has_word(common, name) && !has_word(list->filters, name))
			return st_fail(st, ST_PARAMETER_UNKNOWN, key,
			    "Received unknown parameter: %s", key);
	}
	return true;
}

static const char *
filters(struct st *st, const struct st_list *list)
{
	struct doc *d = doc_new(st->arena, "");
	const char *types = st_texts(st, "types");

	for (size_t i = 0; i < st->form->n; i++) {
		const char *key = st->form->pairs[i].key;
		if (has_word(list->filters, key) &&
		    strcmp(key, "delivery_success") != 0)
			doc_setf(d, key, "[%s]", doc_quote(st->arena,
			    form_get(st->form, key)));
	}
	if (types != NULL)
		doc_setf(d, "type", "%s", types);
	if (form_get(st->form, "delivery_success") != NULL)
		doc_setf(d, "_delivered", "[%d]",
		    form_true(st->form, "delivery_success"));
	return doc_stored(d);
}

/* The seconds between which the objects were made, both inclusive. */
static void
period(struct st *st, const struct st_list *list, int64_t *from, int64_t *to)
{
	*from = strcmp(list->kind, "event") == 0 ?
	    st_seconds(st) - EVENTS_S : 0;
	int64_t least = form_int(st->form, "created[gt]", -1) + 1;
	int64_t exact = form_int(st->form, "created", -1);
	least = form_int(st->form, "created[gte]", least);
	if (least > *from)
		*from = least;
	*to = form_int(st->form, "created[lt]", INT64_MAX) -
	    (form_get(st->form, "created[lt]") != NULL);
	*to = form_int(st->form, "created[lte]", *to);
	if (exact >= 0)
		*from = *to = exact;
}

/* Where a page begins; false with an error. */
static bool
find_cursor(struct st *st, const struct st_list *list, const char *param,
    int64_t *seq)
{
	const char *id = form_get(st->form, param);

	if (id == NULL)
		return true;
	struct cursor *c = store_query(st->box->store, Q_OBJECT_SEQ, "tt", id,
	    list->kind);
	if (!cursor_next(c))
		return st_fail(st, ST_RESOURCE_MISSING, param,
		    "No such %s: '%s'", list->kind, id);
	*seq = cursor_int(c, 0);
	cursor_end(c);
	return true;
}

static const char *
shown(struct st *st, const char *text)
{
	struct doc *d = doc_parse(st->arena, text);

	st_expand(st, d, true);
	return doc_shown(d);
}

const char *
st_list(struct st *st, const struct st_list *list)
{
	int64_t limit = form_int(st->form, "limit", LIMIT);
	int64_t seq = INT64_MAX, from, to, n = 0;
	bool up = form_get(st->form, "ending_before") != NULL;
	const char *data = "";
	bool more = false;

	if (!check_filters(st, list) || !find_cursor(st, list, up ?
	    "ending_before" : "starting_after", &seq))
		return NULL;
	if (limit < 1 || limit > LIMIT_MAX) {
		st_fail(st, ST_INVALID_INTEGER, "limit",
		    "limit must be between 1 and %d.", LIMIT_MAX);
		return NULL;
	}
	period(st, list, &from, &to);
	/* Copied first: expanding needs statements of its own. */
	const char *rows[LIMIT_MAX];
	struct cursor *c = store_query(st->box->store, up ? Q_OBJECT_UP :
	    Q_OBJECT_DOWN, "tiitii", list->kind, from, to, filters(st, list),
	    seq, limit + 1);
	while (!more && cursor_next(c)) {
		if (n < limit)
			rows[n++] = arena_strdup(st->arena, cursor_text(c, 0));
		else
			more = true;
	}
	cursor_end(c);
	for (int64_t i = 0; i < n; i++)
		data = arena_printf(st->arena, "%s%s%s", data,
		    i > 0 ? "," : "",
		    shown(st, rows[up ? n - 1 - i : i]));
	return arena_printf(st->arena, "{\"object\":\"list\",\"data\":[%s],"
	    "\"has_more\":%s,\"url\":\"%s\"}", data, more ? "true" : "false",
	    list->url);
}

/* Which member of which kind is the id of what. */
static const struct {
	const char	*kind, *member, *target;
} references[] = {
	{ "payment_intent", "latest_charge", "charge" },
	{ "payment_intent", "payment_method", "payment_method" },
	{ "charge", "balance_transaction", "balance_transaction" },
	{ "charge", "payment_intent", "payment_intent" },
	{ "charge", "failure_balance_transaction", "balance_transaction" },
	{ "refund", "balance_transaction", "balance_transaction" },
	{ "refund", "charge", "charge" },
	{ "refund", "failure_balance_transaction", "balance_transaction" },
	{ "refund", "payment_intent", "payment_intent" },
	{ "dispute", "charge", "charge" },
	{ "dispute", "payment_intent", "payment_intent" },
	{ "balance_transaction", "source", "charge" },
	{ "checkout.session", "line_items", "list" },
	{ "checkout.session", "payment_intent", "payment_intent" },
};

static const char *
target_of(const char *kind, const char *member)
{
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
		if (strcmp(references[i].kind, kind) == 0 &&
		    strcmp(references[i].member, member) == 0)
			return references[i].target;
	return NULL;
}

static const char *
expand_key(struct st *st, const char *k)
{
	return arena_printf(st->arena, "expand[%s]", k);
}

bool
st_expand_check(struct st *st, const char *kind, bool list)
{
	for (const char *k = NULL; (k = form_next(st->form, st->arena,
	    "expand", k)) != NULL;) {
		const char *path = form_get(st->form, expand_key(st, k));
		const char *at = path, *of = kind;
		int depth = 0;
		if (list && strncmp(at, "data.", 5) == 0)
			at += 5;
		else if (list)
			of = "list";
		while (*at != '\0' && of != NULL && depth++ < EXPAND_DEPTH) {
			size_t n = strcspn(at, ".");
			of = target_of(of, arena_strndup(st->arena, at, n));
			at += n + (at[n] == '.');
		}
		if (of == NULL || *at != '\0' || depth == 0)
			return st_fail(st, ST_INVALID_VALUE,
			    expand_key(st, k), "This property cannot be "
			    "expanded (%s).", path);
	}
	return true;
}

/* One member; *inner is the object that is there now, or NULL. */
static const char *
expand_member(struct st *st, struct doc *d, const char *member,
    const char *rest)
{
	const char *target = target_of(doc_text(d, "object"), member);
	const char *raw = doc_raw(d, member);
	struct doc *inner;

	if (target == NULL)
		return NULL;
	if (strcmp(target, "list") == 0)
		return st_session_items(st, d);
	if (raw == NULL)
		return NULL;
	/* Another path may have been this way already. */
	inner = *raw == '{' ? doc_parse(st->arena, raw) :
	    st_find(st, target, doc_text(d, member));
	if (inner == NULL)
		return NULL;
	if (*rest != '\0') {
		size_t n = strcspn(rest, ".");
		const char *next = arena_strndup(st->arena, rest, n);
		const char *json = expand_member(st, inner, next,
		    rest + n + (rest[n] == '.'));
		if (json != NULL)
			doc_setf(inner, next, "%s", json);
	}
	return doc_shown(inner);
}

void
st_expand(struct st *st, struct doc *d, bool list)
{
	for (const char *k = NULL; (k = form_next(st->form, st->arena,
	    "expand", k)) != NULL;) {
		const char *path = form_get(st->form, expand_key(st, k));
		if (list && strncmp(path, "data.", 5) == 0)
			path += 5;
		size_t n = strcspn(path, ".");
		const char *member = arena_strndup(st->arena, path, n);
		const char *json = expand_member(st, d, member,
		    path + n + (path[n] == '.'));
		if (json != NULL)
			doc_setf(d, member, "%s", json);
	}
}
