#!/bin/sh
# run.sh - builds casmand in every way that matters, runs every test and lint, and counts them.
#
#   sh tests/run.sh         from anywhere; installs the Debian packages that it misses (with sudo)
#
# A line for each step, and below it the end of its output if it failed; all of it lies in
# build/logs.  A build or a lint counts as one test.  The last line is "N passed, N failed", with
# ", N skipped" where some could not run here.
set -u

LIMIT=840 # seconds for all steps together: what hangs is a failure, and CI is not kept waiting
TAIL=100  # lines shown of a step that failed

cd "$(dirname "$0")/.." || exit 1
if ! sh systemd/packages.sh build tests; then
	echo "0 passed, 1 failed"
	exit 1
fi

PATH=/usr/bin:$PATH # Debian's Python, which has Debian's pytest
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=second_deadlock_stack=1:die_after_fork=0 # tests with several processes
# Clang 14's sanitizers cannot live with the address randomisation of newer kernels.
fixed=$(setarch -R echo setarch -R 2>/dev/null)

logs=build/logs
mkdir -p $logs
started=$(date +%s) passed=0 failed=0 skipped=0 job=
trap '[ -z "$job" ] || kill "$job"; exit 130' INT TERM

# Runs a command in what is left of the time.  Its output is in $log, how it went in $status.
attempt() { # NAME COMMAND...
	name=$1 log=$logs/$(echo "$1" | tr -cs '[:alnum:]\n' -).log begun=$(date +%s)
	shift
	left=$((started + LIMIT - begun))
	timeout -k 10 $((left > 0 ? left : 1)) "$@" </dev/null >"$log" 2>&1 &
	job=$!
	wait $job
	status=$? job=
	[ $status -ne 124 ] || echo "stopped: all steps together may take $LIMIT seconds" >>"$log"
}

# Adds up, and says so.
tell() { # PASSED FAILED SKIPPED [WORDS]
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)) mark=ok
	[ "$2" -eq 0 ] || mark=FAILED
	printf '%-6s %4d s  %s\n' $mark $(($(date +%s) - begun)) "$name${4-}"
	[ "$2" -eq 0 ] || grep -vE '[0-9] warnings? generated' "$log" | tail -n $TAIL | sed 's/^/       | /'
}

# A thing that holds or not.
check() { # NAME COMMAND...
	attempt "$@"
	if [ $status -eq 0 ]; then tell 1 0 0; else tell 0 1 0; fi
	return $status
}

# A program that runs many tests and leaves a report that count.py understands.
suite() { # KIND REPORT NAME COMMAND...
	kind=$1 report=$2
	shift 2
	rm -f "$report"
	attempt "$@"
	python3 tests/count.py "$kind" "$report" >$logs/counts 2>>"$log" || echo 0 0 0 >$logs/counts
	{ read -r good bad not; cat >>"$log"; } <$logs/counts
	if [ $((good + bad + not)) -eq 0 ] || { [ $status -ne 0 ] && [ "$bad" -eq 0 ]; }; then
		echo "exit status $status, but no test is reported as failed" >>"$log"
		bad=1
	fi
	tell "$good" "$bad" "$not" ": $good passed, $bad failed, $not skipped"
	sed -n 's/^skipped: /       skipped: /p' $logs/counts
}

meson_suite() { # NAME FLAVOUR OPTION...
	name=$1 folder=build/$2
	shift 2
	# shellcheck disable=SC2086 # $fixed is two words or none
	suite meson "$folder/meson-logs/testlog.json" "$name" \
		$fixed meson test -C "$folder" --no-rebuild --print-errorlogs "$@"
}

# A linter, called with one file at a time (clang-tidy 14 mixes up two).
lint() { # NAME PATTERN "FOLDERS" COMMAND...
	name=$1 pattern=$2 folders=$3
	shift 3
	# shellcheck disable=SC2086 # $folders is a list
	find $folders -type f | grep -E "$pattern" >$logs/files
	check "$name" xargs -r -a $logs/files -P "$(nproc)" -n 1 "$@"
}

code='common daemon client'

check 'gcc: builds without a warning' sh tests/build.sh gcc
if check 'clang with address and undefined behaviour sanitizer: builds' sh tests/build.sh asan; then
	meson_suite 'unit, loop and replay tests, layers' asan
	# Six real days at a time on a small machine: a test that fails gets one more try, and is named.
	# shellcheck disable=SC2086 # $fixed is two words or none
	suite pytest $logs/system.xml 'system tests' \
		$fixed env CASMAND_BUILD="$PWD/build/asan" python3 -m pytest -q -n 6 -p no:cacheprovider \
		--reruns 1 -r R --junitxml=$logs/system.xml tests/system
	sed -n 's/^RERUN /       tried twice: /p' "$log" | sort -u
fi
if check 'clang with thread sanitizer: builds' sh tests/build.sh tsan; then
	meson_suite 'loop tests, watched for races' tsan --suite loop
fi

lint clang-tidy '\.c$' "$code" clang-tidy --quiet -p build/asan
lint clang-format '\.[ch]$' "$code tests" clang-format --dry-run -Werror
lint cppcheck '\.c$' "$code" cppcheck --quiet --error-exitcode=1 --inline-suppr \
	--enable=warning,performance,portability --suppress=missingIncludeSystem -I. -D_GNU_SOURCE
lint 'man pages' '\.[158]$' "$code systemd" mandoc -Tlint -Wwarning
lint shellcheck '\.sh$|^\.ci/run$|/post(inst|rm)$' 'systemd tests .ci' shellcheck -x

sed 's|@sbindir@/casmand|/bin/true|' systemd/casmand.service >$logs/casmand.service
cp systemd/casmand.socket $logs/
check 'systemd units' \
	systemd-analyze verify --man=no --recursive-errors=one $logs/casmand.service $logs/casmand.socket
check 'systemd unit is confined' \
	systemd-analyze security --offline=true --threshold=15 $logs/casmand.service

[ $skipped -eq 0 ] && rest= || rest=", $skipped skipped"
echo "$passed passed, $failed failed$rest"
[ $failed -eq 0 ]
