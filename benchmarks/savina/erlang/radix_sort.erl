-module(radix_sort).
-export([run/1]).

-define(BITS, 16).

run(Count) ->
    Numbers = numbers(Count, 2014, []),
    First = chain(0, Count, self()),
    [First ! Number || Number <- Numbers],
    Sorted = [receive Number -> Number end || _ <- Numbers],
    Sorted =:= lists:sort(Numbers).

numbers(0, _, Numbers) -> lists:reverse(Numbers);
numbers(Left, Dice, Numbers) ->
    {Number, Next} = savina:roll(Dice, 1 bsl ?BITS),
    numbers(Left - 1, Next, [Number | Numbers]).

chain(?BITS, _, Next) -> Next;
chain(Done, Count, Next) ->
    Bit = 1 bsl (?BITS - 1 - Done),
    chain(Done + 1, Count, spawn(fun() -> sort(Count, Bit, Next, []) end)).

sort(0, _, Next, Kept) -> [Next ! Number || Number <- lists:reverse(Kept)];
sort(Left, Bit, Next, Kept) ->
    receive
        Number when Number band Bit =/= 0 ->
            sort(Left - 1, Bit, Next, [Number | Kept]);
        Number ->
            Next ! Number,
            sort(Left - 1, Bit, Next, Kept)
    end.
