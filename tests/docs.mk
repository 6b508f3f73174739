dist_check_SCRIPTS += tests/docs_help.sh
TESTS += tests/docs_help.sh
EXTRA_DIST += .clang-tidy tests/cppcheck.txt
