# each form on one command
no orphan
no orphan not intended
allow orphan comm=sleep
no orphan
never signal sig=SIGKILL
never signal sig in (SIGTERM, SIGINT)
some exec args contains "sleep 2"
some exec comm=make
count exec comm=sleep between 1 and 2
count fork between 0 and 2
every signal sig=SIGTERM origin=user -> exit tgid=$target.tgid signal=SIGTERM within 1s
every exec comm=sh -> exit tgid=$tgid status=0 within 1s
every exec comm=sh -> no orphan comm=nginx within 1s
every exit comm=sh status=1 -> no exec comm=nohup within 1s
every interrupt -> no orphan within 1s
every exec comm=nohup -> exit tgid=$tgid within 1m
order exec comm=sh < exec comm=setsid < exec comm=sleep
order exec comm=sleep < exec comm=nohup
order exec comm=sh < exec comm=make
scope session user=alice
no orphan
scope command
no orphan
