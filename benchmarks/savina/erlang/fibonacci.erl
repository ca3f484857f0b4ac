-module(fibonacci).
-export([run/1]).

run(N) ->
    Root = self(),
    spawn(fun() -> compute(Root, N) end),
    receive {is, Number} -> Number end.

compute(Parent, N) when N =< 2 -> Parent ! {is, 1};
compute(Parent, N) ->
    Self = self(),
    spawn(fun() -> compute(Self, N - 1) end),
    spawn(fun() -> compute(Self, N - 2) end),
    First = receive {is, One} -> One end,
    Second = receive {is, Other} -> Other end,
    Parent ! {is, First + Second}.
