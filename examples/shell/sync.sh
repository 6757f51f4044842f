#!/usr/bin/env bash
# Run tap | target once, and keep the state: for cron, systemd or a CronJob.
#
#   sync.sh TAP_CONFIG TARGET_CONFIG STATE_FOLDER
#
# $TAP and $TARGET name the programs. Settings can also come from the environment, as
# TAP_SAGEMAKER_TUNING_… and TARGET_POSTGRES_…. $BUILD is a command that builds the
# models, such as `dbt build`. It runs even if the tap failed.
#
# The exit code is that of the target if it failed, else that of the tap if it failed,
# else that of the build. It is 75 if another run uses the state folder, 65 if the
# target's state is damaged, 64 if the arguments are wrong, and 143 after SIGTERM
# (130 after SIGINT, 129 after SIGHUP).
set -uo pipefail

# On a signal, only the tap is stopped, or else the build: the tap ends between two
# records, and the target loads what it received, and ends. The traps come first, because
# the first process of a container ignores a signal that has none.
runs= stopped=
stop() {
  stopped=$1
  if [ -n "$runs" ]; then
    kill -TERM -- "-$runs" 2>/dev/null
    kill -CONT -- "-$runs" 2>/dev/null # a suspended process does not end
  fi
}
trap 'stop 143' TERM
trap 'stop 130' INT
trap 'stop 129' HUP

if [ $# -ne 3 ]; then
  echo "usage: sync.sh TAP_CONFIG TARGET_CONFIG STATE_FOLDER" >&2
  echo "Two JSON files with settings, and an existing folder for the state." >&2
  exit 64
fi
for config in "$1" "$2"; do
  if [ ! -r "$config" ]; then
    echo "sync.sh: $config cannot be read" >&2
    exit 64
  fi
done
# No $(…) below the traps: bash 5.2 can lose a signal that arrives while it reads one.
tap_config=$1 target_config=$2
if [[ $1 != /* ]]; then tap_config=$PWD/$1; fi
if [[ $2 != /* ]]; then target_config=$PWD/$2; fi
cd "$3" || exit

# The tap and the target inherit the lock, and hold it even if this script is killed.
exec 9>lock || exit
flock --nonblock 9
case $? in
  0) ;;
  1) echo "sync.sh: another run uses $PWD" >&2 && exit 75 ;;
  *) exit 1 ;;
esac

state=()
if [ -e state.json ]; then
  state=(--state state.json) # the tap rejects a state that is empty or damaged
fi

# The pipe is opened here, first for both reading and writing, so that no open waits: a tap
# stopped before it opened the pipe would leave a target that waits for a writer forever.
rm -f pipe && mkfifo pipe || exit
exec 8<>pipe 6<pipe 7>pipe 8>&- || exit
rm pipe
if [ -n "$stopped" ]; then exit "$stopped"; fi

# From here on, each command runs in the background, in a process group of its own, so
# that Ctrl-C in a terminal reaches only this script.
set -m
"${TAP:-tap-sagemaker-tuning}" --config "$tap_config" --config ENV "${state[@]}" >&7 6>&- 7>&- &
tap=$! runs=$tap
"${TARGET:-target-postgres}" --config "$target_config" --config ENV <&6 6>&- 7>&- >state.new &
target=$!
exec 6>&- 7>&-
if [ -n "$stopped" ]; then stop "$stopped"; fi # the signal came before the tap started

pause() {
  sleep 0.2 &
  wait $!
}
wait_for() { # `wait` ends early on a trapped signal, and at once for a suspended process
  while kill -0 "$1" 2>/dev/null; do
    wait "$1" || pause
  done
  # A signal can miss a process that is just being started.
  while [ -n "$stopped" ] && kill -TERM -- "-$1" 2>/dev/null; do pause; done
  wait "$1"
}
wait_for "$tap"
tap_code=$? runs=
wait_for "$target"
target_code=$?

# The target writes a state only after it has loaded everything before that state. If the
# target failed, the old state is kept, and the next run loads some rows again. If the tap
# failed, the rows that it could read are loaded, and the state covers only those.
keep_state() {
  tail -n 1 state.new >state.last || return
  if ! python3 -c 'import json; json.load(open("state.last"))["bookmarks"]' 2>/dev/null; then
    echo "sync.sh: the target's last line is not a state; the old state is kept" >&2
    return 65
  fi
  mv state.last state.json
}
if [ "$target_code" -ne 0 ]; then
  echo "sync.sh: the target failed with exit code $target_code; the old state is kept" >&2
elif [ -s state.new ]; then
  keep_state &
  wait_for $!
  target_code=$?
fi
if [ -n "$stopped" ]; then exit "$stopped"; fi
if [ "$target_code" -ne 0 ]; then exit "$target_code"; fi

build_code=0
if [ -n "${BUILD:-}" ]; then
  bash -c "$BUILD" &
  runs=$!
  if [ -n "$stopped" ]; then stop "$stopped"; fi # the signal came before the build started
  wait_for "$runs"
  build_code=$? runs=
  if [ "$build_code" -ne 0 ]; then
    echo "sync.sh: the build failed with exit code $build_code; the loaded rows are kept" >&2
  fi
fi
if [ -n "$stopped" ]; then exit "$stopped"; fi
if [ "$tap_code" -ne 0 ]; then # last, below the build's output
  echo "sync.sh: the tap failed with exit code $tap_code (see its errors above); what it read is loaded" >&2
  exit "$tap_code"
fi
exit "$build_code"
