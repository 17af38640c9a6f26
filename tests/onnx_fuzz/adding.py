"""What a module of ops needs to say how each is added to a random graph."""

from hypothesis import strategies as st


def registrar(adders):
    """Return a decorator that says for which ops a function(graph, op) adds a node."""

    def adds(*ops):
        def register(adder):
            adders.update(dict.fromkeys(ops, adder))
            return adder

        return register

    return adds


def draw_axis(graph, name):
    """Return an axis of a value, counted from either end."""
    rank = graph.arrays[name].ndim
    return graph.draw(st.integers(-rank, rank - 1))
