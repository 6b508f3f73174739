# SIPp scenarios against the real pttkeyd (tests/sipp/README.md).
SIPP_SCENARIOS = tests/sipp/answer.xml tests/sipp/answer_422.xml tests/sipp/answer_bye.xml tests/sipp/answer_gone.xml \
	tests/sipp/crossing_bye.xml tests/sipp/lost_200.xml tests/sipp/lost_ack.xml tests/sipp/slow.xml \
	tests/sipp/expelled.xml tests/sipp/join.xml tests/sipp/join_401.xml tests/sipp/join_403.xml \
	tests/sipp/join_404.xml tests/sipp/join_503.xml tests/sipp/join_channel.xml tests/sipp/join_offerless.xml \
	tests/sipp/odd_requests.xml tests/sipp/over_mtu.xml tests/sipp/over_mtu_tcp.xml \
	tests/sipp/pull.xml tests/sipp/refer.xml tests/sipp/refer_403.xml \
	tests/sipp/refuse_channel.xml tests/sipp/stay.xml
TESTS += tests/sipp/run.sh
dist_check_SCRIPTS += tests/sipp/run.sh tests/sipp/run.py
EXTRA_DIST += $(SIPP_SCENARIOS) tests/sipp/README.md tests/sipp/sipp_lab.py tests/sipp/answers.py
