# A daemon detaches, and ends when it is told to.
#   sigtrace assert tools/checks/daemon.sig --grace 5s -- ./start-and-stop.sh
scope command				# the script that starts and stops it, and the daemon
allow orphan intended			# who forked twice behind setsid(2) means to stay
no orphan				# everybody else is a leak
never signal sig in (SIGSEGV, SIGABRT, SIGBUS)	# no crash, handled or not
every signal sig=SIGTERM origin=user -> exit tgid=$target.tgid within 5s	# stop means stop
never signal sig=SIGHUP origin=hangup result=delivered disposition=default	# a hang-up does not reach it
