-module(ping_pong).
-export([run/1]).

run(Rounds) ->
    Pong = spawn(fun() -> pong(0) end),
    Pong ! self(),
    ping(Pong, Rounds).

ping(Pong, Rounds) ->
    receive
        Rounds -> Rounds;
        _ -> Pong ! self(), ping(Pong, Rounds)
    end.

pong(Count) ->
    receive Sender -> Sender ! Count + 1, pong(Count + 1) end.
