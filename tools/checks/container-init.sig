# An entry point (pid 1 of a container, or what runs it) hands signals on and outlives its children.
#   sigtrace assert tools/checks/container-init.sig -- ./entrypoint-test.sh
scope command				# the entry point and all below it
every signal sig=SIGTERM origin=user -> exit tgid=$target.tgid within 10s	# docker stop waits 10 s
never signal sig=SIGKILL		# and then kills: it must not come to that
no orphan				# no child is left when it ends
