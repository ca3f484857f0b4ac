-module(thread_ring).
-export([run/2]).

run(Hops, Size) ->
    Ring = self(),
    Nodes = [spawn(fun() -> start(Place, Ring) end) || Place <- lists:seq(0, Size - 1)],
    [First | Rest] = Nodes,
    [Node ! {next, Next} || {Node, Next} <- lists:zip(Nodes, Rest ++ [First])],
    First ! Hops,
    receive {place, Place} -> Place end.

start(Place, Ring) -> receive {next, Next} -> node(Place, Ring, Next) end.

node(Place, Ring, Next) ->
    receive
        0 -> Ring ! {place, Place};
        Left -> Next ! Left - 1, node(Place, Ring, Next)
    end.
