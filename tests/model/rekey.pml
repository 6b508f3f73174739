/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The re-key of one group, small and explicit: a server with a store that survives a crash, three members, a
 * network, and expelled members that keep every key. docs/architecture.md ("The model") says which rule of the
 * code each action stands for; tests/model/run.sh checks it with spin.
 *
 * The network is the set of all messages ever sent: a receiver takes any of them, at any time, in any order, or
 * passes one over. So loss, doubling, reordering and replay need no actions of their own. Time is not in the
 * model: a deadline may come at any moment.
 *
 * I1 to I4 and I6 to I8 (docs/faults.md) are assertions; I5 and I6 are asked again where nothing more can happen.
 * Each -DBREAK_... leaves out one rule of the design; spin must then find what the rule was for.
 */
#define N    3 /* members 0, 1, 2: all in at the beginning, and current under MSK 1 */
#define GMAX 5 /* MSK generations 1 to 4 */
#define TMAX 8 /* counters of one member's MUK: 1 to 7 */
#define IMAX 6 /* MTK ids under one MSK: 1 to 5 */

#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef EXPELS
#define EXPELS 6 /* members 1 and 2, as a set */
#endif
#ifndef OPERATORS
#define OPERATORS 1
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 1 /* Timer B of member 0 */
#endif
#ifndef FAULTS
#define FAULTS 1 /* the store fails */
#endif
#ifndef ROTATIONS
#define ROTATIONS 1
#endif

#define BIT(i)      (1 << (i))
#define HAS(set, i) ((set) & BIT(i))
#define NEWEST      (next != 0 -> next : cur)
#define ANY(p)      (p(0) || p(1) || p(2))

mtype = { STABLE, REKEYING, SWITCHING };

/* The store: what is durable. */
byte d_cur = 1, d_next, d_newest = 1;
byte d_key[GMAX];   /* the MSK's value */
byte d_mtk[GMAX];   /* MTK ids reserved under it */
byte d_ban;         /* set of members */
byte d_sent[N];     /* set of generations the member may have been sent */
byte d_t[N];        /* counters reserved under its MUK */
bool d_urgent;      /* the intent's reason is an expulsion */

/* The server's memory: lost in a crash. */
mtype phase = STABLE;
byte cur = 1, next;
byte mtk_id[GMAX];
byte ban, expelling;              /* sets of members */
byte roster = 7;                  /* in a crash rebuilt from the stored dialogs */
byte settled[N];                  /* generation the member answered last; 0: not known */
byte outstanding[N];              /* generation of the offer not answered yet */
byte t[N];                        /* the last counter under the member's MUK */
bool urgent, wanted, silent, staged_durable, done_due, done_owed;
bool w_busy, w_landed, w_fresh, w_first, w_urgent; /* the write under way */
byte w_gen, w_key, w_ban;
byte air = 1;                     /* MSK whose MTK protects the packets sent; 0: none are */

/* The network: all that was ever sent. */
byte offer[N * TMAX]; /* MSK messages by member and counter: the generation inside */
byte mtk[GMAX];       /* set of MTK ids on the channel */

/* The members. */
byte ue_t[N];         /* counter of the last MSK message taken */
byte ue_cur[N], ue_next[N], ue_seq[N];
#ifdef BREAK_RING
byte ue_prev[N];
#endif

/* Known to no part of the system: for the assertions and the bounds. */
byte given[N];        /* set of generations sent to the member */
byte bound[GMAX];     /* the key a generation was given out with */
byte exposed;         /* accepted expulsions that wait for their cut-over */
byte used[N];         /* newest MTK the member used: generation * IMAX + id */
byte fresh = 1;       /* every MSK made gets another value */
byte acked;           /* expulsions acknowledged */
byte crashes, operators, rotations, faults, timeouts;

#define LOST(m)     (HAS(ban, m) && HAS(given[m], air) && !HAS(exposed, m))
#define READ_BY(m)  (HAS(ban, m) && HAS(given[m], cur))
#define I1          (air == 0 || silent || !ANY(LOST))

/* MTK: reserved in the store before use, so that a crash skips ids. */
inline send_mtk()
{
	assert(!ANY(READ_BY)); /* I8 */
	mtk_id[cur]++;
#ifndef BREAK_MTK_RESERVE
	d_mtk[cur] = mtk_id[cur];
#endif
	assert(mtk_id[cur] < IMAX && !HAS(mtk[cur], mtk_id[cur])); /* I3 */
	mtk[cur] = mtk[cur] | BIT(mtk_id[cur])
}

/* The 200 names its INVITE, so one of a former process is not taken for it. */
#define ANSWERED(m) (outstanding[m] != 0 && ue_t[m] == t[m])
inline on_answer(m)
{
	settled[m] = outstanding[m];
	outstanding[m] = 0;
	assert(settled[m] == ue_cur[m] || settled[m] == ue_next[m]) /* I4 */
}

/* OFFER: one batch, durable (that the member may have been sent it, and its counter), then the re-INVITE. */
inline send_offer(m)
{
#ifndef BREAK_SENT
	d_sent[m] = d_sent[m] | BIT(NEWEST);
#endif
	t[m]++;
#ifndef BREAK_COUNTER
	d_t[m] = t[m];
#endif
	assert(t[m] < TMAX);
	assert(bound[NEWEST] == 0 || bound[NEWEST] == d_key[NEWEST]);            /* I2 */
	assert(offer[m * TMAX + t[m]] == 0 || offer[m * TMAX + t[m]] == NEWEST); /* I3 */
	assert(!HAS(ban, m));                                                    /* I6 */
	bound[NEWEST] = d_key[NEWEST];
	offer[m * TMAX + t[m]] = NEWEST;
	given[m] = given[m] | BIT(NEWEST);
	outstanding[m] = NEWEST;
#ifdef BREAK_SETTLE
	on_answer(m)
#endif
}

inline forget(m)
{
	roster = roster & ~BIT(m);
	settled[m] = 0; outstanding[m] = 0
}

/* STAGE: it becomes `next`; a `next` there was is dropped. */
inline stage()
{
	next = w_gen;
	w_gen = 0;
	staged_durable = false;
	phase = REKEYING
}

#define EXPEL_NEEDS(m) \
	(HAS(expelling, m) && (HAS(d_sent[m], NEWEST) || (phase == STABLE && HAS(roster, m))))

inline write_begin()
{
	w_fresh = !staged_durable && (wanted || ANY(EXPEL_NEEDS));
	w_ban = expelling;
	w_busy = true;
	w_first = !done_due;
	w_urgent = w_ban != 0 || urgent;
	if
	:: w_fresh ->
		w_gen = d_newest + 1;
		assert(w_gen < GMAX);
		w_key = fresh; fresh++;
		wanted = false
#ifdef BREAK_DURABLE
		; d_key[w_gen] = w_key
#endif
	:: else
	fi
}

inline done_write()
{
	d_cur = cur;
	if
	:: d_next == cur -> d_next = 0; d_urgent = false
	:: else
	fi
}

/* The batch: bans, key and intent, all or nothing. */
inline write_land()
{
	w_landed = true;
#ifndef BREAK_BAN
	d_ban = d_ban | w_ban;
#endif
#ifndef BREAK_DONE
	if
	:: done_owed -> done_owed = false; done_write() /* that one failed: it goes with this one */
	:: else
	fi;
#endif
	d_urgent = w_urgent;
	if
	:: w_fresh -> d_next = w_gen; d_newest = w_gen; d_key[w_gen] = w_key
	:: else
	fi
}

#define HOLDS_LIVE(m) (HAS(w_ban, m) && (HAS(d_sent[m], cur) || HAS(d_sent[m], d_cur) || HAS(d_sent[m], NEWEST)))

/* PERSISTED: commands answered, BYE to the expelled, the new MSK staged unless a switch is under way. */
inline write_accept()
{
	if
	:: ANY(HOLDS_LIVE) -> exposed = exposed | w_ban; urgent = urgent || w_fresh || phase != STABLE || staged_durable
	:: else
	fi;
	ban = ban | w_ban; acked = acked | w_ban; expelling = expelling & ~w_ban;
#ifndef BREAK_EXPELLED
	if :: HAS(w_ban, 0) -> forget(0) :: else fi;
	if :: HAS(w_ban, 1) -> forget(1) :: else fi;
	if :: HAS(w_ban, 2) -> forget(2) :: else fi;
#endif
	if
	:: w_fresh && phase != SWITCHING -> stage()
	:: w_fresh && phase == SWITCHING -> staged_durable = true /* else three MSKs would live */
	:: else
	fi;
	w_busy = false; w_landed = false; w_fresh = false; w_first = false; w_urgent = false; w_ban = 0; w_key = 0
}

inline promote()
{
	cur = next; next = 0; phase = SWITCHING;
	send_mtk()
}

inline cut_over()
{
	air = cur;
	exposed = (staged_durable -> exposed : 0);
	urgent = urgent && staged_durable;
	silent = silent && urgent;
	phase = STABLE;
	done_due = true;
	assert(I1);
	if
	:: staged_durable -> stage()
	:: else
	fi
}

inline crash()
{
	crashes++;
	phase = STABLE; cur = d_cur; next = 0;
#ifndef BREAK_RESUME
	if
	:: d_next > d_cur -> next = d_next; phase = REKEYING
	:: else
	fi;
#endif
	ban = d_ban; roster = roster & ~ban; expelling = 0; exposed = 0;
	w_busy = false; w_landed = false; w_fresh = false; w_first = false; w_urgent = false;
	w_gen = 0; w_key = 0; w_ban = 0;
	staged_durable = false; done_due = false; done_owed = false; wanted = false;
	settled[0] = 0; outstanding[0] = 0; t[0] = d_t[0];
	settled[1] = 0; outstanding[1] = 0; t[1] = d_t[1];
	settled[2] = 0; outstanding[2] = 0; t[2] = d_t[2];
	mtk_id[1] = d_mtk[1]; mtk_id[2] = d_mtk[2]; mtk_id[3] = d_mtk[3]; mtk_id[4] = d_mtk[4];
	urgent = next != 0 && d_urgent;
	silent = urgent;
	air = 0;
	/* The first on the channel is a new MTK; before an expulsion's cut-over nothing at all. */
	if
	:: !silent -> send_mtk(); air = cur; assert(I1)
	:: else
	fi
}

#define NEEDS(m) \
	(HAS(roster, m) && !HAS(expelling, m) && settled[m] != NEWEST && outstanding[m] == 0 && \
		!(w_busy && w_fresh))
#ifdef BREAK_AFTER
#define TO_OFFER(m) (NEEDS(m) && phase == REKEYING)
#else
#define TO_OFFER(m) NEEDS(m)
#endif
#define TO_EXPEL(m) (HAS(EXPELS, m) && !HAS(ban | expelling, m))
#define MAY_JOIN(m) (!HAS(roster, m) && !HAS(ban | expelling, m))
#ifdef BREAK_ROTATE
#define MAY_ROTATE (phase != SWITCHING && !silent)
#else
#define MAY_ROTATE (phase != SWITCHING && !silent && !urgent)
#endif

proctype server()
{
end:	do
	/* what is asked of it; an expulsion until it is acknowledged */
	:: d_step { TO_EXPEL(2) -> expelling = expelling | BIT(2) }
	:: d_step { TO_EXPEL(1) && HAS(ban | expelling, 2) -> expelling = expelling | BIT(1) }
	:: d_step { operators < OPERATORS -> operators++; wanted = wanted || phase != REKEYING }
	/* the intent */
	:: d_step {
		!w_busy && (expelling != 0 || (wanted && !staged_durable && phase != REKEYING)) -> write_begin()
	}
#ifdef BREAK_DURABLE
	:: d_step { w_busy && !w_landed && w_fresh && phase != SWITCHING -> stage(); w_fresh = false }
#endif
	:: d_step { w_busy && !w_landed && (w_first || !done_due) -> write_land() }
	:: d_step { w_busy && w_landed -> write_accept() }
	/* offers, in the order of the roster, and their answers */
	:: d_step { TO_OFFER(0) -> send_offer(0) }
	:: d_step { TO_OFFER(1) && !TO_OFFER(0) -> send_offer(1) }
	:: d_step { TO_OFFER(2) && !TO_OFFER(0) && !TO_OFFER(1) -> send_offer(2) }
	:: d_step { ANSWERED(0) -> on_answer(0) }
	:: d_step { ANSWERED(1) -> on_answer(1) }
	:: d_step { ANSWERED(2) -> on_answer(2) }
	/* After Timer B the member has left; it calls again. So does an expelled member. */
	:: d_step { timeouts < TIMEOUTS && outstanding[0] != 0 -> timeouts++; forget(0) }
	:: d_step { MAY_JOIN(0) -> roster = roster | BIT(0); assert(!HAS(acked, 0)) /* I6 */ }
	:: d_step { MAY_JOIN(1) -> roster = roster | BIT(1); assert(!HAS(acked, 1)) /* I6 */ }
	:: d_step { MAY_JOIN(2) -> roster = roster | BIT(2); assert(!HAS(acked, 2)) /* I6 */ }
	/* the switch: when all have answered, or at the deadline, which may be now */
	:: d_step { phase == REKEYING -> promote() }
	:: d_step { phase == SWITCHING && !done_due -> cut_over() }
	:: d_step { done_due && !(w_busy && !w_landed && w_first) -> done_due = false; done_write() }
	:: d_step { done_due && !(w_busy && !w_landed && w_first) && faults < FAULTS ->
		faults++; done_due = false; done_owed = true
	}
	:: d_step { MAY_ROTATE && rotations < ROTATIONS -> rotations++; send_mtk(); air = cur; assert(I1) }
	/* kill -9, between any two of these */
	:: d_step { crashes < CRASHES -> crash() }
	od
}

/* An MSK message: its counter is above that of the last one taken. */
#define OFFERED(m, at) (at > ue_t[m] && offer[m * TMAX + at] != 0)
inline take_msk(m, at)
{
	ue_t[m] = at;
	g = offer[m * TMAX + at];
	assert(g >= ue_cur[m]); /* I7 */
	if
	:: g != ue_cur[m] && g != ue_next[m] -> ue_next[m] = g
	:: else
	fi;
	g = 0
}

/* An MTK message under a key of the ring; the last id is one that an expelled holder of that MSK made up. */
#define FORGED(g)    ((HAS(ban, 1) && HAS(given[1], g)) || (HAS(ban, 2) && HAS(given[2], g)))
#define HEARD(g, id) (g != 0 && (HAS(mtk[g], id) || (id == IMAX - 1 && FORGED(g))))
inline take_mtk(m, key, id)
{
	g = key;
	if
	:: g == ue_next[m] -> ue_next[m] = 0
	:: else
	fi;
#ifdef BREAK_RING
	if
	:: g != ue_cur[m] -> ue_prev[m] = ue_cur[m]
	:: else
	fi;
#endif
	ue_cur[m] = g;
	ue_seq[m] = id;
	assert(g * IMAX + id >= used[m]); /* I7 */
	used[m] = g * IMAX + id;
	g = 0
}

#define MTK_OPTIONS(id) \
	:: d_step { HEARD(ue_next[m], id) -> take_mtk(m, ue_next[m], id) } \
	:: d_step { id > ue_seq[m] && HEARD(ue_cur[m], id) -> take_mtk(m, ue_cur[m], id) }

proctype member(byte m)
{
	byte g;

end:	do
	:: d_step { OFFERED(m, 2) -> take_msk(m, 2) }
	:: d_step { OFFERED(m, 3) -> take_msk(m, 3) }
	:: d_step { OFFERED(m, 4) -> take_msk(m, 4) }
	:: d_step { OFFERED(m, 5) -> take_msk(m, 5) }
	:: d_step { OFFERED(m, 6) -> take_msk(m, 6) }
	:: d_step { OFFERED(m, 7) -> take_msk(m, 7) }
	MTK_OPTIONS(1)
	MTK_OPTIONS(2)
	MTK_OPTIONS(3)
	MTK_OPTIONS(4)
	MTK_OPTIONS(5)
#ifdef BREAK_RING
	:: d_step { HEARD(ue_prev[m], 1) -> take_mtk(m, ue_prev[m], 1) }
#endif
	od
}

#define CURRENT(m) (HAS(EXPELS, m) || (HAS(roster, m) && ue_cur[m] == cur && settled[m] == cur))
#define INSIDE(m)  (HAS(EXPELS, m) && (!HAS(ban, m) || HAS(roster, m) || HAS(given[m], cur)))

/* Where nothing more can happen: faults have ended, and every message that can arrive has. */
proctype the_end()
{
	timeout ->
	assert(phase == STABLE && !w_busy && !silent && air == cur);
	assert(CURRENT(0) && CURRENT(1) && CURRENT(2)); /* I5 */
	assert(!ANY(INSIDE))                            /* I6 */
}

inline member_begin(m)
{
	d_sent[m] = BIT(1); given[m] = BIT(1); d_t[m] = 1; t[m] = 1; settled[m] = 1;
	ue_t[m] = 1; ue_cur[m] = 1; ue_seq[m] = 1; used[m] = IMAX + 1
}

init {
	d_step {
		d_key[1] = fresh; bound[1] = fresh; fresh++;
		mtk_id[1] = 1; d_mtk[1] = 1; mtk[1] = BIT(1);
		member_begin(0); member_begin(1); member_begin(2)
	}
	atomic { run server(); run member(0); run member(1); run member(2); run the_end() }
}
