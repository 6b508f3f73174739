# SPDX-License-Identifier: LGPL-2.1-or-later
# A new test of a room costs one name here: its source is NAME.c, and it is linked with LDADD (tests/local.mk).
BASE_TESTS = tests/unit/base/test_log tests/unit/base/test_metrics tests/unit/base/test_uri \
	tests/unit/base/test_via_class
CONFIG_TESTS = tests/unit/config/test_config tests/unit/config/test_config_change \
	tests/unit/config/test_config_errors
CORE_TESTS = tests/unit/core/test_overload tests/unit/core/test_policy tests/unit/core/test_roster \
	tests/unit/core/test_tracker tests/unit/core/test_tracker_member \
	tests/unit/core/test_tracker_trace
CRYPTO_TESTS = tests/unit/crypto/test_aka tests/unit/crypto/test_bytes \
	tests/unit/crypto/test_digest tests/unit/crypto/test_gba_kdf tests/unit/crypto/test_kek \
	tests/unit/crypto/test_keyring tests/unit/crypto/test_keyring_refused \
	tests/unit/crypto/test_mbms_profile tests/unit/crypto/test_mikey \
	tests/unit/crypto/test_mikey_prf tests/unit/crypto/test_mikey_seal \
	tests/unit/crypto/test_milenage tests/unit/crypto/test_replay
SDP_TESTS = tests/unit/sdp/test_channel tests/unit/sdp/test_channel_answers \
	tests/unit/sdp/test_client_offer tests/unit/sdp/test_key_mgmt
STORE_TESTS = tests/unit/store/test_store tests/unit/store/test_store_close \
	tests/unit/store/test_store_faults tests/unit/store/test_store_schema
GBA_TESTS = tests/unit/gba/test_bsf tests/unit/gba/test_bsf_state tests/unit/gba/test_lru \
	tests/unit/gba/test_nbsp tests/unit/gba/test_rest tests/unit/gba/test_ub_digest \
	tests/unit/gba/test_ub_exchange
RTP_TESTS = tests/unit/rtp/test_rtp tests/unit/rtp/test_srtp tests/unit/rtp/test_srtp_keys \
	tests/unit/rtp/test_tbcp
MEDIA_TESTS = tests/unit/media/test_amr_pack tests/unit/media/test_announce \
	tests/unit/media/test_floor tests/unit/media/test_floor_orders \
	tests/unit/media/test_floor_table tests/unit/media/test_media \
	tests/unit/media/test_media_members tests/unit/media/test_media_relay \
	tests/unit/media/test_mtk_cast
LAB_TESTS = tests/unit/lab/test_key_log tests/unit/lab/test_pcapng
SIP_TESTS = tests/unit/sip/test_dialog tests/unit/sip/test_digest_auth \
	tests/unit/sip/test_fast_200 tests/unit/sip/test_offer_size \
	tests/unit/sip/test_offer_tx tests/unit/sip/test_offer_update tests/unit/sip/test_sip_flow \
	tests/unit/sip/test_sip_identity tests/unit/sip/test_sip_nua \
	tests/unit/sip/test_sip_overload tests/unit/sip/test_sip_shed \
	tests/unit/sip/test_sip_torture tests/unit/sip/test_udp_batch
GROUP_TESTS = tests/unit/group/test_event_package tests/unit/group/test_event_text \
	tests/unit/group/test_group_keys tests/unit/group/test_media_row \
	tests/unit/group/test_msk_numbers tests/unit/group/test_muk_expiry
OPS_TESTS = tests/unit/ops/test_control
CLIENT_TESTS = tests/unit/client/test_bid_down tests/unit/client/test_rekey_client \
	tests/unit/client/test_sip_client tests/unit/client/test_sip_digest \
	tests/unit/client/test_ue_session tests/unit/client/test_usim
UE_TESTS = tests/unit/ue/test_codec tests/unit/ue/test_talk tests/unit/ue/test_talk_floor \
	tests/unit/ue/test_ue_config tests/unit/ue/test_ue_input tests/unit/ue/test_ue_stats
PROGRAMS_TESTS = tests/unit/programs/test_control_tool
if HAVE_FREEDIAMETER
GBA_TESTS += tests/unit/gba/test_diameter_msg
endif
# Random orders of events: PTT_PROP_ORDERS and PTT_PROP_SEED.
CORE_TESTS += tests/unit/core/prop_tracker
UNIT_TESTS = $(BASE_TESTS) $(CONFIG_TESTS) $(CORE_TESTS) $(CRYPTO_TESTS) $(SDP_TESTS) \
	$(STORE_TESTS) $(GBA_TESTS) $(RTP_TESTS) $(MEDIA_TESTS) $(LAB_TESTS) $(SIP_TESTS) \
	$(GROUP_TESTS) $(OPS_TESTS) $(CLIENT_TESTS) $(UE_TESTS) $(PROGRAMS_TESTS)
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
# tests/model/mutants.sh builds this one from the same sources.
tests_unit_core_prop_tracker_SOURCES = tests/unit/core/prop_tracker.c tests/unit/core/prop_actions.c \
	tests/unit/core/prop_world.c tests/unit/core/prop_world.h
# The package as it is, on real SIP, above a group that is only a roster: what event_group.c defines comes from there.
tests_unit_group_test_event_package_SOURCES = tests/unit/group/test_event_package.c \
	tests/unit/group/event_group.c tests/unit/group/event_group.h
