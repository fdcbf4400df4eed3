no orphan
no orphan reason=other_group
count orphan reason=other_session comm=own between 1 and 1
count orphan reason=no_signal comm=same between 1 and 1
