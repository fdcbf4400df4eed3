/* SPDX-License-Identifier: GPL-2.0-only */
/* Clock times without libc's: localtime() would read the reader's zone, not the recorder's. */
#include <string.h>

#include "view/view.h"

#define NS_SEC INT64_C(1000000000)
#define DAY    INT64_C(86400)

struct wall {
	int64_t sec; /* since 1970-01-01T00:00:00Z */
	uint32_t ns;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* A damaged recording may hold any realtime: the sum wraps instead of overflowing. */
static struct wall wall(const struct wire_begin *begin, uint64_t ts)
{
	int64_t ns = (int64_t)((uint64_t)begin->realtime + ts);
	int64_t rest = ns % NS_SEC;

	return (struct wall){ .sec = floor_div(ns, NS_SEC),
			      .ns = (uint32_t)(rest < 0 ? rest + NS_SEC : rest) };
}

static void put_hms(struct buf *b, int64_t sec)
{
	uint64_t s = (uint64_t)(sec - floor_div(sec, DAY) * DAY);

	buf_u64_width(b, s / 3600, 2);
	buf_char(b, ':');
	buf_u64_width(b, s / 60 % 60, 2);
	buf_char(b, ':');
	buf_u64_width(b, s % 60, 2);
}

/* Days since 1970-01-01 -> the Gregorian calendar, with years that begin in March so that the leap
 * day is a year's last: howardhinnant.github.io/date_algorithms.html, civil_from_days. */
static void put_date(struct buf *b, int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int64_t month = mp < 10 ? mp + 3 : mp - 9;

	buf_u64_width(b, (uint64_t)(yoe + era * 400 + (month <= 2)), 4);
	buf_char(b, '-');
	buf_u64_width(b, (uint64_t)month, 2);
	buf_char(b, '-');
	buf_u64_width(b, (uint64_t)(doy - (153 * mp + 2) / 5 + 1), 2);
}

void view_clock(struct buf *b, const struct wire_begin *begin, uint64_t ts)
{
	struct wall w = wall(begin, ts);

	put_hms(b, w.sec + begin->gmtoff);
	buf_char(b, '.');
	buf_u64_width(b, w.ns / 1000000, 3);
}

void view_date(struct buf *b, const struct wire_begin *begin, uint64_t ts)
{
	int64_t sec = wall(begin, ts).sec + begin->gmtoff;

	put_date(b, floor_div(sec, DAY));
	buf_char(b, ' ');
	put_hms(b, sec);
}

uint32_t view_day_ms(const struct wire_begin *begin, uint64_t ts)
{
	struct wall w = wall(begin, ts);
	int64_t sec = w.sec + begin->gmtoff;

	return (uint32_t)(sec - floor_div(sec, DAY) * DAY) * 1000 + w.ns / 1000000;
}

void view_time_kept(struct buf *b, const struct wire_begin *begin, uint64_t ts, struct view_second *s)
{
	struct wall w = wall(begin, ts);
	size_t at = b->len;

	if (s->kept && s->sec == w.sec) {
		buf_put(b, s->text, sizeof(s->text));
	} else {
		put_date(b, floor_div(w.sec, DAY));
		buf_char(b, 'T');
		put_hms(b, w.sec);
		buf_char(b, '.');
		/* a year of five digits, of a damaged recording, does not fit */
		s->kept = !b->failed && b->len - at == sizeof(s->text);
		s->sec = w.sec;
		if (s->kept)
			memcpy(s->text, b->p + at, sizeof(s->text));
	}
	buf_u64_width(b, w.ns, 9);
	buf_char(b, 'Z');
}

void view_time(struct buf *b, const struct wire_begin *begin, uint64_t ts)
{
	struct view_second none = { 0 };

	view_time_kept(b, begin, ts, &none);
}
