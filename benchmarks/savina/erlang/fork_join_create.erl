-module(fork_join_create).
-export([run/1]).

run(Count) ->
    Starter = self(),
    start(Starter, Count),
    gather(Count, 0).

start(_, 0) -> ok;
start(Starter, Left) ->
    Worker = spawn(fun() -> receive Theta -> savina:work(Theta), Starter ! 1 end end),
    Worker ! 37.2,
    start(Starter, Left - 1).

gather(0, Handled) -> Handled;
gather(Left, Handled) -> receive One -> gather(Left - 1, Handled + One) end.
