#!/usr/bin/env bash
# Run tap | target once, and keep the state: for cron, systemd or a CronJob.
#
#   sync.sh TAP_CONFIG TARGET_CONFIG STATE_FOLDER
#
# $TAP and $TARGET name the programs. Settings can also come from the environment, as
# TAP_SAGEMAKER_TUNING_… and TARGET_POSTGRES_…. $BUILD is a command that builds the
# models of what was loaded, also when the tap failed, such as `dbt build`.
#
# The exit code is the target's, or else the tap's, or else the build's; 75 if this state folder is in use; 65
# if the target's state is damaged; 64 without these three arguments; 143 after SIGTERM
# (130 SIGINT, 129 SIGHUP).
set -uo pipefail

if [ $# -ne 3 ]; then
  echo "usage: sync.sh TAP_CONFIG TARGET_CONFIG STATE_FOLDER" >&2
  echo "Two files with settings in JSON, and a folder that exists and keeps the state." >&2
  exit 64
fi
tap_config=$(realpath "$1") target_config=$(realpath "$2")
cd "$3" || exit

# The tap and the target inherit the lock: if this script is killed, they keep it.
exec 9>lock
if ! flock --nonblock 9; then
  echo "sync.sh: another run uses $PWD" >&2
  exit 75
fi

state=()
if [ -e state.json ]; then
  state=(--state state.json) # the tap refuses one that is empty or damaged
fi

# A stop is for the tap alone, which then ends between two records; the target loads what
# it was given, and ends. So each has a process group of its own.
set -m
runs= stopped=
stop() {
  stopped=$1
  if [ -n "$runs" ]; then kill -TERM "$runs" 2>/dev/null; fi
}
trap 'stop 143' TERM
trap 'stop 130' INT
trap 'stop 129' HUP

rm -f pipe && mkfifo pipe || exit
"${TAP:-tap-sagemaker-tuning}" --config "$tap_config" --config ENV "${state[@]}" >pipe &
tap=$! runs=$tap
"${TARGET:-target-postgres}" --config "$target_config" --config ENV <pipe >state.new &
target=$!
if [ -n "$stopped" ]; then stop "$stopped"; fi # it came before there was a tap

wait_for() { # a trapped signal interrupts `wait`
  while kill -0 "$1" 2>/dev/null; do wait "$1"; done
  wait "$1"
}
wait_for "$tap"
tap_code=$? runs=
wait_for "$target"
target_code=$?
rm -f pipe

# The target has loaded all that is before a state that it wrote. If it failed the old
# state is kept, and the next run loads some rows again. If the tap failed, what it could
# read is loaded, and the state tells what it could not.
if [ "$target_code" -ne 0 ]; then
  echo "sync.sh: the target failed with exit code $target_code; the state is as it was" >&2
elif [ -s state.new ]; then
  tail -n 1 state.new >state.last
  if python3 -c 'import json; json.load(open("state.last"))["bookmarks"]' 2>/dev/null; then
    mv state.last state.json
  else
    echo "sync.sh: the target's last line is no state; the state is as it was" >&2
    target_code=65
  fi
fi
if [ -n "$stopped" ]; then exit "$stopped"; fi
if [ "$target_code" -ne 0 ]; then exit "$target_code"; fi

build_code=0
if [ -n "${BUILD:-}" ]; then
  bash -c "$BUILD" &
  runs=$!
  if [ -n "$stopped" ]; then stop "$stopped"; fi # it came before there was a build
  wait_for "$runs"
  build_code=$? runs=
  if [ "$build_code" -ne 0 ]; then
    echo "sync.sh: the build failed with exit code $build_code; the load is kept" >&2
  fi
fi
if [ -n "$stopped" ]; then exit "$stopped"; fi
if [ "$tap_code" -ne 0 ]; then # last, below the build's output
  echo "sync.sh: the tap failed with exit code $tap_code, see its errors above; what it read is loaded" >&2
  exit "$tap_code"
fi
exit "$build_code"
