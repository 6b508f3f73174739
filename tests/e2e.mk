# SPDX-License-Identifier: LGPL-2.1-or-later
# What needs the whole: real processes in a namespace of their own (tests/netns.sh).
E2E_TESTS = tests/netns_ends.sh tests/e2e/run_attack_maddr.sh tests/e2e/run_baresip.sh tests/e2e/run_bsf_tls.sh \
	tests/e2e/run_capture.sh tests/e2e/run_demo.sh tests/e2e/run_events.sh \
	tests/e2e/run_fault_errors.sh tests/e2e/run_fault_points.sh tests/e2e/run_faults.sh \
	tests/e2e/run_floor.sh tests/e2e/run_hostile.sh tests/e2e/run_kill_storm.sh \
	tests/e2e/run_listen.sh tests/e2e/run_moving.sh tests/e2e/run_moving_long.sh \
	tests/e2e/run_multicast.sh tests/e2e/run_osmo.sh tests/e2e/run_outside_join.sh \
	tests/e2e/run_outside_odd.sh tests/e2e/run_outside_overload.sh \
	tests/e2e/run_outside_policy.sh tests/e2e/run_outside_proxy.sh \
	tests/e2e/run_outside_reasons.sh tests/e2e/run_outside_rekey.sh \
	tests/e2e/run_outside_restart.sh tests/e2e/run_outside_tls.sh \
	tests/e2e/run_outside_tool.sh tests/e2e/run_outside_vectors.sh tests/e2e/run_renew.sh \
	tests/e2e/run_suites.sh tests/e2e/run_swarm.sh tests/e2e/run_system_faults.sh \
	tests/e2e/run_tiny_host.sh tests/e2e/run_ue.sh tests/e2e/run_zn.sh \
	tests/e2e/run_zn_diameter.sh tests/sipp/run.sh tests/e2e/test_fault_rows.py
# What is checked without a network: known answers by the tool, the documents, the house, the model.
TREE_TESTS = tests/kat/pttkey_offline.py tests/docs_help.sh tests/layering.sh tests/circles.py \
	tests/style.sh tests/fault_strings.sh tests/model/run.sh
TESTS += $(E2E_TESTS) $(TREE_TESTS)
dist_check_SCRIPTS += $(E2E_TESTS) $(TREE_TESTS) tests/e2e/attack_maddr.py tests/e2e/strangers.py tests/e2e/demo.py tests/e2e/lab.py \
	tests/e2e/mangler.py tests/e2e/outside.py tests/e2e/outside_channel.py \
	tests/e2e/outside_dialog.py tests/e2e/outside_gcm.py tests/e2e/outside_group.py \
	tests/e2e/outside_invite.py tests/e2e/outside_keys.py tests/e2e/outside_mikey.py \
	tests/e2e/outside_sip.py tests/e2e/outside_swarm.py tests/e2e/outside_ub.py \
	tests/e2e/outside_witness.py tests/e2e/outside_world.py tests/e2e/soak.py \
	tests/e2e/sound.py tests/e2e/test_baresip.py tests/e2e/test_bsf_tls.py \
	tests/e2e/test_capture.py tests/e2e/test_events.py tests/e2e/test_fault_errors.py \
	tests/e2e/test_fault_points.py tests/e2e/test_faults.py tests/e2e/test_floor.py \
	tests/e2e/test_hostile.py tests/e2e/test_kill_storm.py tests/e2e/test_listen.py \
	tests/e2e/test_moving.py tests/e2e/test_multicast.py tests/e2e/test_osmo.py \
	tests/e2e/test_outside_join.py tests/e2e/test_outside_odd.py \
	tests/e2e/test_outside_overload.py tests/e2e/test_outside_policy.py \
	tests/e2e/test_outside_proxy.py tests/e2e/test_outside_reasons.py \
	tests/e2e/test_outside_rekey.py tests/e2e/test_outside_restart.py \
	tests/e2e/test_outside_tls.py tests/e2e/test_outside_tool.py \
	tests/e2e/test_outside_vectors.py tests/e2e/test_renew.py tests/e2e/test_suites.py \
	tests/e2e/test_swarm.py tests/e2e/test_system_faults.py tests/e2e/test_tiny_host.py \
	tests/e2e/test_ue.py tests/e2e/test_zn.py tests/e2e/test_zn_diameter.py tests/e2e/wire.py \
	tests/e2e/zn_lab.py tests/e2e/zn_plays.py tests/e2e/demo.sh tests/e2e/serve.sh \
	tests/e2e/soak.sh tests/netns.sh tests/sipp/run.py tests/model/mutants.sh
EXTRA_DIST += tests/model/rekey.pml tests/e2e/freediameter.supp tests/e2e/gstreamer.supp \
	tests/e2e/vectors_outside.txt .clang-tidy tests/cppcheck.txt tests/sipp/README.md \
	tests/sipp/sipp_lab.py tests/sipp/answers.py tests/sipp/answer.xml \
	tests/sipp/answer_422.xml tests/sipp/answer_bye.xml tests/sipp/answer_gone.xml \
	tests/sipp/crossing_bye.xml tests/sipp/expelled.xml tests/sipp/join.xml \
	tests/sipp/join_401.xml tests/sipp/join_403.xml tests/sipp/join_404.xml \
	tests/sipp/join_503.xml tests/sipp/join_channel.xml tests/sipp/join_offerless.xml \
	tests/sipp/lost_200.xml tests/sipp/lost_ack.xml tests/sipp/odd_requests.xml \
	tests/sipp/over_mtu.xml tests/sipp/over_mtu_tcp.xml tests/sipp/pull.xml \
	tests/sipp/refer.xml tests/sipp/refer_403.xml tests/sipp/refuse_channel.xml \
	tests/sipp/slow.xml tests/sipp/stay.xml tests/kat/kdf.txt tests/kat/mbms.txt \
	tests/kat/mikey_prf.txt tests/kat/milenage.txt tests/kat/rfc4567.txt tests/kat/srtp.txt

check_PROGRAMS += tests/flow/tiny_host
tests_flow_tiny_host_SOURCES = tests/flow/tiny_host.c
tests_flow_tiny_host_LDADD = $(SOFIA_LIBS) -ldl

# Outside decoders read our framing.
check_PROGRAMS += tests/e2e/framing_make
dist_check_SCRIPTS += tests/e2e/framing_tshark.sh
TESTS += tests/e2e/framing_tshark.sh
if HAVE_GSTSDP
check_PROGRAMS += tests/e2e/framing_gstsdp
TESTS += tests/e2e/framing_gstsdp
endif
tests_e2e_framing_gstsdp_SOURCES = tests/e2e/framing_gstsdp.c
tests_e2e_framing_gstsdp_CFLAGS = $(AM_CFLAGS) $(GSTSDP_CFLAGS)
tests_e2e_framing_gstsdp_LDADD = crypto/libptt-crypto.la $(CHECK_LIBS) $(GSTSDP_LIBS)

# The channel to ears of other makers, with keys from the key log.
check_PROGRAMS += tests/e2e/listen_srtp
tests_e2e_listen_srtp_SOURCES = tests/e2e/listen_srtp.c
tests_e2e_listen_srtp_LDADD = $(SRTP_LIBS)
if HAVE_GST
check_PROGRAMS += tests/e2e/listen_gst
endif
tests_e2e_listen_gst_SOURCES = tests/e2e/listen_gst.c
tests_e2e_listen_gst_CFLAGS = $(AM_CFLAGS) $(GST_CFLAGS)
tests_e2e_listen_gst_LDADD = $(GST_LIBS)

# The system's own faults, preloaded: before the sanitizers' library nothing of theirs may be in it.
check_LTLIBRARIES += tests/e2e/libptt-faults.la
tests_e2e_libptt_faults_la_SOURCES = tests/e2e/libfaults.c
tests_e2e_libptt_faults_la_CFLAGS = $(WARN_CFLAGS)
tests_e2e_libptt_faults_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_e2e_libptt_faults_la_LIBADD = -ldl
