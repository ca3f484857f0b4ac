-module(sieve).
-export([run/1]).

-define(OWN, 100).

run(Limit) ->
    Source = self(),
    First = spawn(fun() -> filter(Source, [2], 1, none) end),
    send(First, 3, Limit),
    First ! {ended, 0},
    receive Found -> Found end.

send(First, Candidate, Limit) when Candidate < Limit ->
    First ! Candidate,
    send(First, Candidate + 2, Limit);
send(_, _, _) -> ok.

filter(Source, Primes, Count, Next) ->
    receive
        {ended, Passed} when Next =:= none ->
            Source ! Passed + Count;
        {ended, Passed} ->
            Next ! {ended, Passed + Count};
        Candidate ->
            case divided(Primes, Candidate) of
                true -> filter(Source, Primes, Count, Next);
                false when Next =/= none ->
                    Next ! Candidate,
                    filter(Source, Primes, Count, Next);
                false when Count < ?OWN ->
                    filter(Source, Primes ++ [Candidate], Count + 1, Next);
                false ->
                    New = spawn(fun() -> filter(Source, [Candidate], 1, none) end),
                    filter(Source, Primes, Count, New)
            end
    end.

divided([], _) -> false;
divided([Prime | _], Candidate) when Candidate rem Prime =:= 0 -> true;
divided([_ | Primes], Candidate) -> divided(Primes, Candidate).
