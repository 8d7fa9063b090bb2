#!/bin/sh
# Ends what a node that died without a chance to do so itself has left behind.
# Standard input is a pipe that only the node holds. A line `+ GROUP MARK UID` adds a process group, with the value of
# PARLEY_PROCESS in the environment of its processes and the user that it has for itself (`-` for none); `- GROUP` removes it.
# At end of file every group that is left, and who left it and still has its mark or its user, gets TERM, up to two seconds,
# then KILL, again and again for two seconds, until none is left.
trap '' HUP INT TERM

entries=' '
while read -r sign group mark uid; do
  # Only a plain number above 1: `kill -- -1` would reach every process of the user.
  case $group in '' | *[!0-9]* | 0 | 1) continue ;; esac
  case $mark in *[!0-9a-f]*) mark= ;; esac
  case $uid in 0 | *[!0-9]*) uid= ;; esac
  case $sign in
    +) entries="$entries$group/$mark/$uid " ;;
    -)
      case $entries in
        *" $group/"*)
          rest=${entries#*" $group/"}
          entries="${entries%%" $group/"*} ${rest#* }"
          ;;
      esac
      ;;
  esac
done

groups=
set --
users=
for entry in $entries; do
  groups="$groups ${entry%%/*}"
  mark=${entry#*/}
  mark=${mark%/*}
  [ -n "$mark" ] && set -- "$@" -e "PARLEY_PROCESS=$mark"
  [ -n "${entry##*/}" ] && users="$users ${entry##*/}"
done
[ -z "$groups" ] && exit 0

# The processes with one of the marks, and those of the users that have no mark at all: one with another mark belongs to a
# node that was started meanwhile.
strays() {
  [ $# -gt 0 ] && grep -lsaF "$@" /proc/[0-9]*/environ
  for user in $users; do
    for found in $(grep -lsE "^Uid:[[:space:]]*$user[[:space:]]" /proc/[0-9]*/status); do
      grep -qsaF PARLEY_PROCESS= "${found%/status}/environ" || echo "$found"
    done
  done
}

# strike SIGNAL MARKS…: sends it to all that are left; fails when none is.
strike() {
  signal=$1
  shift
  left=1
  for group in $groups; do kill -s "$signal" -- "-$group" 2>/dev/null && left=0; done
  for found in $(strays "$@"); do
    process=${found#/proc/}
    kill -s "$signal" "${process%%/*}" 2>/dev/null && left=0
  done
  return $left
}

strike TERM "$@"
tries=0
while [ "$tries" -lt 20 ]; do
  strike 0 "$@" || exit 0
  tries=$((tries + 1))
  sleep 0.1
done
tries=0
while [ "$tries" -lt 20 ] && strike KILL "$@"; do
  tries=$((tries + 1))
  sleep 0.1
done
exit 0
