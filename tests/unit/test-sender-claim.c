/* SPDX-License-Identifier: ISC */
/*
 * test-sender-claim.c - what several senders together may take, and what of
 * a late one's results remains.
 */
#include "sender-claim.h"

#include "fixture.h"
#include "outbox.h"
#include "sender-record.h"
#include "sender.h"
#include "shared.h"
#include "webhook.h"

enum { LEASE_MS = 31 * 1000 };	/* more than one lasts with these settings */

/* Two senders on one database, each with places of its own. */
struct side {
	const char		*owner;
	struct sender_places	 places;
	struct arena		*arena, *kept;
	struct sender_claim	 claim;
	const char		*moved;	/* an endpoint, while it looks */
};

static char var[64];
static struct setup setup;
static struct arena *arena;
static struct side one = { .owner = "one" }, two = { .owner = "two" };

static int
make_var(void **state)
{
	char why[512] = "";

	(void)state;
	fixture_folder(var);
	setenv("CLIVE_VAR", var, 1);
	if (!setup_var(var, false, "http://localhost:4390",
	    "whsec_0123456789abcdef", why, sizeof(why)) ||
	    !setup_open(&setup, why, sizeof(why)))
		fail_msg("%s", why);
	setup.conf.webhook_timeout_ms = 10000;
	arena = arena_new();
	return 0;
}

static int
drop_var(void **state)
{
	(void)state;
	arena_free(arena);
	setup_close(&setup);
	fixture_remove(var);
	return 0;
}

/* A partner for each case, with one endpoint. */
struct scene {
	char		 partner[32];
	struct webhook	 hook;
	int		 events;	/* that are due there */
	const char	*tx;		/* of all of them */
};

static const struct fault *
make_scene(struct conn *c, void *arg)
{
	static const char *const types[] = { "transaction_succeeded", NULL };
	static int number;
	struct scene *s = arg;
	const struct partner p = { .partner_id = s->partner,
	    .legal_name = "A name", .status = "active",
	    .kyc_status = "approved" };
	const char *wrong;

	snprintf(s->partner, sizeof(s->partner), "PARTNER%d", ++number);
	assert_true(partner_add(c, &p, clock_now(), "cli:test"));
	s->hook.partner_id = s->partner;
	s->hook.api = "clive";
	s->hook.secret = "0123456789abcdef";
	s->hook.settings.name = "A hook";
	s->hook.settings.url = "http://127.0.0.1:9/";
	s->hook.settings.events = types;
	schedule_read("1000,1000", &s->hook.settings.schedule);
	wrong = webhook_add(c, setup.vault, &setup.conf, &s->hook,
	    clock_now(), "cli:test");
	if (wrong != NULL)
		fail_msg("%s", wrong);
	for (int i = 0; i < s->events; i++) {
		struct outbox_event e = { .partner_id = s->partner,
		    .clive_tx_id = s->tx, .api = "clive", .livemode = -1,
		    .type = types[0], .body = { "{}", 2 } };
		outbox_write(c, clock_now(), &e);
	}
	return NULL;
}

static void
begin_side(struct side *side)
{
	side->arena = arena_new();
	side->kept = arena_new();
	sender_places_init(&side->places, 64, 8, 10000);
}

static void
begin(struct scene *s)
{
	assert_null(db_txn(setup.db, make_scene, s));
	begin_side(&one);
	begin_side(&two);
}

static const struct fault *
drop_scene(struct conn *c, void *arg)
{
	struct scene *s = arg;

	conn_run(c, SQL_DELIVERY_RELEASE, "t", one.owner);
	conn_run(c, SQL_DELIVERY_RELEASE, "t", two.owner);
	assert_true(webhook_delete(c, s->hook.id, clock_now(), "cli:test"));
	return NULL;
}

static void
end_sides(void)
{
	sender_places_free(&one.places);
	sender_places_free(&two.places);
	arena_free(one.arena);
	arena_free(one.kept);
	arena_free(two.arena);
	arena_free(two.kept);
	arena_reset(arena);
}

static void
end(struct scene *s)
{
	assert_null(db_txn(setup.db, drop_scene, s));
	end_sides();
}

static const struct fault *
take_claim(struct conn *c, void *arg)
{
	struct side *side = arg;

	sender_claim_take(c, &side->claim);
	return NULL;
}

/* Gives it another URL between a sender's look and its claim. */
static const struct fault *
move_endpoint(struct conn *c, void *arg)
{
	const struct side *side = arg;
	const struct webhook_row *row = webhook_find(c, arena, side->moved);
	struct webhook_settings settings;

	webhook_settings_of(c, arena, row, &settings);
	settings.url = "http://127.0.0.1:10/new";
	assert_null(webhook_change(c, setup.vault, &setup.conf, row,
	    &settings, clock_now(), "cli:test"));
	return NULL;
}

/* What a sender gets that has room for so many. */
static int64_t
claim(struct side *side, size_t most)
{
	struct sender_receiver *r;

	side->claim = (struct sender_claim){ .setup = &setup,
	    .owner = side->owner, .arena = side->arena, .kept = side->kept,
	    .places = &side->places, .due = clock_now(), .most = most };
	/* As if it had earned all places it may have. */
	for (size_t i = 0; i < side->places.count; i++) {
		r = side->places.known[i];
		r->window = r->limit;
	}
	sender_claim_begin(&side->claim);
	assert_true(sender_claim_read(&side->claim, setup.conn));
	if (side->moved != NULL)
		assert_null(db_txn(setup.db, move_endpoint, side));
	sender_claim_share(&side->claim);
	assert_null(db_txn(setup.db, take_claim, side));
	for (struct sender_claimed *d = side->claim.list; d != NULL;
	    d = d->next)
		assert_int_equal(d->target->signer->secrets, 1);
	sender_claim_wipe(&side->claim);
	int64_t n = 0;
	for (struct sender_claimed *d = side->claim.list; d != NULL;
	    d = d->next)
		n++;
	return n;
}

/* Makes the endpoint known, so that more than one place is dealt. */
static void
meet(struct side *side, struct scene *s, int64_t limit)
{
	struct sender_receiver *r = sender_places_receiver(&side->places,
	    s->hook.id);

	sender_places_limit(&side->places, r, limit, limit > 0);
}

static struct webhook_row *
endpoint(const struct scene *s)
{
	return webhook_find(setup.conn, arena, s->hook.id);
}

static const struct fault *
delete_endpoint(struct conn *c, void *arg)
{
	const struct scene *s = arg;

	assert_true(webhook_delete(c, s->hook.id, clock_now(), "cli:test"));
	return NULL;
}

static const struct fault *
make_probed(struct conn *c, void *arg)
{
	const struct scene *s = arg;

	conn_run(c, SQL_ENDPOINT_DISABLE, "tit", "failing", clock_now(),
	    s->hook.id);
	conn_run(c, SQL_ENDPOINT_PROBING, "it", clock_now() - 1,
	    s->hook.id);
	return NULL;
}

static void
two_senders_never_take_the_same(void **state)
{
	struct scene s = { .events = 10 };

	(void)state;
	begin(&s);
	meet(&one, &s, 8);
	meet(&two, &s, 8);
	assert_int_equal(claim(&one, 5), 5);
	assert_int_equal(claim(&two, 3), 3);
	for (struct sender_claimed *a = one.claim.list; a != NULL; a = a->next)
		for (struct sender_claimed *b = two.claim.list; b != NULL;
		    b = b->next)
			assert_string_not_equal(a->id, b->id);
	end(&s);
}

static void
places_are_counted_over_all_senders(void **state)
{
	struct scene s = { .events = 10, .hook.settings.max_parallel = 3 };

	(void)state;
	begin(&s);
	meet(&one, &s, 3);
	meet(&two, &s, 3);
	assert_int_equal(claim(&one, 2), 2);
	assert_int_equal(claim(&two, 10), 1);
	assert_int_equal(claim(&two, 10), 0);
	assert_int_equal(claim(&one, 10), 0);
	/* The places of the dead are free when their leases end. */
	assert_true(clock_advance(LEASE_MS));
	assert_int_equal(claim(&two, 10), 3);
	end(&s);
}

/* What a dead sender held must not hold up the rest. */
static void
those_of_the_settings_are_each_senders_own(void **state)
{
	struct scene s = { .events = 20 };

	(void)state;
	begin(&s);
	meet(&one, &s, 0);
	meet(&two, &s, 0);
	assert_int_equal(claim(&one, 6), 6);
	assert_int_equal(claim(&two, 10),
	    setup.conf.webhook_parallel_endpoint);
	end(&s);
}

static void
a_rate_is_counted_over_all_senders(void **state)
{
	struct scene s = { .events = 20, .hook.settings.rate_limit = 60 };

	(void)state;
	begin(&s);
	meet(&one, &s, 0);
	meet(&two, &s, 0);
	/* Sixty a second: groups of three. */
	assert_int_equal(claim(&one, 2), 2);
	int64_t more = claim(&two, 8);
	assert_in_range(more, 0, 2);
	end(&s);
}

static void
one_probe_is_made_by_all_senders(void **state)
{
	struct scene s = { .events = 10 };

	(void)state;
	begin(&s);
	meet(&one, &s, 0);
	meet(&two, &s, 0);
	assert_null(db_txn(setup.db, make_probed, &s));
	assert_int_equal(claim(&one, 8), 1);
	assert_true(one.claim.list->probe);
	assert_int_equal(claim(&two, 8), 0);
	assert_int_equal(claim(&one, 8), 0);
	/* One that died with its sender is made up for. */
	assert_true(clock_advance(LEASE_MS));
	assert_int_equal(claim(&two, 8), 1);
	end(&s);
}

static void
a_deleted_endpoint_is_not_claimed_for(void **state)
{
	struct scene s = { .events = 10 };

	(void)state;
	begin(&s);
	end(&s);
	begin_side(&one);
	assert_int_equal(claim(&one, 8), 0);
	sender_places_free(&one.places);
	arena_free(one.arena);
	arena_free(one.kept);
}

/* An attempt whose end is recorded. */
struct ending {
	const char		*owner;
	struct sender_attempt	*attempt;
};

static const struct fault *
write_ending(struct conn *c, void *arg)
{
	struct ending *e = arg;

	struct sender_list list;

	sender_list_init(&list);
	sender_list_add(&list, e->attempt);
	sender_record(c, &setup.conf, e->owner, &list);
	return NULL;
}

/* An attempt of a claimed delivery that came to such an end. */
static const struct fault *
record(struct side *side, const struct scene *s, int64_t status)
{
	const struct sender_claimed *d = side->claim.list;
	struct sender_attempt a;
	struct ending ending = { side->owner, &a };

	sender_attempt_init(&a, &setup.conf);
	sender_attempt_reset(&a);
	snprintf(a.delivery, sizeof(a.delivery), "%s", d->id);
	snprintf(a.endpoint, sizeof(a.endpoint), "%s", s->hook.id);
	snprintf(a.event, sizeof(a.event), "%s", d->event_id);
	a.used = d->used;
	a.number = d->number;
	schedule_read(d->target->pauses, &a.schedule);
	a.status = status;
	a.ended_at = clock_now();
	const struct fault *fault = db_txn(setup.db, write_ending, &ending);
	sender_attempt_free(&a);
	return fault;
}

static int
attempts_of(const char *delivery)
{
	struct rows *r = conn_rows(setup.conn, SQL_ATTEMPTS_OF_DELIVERY, "t",
	    delivery);
	int n = 0;

	while (row_next(r))
		n++;
	return n;
}

static void
a_late_owner_cannot_write_back(void **state)
{
	struct scene s = { .events = 1 };

	(void)state;
	begin(&s);
	assert_int_equal(claim(&one, 1), 1);
	assert_true(clock_advance(LEASE_MS));
	assert_int_equal(claim(&two, 1), 1);
	assert_string_equal(one.claim.list->id, two.claim.list->id);

	/* While the other has it: no attempt, no state, no health. */
	assert_null(record(&one, &s, 410));
	assert_int_equal(attempts_of(one.claim.list->id), 0);
	assert_string_equal(endpoint(&s)->status, "active");
	assert_int_equal(endpoint(&s)->failures, 0);
	assert_null(record(&two, &s, 500));
	assert_int_equal(attempts_of(two.claim.list->id), 1);
	assert_int_equal(endpoint(&s)->failures, 1);

	/* And when nobody has it any more. */
	assert_null(record(&one, &s, 200));
	assert_int_equal(attempts_of(one.claim.list->id), 1);
	assert_int_equal(endpoint(&s)->failures, 1);
	assert_int_equal(endpoint(&s)->last_success_at, 0);
	end(&s);
}

static void
an_owner_whose_lease_ended_unnoticed_may_still_write(void **state)
{
	struct scene s = { .events = 1 };

	(void)state;
	begin(&s);
	assert_int_equal(claim(&one, 1), 1);
	assert_true(clock_advance(LEASE_MS));
	assert_null(record(&one, &s, 200));
	assert_int_equal(attempts_of(one.claim.list->id), 1);
	assert_true(endpoint(&s)->last_success_at > 0);
	assert_int_equal(claim(&two, 1), 0);
	end(&s);
}

static void
what_was_under_way_to_a_deleted_endpoint_is_over(void **state)
{
	struct scene s = { .events = 1 };

	(void)state;
	begin(&s);
	assert_int_equal(claim(&one, 1), 1);
	assert_null(db_txn(setup.db, delete_endpoint, &s));
	assert_null(record(&one, &s, 500));
	assert_int_equal(attempts_of(one.claim.list->id), 1);
	struct rows *r = conn_rows(setup.conn, SQL_ENDPOINT_WAITING, "t",
	    s.hook.id);
	assert_true(row_next(r));
	assert_int_equal(row_int(r, 0), 0);
	row_done(r);
	end_sides();
}

static void
it_goes_where_the_endpoint_is_at_the_claim(void **state)
{
	struct scene s = { .events = 1 };

	(void)state;
	begin(&s);
	one.moved = s.hook.id;
	assert_int_equal(claim(&one, 5), 1);
	assert_string_equal(one.claim.list->target->url,
	    "http://127.0.0.1:10/new");
	one.moved = NULL;
	end(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_goes_where_the_endpoint_is_at_the_claim),
	cmocka_unit_test(two_senders_never_take_the_same),
	cmocka_unit_test(places_are_counted_over_all_senders),
	cmocka_unit_test(those_of_the_settings_are_each_senders_own),
	cmocka_unit_test(a_rate_is_counted_over_all_senders),
	cmocka_unit_test(one_probe_is_made_by_all_senders),
	cmocka_unit_test(a_deleted_endpoint_is_not_claimed_for),
	cmocka_unit_test(a_late_owner_cannot_write_back),
	cmocka_unit_test(an_owner_whose_lease_ended_unnoticed_may_still_write),
	cmocka_unit_test(what_was_under_way_to_a_deleted_endpoint_is_over),
};

int
main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("sender-claim", tests, make_var,
	    drop_var);
}
