# Nothing of the command is left when it has ended.
#   sigtrace assert tools/checks/no-leftovers.sig -- ./run-tests.sh
scope command				# what CMD started, and what that started
allow orphan comm in (tmux, screen, ssh-agent, gpg-agent)	# these are meant to stay; name yours
no orphan				# 2 s after CMD ended (--grace) nobody else is alive
every interrupt origin=tty -> no orphan within 10s	# nor after a Ctrl-C, if one was typed
