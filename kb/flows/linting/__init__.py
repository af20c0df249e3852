"""The rules of flows, by what they look at: nodes, the graph, variables, tables, surroundings."""
