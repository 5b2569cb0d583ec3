# The words of .ci/run: make lint test is .ci/run lint test.
STEPS = lint test contracts browser modules race next fuzz api endurance

.PHONY: all $(STEPS)
all:
	.ci/run
$(STEPS):
	INSTALL=1 .ci/run $@
