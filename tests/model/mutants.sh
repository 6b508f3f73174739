#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Breaks the tracker's rules one by one, in a copy, and runs the property test on each: all of them must be
# found. Prints for each what was found, after how many orders, and how short the play became.
#   tests/model/mutants.sh [ORDERS a mutant]
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
orders=${1:-100000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
missed=0 count=0

build_and_run() { # prints the test's output; true if it failed, as it should
	(cd "$work" && ${CC:-cc} -O1 -w -I. -o prop tests/unit/core/prop_*.c module/core/*.c) ||
		{ echo "$1: does not compile" >&2; exit 1; }
	! PTT_PROP_ORDERS=$orders "$work/prop" >"$work/out"
}

fresh() {
	rm -rf "$work/module" "$work/tests"
	mkdir -p "$work/module" "$work/tests/unit/core" "$work/crypto"
	cp -r "$top/module/core" "$work/module/"
	cp "$top"/tests/unit/core/prop_*.[ch] "$work/tests/unit/core/"
	cp "$top/crypto/err.h" "$work/crypto/"
}

mutant() { # NAME FILE SED-SCRIPT
	fresh
	sed -E -i "$3" "$work/module/core/$2"
	if cmp -s "$top/module/core/$2" "$work/module/core/$2"; then
		echo "$1: $2 is no longer as this script knows it" >&2
		exit 1
	fi
	count=$((count + 1))
	if build_and_run "$1"; then
		printf '%-34s found: %s\n' "$1" "$(sed -n '/^shortest/!d; s/,.*//p' "$work/out" |
			tr '\n' ' ')$(sed -n 's/^seed \([0-9]*\): \(.*\) (.*/(seed \1) \2/p' "$work/out")"
	else
		printf '%-34s NOT FOUND\n' "$1"
		missed=$((missed + 1))
	fi
}

fresh
if build_and_run "the tracker itself"; then
	cat "$work/out"
	echo "the tracker as it is fails: fix that first" >&2
	exit 1
fi

mutant "offers before durable" tracker_write.c \
	's/^(\tif \(t->write.fresh\) \{)$/\1 ptt_tracker_fire_channel(step, X_STAGED);/'
mutant "accepts before durable" tracker_write.c \
	's/^(\tsub->flags \|= PTT_SUBJECT_EXPELLING;)$/\1 ptt_tracker_emit(step, PTT_ACT_EXPEL_ACCEPTED)->subject = sub->handle;/'
mutant "offers to a subject being expelled" tracker_member.c 's/flags & PTT_SUBJECT_EXPELLING\) \|\|/flags \& 0) ||/'
mutant "a 200 carries a key to the banned" tracker_state.c 's/sub->flags != 0\)$/sub->flags == 77)/'
mutant "expelled, but no BYE" tracker.c 's/^(\tRULE\(DEALT_WITH, X_EXPELLED, )M_NONE, EXPELLED, ptt_tracker_member_bye,$/\1KEEP, EXPELLED, NULL,/'
mutant "promotes twice" tracker.c 's/C_REKEYING\), X_SETTLED, C_SWITCHING/C_REKEYING), X_SETTLED, KEEP/'
mutant "forgets the deadline" tracker.c 's/^(\tRULE\(IN\(C_REKEYING\)), X_DEADLINE, C_SWITCHING, NONE, ptt_tracker_promote\)/\1, X_DEADLINE, KEEP, NONE, NULL)/'
mutant "a restart moves the deadline" tracker_rekey.c 's/^\tif \(former.urgent\) \{$/\tif (former.urgent \&\& t->now_ms == 0) {/'
mutant "no silence at the deadline" tracker_rekey.c 's/t->rekey.flight.urgent \? t->rekey.flight.deadline_ms : PTT_TRACKER_NEVER/PTT_TRACKER_NEVER/; s/t->rekey.staged_durable && t->rekey.staged.urgent\)$/t->rekey.staged_durable \&\& t->rekey.staged.urgent \&\& t->now_ms == 0)/'
mutant "speaks again under a lost MSK" tracker_rekey.c 's/t->channel.silent && !\(t->rekey.staged_durable && t->rekey.staged.urgent\)/t->channel.silent/'
mutant "rotates MTKs before the cut-over" tracker_state.c 's/!t->rekey.flight.urgent && !t->rekey.staged.urgent;/1;/'
mutant "three MSKs at a time" tracker.c 's/IN\(C_SWITCHING\), X_STAGED, KEEP, NONE, ptt_tracker_keep/IN(C_SWITCHING), X_STAGED, C_REKEYING, NONE, ptt_tracker_stage/'
mutant "a generation used again" tracker_write.c 's/(\t\tt->rekey.staged = \(struct ptt_tracker_rekey\)\{.generation = 0\};)/\1 t->channel.last_generation--;/'
mutant "two offers at a time" tracker.c 's/^\tRULE\(OFFERABLE, PTT_EV_PULL, M_NEED/\tRULE(DEALT_WITH, PTT_EV_PULL, M_NEED/; s/carries && mem->state == M_OFFERED/carries \&\& mem->state == 77/'
mutant "counts what was not answered" tracker_member.c 's/^(\tact->generation = )(here\(step\)->offered = .*)$/\1here(step)->answered = \2/'
mutant "does not catch up" tracker.c 's/^\t\tptt_tracker_member_catch_up\),$/\t\tNULL),/'
mutant "a member is forgotten after a 491" tracker.c 's/RULE\(WAITING, X_DUE, M_NEED/RULE(WAITING, X_DUE, M_IDLE/'
mutant "retries for ever" tracker_member.c 's/\+\+here\(step\)->tries > step->t->policy.retries/++here(step)->tries > 255/'
mutant "gives up one try early" tracker_member.c 's/\+\+here\(step\)->tries > step/++here(step)->tries >= step/'
mutant "forgets a second MSK that was sent" tracker_state.c 's/sub->sent\[0\] == generation \|\| sub->sent\[1\] == generation/sub->sent[0] == generation/'
mutant "an expelled leaver needs no re-key" tracker_write.c 's/return expels_hold\(t, ptt_tracker_newest\(t\)\) \|\| /return /'
mutant "joiner gets the old MSK (on_join=msk)" tracker_state.c 's/^\tif \(past_shown\)$/\tif (1)/'
mutant "the interrupted re-key is dropped" tracker.c 's/bool pending = ev->next > ev->generation;/bool pending = 0 \&\& ev;/'
mutant "members not asked after a restart" tracker_rekey.c 's/^\tresume_members\(step, .*$/\t(void)resume_members;/'
mutant "refused expulsions are not answered" tracker_write.c 's/^\texpels_refuse\(step\);$/\t(void)expels_refuse; expels_shift(t);/'

echo "mutants: $count, not found: $missed"
[ "$missed" = 0 ]
