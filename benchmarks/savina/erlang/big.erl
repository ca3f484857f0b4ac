-module(big).
-export([run/2]).

run(Pings, Count) ->
    Sink = self(),
    Workers = [spawn(fun() -> start(N, Pings, Sink) end) || N <- lists:seq(0, Count - 1)],
    Others = list_to_tuple(Workers),
    [Worker ! {others, Others} || Worker <- Workers],
    [Worker ! pong || Worker <- Workers],
    lists:sum([receive {answered, Sent} -> Sent end || _ <- Workers]).

start(Seed, Pings, Sink) ->
    receive {others, Others} -> worker(Others, Seed, 0, Pings, Sink) end.

worker(Others, Dice, Sent, Pings, Sink) ->
    receive
        pong when Sent =:= Pings ->
            Sink ! {answered, Sent},
            worker(Others, Dice, Sent, Pings, Sink);
        pong ->
            {Place, Next} = savina:roll(Dice, tuple_size(Others)),
            element(Place + 1, Others) ! {ping, self()},
            worker(Others, Next, Sent + 1, Pings, Sink);
        {ping, Sender} ->
            Sender ! pong,
            worker(Others, Dice, Sent, Pings, Sink)
    end.
