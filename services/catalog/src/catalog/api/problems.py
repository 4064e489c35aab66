"""Every way catalog refuses beyond those of every service: reading causes none."""

from shared.problems import ProblemTable

PROBLEMS: ProblemTable = {}
