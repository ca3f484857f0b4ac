-module(counting).
-export([run/1]).

run(Messages) ->
    Counter = spawn(fun() -> count(0) end),
    produce(Counter, Messages),
    Counter ! self(),
    receive Count -> Count end.

produce(_, 0) -> ok;
produce(Counter, Left) -> Counter ! 1, produce(Counter, Left - 1).

count(Count) ->
    receive
        1 -> count(Count + 1);
        Sender -> Sender ! Count
    end.
