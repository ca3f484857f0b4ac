-module(sorted_list).
-export([run/2]).

run(Requests, Count) ->
    Master = self(),
    Numbers = spawn(fun() -> numbers([], 0) end),
    [spawn(fun() -> worker(Numbers, Master, N, Requests) end) || N <- lists:seq(1, Count)],
    Reports = [receive {worker, Answers, Writes} -> {Answers, Writes} end
               || _ <- lists:seq(1, Count)],
    Numbers ! {all, Master},
    Held = receive {all, List} -> List end,
    Held = lists:sort(Held),
    Written = lists:sum([Writes || {_, Writes} <- Reports]),
    Written = length(Held),
    lists:sum([Answers || {Answers, _} <- Reports]).

worker(Numbers, Master, Seed, Requests) -> worker(Numbers, Master, Seed, Requests, Requests, 0).

worker(_, Master, _, Requests, 0, Writes) -> Master ! {worker, Requests, Writes};
worker(Numbers, Master, Dice, Requests, Left, Writes) ->
    {Chance, Second} = savina:roll(Dice, 100),
    {Value, Third} = savina:roll(Second, 65536),
    Wrote = if
        Chance < 1 -> Numbers ! {size, self()}, 0;
        Chance < 11 -> Numbers ! {add, self(), Value}, 1;
        true -> Numbers ! {contains, self(), Value}, 0
    end,
    receive {answer, _} -> ok end,
    worker(Numbers, Master, Third, Requests, Left - 1, Writes + Wrote).

numbers(List, Size) ->
    receive
        {contains, Sender, Value} ->
            Sender ! {answer, contains(List, Value)},
            numbers(List, Size);
        {add, Sender, Value} ->
            Sender ! {answer, Value},
            numbers(add(List, Value), Size + 1);
        {size, Sender} ->
            Sender ! {answer, Size},
            numbers(List, Size);
        {all, Master} ->
            Master ! {all, List}
    end.

contains([First | Rest], Value) when First < Value -> contains(Rest, Value);
contains([Value | _], Value) -> true;
contains(_, _) -> false.

add([First | Rest], Value) when First < Value -> [First | add(Rest, Value)];
add(List, Value) -> [Value | List].
