-module(dictionary).
-export([run/2]).

run(Requests, Count) ->
    Master = self(),
    Table = spawn(fun() -> table(#{}, 0) end),
    [spawn(fun() -> worker(Table, Master, N, Requests) end) || N <- lists:seq(1, Count)],
    Reports = [receive {worker, Answers, Writes} -> {Answers, Writes} end
               || _ <- lists:seq(1, Count)],
    Written = lists:sum([Writes || {_, Writes} <- Reports]),
    Table ! {count, Master},
    Written = receive {writes, Held} -> Held end,
    lists:sum([Answers || {Answers, _} <- Reports]).

worker(Table, Master, Seed, Requests) -> worker(Table, Master, Seed, Requests, Requests, 0).

worker(_, Master, _, Requests, 0, Writes) -> Master ! {worker, Requests, Writes};
worker(Table, Master, Dice, Requests, Left, Writes) ->
    {Key, Second} = savina:roll(Dice, 512),
    {Chance, Third} = savina:roll(Second, 100),
    Wrote = if
        Chance < 10 -> Table ! {write, self(), Key, Left}, 1;
        true -> Table ! {read, self(), Key}, 0
    end,
    receive {value, _} -> ok end,
    worker(Table, Master, Third, Requests, Left - 1, Writes + Wrote).

table(Values, Writes) ->
    receive
        {read, Sender, Key} ->
            Sender ! {value, maps:get(Key, Values, none)},
            table(Values, Writes);
        {write, Sender, Key, Value} ->
            Sender ! {value, Value},
            table(Values#{Key => Value}, Writes + 1);
        {count, Master} ->
            Master ! {writes, Writes}
    end.
