-module(philosophers).
-export([run/2]).

run(Meals, Count) ->
    Arbitrator = self(),
    [spawn(fun() -> philosopher(Place, Meals, Arbitrator) end) || Place <- lists:seq(0, Count - 1)],
    arbitrator(#{}, Count, Count, 0).

arbitrator(Taken, _, 0, Eaten) -> {Eaten, map_size(Taken)};
arbitrator(Taken, Count, Left, Eaten) ->
    receive
        {hungry, Place, Philosopher} ->
            Other = (Place + 1) rem Count,
            case Taken of
                #{Place := _} -> Philosopher ! denied, arbitrator(Taken, Count, Left, Eaten);
                #{Other := _} -> Philosopher ! denied, arbitrator(Taken, Count, Left, Eaten);
                _ ->
                    Philosopher ! eat,
                    arbitrator(Taken#{Place => true, Other => true}, Count, Left, Eaten)
            end;
        {done, Place} ->
            Free = maps:remove((Place + 1) rem Count, maps:remove(Place, Taken)),
            arbitrator(Free, Count, Left, Eaten + 1);
        {exit, _} ->
            arbitrator(Taken, Count, Left - 1, Eaten)
    end.

philosopher(Place, 0, Arbitrator) -> Arbitrator ! {exit, Place};
philosopher(Place, Left, Arbitrator) ->
    Arbitrator ! {hungry, Place, self()},
    receive
        eat -> Arbitrator ! {done, Place}, philosopher(Place, Left - 1, Arbitrator);
        denied -> philosopher(Place, Left, Arbitrator)
    end.
