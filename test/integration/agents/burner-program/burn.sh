# Works, and has a child that works, too.
# The shell itself reads: another program would be one process more for a moment.
while IFS= read -r _; do :; done
sh -c 'while :; do :; done' &
while :; do :; done
