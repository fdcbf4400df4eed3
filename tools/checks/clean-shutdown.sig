# Whoever is asked to end does, soon, by itself, and is not helped.
#   sigtrace assert tools/checks/clean-shutdown.sig -- ./stop-test.sh
scope command				# what CMD started
every signal sig=SIGTERM origin=user -> exit tgid=$target.tgid within 5s	# asked, and gone in 5 s
never signal sig=SIGKILL origin=user	# nobody had to be killed
never exit signal in (SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE)	# and nobody crashed on the way out
no orphan				# the last one out left nobody behind
